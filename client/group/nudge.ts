// shell: a wait that ends after a time or when somebody says that there is something to do. What is said
// while nobody waits is not lost: the next wait ends at once.
import type { Clock } from "../../base/ports/clock.ts";
import { type Deferred, deferred } from "../../base/waits.ts";

export class Nudge {
  readonly #clock: Clock;
  #isDue = false;
  #waiting: Deferred<void> | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): void {
    this.#isDue = true;
    this.#waiting?.resolve();
  }

  /** One waits at a time. Null: only for the nudge. */
  async wait(delayMs: number | null): Promise<void> {
    if (!this.#isDue) {
      const waiting = deferred<void>();
      this.#waiting = waiting;
      const timer = delayMs === null ? null : this.#clock.after(delayMs, () => waiting.resolve());
      await waiting.promise;
      timer?.cancel();
      this.#waiting = null;
    }
    this.#isDue = false;
  }
}
