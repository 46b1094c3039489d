// test: lag from committed offsets and ends.
import { describe, expect, it } from "vitest";
import { lagOf, totalLag } from "./lag.ts";

const at = (topic: string, partition: number, offset: number) => ({ topic, partition, offset });

describe("lag", () => {
  it("is what lies between what is committed and the end", () => {
    const lags = lagOf({
      committed: [at("b", 10, 5), at("b", 2, 7), at("a", 0, -1), at("c", 0, 3)],
      ends: [at("b", 2, 7), at("b", 10, 12), at("a", 0, 4), at("a", 1, 9)],
    });
    expect(lags).toEqual([
      { topic: "a", partition: 0, committedOffset: null, endOffset: 4, lag: null },
      { topic: "a", partition: 1, committedOffset: null, endOffset: 9, lag: null },
      { topic: "b", partition: 2, committedOffset: 7, endOffset: 7, lag: 0 },
      { topic: "b", partition: 10, committedOffset: 5, endOffset: 12, lag: 7 },
      { topic: "c", partition: 0, committedOffset: 3, endOffset: null, lag: null },
    ]);
    expect(totalLag(lags)).toEqual({ lag: 7, largest: 7, unknown: 3 });
  });

  it("counts neither what was deleted nor what was cut off", () => {
    const [deleted, cut] = lagOf({
      committed: [at("t", 0, 10), at("t", 1, 50)],
      ends: [at("t", 0, 100), at("t", 1, 40)],
      starts: [at("t", 0, 80), at("t", 1, 0)],
    });
    expect([deleted!.lag, deleted!.committedOffset, cut!.lag]).toEqual([20, 10, 0]);
  });

  it("of nothing is nothing", () => {
    expect(totalLag(lagOf({ committed: [], ends: [] }))).toEqual({ lag: 0, largest: 0, unknown: 0 });
  });
});
