// test: how often members are told to send heartbeats.
import { describe, expect, it } from "vitest";
import { heartbeatIntervalOf } from "./heartbeat-interval.ts";

const settings = { consumerHeartbeatIntervalMs: 500, consumerSessionTimeoutMs: 45_000 };

describe("the interval of heartbeats", () => {
  it("is as set while members are few", () => {
    expect([0, 1, 10, 50].map((members) => heartbeatIntervalOf(settings, members))).toEqual([
      500, 500, 500, 500,
    ]);
  });

  it("grows with the members, so that a broker answers no more of them", () => {
    expect([100, 400, 1_000].map((members) => heartbeatIntervalOf(settings, members))).toEqual([
      1_000, 4_000, 10_000,
    ]);
  });

  it("leaves room for several in a session, but is never less than was set", () => {
    expect(heartbeatIntervalOf(settings, 100_000)).toBe(11_250);
    const short = { consumerHeartbeatIntervalMs: 500, consumerSessionTimeoutMs: 1_000 };
    expect(heartbeatIntervalOf(short, 100_000)).toBe(500);
  });
});
