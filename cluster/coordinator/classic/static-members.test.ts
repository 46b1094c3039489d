// test: static members of a classic group, that come back under another member id: row 60 of the protocol's
// semantics, through a coordinator over a partition in memory.
import { afterEach, describe, expect, it } from "vitest";
import { ErrorCode } from "../../../proto/errors.ts";
import { subscriptionBytes } from "../../../test/coordinator/classic-requests.ts";
import {
  GroupStage,
  isLeader,
  isSettled,
  outcome,
  type GroupStage as Stage,
  settle,
  subscription,
  textOf,
} from "../../../test/coordinator/group-stage.ts";

let stage: Stage;
afterEach(() => stage.stop());

describe("static members", () => {
  it("row 60: an instance that comes back gets a new id and no rebalance", async () => {
    stage = await GroupStage.start();
    const [member] = await stage.stable(1, { instance: "i" });
    const back = await stage.join({ instance: "i" });
    expect(back).toMatchObject({ errorCode: 0, generationId: 1, skipAssignment: true });
    expect(back.memberId).not.toBe(member!.memberId);
    expect(isLeader(back)).toBe(true);
    expect(back.members.map(({ memberId }) => memberId)).toEqual([back.memberId]);
    expect(stage.state()).toBe("stable");
    const again = await stage.sync({ memberId: back.memberId, generation: 1 }, {}, { instance: "i" });
    expect(textOf(again.assignment)).toBe(`for ${member!.memberId}`);
  });

  it("row 60: the new id is in the log before it is answered", async () => {
    stage = await GroupStage.start();
    await stage.stable(1, { instance: "i" });
    stage.partition.commitsAlone = false;
    const back = stage.join({ instance: "i" });
    expect(await isSettled(back)).toBe(false);
    stage.partition.commit();
    const { memberId } = await back;
    await stage.failOver();
    expect(stage.heartbeat({ memberId, generation: 1 }, { instance: "i" })).toBe(ErrorCode.NONE);
  });

  it("row 60: before version 9 a leader that came back is told of another one", async () => {
    stage = await GroupStage.start();
    const [member] = await stage.stable(1, { instance: "i" });
    const back = await stage.join({ instance: "i", version: 5 });
    expect(back).toMatchObject({ errorCode: 0, skipAssignment: false, members: [] });
    expect(back.leader).toBe(member!.memberId);
  });

  it("row 60: the old member id is fenced, in every request", async () => {
    stage = await GroupStage.start();
    const [old] = await stage.stable(1, { instance: "i" });
    await stage.join({ instance: "i" });
    const { memberId, generation } = old!;
    const fenced = "FENCED_INSTANCE_ID";
    expect(await outcome(() => stage.heartbeat(old!, { instance: "i" }))).toBe(fenced);
    expect(await outcome(() => stage.sync(old!, {}, { instance: "i" }))).toBe(fenced);
    expect(await outcome(() => stage.join({ memberId, instance: "i" }))).toBe(fenced);
    expect(await outcome(() => stage.commit({ memberId, generation, instance: "i" }, 5))).toBe(fenced);
    expect(stage.leave(memberId, { instance: "i" })).toEqual([ErrorCode.FENCED_INSTANCE_ID]);
    expect(stage.state()).toBe("stable");
  });

  it("row 60: a join that waits is fenced when the instance joins again", async () => {
    stage = await GroupStage.start();
    const first = stage.join({ instance: "i" });
    const second = stage.join({ instance: "i" });
    expect(await first).toMatchObject({ errorCode: ErrorCode.FENCED_INSTANCE_ID });
    await stage.pass(600);
    expect(await second).toMatchObject({ errorCode: 0, generationId: 1 });
    expect(stage.shard().classic.find("g")?.members.size).toBe(1);
  });

  it("row 60: what it had before it came back is no change of its subscription", async () => {
    stage = await GroupStage.start();
    const had = subscriptionBytes(["t", "u"], { owned: { t: [0, 1] } });
    await stage.stable(1, { instance: "i", protocols: { range: had } });
    const back = await stage.join({
      instance: "i",
      protocols: { range: subscriptionBytes(["u", "t"], { version: 3 }) },
    });
    expect(back).toMatchObject({ errorCode: 0, generationId: 1, skipAssignment: true });
    expect(stage.state()).toBe("stable");
  });

  it("row 60: a changed subscription makes a rebalance", async () => {
    stage = await GroupStage.start();
    await stage.stable(1, { instance: "i" });
    const back = await stage.join({ instance: "i", protocols: { range: subscription("t", "u") } });
    expect(back).toMatchObject({ errorCode: 0, generationId: 2 });
    expect(stage.state()).toBe("completing");
  });

  it("row 60: an id that the last coordinator gave, in a generation that was lost, joins again", async () => {
    stage = await GroupStage.start();
    await stage.stable(1, { instance: "i" });
    const { memberId } = await stage.join({ instance: "i", protocols: { range: subscription("t", "u") } });
    const newer = { memberId, generation: 2 };
    await stage.failOver();
    const unknown = "UNKNOWN_MEMBER_ID";
    expect(await outcome(() => stage.heartbeat(newer, { instance: "i" }))).toBe(unknown);
    expect(await outcome(() => stage.sync(newer, {}, { instance: "i" }))).toBe(unknown);
    expect(await outcome(() => stage.join({ memberId, instance: "i" }))).toBe(unknown);
    expect(await outcome(() => stage.commit({ ...newer, instance: "i" }, 5))).toBe(unknown);
    expect(stage.leave(memberId, { instance: "i" })).toEqual([ErrorCode.FENCED_INSTANCE_ID]);
    expect(await stage.join({ instance: "i" })).toMatchObject({ errorCode: 0 });
    expect(stage.shard().classic.find("g")?.members.size).toBe(1);
  });

  it("row 60: after a change of the coordinator an older id is fenced, and who speaks stays", async () => {
    stage = await GroupStage.start();
    const [old] = await stage.stable(1, { instance: "i" });
    const { memberId } = await stage.join({ instance: "i" });
    await stage.failOver();
    expect(await outcome(() => stage.heartbeat(old!, { instance: "i" }))).toBe("FENCED_INSTANCE_ID");
    expect(stage.heartbeat({ memberId, generation: 1 }, { instance: "i" })).toBe(ErrorCode.NONE);
    const claims = { memberId: "i-other", generation: 2 };
    expect(await outcome(() => stage.heartbeat(claims, { instance: "i" }))).toBe("FENCED_INSTANCE_ID");
    expect(await outcome(() => stage.join({ memberId: "i-other", instance: "i" }))).toBe(
      "FENCED_INSTANCE_ID",
    );
  });

  it("row 60: an instance that comes back while assignments are made begins a rebalance", async () => {
    stage = await GroupStage.start();
    const joining = stage.join({ instance: "i" });
    await stage.pass(600);
    await joining;
    expect(stage.state()).toBe("completing");
    expect(await stage.join({ instance: "i" })).toMatchObject({ errorCode: 0, generationId: 2 });
  });

  it("row 60: a closed instance keeps its place for its session, and then the others go on", async () => {
    stage = await GroupStage.start();
    await stage.stable(1, { instance: "i", sessionMs: 6_000 });
    await stage.pass(5_900);
    expect(stage.state()).toBe("stable");
    await stage.pass(200);
    expect(stage.state()).toBe("empty");
    expect(stage.shard().group("g")?.classic).toMatchObject({ members: [], generation: 2 });
  });

  it("row 60: an administrator removes an instance by its name alone", async () => {
    stage = await GroupStage.start();
    await stage.stable(1, { instance: "i" });
    expect(stage.leave("", { instance: "nobody" })).toEqual([ErrorCode.UNKNOWN_MEMBER_ID]);
    expect(stage.leave("", { instance: "i" })).toEqual([ErrorCode.NONE]);
    await settle();
    expect(stage.shard().group("g")?.classic).toMatchObject({ members: [] });
  });

  it("row 60: a rebalance ends without an instance that stays away, and keeps it", async () => {
    stage = await GroupStage.start();
    const there = { sessionMs: 1_000_000, rebalanceMs: 10_000 };
    const [gone] = await stage.stable(1, { ...there, instance: "i" });
    const newcomer = stage.joinTwice(there);
    await stage.pass(9_800);
    expect(await isSettled(newcomer)).toBe(false);
    await stage.pass(400);
    const reply = await newcomer;
    expect(reply).toMatchObject({ errorCode: 0, generationId: 2 });
    expect(isLeader(reply)).toBe(true);
    expect(reply.members.map(({ memberId }) => memberId)).toContain(gone!.memberId);
  });
});
