// shell: tells people of a disk that does not answer. While a round of fsync runs for longer than a second,
// no write in it is acknowledged, and nothing else says why: one line says so, another when the disk
// answered.
import type { Clock, Timer } from "../../base/ports/clock.ts";
import type { Log } from "../../base/ports/log.ts";

const slowMs = 1_000;

export class SlowSyncs {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #path: string;
  #timer: Timer | null = null;
  #isTold = false;

  constructor(options: { clock: Clock; log: Log; path: string }) {
    this.#clock = options.clock;
    this.#log = options.log;
    this.#path = options.path;
  }

  began(logs: number): void {
    this.#timer = this.#clock.after(slowMs, () => {
      this.#isTold = true;
      this.#log.warn(
        { directory: this.#path, logs, slowMs },
        "the disk is slow: fsync has not answered yet, and what is written there waits for it",
      );
    });
  }

  ended(ms: number): void {
    this.#timer?.cancel();
    if (!this.#isTold) return;
    this.#isTold = false;
    this.#log.info({ directory: this.#path, ms: Math.round(ms) }, "the disk answered: fsync took so long");
  }
}
