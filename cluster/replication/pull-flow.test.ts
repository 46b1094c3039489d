// test: credit is what was sent and not acknowledged; small things gather while two messages are under way.
import { describe, expect, it } from "vitest";
import { limits } from "../../base/limits.ts";
import { gatherMs, PullFlow } from "./pull-flow.ts";

const sent = (flow: PullFlow, bytes: number, nowMs = 0, isAll = true): void =>
  flow.sent(bytes, { isAll, nowMs });

describe("PullFlow", () => {
  it("gives back credit as bytes are acknowledged", () => {
    const flow = new PullFlow();
    sent(flow, 1_000);
    expect(flow.credit).toBe(limits.pullCreditBytes - 1_000);
    flow.acknowledged(400);
    expect(flow.credit).toBe(limits.pullCreditBytes - 600);
  });

  it("gathers what is small from the third message on, until the first is acknowledged", () => {
    const flow = new PullFlow();
    flow.waits(100);
    expect(flow.gathers(0)).toBe(false);
    sent(flow, 100);
    flow.waits(100);
    expect(flow.gathers(0)).toBe(false);
    sent(flow, 100);
    flow.waits(100);
    expect(flow.gathers(0)).toBe(true);
    flow.acknowledged(99);
    expect(flow.gathers(0)).toBe(true);
    flow.acknowledged(100);
    expect(flow.gathers(0)).toBe(false);
  });

  it("waits a moment at most, and for nothing that is large or of unknown size", () => {
    const flow = new PullFlow();
    for (let count = 0; count < 2; count++) sent(flow, 10, 5);
    flow.waits(10);
    expect(flow.gathers(5 + gatherMs / 2)).toBe(true);
    expect(flow.gathers(5 + gatherMs)).toBe(false);
    flow.waits(64 * 1024);
    expect(flow.gathers(5)).toBe(false);
    sent(flow, 10, 6, false);
    expect(flow.gathers(6)).toBe(false);
  });

  it("counts no message without records", () => {
    const flow = new PullFlow();
    for (let count = 0; count < 5; count++) sent(flow, 0);
    flow.waits(10);
    expect(flow.gathers(0)).toBe(false);
  });
});
