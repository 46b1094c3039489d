// shell: the time in which sessions and rebalances are counted. It goes as the clock goes, but a process that
// stood still does not find an hour gone: between two ticks at most two ticks of time pass. So a broker that
// was paused fences nobody whose heartbeats wait in its sockets.
import type { Clock, Timer } from "../../../base/ports/clock.ts";

export const tickMs = 50;
const stepMsMax = 2 * tickMs;

export class PacedClock {
  readonly #clock: Clock;
  readonly #onTick: () => void;
  #nowMs = 0;
  #lastMs: number;
  #timer: Timer | null = null;

  constructor(clock: Clock, onTick: () => void) {
    this.#clock = clock;
    this.#onTick = onTick;
    this.#lastMs = clock.monotonicMs();
  }

  get nowMs(): number {
    return this.#nowMs + this.#sinceTick();
  }

  /** Ticks while there is something to wait for; without, it costs nothing. */
  run(): void {
    if (this.#timer !== null) return;
    // What passed while nobody waited for anything is of no account.
    this.#nowMs += this.#sinceTick();
    this.#lastMs = this.#clock.monotonicMs();
    this.#plan();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #sinceTick(): number {
    return Math.min(stepMsMax, Math.max(0, this.#clock.monotonicMs() - this.#lastMs));
  }

  #plan(): void {
    this.#timer = this.#clock.after(tickMs, () => {
      this.#timer = null;
      this.#nowMs += this.#sinceTick();
      this.#lastMs = this.#clock.monotonicMs();
      this.#plan();
      this.#onTick();
    });
  }
}
