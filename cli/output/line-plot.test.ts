// test: a plot as SVG: every value is a dot at its height, and a line is broken where nothing is known.
import { expect, it } from "vitest";
import { linePlot, niceTop } from "./line-plot.ts";

it("finds a round top for its axis", () => {
  expect([0, 0.3, 1, 17, 21, 26, 51, 100].map(niceTop)).toEqual([1, 0.5, 1, 20, 25, 50, 100, 100]);
});

it("draws each line, broken where nothing is known", () => {
  const plot = {
    title: "rate < all & more",
    places: "partitions",
    unit: "MB/s",
    at: [1, 6, 24],
    lines: [
      { name: "one", values: [0, 50, 100] },
      { name: "two", values: [100, null, 0] },
    ],
  };
  const svg = linePlot(plot);
  expect(svg).toContain(">rate &lt; all &amp; more</text>");
  expect(svg).toContain("<title>rate &lt; all &amp; more</title>");
  expect(svg).toContain('d="M70 345L300 197.5L530 50.0"'.replace("50.0", "50"));
  expect(svg).toContain('d="M70 50M530 345"');
  expect(svg.match(/<circle /g)).toHaveLength(5);
  expect(svg.match(/>(one|two)<\/text>/g)).toHaveLength(2);
  const left = linePlot({ ...plot, at: [], lines: [] });
  expect(left).not.toContain("NaN");
});
