// core: what is told of group coordination in metrics, named once. Counters as things happen; how many groups
// there are and how far they are behind is looked at when somebody asks.
import { limits } from "../../base/limits.ts";
import type { Counter, Histogram, Metrics, Observation } from "../../base/ports/metrics.ts";
import type { LoadFacts } from "./shard/shard-log.ts";
import type { GroupState } from "./state/group-state.ts";

const loadMsBuckets = [1, 5, 20, 100, 500, 1_000, 5_000, 20_000];

/** What the metrics look at. */
export interface ObservedGroups {
  /** Of the committed view. */
  groups(): Iterable<GroupState>;
  /** State of each group, by Kafka's names. */
  states(): Iterable<string>;
  /** End of what a consumer can read of the partition; null: it is not known here. */
  endOffset(topic: string, partition: number): number | null;
}

export class CoordinatorMetrics {
  readonly #rebalances: Counter;
  readonly #expired: Counter;
  readonly #records: Counter;
  readonly #loadMs: Histogram;

  constructor(metrics: Metrics, observed: ObservedGroups) {
    const kafka = "kafka_server_group_coordinator_metrics_";
    const counter = (name: string, help: string): Counter => metrics.counter(`${name}_total`, help);
    this.#rebalances = counter(`${kafka}group_completed_rebalance_count`, "Generations that became stable");
    this.#expired = counter(`${kafka}offset_expiration_count`, "Committed offsets that expired");
    this.#records = counter("ottla_groups_loaded_records", "Records of groups read at loading");
    const help = "Time in which a partition of the groups' topic was loaded, ms";
    this.#loadMs = metrics.histogram("ottla_groups_load_ms", help, loadMsBuckets);
    const ofGroups = "Groups coordinated here, by their state";
    metrics.observed(`${kafka}group_count`, ofGroups, ["state"], () => countByState(observed.states()));
    const labels = ["consumergroup", "topic", "partition"];
    const lagHelp = "Records that a group has not committed yet";
    metrics.observed("kafka_consumergroup_lag", lagHelp, labels, () => lags(observed));
    const offsetHelp = "Offset that a group has committed";
    metrics.observed("kafka_consumergroup_current_offset", offsetHelp, labels, () => offsets(observed));
  }

  rebalanced(): void {
    this.#rebalances.add(1);
  }

  expired(offsets: number): void {
    this.#expired.add(offsets);
  }

  loaded({ records, tookMs }: LoadFacts): void {
    this.#records.add(records);
    this.#loadMs.observe(tookMs);
  }
}

function countByState(states: Iterable<string>): Observation[] {
  const counts = new Map<string, number>();
  for (const state of states) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, value]) => ({ labels: { state }, value }));
}

interface Place {
  readonly labels: { consumergroup: string; topic: string; partition: string };
  readonly partition: number;
  readonly committed: number;
}

function* places({ groups }: ObservedGroups): Generator<Place> {
  let told = 0;
  for (const { groupId: consumergroup, offsets } of groups()) {
    for (const [topic, partitions] of offsets) {
      for (const [partition, { offset: committed }] of partitions) {
        if (told++ >= limits.groupLagSeriesMax) return;
        yield { labels: { consumergroup, topic, partition: String(partition) }, partition, committed };
      }
    }
  }
}

function* offsets(observed: ObservedGroups): Generator<Observation> {
  for (const { labels, committed } of places(observed)) yield { labels, value: committed };
}

function* lags(observed: ObservedGroups): Generator<Observation> {
  for (const { labels, partition, committed } of places(observed)) {
    const end = observed.endOffset(labels.topic, partition);
    if (end !== null) yield { labels, value: Math.max(0, end - committed) };
  }
}
