// test: one virtual clock for a small cluster, and connections between its nodes with delays, cuts and order
// kept. The same seed gives the same run.
import type { Clock, Timer } from "../../base/ports/clock.ts";
import type { Random } from "../../base/ports/random.ts";
import type { PeerStream, PeerStreamEvents } from "../../proto/peer/peer-api.ts";

export class SeededRandom implements Random {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed * 2_654_435_761 + 12_345) >>> 0;
  }

  uint32(): number {
    // mulberry32
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  float(): number {
    return this.uint32() / 4_294_967_296;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.uint32() & 255);
  }

  between(from: number, to: number): number {
    return from + Math.floor(this.float() * (to - from + 1));
  }

  chance(probability: number): boolean {
    return this.float() < probability;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.between(0, from.length - 1)]!;
  }
}

interface Due {
  atMs: number;
  seq: number;
  run: (() => void) | null;
}

export class VirtualTime {
  #nowMs = 0;
  #seq = 0;
  #due: Due[] = [];
  #turn: (() => void)[] = [];
  /** Called after every event and all that followed from it. */
  afterEvent: () => void = () => {};
  events = 0;

  get nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, run: () => void): Timer {
    const due: Due = { atMs: this.#nowMs + delayMs, seq: this.#seq++, run };
    let at = this.#due.length;
    while (at > 0 && this.#due[at - 1]!.atMs > due.atMs) at--;
    this.#due.splice(at, 0, due);
    return {
      cancel: () => {
        due.run = null;
      },
    };
  }

  /** A clock whose callbacks stop coming once `isAlive` says no. */
  clock(isAlive: () => boolean): Clock {
    const guarded = (run: () => void) => () => {
      if (isAlive()) run();
    };
    return {
      wallMs: () => 1_700_000_000_000 + Math.floor(this.#nowMs),
      monotonicMs: () => this.#nowMs,
      after: (delayMs, run) => this.after(delayMs, guarded(run)),
      endOfTurn: (run) => void this.#turn.push(guarded(run)),
    };
  }

  async run(forMs: number): Promise<void> {
    const untilMs = this.#nowMs + forMs;
    await this.#settle();
    while (this.#due.length > 0 && this.#due[0]!.atMs <= untilMs) {
      const due = this.#due.shift()!;
      if (due.run === null) continue;
      this.#nowMs = due.atMs;
      due.run();
      this.events++;
      await this.#settle();
      this.afterEvent();
    }
    this.#nowMs = untilMs;
  }

  async #settle(): Promise<void> {
    for (;;) {
      for (let ticks = 0; ticks < 8; ticks++) await null;
      const turn = this.#turn;
      if (turn.length === 0) return;
      this.#turn = [];
      for (const run of turn) run();
    }
  }
}

/**
 * Two ends of one stream. A message takes `delayMs()`; none overtakes another; a cut loses what is on its
 * way.
 */
export class StreamPair<A, B> {
  readonly left: PeerStream<A, B>;
  readonly right: PeerStream<B, A>;
  readonly #time: VirtualTime;
  #open = true;
  #leftEvents: PeerStreamEvents<B> | null = null;
  #rightEvents: PeerStreamEvents<A> | null = null;

  constructor(time: VirtualTime, delayMs: () => number, isBlackHole: () => boolean) {
    this.#time = time;
    const lane = <T>(deliver: (message: T) => void) => {
      let lastMs = 0;
      // A connection loses nothing in its middle: once a message fell into the hole, all after it do.
      let isLost = false;
      return (message: T): void => {
        isLost ||= isBlackHole();
        if (!this.#open || isLost) return;
        const atMs = Math.max(time.nowMs + delayMs(), lastMs);
        lastMs = atMs;
        time.after(atMs - time.nowMs, () => {
          if (this.#open) deliver(message);
        });
      };
    };
    this.left = {
      start: (events) => {
        this.#leftEvents = events;
      },
      send: lane((message: A) => this.#rightEvents?.onMessage(message)),
      close: () => this.cut(),
    };
    this.right = {
      start: (events) => {
        this.#rightEvents = events;
      },
      send: lane((message: B) => this.#leftEvents?.onMessage(message)),
      close: () => this.cut(),
    };
  }

  get isOpen(): boolean {
    return this.#open;
  }

  cut(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#time.after(1, () => {
      this.#leftEvents?.onClose(null);
      this.#rightEvents?.onClose(null);
    });
  }
}
