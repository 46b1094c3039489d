// shell: looks every offsets.retention.check.interval.ms at the groups of each shard for offsets that need
// not be kept any more. One round at a time.
import type { Clock, Timer } from "../../../base/ports/clock.ts";

export interface ExpiryRoundsOptions {
  readonly clock: Clock;
  everyMs(): number;
  shards(): Iterable<{ readonly offsets: { expire(): Promise<void> } }>;
}

export class ExpiryRounds {
  readonly #options: ExpiryRoundsOptions;
  #timer: Timer | null = null;
  #isStopped = false;

  constructor(options: ExpiryRoundsOptions) {
    this.#options = options;
    this.#plan();
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  #plan(): void {
    if (this.#isStopped) return;
    this.#timer = this.#options.clock.after(this.#options.everyMs(), () => {
      void this.#round().then(() => this.#plan());
    });
  }

  async #round(): Promise<void> {
    for (const { offsets } of [...this.#options.shards()]) {
      if (this.#isStopped) return;
      await offsets.expire();
    }
  }
}
