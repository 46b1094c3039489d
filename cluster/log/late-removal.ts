// shell: files of one log that are not its own any more and are removed after a while (file.delete.delay.ms),
// so that a retention that was set too short by mistake can still be stopped and undone by hand. What a stop
// leaves of them goes at the next start.
import type { Clock, Timer } from "../../base/ports/clock.ts";

export class LateRemoval {
  readonly #clock: Clock;
  readonly #remove: (path: string) => void;
  /** In the order in which they are due, as long as the delay is not changed. */
  #waiting: { path: string; dueMs: number }[] = [];
  #timer: Timer | null = null;

  constructor(clock: Clock, remove: (path: string) => void) {
    this.#clock = clock;
    this.#remove = remove;
  }

  add(path: string, delayMs: number): void {
    if (delayMs <= 0) {
      this.#remove(path);
      return;
    }
    this.#waiting.push({ path, dueMs: this.#clock.monotonicMs() + delayMs });
    this.#plan();
  }

  stop(): void {
    this.#waiting = [];
    this.#timer?.cancel();
    this.#timer = null;
  }

  #plan(): void {
    const [first] = this.#waiting;
    if (first === undefined || this.#timer !== null) return;
    this.#timer = this.#clock.after(Math.max(0, first.dueMs - this.#clock.monotonicMs()), () => {
      this.#timer = null;
      this.#run();
      this.#plan();
    });
  }

  #run(): void {
    const nowMs = this.#clock.monotonicMs();
    while (this.#waiting.length > 0 && this.#waiting[0]!.dueMs <= nowMs)
      this.#remove(this.#waiting.shift()!.path);
  }
}
