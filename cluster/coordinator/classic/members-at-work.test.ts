// test: what members of a classic group do once they have joined: they take assignments, send heartbeats,
// leave: rows 63 and 64 of the protocol's semantics, through a coordinator over a partition in memory.
import { afterEach, describe, expect, it } from "vitest";
import { ErrorCode } from "../../../proto/errors.ts";
import {
  GroupStage,
  isSettled,
  type Member,
  outcome,
  settle,
  textOf,
} from "../../../test/coordinator/group-stage.ts";

let stage: GroupStage;
afterEach(() => stage.stop());

/** Members that have joined and have no assignment yet; the leader first. */
async function completing(count: number, options = {}): Promise<Member[]> {
  stage = await GroupStage.start();
  const joins = Array.from({ length: count }, () => stage.joinTwice(options));
  await stage.pass(1_200);
  const members = (await Promise.all(joins)).map((joined) => ({
    ...{ memberId: joined.memberId, generation: joined.generationId, joined },
  }));
  return members.sort((one, other) => other.joined.members.length - one.joined.members.length);
}

describe("assignments", () => {
  it("row 63: nobody is answered before the leader's assignment is committed to the log", async () => {
    const [leader, follower] = await completing(2);
    const early = stage.sync(follower!);
    expect(await isSettled(early)).toBe(false);
    stage.partition.commitsAlone = false;
    const { memberId } = follower!;
    const leading = stage.sync(leader!, { [memberId]: "yours", [leader!.memberId]: "mine" });
    expect(await isSettled(leading)).toBe(false);
    expect(stage.state()).toBe("completing");
    stage.partition.commit();
    expect(textOf((await leading).assignment)).toBe("mine");
    expect(textOf((await early).assignment)).toBe("yours");
    expect(stage.state()).toBe("stable");
  });

  it("row 63: it outlives the coordinator", async () => {
    stage = await GroupStage.start();
    const [leader, follower] = await stage.stable(2);
    await stage.failOver();
    expect(stage.state()).toBe("stable");
    expect(stage.heartbeat(follower!)).toBe(ErrorCode.NONE);
    expect(textOf((await stage.sync(follower!)).assignment)).toBe(`for ${follower!.memberId}`);
    expect(textOf((await stage.sync(leader!)).assignment)).toBe(`for ${leader!.memberId}`);
  });

  it("row 63: a refused write is told to all who wait, and begins a rebalance", async () => {
    const [leader, follower] = await completing(2);
    const waiting = stage.sync(follower!);
    stage.partition.refusal = "NOT_ENOUGH_REPLICAS";
    const leading = stage.sync(leader!, { [leader!.memberId]: "mine" });
    expect(await outcome(() => leading)).toBe("COORDINATOR_NOT_AVAILABLE");
    expect(await outcome(() => waiting)).toBe("COORDINATOR_NOT_AVAILABLE");
    expect(stage.state()).toBe("preparing");
    expect(stage.heartbeat(follower!)).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
    stage.partition.refusal = null;
    const back = [leader!, follower!].map(({ memberId }) => stage.join({ memberId }));
    for (const { generationId } of await Promise.all(back)) expect(generationId).toBe(2);
  });

  it("row 63: an assignment that the group did not wait for any more changes nothing", async () => {
    const [leader, follower] = await completing(2);
    stage.partition.commitsAlone = false;
    const leading = stage.sync(leader!, { [leader!.memberId]: "old" });
    const newcomer = stage.joinTwice();
    await settle();
    expect(await outcome(() => leading)).toBe("REBALANCE_IN_PROGRESS");
    stage.partition.commit();
    await settle();
    expect(stage.state()).toBe("preparing");
    const back = [leader!, follower!].map(({ memberId }) => stage.join({ memberId }));
    expect(await newcomer).toMatchObject({ generationId: 2 });
    await Promise.all(back);
  });

  it("row 63: who is not named in the leader's assignment gets an empty one", async () => {
    const [leader, follower] = await completing(2);
    const leading = stage.sync(leader!, { [leader!.memberId]: "all", stranger: "none" });
    expect(textOf((await leading).assignment)).toBe("all");
    expect((await stage.sync(follower!)).assignment).toHaveLength(0);
  });

  it("row 63: an old generation, a stranger, and other protocols are refused", async () => {
    const [leader] = await completing(1);
    const old = { memberId: leader!.memberId, generation: 0 };
    expect(await outcome(() => stage.sync(old))).toBe("ILLEGAL_GENERATION");
    expect(await outcome(() => stage.sync({ ...leader!, generation: 2 }))).toBe("ILLEGAL_GENERATION");
    expect(await outcome(() => stage.sync({ memberId: "who", generation: 1 }))).toBe("UNKNOWN_MEMBER_ID");
    const inconsistent = "INCONSISTENT_GROUP_PROTOCOL";
    expect(await outcome(() => stage.sync(leader!, {}, { type: "connect" }))).toBe(inconsistent);
    expect(await outcome(() => stage.sync(leader!, {}, { protocol: "sticky" }))).toBe(inconsistent);
    expect(stage.state()).toBe("completing");
    expect(await outcome(() => stage.sync(leader!, {}, { group: "none" }))).toBe("UNKNOWN_MEMBER_ID");
    const answer = await stage.sync(leader!, {}, { type: "consumer", protocol: "range" });
    expect(answer).toMatchObject({ errorCode: 0, protocolType: "consumer", protocolName: "range" });
  });

  it("row 63: REBALANCE_IN_PROGRESS while members are being gathered", async () => {
    stage = await GroupStage.start();
    const [member] = await stage.stable();
    void stage.joinTwice();
    await settle();
    expect(stage.state()).toBe("preparing");
    expect(await outcome(() => stage.sync(member!))).toBe("REBALANCE_IN_PROGRESS");
  });

  it("row 63: a leader that does not sync is taken out after the rebalance timeout", async () => {
    const [leader, follower] = await completing(2, { sessionMs: 60_000, rebalanceMs: 8_000 });
    const waiting = stage.sync(follower!);
    await stage.pass(7_500);
    expect(await isSettled(waiting)).toBe(false);
    await stage.pass(700);
    expect(await outcome(() => waiting)).toBe("REBALANCE_IN_PROGRESS");
    expect(await outcome(() => stage.heartbeat(leader!))).toBe("UNKNOWN_MEMBER_ID");
    expect(await stage.join({ memberId: follower!.memberId })).toMatchObject({ generationId: 2 });
  });

  it("row 63: a follower that never syncs is taken out too, though it sends heartbeats", async () => {
    const [leader, follower] = await completing(2, { sessionMs: 60_000, rebalanceMs: 8_000 });
    await stage.sync(leader!);
    expect(stage.state()).toBe("stable");
    await stage.pass(7_000);
    expect(stage.heartbeat(follower!)).toBe(ErrorCode.NONE);
    await stage.pass(1_200);
    expect(await outcome(() => stage.heartbeat(follower!))).toBe("UNKNOWN_MEMBER_ID");
    expect(stage.heartbeat(leader!)).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
  });

  it("row 63: a follower that syncs late, in the stable group, stays", async () => {
    const [leader, follower] = await completing(2, { sessionMs: 60_000, rebalanceMs: 8_000 });
    await stage.sync(leader!, { [follower!.memberId]: "late" });
    await stage.pass(6_000);
    expect(textOf((await stage.sync(follower!)).assignment)).toBe("late");
    await stage.pass(6_000);
    expect(stage.state()).toBe("stable");
  });

  it("row 63: of two requests of one member the first is let go, the second is answered", async () => {
    const [leader, follower] = await completing(2);
    const first = stage.sync(follower!);
    const second = stage.sync(follower!);
    expect(await outcome(() => first)).toBe("REBALANCE_IN_PROGRESS");
    await stage.sync(leader!, { [follower!.memberId]: "once" });
    expect(textOf((await second).assignment)).toBe("once");
  });
});

