// core: the assignors by the names that options give them, and whether a member that has some of them
// rebalances eagerly or cooperatively.
import type { Assignor } from "./assignor.ts";
import { range, roundRobin } from "./range.ts";
import { cooperativeSticky, sticky } from "./sticky.ts";

export const knownAssignors = { range, roundRobin, sticky, cooperativeSticky } as const;

export type AssignorName = keyof typeof knownAssignors;

export function isAssignorName(value: unknown): value is AssignorName {
  return typeof value === "string" && Object.hasOwn(knownAssignors, value);
}

export function isAssignor(value: unknown): value is Assignor {
  if (typeof value !== "object" || value === null) return false;
  const { name, rebalance, userData, assign } = value as Partial<Assignor>;
  const isNamed = typeof name === "string" && name !== "";
  const isKind = rebalance === "eager" || rebalance === "cooperative";
  return isNamed && isKind && typeof userData === "function" && typeof assign === "function";
}

export function assignorsOf(given: readonly (AssignorName | Assignor)[]): Assignor[] {
  return given.map((item) => (typeof item === "string" ? knownAssignors[item] : item));
}

/** Only when all of a member's assignors are cooperative it keeps its partitions while it joins again. */
export function isCooperative(assignors: readonly Assignor[]): boolean {
  return assignors.every((assignor) => assignor.rebalance === "cooperative");
}
