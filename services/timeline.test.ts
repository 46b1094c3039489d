// test: the timeline keeps order, counts on, and stays bounded.
import { describe, expect, it } from "vitest";
import { limits } from "../base/limits.ts";
import { Timeline } from "./timeline.ts";

const at = (monotonicMs: number) => ({ wallMs: 0, monotonicMs, kind: "elected", detail: {} });

describe("timeline", () => {
  it("gives events from a sequence number on", () => {
    const timeline = new Timeline();
    for (let n = 0; n < 5; n++) timeline.add(at(n));
    expect(timeline.since(3).map((event) => event.monotonicMs)).toEqual([3, 4]);
    expect(timeline.since(5)).toEqual([]);
  });

  it("drops the oldest beyond its bound and keeps their numbers", () => {
    const timeline = new Timeline();
    for (let n = 0; n <= limits.timelineEventsMax; n++) timeline.add(at(n));
    const kept = timeline.since(0);
    expect(kept.length).toBeLessThanOrEqual(limits.timelineEventsMax);
    expect(kept[0]!.sequence).toBeGreaterThan(0);
    expect(kept.at(-1)).toMatchObject({
      sequence: limits.timelineEventsMax,
      monotonicMs: limits.timelineEventsMax,
    });
    expect(timeline.since(limits.timelineEventsMax)).toHaveLength(1);
  });
});
