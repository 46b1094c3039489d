// core: the counters and gauges of replication, named once.
import type { Counter, Gauge, Metrics } from "../../base/ports/metrics.ts";

export interface ReplicationMetrics {
  readonly inSyncShrinks: Counter;
  readonly inSyncExpands: Counter;
  readonly truncations: Counter;
  readonly truncatedRecords: Counter;
  readonly bytesProduced: Counter;
  readonly bytesFetched: Counter;
  readonly bytesSentToFollowers: Counter;
  readonly bytesFromLeaders: Counter;
  readonly underReplicated: Gauge;
  readonly underMinIsr: Gauge;
  readonly leaders: Gauge;
  readonly partitions: Gauge;
  readonly offline: Gauge;
}

export function replicationMetrics(metrics: Metrics): ReplicationMetrics {
  const counter = (name: string, help: string): Counter =>
    metrics.counter(`ottla_replication_${name}_total`, help);
  const gauge = (name: string, help: string): Gauge => metrics.gauge(`ottla_replication_${name}`, help);
  return {
    inSyncShrinks: counter("isr_shrinks", "In-sync sets led here that lost a member"),
    inSyncExpands: counter("isr_expands", "In-sync sets led here that gained a member"),
    truncations: counter("truncations", "Times a follower cut its log to agree with its leader"),
    truncatedRecords: counter("truncated_records", "Offsets that followers cut to agree with their leaders"),
    bytesProduced: counter("produced_bytes", "Bytes of record batches appended as leader"),
    bytesFetched: counter("fetched_bytes", "Bytes of record batches read by consumers"),
    bytesSentToFollowers: counter("sent_bytes", "Bytes of record batches sent to followers"),
    bytesFromLeaders: counter("received_bytes", "Bytes of record batches received from leaders"),
    underReplicated: gauge(
      "under_replicated_partitions",
      "Partitions led here with fewer in sync than replicas",
    ),
    underMinIsr: gauge("under_min_isr_partitions", "Partitions led here that refuse acks=all"),
    leaders: gauge("leader_partitions", "Partitions led here"),
    partitions: gauge("partitions", "Replicas on this broker"),
    offline: gauge("offline_partitions", "Replicas on this broker whose log directory failed"),
  };
}
