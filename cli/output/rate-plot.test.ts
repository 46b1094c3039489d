// test: the rates of groups as a plot: a line for each system and number of consumers that was measured.
import { expect, it } from "vitest";
import { rateName } from "../../bench/groups/rate-names.ts";
import { makeRow } from "../../bench/measure/row.ts";
import { ratePlot } from "./rate-plot.ts";

it("draws what was measured", () => {
  const head = { unit: "MB/s", flush: "os", isLowerBetter: false };
  const rowOf = (consumers: number, partitions: number, value: number) =>
    makeRow({ ...head, name: rateName(consumers, partitions) }, new Map([["ottla", [{ value, also: {} }]]]));
  const svg = ratePlot([rowOf(1, 1, 100), rowOf(1, 6, 200), rowOf(2, 6, 150)], {
    consumers: [1, 2, 4],
    partitions: [1, 6],
  });
  expect(svg).toContain("ottla, 1 consumer(s)");
  expect(svg).toContain("ottla, 2 consumer(s)");
  expect(svg).not.toContain("4 consumer(s)");
  expect(svg).not.toContain("kafka");
  expect(svg.match(/<circle /g)).toHaveLength(3);
});
