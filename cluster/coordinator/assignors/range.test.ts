// test: the range assignor cuts each topic into runs, alike for topics of equal size.
import { describe, expect, it } from "vitest";
import type { AssignedMember } from "./assignor.ts";
import { assignorNamed } from "./known-assignors.ts";
import { rangeAssignor } from "./range.ts";

function member(
  memberId: string,
  topicIds: readonly string[],
  instanceId: string | null = null,
): AssignedMember {
  return { memberId, instanceId, topicIds, target: new Map(), assigned: new Map() };
}

describe("range", () => {
  it("gives the same numbers of equally large topics to the same members", () => {
    const after = rangeAssignor.assign({
      partitionCounts: new Map([
        ["orders", 5],
        ["payments", 5],
      ]),
      members: [member("b", ["orders", "payments"]), member("a", ["payments", "orders"])],
    });
    expect(after.get("a")).toEqual(
      new Map([
        ["payments", [0, 1, 2]],
        ["orders", [0, 1, 2]],
      ]),
    );
    expect(after.get("b")).toEqual(
      new Map([
        ["orders", [3, 4]],
        ["payments", [3, 4]],
      ]),
    );
  });

  it("cuts each topic among its own subscribers", () => {
    const after = rangeAssignor.assign({
      partitionCounts: new Map([
        ["t", 3],
        ["u", 2],
      ]),
      members: [member("a", ["t"]), member("b", ["t", "u"]), member("c", ["u"])],
    });
    expect(Object.fromEntries([...after].map(([id, mine]) => [id, Object.fromEntries(mine)]))).toEqual({
      a: { t: [0, 1] },
      b: { t: [2], u: [0] },
      c: { u: [1] },
    });
  });

  it("leaves the last without when there are too few", () => {
    const after = rangeAssignor.assign({
      partitionCounts: new Map([["t", 1]]),
      members: [member("a", ["t"]), member("b", ["t"])],
    });
    expect(after.get("b")).toEqual(new Map());
  });

  it("gives a static member that comes back with a new id what it had", () => {
    const partitionCounts = new Map([["t", 4]]);
    const first = rangeAssignor.assign({
      partitionCounts,
      members: [member("x", ["t"], "i1"), member("y", ["t"], "i2"), member("a", ["t"])],
    });
    const later = rangeAssignor.assign({
      partitionCounts,
      members: [member("zz", ["t"], "i1"), member("y", ["t"], "i2"), member("a", ["t"])],
    });
    expect(later.get("zz")).toEqual(first.get("x"));
    expect(later.get("a")).toEqual(first.get("a"));
    expect(first.get("x")).toEqual(new Map([["t", [0, 1]]]));
  });
});

it("assignors are found by name", () => {
  expect(assignorNamed("range")).toBe(rangeAssignor);
  expect(assignorNamed("uniform")?.name).toBe("uniform");
  expect(assignorNamed("sticky")).toBe(null);
});
