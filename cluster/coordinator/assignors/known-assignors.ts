// core: the assignors of this release, by the names that group.consumer.assignors and members use.
import type { Assignor } from "./assignor.ts";
import { rangeAssignor } from "./range.ts";
import { uniformAssignor } from "./uniform.ts";

const known: readonly Assignor[] = [uniformAssignor, rangeAssignor];

export function assignorNamed(name: string): Assignor | null {
  return known.find((assignor) => assignor.name === name) ?? null;
}
