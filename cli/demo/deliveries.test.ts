// test: gaps are measured between answers, and only while answers are due.
import { describe, expect, it } from "vitest";
import { Deliveries } from "./deliveries.ts";

describe("deliveries", () => {
  it("measures the longest wait between answers", () => {
    const deliveries = new Deliveries();
    for (let n = 0; n < 4; n++) deliveries.noteSent(100);
    deliveries.noteAcknowledged(0, 110);
    deliveries.noteAcknowledged(1, 500);
    deliveries.noteAcknowledged(2, 510);
    expect(deliveries.longestGap()).toEqual({ ms: 390, endedMs: 500 });
    expect(deliveries.inFlight()).toBe(1);
  });

  it("does not count time in which nothing was in flight", () => {
    const deliveries = new Deliveries();
    deliveries.noteSent(0);
    deliveries.noteAcknowledged(0, 5);
    deliveries.noteSent(10_000);
    deliveries.noteAcknowledged(1, 10_007);
    expect(deliveries.longestGap().ms).toBe(7);
  });
});
