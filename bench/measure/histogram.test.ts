// test: quantiles of waits are right within two percent, from microseconds to seconds.
import { describe, expect, it } from "vitest";
import { Histogram } from "./histogram.ts";

describe("Histogram", () => {
  it("tells quantiles within two percent", () => {
    for (const unitMs of [0.01, 1, 40]) {
      const histogram = new Histogram();
      for (let n = 1; n <= 1_000; n++) histogram.add(n * unitMs);
      for (const share of [0.5, 0.99, 0.999]) {
        const exact = share * 1_000 * unitMs;
        expect(Math.abs(histogram.quantileMs(share) - exact) / exact).toBeLessThan(0.02);
      }
      expect(histogram.summary().maxMs).toBe(1_000 * unitMs);
      expect(histogram.quantileMs(1)).toBe(1_000 * unitMs);
    }
  });

  it("is empty at first, and takes a wait longer than any bucket", () => {
    const histogram = new Histogram();
    expect(histogram.summary()).toEqual({ count: 0, p50Ms: 0, p99Ms: 0, p999Ms: 0, maxMs: 0 });
    histogram.add(1e12);
    expect(histogram.summary()).toMatchObject({ count: 1, maxMs: 1e12 });
  });
});
