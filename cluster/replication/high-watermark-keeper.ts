// shell: brings high watermarks that moved to their checkpoint every few seconds and at the stop. Losing a
// write is safe: a replica then starts from an older high watermark and learns the new one from its leader.
import type { Clock } from "../../base/ports/clock.ts";
import type { Log } from "../../base/ports/log.ts";
import type { Partition } from "./partition.ts";
import type { HighWatermarkCheckpoint, PartitionId } from "./replication-ports.ts";

/** Kafka: replica.high.watermark.checkpoint.interval.ms. */
const intervalMs = 5000;

export class HighWatermarkKeeper {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #checkpoint: HighWatermarkCheckpoint;
  #moved = new Set<Partition>();
  #removed: PartitionId[] = [];
  #lastMs: number;
  #writing: Promise<void> | null = null;

  constructor(clock: Clock, log: Log, checkpoint: HighWatermarkCheckpoint) {
    this.#clock = clock;
    this.#log = log;
    this.#checkpoint = checkpoint;
    this.#lastMs = clock.monotonicMs();
  }

  moved(partition: Partition): void {
    this.#moved.add(partition);
  }

  remove(partition: Partition): void {
    this.#moved.delete(partition);
    this.#removed.push(partition.id);
  }

  tick(nowMs: number): void {
    if (nowMs - this.#lastMs < intervalMs || this.#writing !== null) return;
    this.#lastMs = nowMs;
    void this.#write();
  }

  async flush(): Promise<void> {
    await this.#writing;
    await this.#write();
  }

  async #write(): Promise<void> {
    if (this.#moved.size === 0 && this.#removed.length === 0) return;
    const moved = this.#moved;
    const removed = this.#removed;
    this.#moved = new Set();
    this.#removed = [];
    const changed = [...moved].map((partition) => ({
      topicId: partition.id.topicId,
      partition: partition.id.partition,
      highWatermark: partition.lastingHighWatermark,
    }));
    this.#writing = this.#checkpoint.store(changed, removed).then(
      () => {
        this.#writing = null;
      },
      (error: unknown) => {
        this.#writing = null;
        this.#log.warn(
          { error: String(error), at: this.#clock.wallMs() },
          "could not write high watermarks down",
        );
        for (const partition of moved) this.#moved.add(partition);
        this.#removed.push(...removed);
      },
    );
    await this.#writing;
  }
}
