// test: the order of turns, and the ratio and its spread.
import { describe, expect, it } from "vitest";
import { median, pairRatios, sideRatio, spread, turnOrder } from "./turns.ts";

describe("turns", () => {
  it("alternate", () => {
    expect(turnOrder(["ottla", "kafka"], 2)).toEqual(["ottla", "kafka", "ottla", "kafka"]);
  });

  it("give the median of the ratios of pairs, not the ratio of medians", () => {
    expect(pairRatios([10, 20, 90], [10, 10, 30])).toEqual({ median: 2, min: 1, max: 3 });
  });

  it("give no ratio where one side is missing or stood still", () => {
    expect(pairRatios([1, 2], [1])).toBeNull();
    expect(pairRatios([], [])).toBeNull();
    expect(pairRatios([1], [0])).toBeNull();
  });

  it("give a ratio of middles where they were not taken in pairs", () => {
    expect(sideRatio([1, 2, 3], [4, 8])).toEqual({ median: 2 / 6, min: 1 / 8, max: 3 / 4 });
    expect(sideRatio([1], [])).toBeNull();
    expect(sideRatio([1], [0])).toBeNull();
  });

  it("take the mean of the two in the middle", () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(spread([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
    expect(() => median([])).toThrow("no values");
  });
});
