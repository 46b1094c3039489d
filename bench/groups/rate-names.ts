// core: the rows that tell how fast groups read: what they are called, and which figures are in them.
import type { Row } from "../measure/row.ts";
import type { SystemName } from "../systems/bench-cluster.ts";

export function rateName(consumers: number, partitions: number): string {
  return `a group of ${consumers} consumer(s) reads cached 1 KiB records of ${partitions} partition(s)`;
}

/** Null: it was not measured. */
export function rateIn(
  rows: readonly Row[],
  system: SystemName,
  { consumers, partitions }: { consumers: number; partitions: number },
): number | null {
  const row = rows.find(({ name }) => name === rateName(consumers, partitions));
  return row?.sides[system]?.value.median ?? null;
}
