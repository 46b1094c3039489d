// test: committing, fetching and expiring offsets: rows 66, 67 and 69 of the protocol's semantics, through a
// coordinator over a partition in memory.
import { afterEach, describe, expect, it } from "vitest";
import { ErrorCode } from "../../../proto/errors.ts";
import {
  GroupStage,
  isSettled,
  outcome,
  settle,
  subscription,
} from "../../../test/coordinator/group-stage.ts";

let stage: GroupStage;
afterEach(() => stage.stop());

const day = 86_400_000;
const verdict = async (answer: ReturnType<GroupStage["commit"]>): Promise<number> =>
  (await answer)[0]!.partitions[0]!.errorCode;

describe("who may commit", () => {
  it("row 66: a client without a generation, while the group has no members", async () => {
    stage = await GroupStage.start();
    expect(await verdict(stage.commit({}, 5))).toBe(ErrorCode.NONE);
    expect(stage.committed()).toBe(5);
    // An id without a generation is no member: older clients say one all the same.
    expect(await verdict(stage.commit({ memberId: "tool" }, 6))).toBe(ErrorCode.NONE);
    const [member] = await stage.stable();
    stage.leave(member!.memberId);
    expect(await verdict(stage.commit({ memberId: "tool" }, 7))).toBe(ErrorCode.NONE);
    expect(stage.committed()).toBe(7);
  });

  it("row 66: nobody from outside while there are members", async () => {
    stage = await GroupStage.start();
    await stage.stable();
    expect(await outcome(() => stage.commit({}, 5))).toBe("UNKNOWN_MEMBER_ID");
    expect(await outcome(() => stage.commit({ memberId: "m" }, 5))).toBe("UNKNOWN_MEMBER_ID");
    expect(stage.committed()).toBe(-1);
  });

  it("row 66: members of this generation, and no others", async () => {
    stage = await GroupStage.start();
    const [member] = await stage.stable();
    expect(await verdict(stage.commit(member!, 5))).toBe(ErrorCode.NONE);
    const old = { ...member!, generation: 0 };
    expect(await outcome(() => stage.commit(old, 6))).toBe("ILLEGAL_GENERATION");
    expect(await outcome(() => stage.commit({ ...old, generation: -1 }, 6))).toBe("ILLEGAL_GENERATION");
    expect(await outcome(() => stage.commit({ ...old, memberId: "m" }, 6))).toBe("UNKNOWN_MEMBER_ID");
    expect(stage.committed()).toBe(5);
  });

  it("row 66: not between joining and the assignment; while members are gathered, yes", async () => {
    stage = await GroupStage.start();
    const [member] = await stage.stable();
    const back = stage.joinTwice();
    await settle();
    expect(stage.state()).toBe("preparing");
    expect(await verdict(stage.commit(member!, 5))).toBe(ErrorCode.NONE);
    const { generationId: generation } = await stage.join({ memberId: member!.memberId });
    await back;
    expect(stage.state()).toBe("completing");
    const commit = stage.commit({ ...member!, generation }, 6);
    expect(await outcome(() => commit)).toBe("REBALANCE_IN_PROGRESS");
    expect(stage.committed()).toBe(5);
  });

  it("row 66: a group that is not there: GROUP_ID_NOT_FOUND, before 9 ILLEGAL_GENERATION", async () => {
    stage = await GroupStage.start();
    const who = { memberId: "m", generation: 1 };
    expect(await outcome(() => stage.commit(who, 5, { version: 9 }))).toBe("GROUP_ID_NOT_FOUND");
    expect(await outcome(() => stage.commit(who, 5, { version: 8 }))).toBe("ILLEGAL_GENERATION");
    expect(stage.shard().group("g")).toBeNull();
    await stage.commit({}, 5);
    expect(await outcome(() => stage.commit(who, 6))).toBe("UNKNOWN_MEMBER_ID");
    expect(stage.committed()).toBe(5);
  });

  it("row 66: metadata longer than offset.metadata.max.bytes is refused, for that partition", async () => {
    stage = await GroupStage.start();
    const tooLarge = stage.commit({}, 5, { metadata: "x".repeat(4_097) });
    expect(await verdict(tooLarge)).toBe(ErrorCode.OFFSET_METADATA_TOO_LARGE);
    expect(stage.shard().group("g")).toBeNull();
    expect(await verdict(stage.commit({}, 5, { metadata: "ä".repeat(2_049) }))).toBe(12);
    expect(await verdict(stage.commit({}, 5, { metadata: "x".repeat(4_096) }))).toBe(ErrorCode.NONE);
    expect(stage.committed()).toBe(5);
  });
});

describe("fetching", () => {
  it("row 67: what was never committed is -1 without an error, in unknown groups too", async () => {
    stage = await GroupStage.start();
    const ask = () => stage.shard().offsets.fetch("g", [{ name: "t", partitionIndexes: [0, 7] }]);
    const nothing = { committedOffset: -1, committedLeaderEpoch: -1, metadata: "", errorCode: 0 };
    const all = { name: "t", partitions: [0, 7].map((partitionIndex) => ({ partitionIndex, ...nothing })) };
    expect(ask()).toEqual([all]);
    await stage.commit({}, 5, { metadata: "m" });
    expect(ask()[0]!.partitions).toEqual([
      { partitionIndex: 0, committedOffset: 5, committedLeaderEpoch: 3, metadata: "m", errorCode: 0 },
      { partitionIndex: 7, ...nothing },
    ]);
  });

  it("row 67: without topics all that the group has is told", async () => {
    stage = await GroupStage.start();
    expect(stage.shard().offsets.fetch("g", null)).toEqual([]);
    for (const topic of ["a", "b"])
      for (const partition of [0, 1]) await stage.commit({}, 10 + partition, { topic, partition });
    const told = stage.shard().offsets.fetch("g", null);
    const short = told.map(({ name, partitions }) => [name, partitions.map((one) => one.committedOffset)]);
    expect(short).toEqual([
      ["a", [10, 11]],
      ["b", [10, 11]],
    ]);
    expect(stage.shard().offsets.fetch("g", [])).toEqual([]);
  });

  it("row 71: no offset is shown, and no commit answered, before it is committed to the log", async () => {
    stage = await GroupStage.start();
    await stage.commit({}, 5);
    stage.partition.commitsAlone = false;
    const commit = stage.commit({}, 6);
    expect(await isSettled(commit)).toBe(false);
    expect(stage.committed()).toBe(5);
    stage.partition.commit();
    expect(await verdict(commit)).toBe(ErrorCode.NONE);
    expect(stage.committed()).toBe(6);
  });
});

