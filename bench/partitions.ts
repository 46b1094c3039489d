// adapter: throughput of three replicas with more and more partitions, each of them written before the clock
// starts, and what is left of the rate with the fewest.
import { type Bench, compareSides } from "./compare.ts";
import type { Measurement, Row, RowHead } from "./measure/row.ts";
import { withShares } from "./measure/shares.ts";
import { nameOf, produceOnce, throughput } from "./produce.ts";
import type { BenchCluster } from "./systems/bench-cluster.ts";

const batch = "16";
const replicas = 3;

/** One turn of a side takes all numbers of partitions, so that what drifts touches them alike. */
export function measurePartitions(
  bench: Bench,
  clusters: readonly BenchCluster[],
  { partitions: counts, flush }: { partitions: readonly number[]; flush: string },
): Promise<Row[]> {
  const heads: Record<string, RowHead> = {};
  for (const partitions of counts) {
    const name = nameOf({ batch, replicas, partitions, flush });
    heads[partitions] = { name, unit: "MB/s", flush, isLowerBetter: false };
  }
  for (const partitions of counts.slice(1)) {
    const name = `3 replicas, 16 KiB: ${partitions} over ${counts[0]} partitions`;
    heads[`${partitions}/${counts[0]}`] = { name, unit: "of the rate", flush, isLowerBetter: false };
  }
  const sides = clusters.map((cluster) => ({
    name: cluster.system,
    measure: async () => {
      const measured = new Map<number, Measurement>();
      for (const partitions of counts) {
        const result = await produceOnce(bench, cluster, { batch, replicas, partitions, flush });
        measured.set(partitions, throughput(result, batch));
      }
      return withShares(measured);
    },
  }));
  return compareSides(bench, heads, sides);
}
