// test: a row tells the middle of each side and the ratio to each other side.
import { describe, expect, it } from "vitest";
import { type Measurement, makeRow } from "./row.ts";

const head = { name: "produce", unit: "MB/s", flush: "os", isLowerBetter: false };
const turns = (...values: number[]): Measurement[] =>
  values.map((value) => ({ value, also: { "p99 ms": value / 10 } }));

describe("makeRow", () => {
  it("puts the first side over each other one", () => {
    const row = makeRow(
      head,
      new Map([
        ["ottla", turns(10, 30)],
        ["bare TCP", turns(20, 40)],
        ["bare gRPC", turns(10, 10)],
      ]),
    );
    expect(row.sides.ottla).toEqual({
      value: { median: 20, min: 10, max: 30 },
      turns: 2,
      also: { "p99 ms": 2 },
    });
    expect(row.ratios).toEqual({
      "bare TCP": { median: 0.625, min: 0.5, max: 0.75 },
      "bare gRPC": { median: 2, min: 1, max: 3 },
    });
  });

  it("has no ratio of one side, and one of middles for unlike numbers of turns", () => {
    expect(makeRow(head, new Map([["ottla", turns(1)]])).ratios).toEqual({});
    const uneven = makeRow(
      head,
      new Map([
        ["ottla", turns(1, 2, 3)],
        ["kafka", turns(4)],
      ]),
    );
    expect(uneven.ratios.kafka).toEqual({ median: 0.5, min: 0.25, max: 0.75 });
  });
});
