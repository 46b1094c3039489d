// test: figures by number of partitions as shares of the first.
import { expect, it } from "vitest";
import { withShares } from "./shares.ts";

it("puts each figure over that of the first number", () => {
  const also = { "p99 ms": 1 };
  const measured = new Map([10, 100, 1_000].map((count, place) => [count, { value: 80 / 2 ** place, also }]));
  const all = withShares(measured);
  expect(Object.entries(all).map(([key, { value }]) => [key, value])).toEqual([
    ["10", 80],
    ["100", 40],
    ["1000", 20],
    ["100/10", 0.5],
    ["1000/10", 0.25],
  ]);
  expect(withShares(new Map())).toEqual({});
});
