// core: two systems measured in turns, and what is said of them: the order, the ratio of each pair, the
// middle and the spread. Knows neither system.

export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** The middle one, or the mean of the two in the middle. Throws when there is none. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new Error("the median of no values was asked for; there should be one");
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

export function spread(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** A B A B ...: whatever drifts on the machine while it runs touches both alike. */
export function turnOrder<Name>(names: readonly Name[], pairs: number): Name[] {
  return Array.from({ length: pairs }, () => names).flat();
}

/** One system over the other, pair by pair; null when a pair is not whole. */
export function pairRatios(over: readonly number[], under: readonly number[]): Spread | null {
  if (over.length === 0 || over.length !== under.length) return null;
  const ratios = over.map((value, pair) => value / under[pair]!);
  return ratios.every(Number.isFinite) ? spread(ratios) : null;
}

/**
 * Of sides that were not measured in pairs: middle over middle; the spread is as wide as any two turns could
 * make it. Null when a side is missing or stood still.
 */
export function sideRatio(over: readonly number[], under: readonly number[]): Spread | null {
  if (over.length === 0 || under.length === 0) return null;
  const [high, low] = [spread(over), spread(under)];
  const ratio = { median: high.median / low.median, min: high.min / low.max, max: high.max / low.min };
  return Object.values(ratio).every(Number.isFinite) ? ratio : null;
}
