// adapter: CPU of three brokers together that have nothing to do, with more and more partitions.
import { setTimeout as sleep } from "node:timers/promises";
import { type Bench, compareSides } from "./compare.ts";
import { cpuSecondsOfAll } from "./measure/process-stats.ts";
import type { Measurement, Row } from "./measure/row.ts";
import type { BenchCluster } from "./systems/bench-cluster.ts";
import { withTopic } from "./topics.ts";

const replicas = 3;

export function measureIdle(
  bench: Bench,
  clusters: readonly BenchCluster[],
  options: { partitions: readonly number[]; settleMs: number; flush: string },
): Promise<Row[]> {
  const { partitions, settleMs, flush } = options;
  const headOf = (count: number) => ({
    name: `CPU of ${replicas} idle brokers, ${count} partitions at ${replicas} replicas`,
    unit: "% of a core",
    flush,
    isLowerBetter: true,
  });
  const heads = Object.fromEntries(partitions.map((count) => [count, headOf(count)]));
  const sides = clusters.map((cluster) => ({
    name: cluster.system,
    measure: async () => {
      const measured: Record<string, Measurement> = {};
      const idle = async (): Promise<Measurement> => {
        await sleep(settleMs);
        return await cpuWhile([...cluster.pids().values()], bench.measureMs);
      };
      for (const count of partitions) {
        const shape = { partitions: count, replicas, flush };
        measured[count] = count === 0 ? await idle() : await withTopic(cluster, shape, idle);
      }
      return measured;
    },
  }));
  return compareSides(bench, heads, sides);
}

async function cpuWhile(pids: readonly number[], durationMs: number): Promise<Measurement> {
  if (pids.length === 0) throw new Error("the processes of the brokers are not known");
  const [beganMs, before] = [performance.now(), cpuSecondsOfAll(pids)];
  await sleep(durationMs);
  const spent = cpuSecondsOfAll(pids) - before;
  return { value: (spent / (performance.now() - beganMs)) * 100_000, also: {} };
}
