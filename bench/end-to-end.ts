// adapter: from when a record was to be sent until a consumer has it, at a fixed rate.
import { type Bench, compare } from "./compare.ts";
import { runLoad } from "./load/run-load.ts";
import type { Row } from "./measure/row.ts";
import { costs } from "./produce.ts";
import type { BenchCluster } from "./systems/bench-cluster.ts";
import { type TopicShape, withTopic } from "./topics.ts";

const valueBytes = 1_024;

export function measureEndToEnd(
  bench: Bench,
  clusters: readonly BenchCluster[],
  shape: TopicShape,
  recordsPerSecond: number,
): Promise<Row[]> {
  const { replicas, partitions, flush } = shape;
  const acks = replicas === 1 ? 1 : -1;
  const shown = acks === 1 ? "1 replica acks=1" : `${replicas} replicas acks=all`;
  const name = `end to end, ${shown}, ${recordsPerSecond} records/s of 1 KiB, ${partitions} partitions`;
  const head = { name, unit: "ms p99", flush, isLowerBetter: true };
  return compare(bench, clusters, head, (cluster) =>
    withTopic(cluster, shape, async (topic) => {
      const { bootstrap } = cluster;
      const { warmupMs, measureMs } = bench;
      const serverPids = [...cluster.pids().values()];
      const target = { bootstrap, topic, warmupMs, measureMs, serverPids };
      const result = await runLoad({ kind: "end-to-end", ...target, acks, valueBytes, recordsPerSecond });
      const { p99Ms, p999Ms, maxMs } = result.waits;
      return { value: p99Ms, also: { "p99.9 ms": p999Ms, "max ms": maxMs, ...costs(result) } };
    }),
  );
}
