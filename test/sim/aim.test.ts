// test: what an aimed seed has, and that it leaves other seeds as they are.
import { describe, expect, it } from "vitest";
import { aims } from "./aim.ts";
import { aimedFaults } from "./aimed-faults.ts";
import { planOf } from "./plan.ts";

const numbers = Array.from({ length: 40 }, (_, index) => index);
const plansOf = (aim: string) => numbers.map((number) => planOf(`${aim}-x-${number}`));

describe("a seed that is aimed", () => {
  it("has what it is aimed at, and nothing beside it", () => {
    const parts = (aim: string) =>
      plansOf(aim).map(({ grouping, compacting, aging, shiftsVoters }) => [
        ...(grouping ? ["groups"] : []),
        ...(compacting ? ["compaction"] : []),
        ...(aging ? ["aging"] : []),
        ...(shiftsVoters ? ["voters"] : []),
      ]);
    expect(new Set(parts("groups").flat())).toEqual(new Set(["groups"]));
    expect(parts("compaction").every((one) => one.join() === "compaction")).toBe(true);
    expect(parts("voters").every((one) => one.join() === "voters")).toBe(true);
    expect(parts("disks").flat()).toEqual([]);
  });

  it("draws from the faults that belong to it, not always all of them", () => {
    for (const aim of aims) {
      const kinds = plansOf(aim).map(({ faults }) => faults.map(({ kind }) => kind));
      expect(new Set(kinds.flat())).toEqual(new Set(Object.keys(aimedFaults[aim])));
      expect(new Set(kinds.map(({ length }) => length)).size).toBeGreaterThan(1);
      expect(kinds.every(({ length }) => length > 0)).toBe(true);
    }
  });

  it("is named by its first word", () => {
    const unaimed = numbers.map((number) => planOf(`group-x-${number}`));
    expect(unaimed.some(({ grouping }) => grouping === null)).toBe(true);
    expect(unaimed.some(({ aging }) => aging !== null)).toBe(true);
  });
});
