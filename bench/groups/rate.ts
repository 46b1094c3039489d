// adapter: how fast a group reads what is in the page cache, by number of consumers and of partitions: each
// consumer is a process of its own and begins again at the start when it is at the end.
import { setTimeout as sleep } from "node:timers/promises";
import { Admin } from "../../client/index.ts";
import { type Bench, compareSides } from "../compare.ts";
import { cpuSecondsOfAll } from "../measure/process-stats.ts";
import type { Measurement, Row, RowHead } from "../measure/row.ts";
import { batches, produceTo } from "../produce.ts";
import type { BenchCluster } from "../systems/bench-cluster.ts";
import { withTopic } from "../topics.ts";
import type { MemberCount } from "./member-orders.ts";
import { rateName } from "./rate-names.ts";
import { RunningGroup } from "./running-group.ts";

export interface RateShape {
  consumers: readonly number[];
  partitions: readonly number[];
  /** What a topic holds. */
  mebibytes: number;
  sessionTimeoutMs: number;
  flush: string;
}

/** One turn of a side takes all numbers, so that what drifts touches them alike. */
export function measureGroupRate(
  bench: Bench,
  clusters: readonly BenchCluster[],
  shape: RateShape,
): Promise<Row[]> {
  const { flush } = shape;
  const heads: Record<string, RowHead> = {};
  for (const partitions of shape.partitions) {
    for (const consumers of shape.consumers) {
      const name = rateName(consumers, partitions);
      heads[`${consumers}/${partitions}`] = { name, unit: "MB/s", flush, isLowerBetter: false };
    }
  }
  const sides = clusters.map((cluster) => ({
    name: cluster.system,
    measure: async () => {
      const measured: Record<string, Measurement> = {};
      for (const partitions of shape.partitions) await ratesOf(bench, cluster, shape, partitions, measured);
      return measured;
    },
  }));
  return compareSides(bench, heads, sides);
}

async function ratesOf(
  bench: Bench,
  cluster: BenchCluster,
  { consumers, mebibytes, sessionTimeoutMs, flush }: RateShape,
  partitions: number,
  measured: Record<string, Measurement>,
): Promise<void> {
  await withTopic(cluster, { partitions, replicas: 1, flush }, async (topic) => {
    await fillTopic(bench, cluster, topic, mebibytes);
    for (const count of consumers) {
      const shape = { topic, protocol: "consumer", sessionTimeoutMs, isEndless: true } as const;
      const group = new RunningGroup(cluster, shape);
      try {
        const processes = await Promise.all(Array.from({ length: count }, () => group.prepare()));
        for (const process of processes) await group.join(process, 1);
        await group.readByAll(partitions);
        measured[`${count}/${partitions}`] = await rateOf(bench, cluster, group);
      } finally {
        await group.stop();
      }
    }
  });
}

async function rateOf(bench: Bench, cluster: BenchCluster, group: RunningGroup): Promise<Measurement> {
  const pids = [...cluster.pids().values()];
  const countAll = (): Promise<MemberCount[]> => Promise.all(group.processes.map((one) => one.count()));
  await sleep(bench.warmupMs);
  const [before, serversBefore] = [await countAll(), cpuSecondsOfAll(pids)];
  await sleep(bench.measureMs);
  const [after, serversAfter] = [await countAll(), cpuSecondsOfAll(pids)];
  const sum = (of: (end: MemberCount, begin: MemberCount) => number): number =>
    after.reduce((total, end, at) => total + of(end, before[at]!), 0);
  const perSecond = (key: "bytes" | "records"): number =>
    sum((end, begin) => ((end[key] - begin[key]) / (end.atMs - begin.atMs)) * 1_000);
  const gigabytes = sum((end, begin) => end.bytes - begin.bytes) / 1e9;
  const cpu = sum((end, begin) => end.cpuSeconds - begin.cpuSeconds);
  return {
    value: perSecond("bytes") / 1e6,
    also: {
      "records/s": perSecond("records"),
      "server CPU s/GB": (serversAfter - serversBefore) / gigabytes,
      "load CPU s/GB": cpu / gigabytes,
    },
  };
}

/** With batches of 16 records of 1 KiB; gives the number of records. */
export async function fillTopic(
  bench: Bench,
  cluster: BenchCluster,
  topic: string,
  mebibytes: number,
): Promise<number> {
  await using admin = new Admin({ bootstrap: cluster.bootstrap });
  // Each leader answers only once it knows that it leads; the load below does not ask twice.
  await admin.listOffsets({ topic, at: "latest" });
  const { recordsPerBatch, valueBytes } = batches[16];
  const requestsMax = Math.ceil((mebibytes * 2 ** 20) / (recordsPerBatch * valueBytes));
  await produceTo(bench, cluster, topic, { batch: "16", replicas: 1 }, { requestsMax });
  return requestsMax * recordsPerBatch;
}
