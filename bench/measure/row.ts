// core: one row of a benchmark: the figure of each side over all turns, and the ratio where both sides are
// whole.
import type { SystemName } from "../systems/bench-cluster.ts";
import { median, pairRatios, type Spread, sideRatio, spread } from "./turns.ts";

/** A system, a bare program that shows what the machine can do at most, or another client. */
export type SideName = SystemName | "bare TCP" | "bare gRPC" | "kafkajs";

export interface Measurement {
  /** The figure of the row, in its unit. */
  value: number;
  /** What else was seen; the median of each is told. */
  also: Readonly<Record<string, number>>;
}

export interface Side {
  value: Spread;
  turns: number;
  also: Record<string, number>;
}

export interface Row {
  name: string;
  unit: string;
  flush: string;
  isLowerBetter: boolean;
  sides: Partial<Record<SideName, Side>>;
  /** The first side over each other one. */
  ratios: Partial<Record<SideName, Spread>>;
}

export type RowHead = Pick<Row, "name" | "unit" | "flush" | "isLowerBetter">;

export function makeRow(head: RowHead, turns: ReadonlyMap<SideName, readonly Measurement[]>): Row {
  const sides: Partial<Record<SideName, Side>> = {};
  for (const [name, measured] of turns) sides[name] = sideOf(measured);
  const ratios: Partial<Record<SideName, Spread>> = {};
  const [first, ...others] = [...turns].map(([name, side]) => ({
    name,
    values: side.map(({ value }) => value),
  }));
  for (const { name, values } of others) {
    const ratio = pairRatios(first!.values, values) ?? sideRatio(first!.values, values);
    if (ratio !== null) ratios[name] = ratio;
  }
  return { ...head, sides, ratios };
}

function sideOf(measured: readonly Measurement[]): Side {
  const names = new Set(measured.flatMap(({ also }) => Object.keys(also)));
  const also: Record<string, number> = {};
  for (const name of names) {
    const seen = measured.flatMap(({ also: one }) => (one[name] === undefined ? [] : [one[name]]));
    also[name] = round(median(seen));
  }
  const { median: middle, min, max } = spread(measured.map(({ value }) => value));
  return { value: { median: round(middle), min: round(min), max: round(max) }, turns: measured.length, also };
}

/** Three digits that count. */
export function round(value: number): number {
  if (value >= 100) return Math.round(value);
  return Number(value.toPrecision(3));
}
