// shell: looks every log.retention.check.interval.ms at each partition that this broker leads for records
// that need not be kept any more. A few partitions a turn, so that many of them hold up nothing.
import type { Clock, Timer } from "../base/ports/clock.ts";
import type { Partition } from "../cluster/replication/partition.ts";
import type { RetentionConfig } from "./topic-configs.ts";

const partitionsPerTurn = 20;
const turnPauseMs = 1;

export interface RetentionRoundsOptions {
  readonly clock: Clock;
  readonly everyMs: number;
  partitions(): Iterable<Partition>;
  retentionOf(topicName: string): RetentionConfig;
}

export class RetentionRounds {
  readonly #options: RetentionRoundsOptions;
  /** Of this round, not looked at yet. */
  #left: Partition[] = [];
  #timer: Timer | null = null;

  constructor(options: RetentionRoundsOptions) {
    this.#options = options;
    this.#planRound();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#left = [];
  }

  #planRound(): void {
    this.#timer = this.#options.clock.after(this.#options.everyMs, () => {
      this.#left = [...this.#options.partitions()].filter(({ isLeader }) => isLeader);
      this.#look();
    });
  }

  #look(): void {
    for (const partition of this.#left.splice(0, partitionsPerTurn)) this.#enforce(partition);
    if (this.#left.length === 0) this.#planRound();
    else this.#timer = this.#options.clock.after(turnPauseMs, () => this.#look());
  }

  #enforce(partition: Partition): void {
    const { deletes, ...limits } = this.#options.retentionOf(partition.id.topicName);
    if (deletes && (limits.retentionMs >= 0 || limits.retentionBytes >= 0))
      partition.leaderRole?.enforceRetention(limits);
  }
}