describe("heartbeats", () => {
  it("row 64: REBALANCE_IN_PROGRESS while members are gathered, and the session begins anew", async () => {
    stage = await GroupStage.start();
    const [member] = await stage.stable(1, { sessionMs: 6_000, rebalanceMs: 60_000 });
    void stage.joinTwice({ rebalanceMs: 60_000 });
    for (let at = 0; at < 3; at++) {
      await stage.pass(5_000);
      expect(stage.heartbeat(member!)).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
    }
    await stage.pass(6_100);
    expect(await outcome(() => stage.heartbeat(member!))).toBe("UNKNOWN_MEMBER_ID");
  });

  it("row 64: NONE in the phase of syncing and in a stable group", async () => {
    const [leader] = await completing(1);
    expect(stage.heartbeat(leader!)).toBe(ErrorCode.NONE);
    await stage.sync(leader!);
    expect(stage.heartbeat(leader!)).toBe(ErrorCode.NONE);
  });

  it("row 64: strangers, old generations, empty groups and unknown groups are refused", async () => {
    stage = await GroupStage.start();
    expect(await outcome(() => stage.heartbeat({ memberId: "m", generation: 1 }))).toBe("UNKNOWN_MEMBER_ID");
    const [member] = await stage.stable();
    const unknown = "UNKNOWN_MEMBER_ID";
    expect(await outcome(() => stage.heartbeat({ memberId: "m", generation: 1 }))).toBe(unknown);
    expect(await outcome(() => stage.heartbeat({ ...member!, generation: 0 }))).toBe("ILLEGAL_GENERATION");
    expect(await outcome(() => stage.heartbeat({ ...member!, generation: 2 }))).toBe("ILLEGAL_GENERATION");
    expect(await outcome(() => stage.heartbeat(member!, { instance: "i" }))).toBe(unknown);
    stage.leave(member!.memberId);
    expect(await outcome(() => stage.heartbeat(member!))).toBe(unknown);
    await settle();
    expect(await outcome(() => stage.heartbeat(member!))).toBe(unknown);
  });

  it("row 64: silence for a session takes a member out, heartbeats and commits keep it", async () => {
    stage = await GroupStage.start();
    const [leader, other] = await stage.stable(2, { sessionMs: 6_000 });
    for (let at = 0; at < 2; at++) {
      await stage.pass(4_000);
      stage.heartbeat(leader!);
      await stage.commit(other!, at);
    }
    expect(stage.state()).toBe("stable");
    await stage.pass(4_000);
    stage.heartbeat(leader!);
    await stage.pass(2_100);
    expect(stage.heartbeat(leader!)).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
    expect(await outcome(() => stage.heartbeat(other!))).toBe("UNKNOWN_MEMBER_ID");
  });

  it("row 64: who waits for a rebalance to end is not silent", async () => {
    stage = await GroupStage.start();
    const [one, other] = await stage.stable(2, { sessionMs: 6_000, rebalanceMs: 60_000 });
    const back = stage.join({ memberId: one!.memberId, sessionMs: 6_000, rebalanceMs: 60_000 });
    for (let at = 0; at < 4; at++) {
      await stage.pass(5_000);
      stage.heartbeat(other!);
    }
    expect(await isSettled(back)).toBe(false);
    await stage.pass(6_100);
    expect(await back).toMatchObject({ errorCode: 0, generationId: 2 });
  });
});

