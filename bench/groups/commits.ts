// adapter: commits of many small groups: how many a second are acknowledged in a closed loop, and how long
// they take at a rate. A commit is one request with one offset; both systems acknowledge it when it is on all
// in-sync replicas, and Ottla when it is on their disks too, whatever the flush policy.
import { type Bench, compare } from "../compare.ts";
import type { CommitLoad, LoadResult } from "../load/load-spec.ts";
import { runLoad } from "../load/run-load.ts";
import type { Row } from "../measure/row.ts";
import type { BenchCluster } from "../systems/bench-cluster.ts";
import { withTopic } from "../topics.ts";

export interface CommitShape {
  groups: number;
  /** Commits under way on each connection, in the closed loop. */
  depth: number;
  /** Of the open loop. */
  perSecond: number;
  flush: string;
}

const topicShape = { partitions: 1, replicas: 3 };

export async function measureCommits(
  bench: Bench,
  clusters: readonly BenchCluster[],
  { groups, depth, perSecond, flush }: CommitShape,
): Promise<Row[]> {
  const what = `commits of ${groups} groups, ${bench.connections} connections`;
  const most = {
    name: `${what}, ${depth} under way on each`,
    unit: "commits/s",
    flush,
    isLowerBetter: false,
  };
  const rows = await compare(bench, clusters, most, async (cluster) => {
    const result = await commitOnce(bench, cluster, { groups, depth, flush });
    return { value: result.requests / result.seconds, also: commitCosts(result) };
  });
  const name = `${what}, open loop at ${perSecond} commits/s`;
  const waits = { name, unit: "ms p99", flush, isLowerBetter: true };
  const open = await compare(bench, clusters, waits, async (cluster) => {
    const result = await commitOnce(bench, cluster, { groups, depth, flush, perSecond });
    return { value: result.waits.p99Ms, also: commitCosts(result) };
  });
  return [...rows, ...open];
}

async function commitOnce(
  bench: Bench,
  cluster: BenchCluster,
  { flush, ...more }: { groups: number; depth: number; flush: string; perSecond?: number },
): Promise<LoadResult> {
  return await withTopic(cluster, { ...topicShape, flush }, (topic) =>
    runLoad({ ...commitLoad(bench, cluster, topic), ...more }),
  );
}

/** One commit of one offset after the other. */
export function commitLoad(bench: Bench, cluster: BenchCluster, topic: string): CommitLoad {
  const { warmupMs, measureMs, connections } = bench;
  return {
    kind: "commits",
    ...{ bootstrap: cluster.bootstrap, topic, warmupMs, measureMs, connections },
    serverPids: [...cluster.pids().values()],
    groups: 1,
    groupPrefix: `commits-of-${topic}`,
    partitionsPerCommit: 1,
    depth: 1,
    perSecond: null,
    isEachOnce: false,
  };
}

function commitCosts({ requests, seconds, waits, serverCpuSeconds }: LoadResult): Record<string, number> {
  return {
    "commits/s": requests / seconds,
    "p50 ms": waits.p50Ms,
    "p99 ms": waits.p99Ms,
    "max ms": waits.maxMs,
    ...(serverCpuSeconds === null ? {} : { "server CPU us/commit": (serverCpuSeconds / requests) * 1e6 }),
  };
}
