// adapter: measures one row on all systems in turns. A row that one side could not finish is left out, and
// why is told: half a comparison says nothing.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type Measurement, makeRow, type Row, type RowHead } from "./measure/row.ts";
import { turnOrder } from "./measure/turns.ts";
import type { BenchCluster, SystemName } from "./systems/bench-cluster.ts";

export interface Bench {
  /** So many turns of each system. */
  pairs: number;
  warmupMs: number;
  measureMs: number;
  connections: number;
  depth: number;
  progress: (text: string) => void;
  /** Rows that could not be measured, and why. */
  missing: { row: string; reason: string }[];
}

export async function compare(
  bench: Bench,
  clusters: readonly BenchCluster[],
  head: RowHead,
  measure: (cluster: BenchCluster) => Promise<Measurement>,
): Promise<Row[]> {
  const turns = new Map<SystemName, Measurement[]>(clusters.map(({ system }) => [system, []]));
  for (const cluster of turnOrder(clusters, bench.pairs)) {
    await settleDisk();
    try {
      const measured = await measure(cluster);
      turns.get(cluster.system)!.push(measured);
      bench.progress(`  ${head.name}, ${head.flush}: ${cluster.system} ${shown(measured, head.unit)}`);
    } catch (error) {
      const reason = `${cluster.system}: ${error instanceof Error ? error.message : String(error)}`;
      bench.progress(`  ${head.name}, ${head.flush}: left out, ${reason}`);
      bench.missing.push({ row: `${head.name}, ${head.flush}`, reason });
      return [];
    }
  }
  return [makeRow(head, turns)];
}

/** What one system wrote must not reach the disk in the turn of the other. */
async function settleDisk(): Promise<void> {
  await promisify(execFile)("sync").catch(() => undefined);
}

function shown({ value, also }: Measurement, unit: string): string {
  const more = Object.entries(also).map(([name, figure]) => `${name} ${figure.toPrecision(3)}`);
  return [`${value.toPrecision(4)} ${unit}`, ...more].join(", ");
}
