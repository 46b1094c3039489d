// core: the counters of group coordination, named once.
import type { Counter, Histogram, Metrics } from "../../base/ports/metrics.ts";
import type { LoadFacts } from "./shard/shard-log.ts";

const loadMsBuckets = [1, 5, 20, 100, 500, 1_000, 5_000, 20_000];

export class CoordinatorMetrics {
  readonly #rebalances: Counter;
  readonly #records: Counter;
  readonly #loadMs: Histogram;

  constructor(metrics: Metrics) {
    const kafka = "kafka_server_group_coordinator_metrics_";
    this.#rebalances = metrics.counter(
      `${kafka}group_completed_rebalance_count_total`,
      "Rebalances that ended",
    );
    this.#records = metrics.counter("ottla_groups_loaded_records_total", "Records of groups read at loading");
    const help = "Time in which a partition of the groups' topic was loaded, ms";
    this.#loadMs = metrics.histogram("ottla_groups_load_ms", help, loadMsBuckets);
  }

  rebalanced(): void {
    this.#rebalances.add(1);
  }

  loaded({ records, tookMs }: LoadFacts): void {
    this.#records.add(records);
    this.#loadMs.observe(tookMs);
  }
}
