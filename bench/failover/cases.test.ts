// test: each kind of trouble strikes whom it says.
import { describe, expect, it } from "vitest";
import { failoverCases, placeFor } from "./cases.ts";

describe("placeFor", () => {
  it("strikes whom the case names, with the leader first", () => {
    const places = failoverCases.map((kind) => ({ kind, ...placeFor(kind, 2, [1, 2, 3]) }));
    expect(places).toEqual([
      { kind: "leader", victim: 1, replicas: [1, 3, 2] },
      { kind: "controller", victim: 2, replicas: [2, 1, 3] },
      { kind: "follower", victim: 3, replicas: [1, 3, 2] },
      { kind: "stop", victim: 1, replicas: [1, 3, 2] },
      { kind: "stop-controller", victim: 2, replicas: [2, 1, 3] },
    ]);
  });

  it("needs three brokers", () => {
    expect(() => placeFor("leader", 1, [1, 2])).toThrow("too few");
  });
});
