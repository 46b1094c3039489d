// shell: fsync in rounds: a round syncs the logs that asked since the last one, sixteen at once; the next
// covers what came meanwhile. A failed round gives the directory up; it is never tried again.
import type { Clock } from "../../base/ports/clock.ts";
import type { SlowSyncs } from "./slow-syncs.ts";

const atOnce = 16;

export interface Syncable {
  syncNow(): Promise<void>;
}

export class SyncRounds {
  readonly #clock: Clock;
  readonly #onFailed: (error: unknown) => void;
  readonly #onRound: (ms: number, logs: number) => void;
  readonly #slow: SlowSyncs;
  #waiting = new Set<Syncable>();
  #running: Promise<void> | null = null;
  #scheduled = false;
  #failed = false;

  constructor(options: {
    clock: Clock;
    onFailed: (error: unknown) => void;
    onRound: (ms: number, logs: number) => void;
    slow: SlowSyncs;
  }) {
    this.#clock = options.clock;
    this.#onFailed = options.onFailed;
    this.#onRound = options.onRound;
    this.#slow = options.slow;
  }

  request(log: Syncable): void {
    this.#waiting.add(log);
    if (this.#scheduled || this.#running !== null || this.#failed) return;
    this.#scheduled = true;
    this.#clock.endOfTurn(() => {
      this.#scheduled = false;
      this.#begin();
    });
  }

  forget(log: Syncable): void {
    this.#waiting.delete(log);
  }

  /** Resolves when no round is under way and nobody waits for one. */
  async idle(): Promise<void> {
    while (!this.#failed && (this.#running !== null || this.#waiting.size > 0)) {
      if (this.#running === null) this.#begin();
      await this.#running;
    }
  }

  fail(): void {
    this.#failed = true;
    this.#waiting.clear();
  }

  #begin(): void {
    if (this.#running !== null || this.#failed || this.#waiting.size === 0) return;
    const logs = [...this.#waiting];
    this.#waiting.clear();
    const began = this.#clock.monotonicMs();
    this.#slow.began(logs.length);
    const ended = (): number => {
      this.#running = null;
      const ms = this.#clock.monotonicMs() - began;
      this.#slow.ended(ms);
      return ms;
    };
    this.#running = this.#round(logs).then(
      () => {
        this.#onRound(ended(), logs.length);
        this.#begin();
      },
      (error) => {
        ended();
        this.fail();
        // Nothing becomes durable any more. Nobody may be waiting for this promise: what comes of the failure
        // must not end in a rejection of it.
        this.#clock.endOfTurn(() => this.#onFailed(error));
      },
    );
  }

  async #round(logs: readonly Syncable[]): Promise<void> {
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < logs.length && !this.#failed) await logs[next++]!.syncNow();
    };
    await Promise.all(Array.from({ length: Math.min(atOnce, logs.length) }, worker));
  }
}
