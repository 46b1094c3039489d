// shell: one coarse timer for very many deadlines (waiting fetches, idle connections): setting and cancelling
// one costs a set operation, and only one timer of the clock is pending, for the earliest. A deadline is late
// by up to a tick, never early. While nothing waits, no timer runs.
import { assert } from "./assert.ts";
import { MinHeap } from "./min-heap.ts";
import type { Clock, Timer } from "./ports/clock.ts";

interface Deadline {
  slot: Set<Deadline>;
  run: () => void;
}

export class TimerWheel {
  private readonly clock: Clock;
  private readonly tickMs: number;
  private readonly startMs: number;
  /** Deadlines by the tick at which they run. */
  private readonly slots = new Map<number, Set<Deadline>>();
  /** Ticks that have, or had, a slot. */
  private readonly ticks = new MinHeap<number>((a, b) => a < b);
  private pending: { timer: Timer; tick: number } | null = null;
  private live = 0;
  private closed = false;

  constructor(options: { clock: Clock; tickMs: number }) {
    this.clock = options.clock;
    this.tickMs = options.tickMs;
    this.startMs = options.clock.monotonicMs();
  }

  get size(): number {
    return this.live;
  }

  /** Runs `run` once, `delayMs` from now or up to a tick later. After `close`, never. */
  after(delayMs: number, run: () => void): Timer {
    assert(delayMs >= 0, `a timer's delay should be at least 0 ms, not ${delayMs}`);
    if (this.closed) return { cancel: () => {} };
    const dueMs = this.clock.monotonicMs() - this.startMs + delayMs;
    const tick = Math.ceil(dueMs / this.tickMs);
    const slot = this.slotAt(tick);
    const deadline: Deadline = { slot, run };
    slot.add(deadline);
    this.live++;
    this.arm();
    return { cancel: () => this.cancel(deadline) };
  }

  /** Forgets every deadline. */
  close(): void {
    this.closed = true;
    for (const slot of this.slots.values()) slot.clear();
    this.slots.clear();
    this.live = 0;
    this.disarm();
  }

  private slotAt(tick: number): Set<Deadline> {
    const known = this.slots.get(tick);
    if (known !== undefined) return known;
    const slot = new Set<Deadline>();
    this.slots.set(tick, slot);
    this.ticks.push(tick);
    return slot;
  }

  private cancel(deadline: Deadline): void {
    if (!deadline.slot.delete(deadline)) return;
    this.live--;
    if (this.live === 0) this.disarm();
  }

  private disarm(): void {
    this.pending?.timer.cancel();
    this.pending = null;
  }

  /** Sees to it that the clock's timer stands for the earliest tick that has deadlines. */
  private arm(): void {
    const tick = this.firstTick();
    if (tick === null || this.closed || (this.pending !== null && this.pending.tick <= tick)) return;
    this.disarm();
    const delayMs = Math.max(0, this.startMs + tick * this.tickMs - this.clock.monotonicMs());
    this.pending = { tick, timer: this.clock.after(delayMs, () => this.turn()) };
  }

  private firstTick(): number | null {
    for (;;) {
      const tick = this.ticks.peek();
      if (tick === null) return null;
      const slot = this.slots.get(tick);
      if (slot !== undefined && slot.size > 0) return tick;
      this.slots.delete(tick);
      this.ticks.pop();
    }
  }

  /**
   * Runs all that is due, in order of tick, and of arrival within one. What these set anew waits for the next
   * time the timer runs, so that a deadline of 0 ms that sets itself again starves nobody.
   */
  private turn(): void {
    this.pending = null;
    const presentTick = Math.floor((this.clock.monotonicMs() - this.startMs) / this.tickMs);
    const due: Set<Deadline>[] = [];
    for (let tick = this.firstTick(); tick !== null && tick <= presentTick; tick = this.firstTick()) {
      due.push(this.slots.get(tick)!);
      this.slots.delete(tick);
      this.ticks.pop();
    }
    try {
      for (const slot of due) this.runSlot(slot);
    } finally {
      this.arm();
    }
  }

  private runSlot(slot: Set<Deadline>): void {
    for (const deadline of slot) {
      if (this.closed) return;
      slot.delete(deadline);
      this.live--;
      deadline.run();
    }
  }
}
