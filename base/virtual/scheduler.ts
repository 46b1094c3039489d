// adapter: virtual time. Events run one at a time in order of (time, sequence); after each, every promise
// that it settled has run to its end before the next begins, so a run depends on nothing but the seed.
// Adapter because that drain needs one real turn of the event loop, taken before ambient time is forbidden.
import type { Timer } from "../ports/clock.ts";
import { EventHeap } from "./event-heap.ts";
import { type Life, RevokedError } from "./life.ts";
import { Trace } from "./trace.ts";

const realImmediate = setImmediate;

interface VirtualEvent {
  timeMs: number;
  sequence: number;
  cancelled: boolean;
  inHeap: boolean;
  label: string;
  life: Life | null;
  run: () => void;
}

export interface EventOptions {
  /** What it is, for the trace: "timer", "disk.sync". */
  label: string;
  /** Whose event it is: dropped when that life is over, delayed while it is paused. Null: the world's own. */
  life: Life | null;
  run: () => void;
}

/** "idle": nothing is left that could ever happen. */
export type RunResult = "done" | "deadline" | "idle";

export class VirtualScheduler {
  readonly trace: Trace;
  /**
   * Called after every event, once its promises have run: the place for checkers. Who ran; null: the world.
   */
  readonly afterEvent: ((who: string | null) => void)[] = [];
  eventsRun = 0;
  private readonly heap = new EventHeap<VirtualEvent>();
  private sequence = 0;
  private now = 0;

  constructor(trace: Trace = new Trace(null)) {
    this.trace = trace;
  }

  /** Milliseconds of virtual time since the world began. */
  get nowMs(): number {
    return this.now;
  }

  at(timeMs: number, options: EventOptions): Timer {
    const event: VirtualEvent = {
      timeMs: Math.max(timeMs, this.now),
      sequence: this.sequence++,
      cancelled: false,
      inHeap: true,
      ...options,
    };
    this.heap.push(event);
    return {
      cancel: () => {
        if (event.inHeap && !event.cancelled) this.heap.cancel(event);
      },
    };
  }

  after(delayMs: number, options: EventOptions): Timer {
    return this.at(this.now + Math.max(0, delayMs), options);
  }

  /** Runs the next event; false when there is none. An error thrown by an event comes out here. */
  async step(): Promise<boolean> {
    const event = this.takeNext(Number.POSITIVE_INFINITY);
    if (event === null) return false;
    await this.execute(event);
    return true;
  }

  /** Runs until the condition holds, at most `withinMs` of virtual time. */
  async runUntil(condition: () => boolean, options: { withinMs: number }): Promise<RunResult> {
    const deadline = this.now + options.withinMs;
    await drain();
    while (!condition()) {
      const event = this.takeNext(deadline);
      if (event === null) {
        if (this.heap.size === 0) return "idle";
        this.now = Math.max(this.now, deadline);
        return "deadline";
      }
      await this.execute(event);
    }
    return "done";
  }

  async runFor(durationMs: number): Promise<void> {
    const end = this.now + durationMs;
    await this.runUntil(() => false, { withinMs: durationMs });
    this.now = Math.max(this.now, end);
  }

  /** Runs until the promise settles; throws when the world goes idle, or `withinMs` passes, before that. */
  async run<T>(promise: Promise<T>, options: { withinMs?: number } = {}): Promise<T> {
    let settled = false;
    const mark = (): void => {
      settled = true;
    };
    promise.then(mark, mark);
    const withinMs = options.withinMs ?? 3_600_000;
    const result = await this.runUntil(() => settled, { withinMs });
    if (result === "done") return await promise;
    throw new Error(
      `the promise has not settled at virtual time ${this.now.toFixed(3)} ms: the world is at its ${result}`,
    );
  }

  private takeNext(deadlineMs: number): VirtualEvent | null {
    for (;;) {
      const event = this.heap.peek();
      if (event === null || event.timeMs > deadlineMs) return null;
      this.heap.pop();
      event.inHeap = false;
      if (event.life?.revoked === true) continue;
      if (event.life !== null && event.life.pausedUntilMs > event.timeMs) {
        event.timeMs = event.life.pausedUntilMs;
        event.sequence = this.sequence++;
        event.inHeap = true;
        this.heap.push(event);
        continue;
      }
      return event;
    }
  }

  private async execute(event: VirtualEvent): Promise<void> {
    this.now = Math.max(this.now, event.timeMs);
    this.eventsRun++;
    this.trace.add(event.label, event.life?.name ?? "world", this.now, event.sequence);
    try {
      event.run();
    } catch (error) {
      if (!(error instanceof RevokedError)) throw error;
    }
    await drain();
    for (const check of this.afterEvent) check(event.life?.name ?? null);
  }
}

/** Lets every promise that can settle now settle, and all that follows from it. */
function drain(): Promise<void> {
  return new Promise((resolve) => {
    realImmediate(resolve);
  });
}
