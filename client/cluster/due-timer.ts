// shell: one timer for many due times: runs at the earliest of them, once.
import type { Clock, Timer } from "../../base/ports/clock.ts";

export class DueTimer {
  readonly #clock: Clock;
  readonly #run: () => void;
  #timer: Timer | null = null;
  #dueMs = Number.POSITIVE_INFINITY;
  #isClosed = false;

  constructor(clock: Clock, run: () => void) {
    this.#clock = clock;
    this.#run = run;
  }

  /** Runs at `dueMs` (monotonic) at the latest; infinity asks for nothing. */
  atLatest(dueMs: number): void {
    if (dueMs >= this.#dueMs || this.#isClosed) return;
    this.#timer?.cancel();
    this.#dueMs = dueMs;
    this.#timer = this.#clock.after(Math.max(0, dueMs - this.#clock.monotonicMs()), () => {
      this.#timer = null;
      this.#dueMs = Number.POSITIVE_INFINITY;
      this.#run();
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }
}
