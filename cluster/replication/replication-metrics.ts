// core: the counters and gauges of replication, named once.
import { limits } from "../../base/limits.ts";
import type { Counter, Gauge, Histogram, Metrics } from "../../base/ports/metrics.ts";

/** By topic; of many topics, those that come late share one label. */
export class TopicCounter {
  readonly #counter: Counter;
  readonly #labels = new Map<string, { topic: string }>();

  constructor(counter: Counter) {
    this.#counter = counter;
  }

  add(topic: string, amount: number): void {
    let labels = this.#labels.get(topic);
    if (labels === undefined) {
      const isOneOfMany = this.#labels.size >= limits.topicLabelsMax;
      labels = { topic: isOneOfMany ? "other" : topic };
      if (!isOneOfMany) this.#labels.set(topic, labels);
    }
    this.#counter.add(amount, labels);
  }
}

export interface ReplicationMetrics {
  readonly inSyncShrinks: Counter;
  readonly inSyncExpands: Counter;
  readonly truncations: Counter;
  readonly truncatedRecords: Counter;
  readonly recordsProduced: TopicCounter;
  readonly bytesProduced: TopicCounter;
  readonly bytesFetched: TopicCounter;
  readonly commitMs: Histogram;
  readonly lagMax: Gauge;
  readonly bytesSentToFollowers: Counter;
  readonly bytesFromLeaders: Counter;
  readonly underReplicated: Gauge;
  readonly underMinIsr: Gauge;
  readonly leaders: Gauge;
  readonly partitions: Gauge;
  readonly offline: Gauge;
}

export function replicationMetrics(metrics: Metrics): ReplicationMetrics {
  const own = "ottla_replication_";
  const manager = "kafka_server_replicamanager_";
  const topics = "kafka_server_brokertopicmetrics_";
  const counter = (name: string, help: string): Counter => metrics.counter(`${name}_total`, help);
  const perTopic = (name: string, help: string): TopicCounter =>
    new TopicCounter(metrics.counter(`${topics}${name}_total`, help, ["topic"]));
  const gauge = (name: string, help: string): Gauge => metrics.gauge(`${manager}${name}`, help);
  return {
    inSyncShrinks: counter(`${manager}isrshrinks`, "In-sync sets led here that lost a member"),
    inSyncExpands: counter(`${manager}isrexpands`, "In-sync sets led here that gained a member"),
    truncations: counter(`${own}truncations`, "Times a follower cut its log to agree with its leader"),
    truncatedRecords: counter(
      `${own}truncated_records`,
      "Offsets that followers cut to agree with their leaders",
    ),
    recordsProduced: perTopic("messagesin", "Records appended as leader"),
    bytesProduced: perTopic("bytesin", "Bytes of record batches appended as leader"),
    bytesFetched: perTopic("bytesout", "Bytes of record batches read by consumers"),
    bytesSentToFollowers: counter(`${topics}replicationbytesout`, "Bytes of batches sent to followers"),
    bytesFromLeaders: counter(`${topics}replicationbytesin`, "Bytes of batches received from leaders"),
    commitMs: metrics.histogram(
      "ottla_replication_commit_ms",
      "Time from an append that waits for all in-sync replicas to its commit, ms",
      [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 5_000],
    ),
    underReplicated: gauge(
      "underreplicatedpartitions",
      "Partitions led here with fewer in sync than replicas",
    ),
    underMinIsr: gauge("underminisrpartitioncount", "Partitions led here that refuse acks=all"),
    leaders: gauge("leadercount", "Partitions led here"),
    partitions: gauge("partitioncount", "Replicas on this broker"),
    offline: gauge("offlinereplicacount", "Replicas on this broker whose log directory failed"),
    lagMax: metrics.gauge(
      "kafka_server_replicafetchermanager_maxlag",
      "Most records that a replica here lacks of what its leader has committed",
    ),
  };
}
