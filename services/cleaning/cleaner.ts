// shell: cleans the compacted logs of this broker, those it leads and those it follows alike, the dirtiest
// first, one at a time. When none is dirty enough it looks again after log.cleaner.backoff.ms.
import type { Clock, Timer } from "../../base/ports/clock.ts";
import type { Log } from "../../base/ports/log.ts";
import type { Metrics } from "../../base/ports/metrics.ts";
import type { Random } from "../../base/ports/random.ts";
import { type CleaningReport, cleanLog, lookAt } from "../../cluster/log/cleaning/clean-log.ts";
import { type Cleanable, type CompactionPolicy, isWorthIt } from "../../cluster/log/cleaning/cleanable.ts";
import type { CleaningWork } from "../../cluster/log/cleaning/cleaning-work.ts";
import type { HashSecret } from "../../cluster/log/cleaning/keyed-hash.ts";
import type { PartitionLog } from "../../cluster/log/partition-log.ts";
import { BrokerError } from "../../proto/errors.ts";
import { CleanerMetrics } from "./cleaner-metrics.ts";

const logsPerTurn = 20;
const turnPauseMs = 1;

/** They may change while the broker runs. */
export interface CleanerSettings {
  readonly backoffMs: number;
  /** Memory for keys, bytes. */
  readonly mapBytes: number;
  /** Read and written together; 0: no limit. */
  readonly bytesPerSecond: number;
}

export interface CleanerOptions {
  readonly env: {
    readonly clock: Clock;
    readonly random: Random;
    readonly log: Log;
    readonly metrics: Metrics;
  };
  readonly work: CleaningWork;
  logs(): Iterable<{ readonly topicName: string; readonly log: PartitionLog }>;
  /** Null: the topic is not compacted. */
  policyOf(topicName: string): CompactionPolicy | null;
  settings(): CleanerSettings;
}

interface Candidate {
  readonly log: PartitionLog;
  readonly policy: CompactionPolicy;
  readonly cleanable: Cleanable;
}

export class Cleaner {
  readonly #options: CleanerOptions;
  readonly #metrics: CleanerMetrics;
  /** What is in them cannot be read; not tried again by this process. */
  readonly #uncleanable = new WeakSet<PartitionLog>();
  /** Came to nothing in this round; tried again in the next. */
  #skipped = new Set<PartitionLog>();
  #timer: Timer | null = null;
  #isStopped = false;

  constructor(options: CleanerOptions) {
    this.#options = options;
    this.#metrics = new CleanerMetrics(options.env.metrics);
    this.#planRound();
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#options.work.stop();
  }

  #planRound(): void {
    const { env, settings } = this.#options;
    this.#timer = env.clock.after(settings().backoffMs, () => {
      this.#skipped = new Set();
      void this.#round();
    });
  }

  /** Cleans until nothing is dirty enough. */
  async #round(): Promise<void> {
    for (;;) {
      const dirtiest = await this.#dirtiest();
      if (this.#isStopped) return;
      if (dirtiest === null) break;
      await this.#clean(dirtiest);
      if (this.#isStopped) return;
    }
    this.#planRound();
  }

  async #dirtiest(): Promise<Candidate | null> {
    let best: Candidate | null = null;
    let maxRatio = 0;
    let uncleanable = 0;
    let looked = 0;
    for (const { topicName, log } of [...this.#options.logs()]) {
      if (++looked % logsPerTurn === 0) await this.#pause();
      if (this.#isStopped) return null;
      const policy = this.#options.policyOf(topicName);
      if (policy === null || log.isClosed) continue;
      if (this.#uncleanable.has(log)) uncleanable++;
      if (this.#uncleanable.has(log) || this.#skipped.has(log)) continue;
      const cleanable = lookAt(log, policy);
      maxRatio = Math.max(maxRatio, cleanable.dirtyRatio);
      if (!isWorthIt(cleanable, policy)) continue;
      if (best === null || isBefore(cleanable, best.cleanable)) best = { log, policy, cleanable };
    }
    this.#metrics.looked(maxRatio, uncleanable);
    return best;
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      this.#timer = this.#options.env.clock.after(turnPauseMs, resolve);
    });
  }

  async #clean({ log, policy, cleanable }: Candidate): Promise<void> {
    const { work, env } = this.#options;
    const { mapBytes, bytesPerSecond } = this.#options.settings();
    const beganMs = env.clock.monotonicMs();
    work.setRate(bytesPerSecond);
    let report: CleaningReport;
    try {
      report = await cleanLog(log, { work, policy, mapBytes, secret: secretOf(env.random) });
    } catch (error) {
      if (this.#isStopped) return;
      this.#skipped.add(log);
      const told = { log: log.folder.name, error: String(error) };
      // Its directory has failed, and tells of that itself.
      if (error instanceof BrokerError) env.log.error(told, "compaction met a failure of the disk");
      // The other logs are cleaned all the same, and this one is tried again.
      else env.log.error(told, "compaction of a log failed unexpectedly");
      return;
    }
    if (this.#isStopped) return;
    const ms = Math.round(env.clock.monotonicMs() - beganMs);
    this.#metrics.passed(report, ms);
    if (report.outcome !== "done" || report.cleanedEnd <= cleanable.firstDirty) this.#skipped.add(log);
    this.#tell(log, cleanable, report, ms);
  }

  #tell(log: PartitionLog, { firstDirty, dirtyRatio }: Cleanable, report: CleaningReport, ms: number): void {
    const { outcome, what, cleanedEnd, keys, stats, ...sizes } = report;
    const { name } = log.folder;
    const { env } = this.#options;
    if (outcome === "unreadable") {
      this.#uncleanable.add(log);
      env.log.error({ log: name, what }, "a log cannot be compacted: records in it cannot be read");
    } else if (outcome === "noRoom") {
      env.log.warn({ log: name, what }, "no room on the disk to compact a log; it is tried again");
    } else if (outcome === "changed") {
      env.log.debug({ log: name, what }, "a log changed while it was compacted; it is tried again");
    } else {
      const { recordsRead: recordsBefore, recordsKept: recordsAfter, tombstonesGone, withoutKey } = stats;
      const records = { recordsBefore, recordsAfter, tombstonesGone, withoutKey };
      const about = { from: firstDirty, upTo: cleanedEnd, dirtyRatio: round2(dirtyRatio), keys, ms };
      env.log.info({ log: name, ...about, ...records, ...sizes }, "compacted a log");
    }
  }
}

/** What has waited too long comes first; then what is dirtiest. Source: Kafka, grabFilthiestCompactedLog. */
function isBefore(one: Cleanable, other: Cleanable): boolean {
  if (one.isOverdue !== other.isOverdue) return one.isOverdue;
  return one.dirtyRatio > other.dirtyRatio;
}

function round2(ratio: number): number {
  return Math.round(100 * ratio) / 100;
}

function secretOf(random: Random): HashSecret {
  return [random.uint32(), random.uint32(), random.uint32(), random.uint32()];
}
