// test: the longest gap between acknowledgements, from a given moment on.
import { describe, expect, it } from "vitest";
import { Gaps } from "./gaps.ts";

describe("Gaps", () => {
  it("tells the longest time between two acknowledgements", () => {
    const gaps = new Gaps(100);
    for (const nowMs of [101, 103, 110, 112]) gaps.acknowledge(nowMs);
    expect(gaps.longestMs).toBe(7);
    expect(gaps.acknowledged).toBe(4);
  });

  it("counts the gap under way whole when it begins anew", () => {
    const gaps = new Gaps(0);
    gaps.acknowledge(50);
    gaps.begin();
    expect(gaps.longestMs).toBe(0);
    gaps.acknowledge(58);
    gaps.acknowledge(59);
    expect(gaps.longestMs).toBe(8);
  });
});