describe("leaving", () => {
  it("makes the others come back at once", async () => {
    stage = await GroupStage.start();
    const [leader, follower] = await stage.stable(2);
    expect(stage.leave(leader!.memberId)).toEqual([ErrorCode.NONE]);
    expect(stage.heartbeat(follower!)).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
    const back = await stage.join({ memberId: follower!.memberId });
    expect(back).toMatchObject({ generationId: 2, leader: follower!.memberId });
  });

  it("answers for each of many, and a group that is not there has none of them", async () => {
    stage = await GroupStage.start();
    const [leader, follower] = await stage.stable(2);
    const leavers = [leader!.memberId, "who", follower!.memberId, leader!.memberId].map((memberId) => ({
      ...{ memberId, groupInstanceId: null },
    }));
    const { NONE, UNKNOWN_MEMBER_ID } = ErrorCode;
    const expected = [NONE, UNKNOWN_MEMBER_ID, NONE, UNKNOWN_MEMBER_ID];
    expect(stage.shard().classic.leave("g", leavers)).toEqual(expected);
    await settle();
    expect(stage.state()).toBe("empty");
    expect(await outcome(() => stage.leave("m", { group: "none" }))).toBe("UNKNOWN_MEMBER_ID");
  });

  it("answers a join and a sync that wait for the member that leaves", async () => {
    const [leader, follower] = await completing(2);
    const syncing = stage.sync(follower!);
    stage.leave(follower!.memberId);
    expect(await outcome(() => syncing)).toBe("UNKNOWN_MEMBER_ID");
    const joining = stage.join({ memberId: leader!.memberId });
    const newcomer = stage.join({ version: 3 });
    expect(await joining).toMatchObject({ generationId: 2 });
    stage.leave(leader!.memberId);
    expect(await newcomer).toMatchObject({ errorCode: 0 });
  });
});
