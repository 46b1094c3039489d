// adapter: CPU of three brokers together while many groups of one member each do nothing but stay.
import { type Bench, compare } from "../compare.ts";
import { runLoad } from "../load/run-load.ts";
import type { Row } from "../measure/row.ts";
import type { BenchCluster } from "../systems/bench-cluster.ts";
import { withTopic } from "../topics.ts";

export async function measureIdleGroups(
  bench: Bench,
  clusters: readonly BenchCluster[],
  { protocol, groups, flush }: { protocol: "classic" | "consumer"; groups: number; flush: string },
): Promise<Row[]> {
  const name = `CPU of 3 brokers with ${groups} idle ${protocol} groups of one member`;
  const head = { name, unit: "% of a core", flush, isLowerBetter: true };
  return await compare(bench, clusters, head, (cluster) =>
    withTopic(cluster, { partitions: 1, replicas: 3, flush }, async (topic) => {
      const { bootstrap } = cluster;
      const { warmupMs, measureMs } = bench;
      const serverPids = [...cluster.pids().values()];
      const target = { bootstrap, topic, warmupMs, measureMs, serverPids };
      const groupPrefix = `idle-of-${topic}`;
      const { serverCpuSeconds, seconds, requests, waits, loadCpuSeconds } = await runLoad({
        kind: "heartbeats",
        ...{ ...target, protocol, groups, groupPrefix },
      });
      if (serverCpuSeconds === null) throw new Error("the processes of the brokers are not known");
      const also = { "heartbeats/s": requests / seconds, "p50 ms": waits.p50Ms, "p99 ms": waits.p99Ms };
      const load = { "load %": (loadCpuSeconds / seconds) * 100 };
      return { value: (serverCpuSeconds / seconds) * 100, also: { ...also, ...load } };
    }),
  );
}
