// core: figures by number of partitions, and each over that of the first number.
import type { Measurement } from "./row.ts";

/** Under `N` what was measured, and under `N/FIRST` its share of the first. */
export function withShares(measured: ReadonlyMap<number, Measurement>): Record<string, Measurement> {
  const all: Record<string, Measurement> = {};
  const [first] = measured.keys();
  for (const [count, one] of measured) {
    all[count] = one;
    const under = measured.get(first!)!.value;
    if (count !== first) all[`${count}/${first}`] = { value: one.value / under, also: one.also };
  }
  return all;
}
