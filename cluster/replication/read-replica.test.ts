// test: which replica a reader of a rack is sent to.
import { describe, expect, it } from "vitest";
import { type ReadableReplica, replicaInRack } from "./read-replica.ts";

function follower(
  nodeId: number,
  rack: string | null,
  logEndOffset = 100,
  logStartOffset = 0,
): ReadableReplica {
  return { nodeId, rack, logStartOffset, logEndOffset };
}

const ask = { rack: "b", offset: 50, leaderRack: "a" };

describe("the replica to read from", () => {
  it("is one of the reader's rack", () => {
    expect(replicaInRack({ ...ask, followers: [follower(2, "c"), follower(3, "b")] })).toBe(3);
  });

  it("is the leader for a reader without a rack, in the leader's, or in one without a replica", () => {
    const followers = [follower(2, "b"), follower(3, "a")];
    expect(replicaInRack({ ...ask, rack: "", followers: [follower(2, null), follower(3, "")] })).toBeNull();
    expect(replicaInRack({ ...ask, rack: "a", followers })).toBeNull();
    expect(replicaInRack({ ...ask, rack: "d", followers })).toBeNull();
    expect(replicaInRack({ ...ask, followers: [] })).toBeNull();
  });

  it("has what is asked for, its end included", () => {
    expect(replicaInRack({ ...ask, offset: 100, followers: [follower(2, "b")] })).toBe(2);
    expect(replicaInRack({ ...ask, offset: 101, followers: [follower(2, "b")] })).toBeNull();
    expect(replicaInRack({ ...ask, offset: 9, followers: [follower(2, "b", 100, 10)] })).toBeNull();
  });

  it("is the one that has most, then the one of the lowest id", () => {
    expect(replicaInRack({ ...ask, followers: [follower(2, "b", 90), follower(3, "b", 95)] })).toBe(3);
    expect(replicaInRack({ ...ask, followers: [follower(3, "b"), follower(2, "b")] })).toBe(2);
  });
});