describe("expiry", () => {
  /** One round over all groups, after the wall clock went on by `ms`. */
  async function later(ms: number): Promise<void> {
    stage.clock.wallSkewMs += ms;
    await stage.shard().offsets.expire();
    await settle();
  }

  it("row 69: offsets of clients that only commit go by the time of the commit", async () => {
    stage = await GroupStage.start();
    await stage.commit({}, 5);
    await later(6 * day);
    await stage.commit({}, 6, { partition: 1 });
    await later(day);
    expect([stage.committed(), stage.committed("g", "t", 1)]).toEqual([-1, 6]);
    await later(6 * day);
    expect(stage.shard().group("g")).toBeNull();
    await stage.failOver();
    expect(stage.shard().group("g")).toBeNull();
  });

  it("row 69: those of a group that had members go by the time since it is empty", async () => {
    stage = await GroupStage.start();
    const [member] = await stage.stable();
    await stage.commit(member!, 5);
    await later(30 * day);
    expect(stage.committed()).toBe(5);
    stage.leave(member!.memberId);
    await settle();
    await later(7 * day - 1_000);
    expect(stage.committed()).toBe(5);
    await later(2_000);
    expect(stage.committed()).toBe(-1);
    expect(stage.shard().group("g")).toBeNull();
  });

  it("row 69: those of topics that a stable group does not read go by the time of the commit", async () => {
    stage = await GroupStage.start();
    const [member] = await stage.stable(1, { protocols: { range: subscription("t") } });
    await stage.commit(member!, 5);
    await stage.commit(member!, 6, { topic: "left" });
    await later(7 * day);
    expect([stage.committed(), stage.committed("g", "left")]).toEqual([5, -1]);
    expect(stage.state()).toBe("stable");
  });

  it("row 69: nothing goes while members are gathered, or when it is not known what they read", async () => {
    stage = await GroupStage.start();
    const [member] = await stage.stable(1, { protocols: { range: "not a subscription" } });
    await stage.commit(member!, 6, { topic: "other" });
    await later(30 * day);
    expect(stage.committed("g", "other")).toBe(6);
    void stage.join({ memberId: member!.memberId, protocols: { range: "not a subscription" } });
    await later(30 * day);
    expect(stage.committed("g", "other")).toBe(6);
  });

  it("row 69: members that do not read topics keep the offsets of their group", async () => {
    stage = await GroupStage.start();
    const [member] = await stage.stable(1, { protocolType: "connect", protocols: { sessioned: "x" } });
    await stage.commit(member!, 6);
    await later(30 * day);
    expect(stage.committed()).toBe(6);
  });

  it("row 69: a time that the client asked for (versions 2 to 4) stands before the broker's", async () => {
    stage = await GroupStage.start();
    await stage.commit({}, 5, { version: 2, keepMs: 1_000 });
    await stage.commit({}, 6, { version: 2, keepMs: 30 * day, partition: 1 });
    await stage.failOver();
    await later(1_000);
    expect([stage.committed(), stage.committed("g", "t", 1)]).toEqual([-1, 6]);
    await later(8 * day);
    expect(stage.committed("g", "t", 1)).toBe(6);
  });

  it("row 69: a clock that jumps back expires nothing, and what was committed before stays", async () => {
    stage = await GroupStage.start();
    await stage.commit({}, 5);
    await later(-30 * day);
    expect(stage.committed()).toBe(5);
    await stage.commit({}, 6, { partition: 1 });
    await later(30 * day);
    // By the time that it was committed at, a month is over for the second.
    expect([stage.committed(), stage.committed("g", "t", 1)]).toEqual([5, -1]);
  });

  it("row 69: a jump of the wall clock takes no member out of its group", async () => {
    stage = await GroupStage.start();
    const [member] = await stage.stable();
    for (const jump of [30 * day, -60 * day]) {
      stage.clock.wallSkewMs += jump;
      await stage.pass(200);
      expect(stage.heartbeat(member!)).toBe(ErrorCode.NONE);
    }
  });

  it("row 69: rounds come every offsets.retention.check.interval.ms", async () => {
    stage = await GroupStage.start({ offsetsRetentionCheckIntervalMs: 2_000, offsetsRetentionMs: 5_000 });
    await stage.commit({}, 5);
    await stage.pass(4_500);
    expect(stage.committed()).toBe(5);
    await stage.pass(2_000);
    expect(stage.committed()).toBe(-1);
  });

  it("does not wait for what others have under way where there is nothing to expire", async () => {
    stage = await GroupStage.start();
    await stage.commit({ group: "a" }, 5);
    stage.partition.commitsAlone = false;
    const commit = stage.commit({ group: "b" }, 5);
    await settle();
    expect(await isSettled(stage.shard().offsets.expire())).toBe(true);
    stage.partition.commit();
    await commit;
  });
});
