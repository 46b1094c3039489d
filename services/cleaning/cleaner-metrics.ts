// shell: what the cleaner counts.
import type { Metrics } from "../../base/ports/metrics.ts";
import type { CleaningReport } from "../../cluster/log/cleaning/clean-log.ts";

export class CleanerMetrics {
  readonly #passes;
  readonly #records;
  readonly #bytesRead;
  readonly #bytesRemoved;
  readonly #passMs;
  readonly #dirtiest;
  readonly #uncleanable;

  constructor(metrics: Metrics) {
    this.#passes = metrics.counter("ottla_log_cleaner_passes_total", "Passes of compaction over a log", [
      "outcome",
    ]);
    this.#records = metrics.counter("ottla_log_cleaner_records_removed_total", "Records compaction removed", [
      "why",
    ]);
    this.#bytesRead = metrics.counter("ottla_log_cleaner_bytes_read_total", "Bytes of segments rewritten");
    this.#bytesRemoved = metrics.counter("ottla_log_cleaner_bytes_removed_total", "Bytes compaction removed");
    this.#passMs = metrics.histogram(
      "ottla_log_cleaner_pass_ms",
      "Time of one pass of compaction over a log, ms",
      [10, 100, 1_000, 10_000, 60_000, 600_000],
    );
    this.#dirtiest = metrics.gauge(
      "kafka_log_logcleanermanager_max_dirty_percent",
      "Dirty part of the dirtiest compacted log, percent",
    );
    this.#uncleanable = metrics.gauge(
      "kafka_log_logcleanermanager_uncleanable_partitions_count",
      "Compacted logs that cannot be cleaned",
    );
  }

  looked(maxDirtyRatio: number, uncleanable: number): void {
    this.#dirtiest.set(Math.round(100 * maxDirtyRatio));
    this.#uncleanable.set(uncleanable);
  }

  passed({ outcome, stats, bytesBefore, bytesAfter }: CleaningReport, ms: number): void {
    const { recordsRead, recordsKept, tombstonesGone, withoutKey } = stats;
    this.#passes.add(1, { outcome });
    this.#passMs.observe(ms);
    this.#bytesRead.add(bytesBefore);
    this.#bytesRemoved.add(Math.max(0, bytesBefore - bytesAfter));
    this.#records.add(tombstonesGone, { why: "tombstone" });
    this.#records.add(withoutKey, { why: "without_key" });
    this.#records.add(recordsRead - recordsKept - tombstonesGone - withoutKey, { why: "superseded" });
  }
}
