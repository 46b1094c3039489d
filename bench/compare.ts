// adapter: measures rows on all sides in turns. A row that one side could not finish is left out, and why is
// told: half a comparison says nothing.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type Measurement, makeRow, type Row, type RowHead, type SideName } from "./measure/row.ts";
import { turnOrder } from "./measure/turns.ts";
import type { BenchCluster } from "./systems/bench-cluster.ts";

export interface Bench {
  /** So many turns of each side. */
  pairs: number;
  warmupMs: number;
  measureMs: number;
  connections: number;
  depth: number;
  /** Short times everywhere, to see that all works. */
  isQuick: boolean;
  progress: (text: string) => void;
  /** Rows that could not be measured, and why. */
  missing: { row: string; reason: string }[];
}

/** One side of a comparison; a turn of it gives the figures of several rows at once. */
export interface BenchSide<Key extends string> {
  name: SideName;
  measure: () => Promise<Record<Key, Measurement>>;
}

export async function compareSides<Key extends string>(
  bench: Bench,
  heads: Readonly<Record<Key, RowHead>>,
  sides: readonly BenchSide<Key>[],
): Promise<Row[]> {
  const keys = Object.keys(heads) as Key[];
  const turns = new Map(keys.map((key) => [key, new Map(sides.map(({ name }) => [name, emptyTurns()]))]));
  for (const { name, measure } of turnOrder(sides, bench.pairs)) {
    await settleDisk();
    try {
      const measured = await measure();
      for (const key of keys) {
        turns.get(key)!.get(name)!.push(measured[key]);
        bench.progress(`  ${titleOf(heads[key])}: ${name} ${shown(measured[key], heads[key].unit)}`);
      }
    } catch (error) {
      for (const key of keys) leaveOut(bench, heads[key], name, error);
      return [];
    }
  }
  return keys.map((key) => makeRow(heads[key], turns.get(key)!));
}

/** One row, on clusters that run all the time. */
export function compare(
  bench: Bench,
  clusters: readonly BenchCluster[],
  head: RowHead,
  measure: (cluster: BenchCluster) => Promise<Measurement>,
): Promise<Row[]> {
  const sides = clusters.map((cluster) => ({
    name: cluster.system,
    measure: async () => ({ row: await measure(cluster) }),
  }));
  return compareSides(bench, { row: head }, sides);
}

export function leaveOut(bench: Bench, head: RowHead, side: SideName, error: unknown): void {
  const reason = `${side}: ${error instanceof Error ? error.message : String(error)}`;
  bench.progress(`  ${titleOf(head)}: left out, ${reason}`);
  bench.missing.push({ row: titleOf(head), reason });
}

/** What one side wrote must not reach the disk in the turn of the other. */
export async function settleDisk(): Promise<void> {
  await promisify(execFile)("sync").catch(() => undefined);
}

function emptyTurns(): Measurement[] {
  return [];
}

function titleOf({ name, flush }: RowHead): string {
  return `${name}, ${flush}`;
}

function shown({ value, also }: Measurement, unit: string): string {
  const more = Object.entries(also).map(([name, figure]) => `${name} ${figure.toPrecision(3)}`);
  return [`${value.toPrecision(4)} ${unit}`, ...more].join(", ");
}
