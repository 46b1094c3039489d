// adapter: produce with 1 and 3 replicas, under both flush policies: batches of 16 and 64 KiB of 1 KiB
// records, and one record a request; throughput in a closed loop, waits in an open one.
import { type Bench, compare } from "./compare.ts";
import type { LoadResult, ProduceLoad } from "./load/load-spec.ts";
import { runLoad } from "./load/run-load.ts";
import type { Measurement, Row } from "./measure/row.ts";
import type { BenchCluster } from "./systems/bench-cluster.ts";
import { withTopic } from "./topics.ts";

export type BatchName = "16" | "64" | "single";

/**
 * With 1,010 bytes of value 16 records stay just within 16 KiB, as a producer with batch.size would
 * fill it.
 */
export const batches: Record<BatchName, { name: string; recordsPerBatch: number; valueBytes: number }> = {
  16: { name: "16 KiB batches", recordsPerBatch: 16, valueBytes: 1_010 },
  64: { name: "64 KiB batches", recordsPerBatch: 64, valueBytes: 1_010 },
  single: { name: "one 1 KiB record a request", recordsPerBatch: 1, valueBytes: 1_024 },
};

export interface ProduceShape {
  batch: BatchName;
  replicas: number;
  partitions: number;
  flush: string;
}

export type LoadTimes = Pick<Bench, "warmupMs" | "measureMs" | "connections" | "depth">;

export async function produceOnce(
  bench: LoadTimes,
  cluster: BenchCluster,
  shape: ProduceShape,
  more: Partial<ProduceLoad> = {},
): Promise<LoadResult> {
  return withTopic(cluster, shape, (topic) => produceTo(bench, cluster, topic, shape, more));
}

/** To a topic that is there. */
export function produceTo(
  bench: LoadTimes,
  cluster: Pick<BenchCluster, "bootstrap" | "pids">,
  topic: string,
  shape: Pick<ProduceShape, "batch" | "replicas">,
  more: Partial<ProduceLoad> = {},
): Promise<LoadResult> {
  const { warmupMs, measureMs, connections, depth } = bench;
  const { recordsPerBatch, valueBytes } = batches[shape.batch];
  return runLoad({
    kind: "produce",
    bootstrap: cluster.bootstrap,
    topic,
    acks: shape.replicas === 1 ? 1 : -1,
    recordsPerBatch,
    valueBytes,
    connections,
    depth,
    warmupMs,
    measureMs,
    requestsPerSecond: null,
    requestsMax: null,
    isEachOnce: false,
    serverPids: [...cluster.pids().values()],
    ...more,
  });
}

export function costs(result: LoadResult): Record<string, number> {
  const { bytes, seconds, serverCpuSeconds, loadCpuSeconds, serverMiB, waits, requests } = result;
  return {
    "requests/s": requests / seconds,
    "p50 ms": waits.p50Ms,
    "p99 ms": waits.p99Ms,
    ...(serverCpuSeconds === null ? {} : { "server CPU s/GB": (serverCpuSeconds / bytes) * 1e9 }),
    "load CPU s/GB": (loadCpuSeconds / bytes) * 1e9,
    ...(serverMiB.length === 0 ? {} : { "MiB a broker": Math.max(...serverMiB) }),
  };
}

export function throughput(result: LoadResult, batch: BatchName): Measurement {
  const { bytes, requests, seconds } = result;
  return { value: batch === "single" ? requests / seconds : bytes / seconds / 1e6, also: costs(result) };
}

export function unitOf(batch: BatchName): string {
  return batch === "single" ? "requests/s" : "MB/s";
}

export function nameOf({ batch, replicas, partitions }: ProduceShape): string {
  const acks = replicas === 1 ? "1 replica acks=1" : `${replicas} replicas acks=all`;
  return `${acks}, ${batches[batch].name}, ${partitions} partitions`;
}

export function measureThroughput(
  bench: Bench,
  clusters: readonly BenchCluster[],
  shape: ProduceShape,
): Promise<Row[]> {
  const head = { name: nameOf(shape), unit: unitOf(shape.batch), flush: shape.flush, isLowerBetter: false };
  return compare(bench, clusters, head, async (cluster) =>
    throughput(await produceOnce(bench, cluster, shape), shape.batch),
  );
}

/** Waits at half of what the weaker system can take at most, from when each request was to be sent. */
export async function measureLatency(
  bench: Bench,
  clusters: readonly BenchCluster[],
  shape: ProduceShape,
  fixedRate: number | null,
): Promise<Row[]> {
  let requestsPerSecond = fixedRate ?? Number.POSITIVE_INFINITY;
  for (const cluster of fixedRate === null ? clusters : []) {
    const { requests, seconds } = await produceOnce(bench, cluster, shape);
    requestsPerSecond = Math.min(requestsPerSecond, requests / seconds / 2);
    bench.progress(`  ${cluster.system}: at most ${Math.round(requests / seconds)} requests/s`);
  }
  requestsPerSecond = Math.round(requestsPerSecond);
  const name = `${nameOf(shape)}, open loop at ${requestsPerSecond} requests/s`;
  const head = { name, unit: "ms p99", flush: shape.flush, isLowerBetter: true };
  return compare(bench, clusters, head, async (cluster) => {
    const result = await produceOnce(bench, cluster, shape, { requestsPerSecond });
    const { p50Ms, p99Ms, p999Ms, maxMs } = result.waits;
    const also = { "p99.9 ms": p999Ms, "max ms": maxMs, ...costs(result), "p50 ms": p50Ms };
    return { value: p99Ms, also };
  });
}
