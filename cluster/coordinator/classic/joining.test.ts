// test: how members come into a classic group, and come back to it: rows 59, 61, 62 and 65 of the protocol's
// semantics, through a coordinator over a partition in memory.
import { afterEach, describe, expect, it } from "vitest";
import { ErrorCode } from "../../../proto/errors.ts";
import {
  bytesOf,
  GroupStage,
  isLeader,
  isSettled,
  outcome,
  type GroupStage as Stage,
  settle,
  textOf,
} from "../../../test/coordinator/group-stage.ts";

let stage: Stage;
afterEach(() => stage.stop());

describe("members without an id", () => {
  it("row 59: from version 4 on a dynamic member is handed an id first, by its client id", async () => {
    stage = await GroupStage.start();
    const first = await stage.join({ version: 4 });
    expect(first).toMatchObject({ errorCode: ErrorCode.MEMBER_ID_REQUIRED, generationId: -1, members: [] });
    expect(first.memberId).toMatch(/^client-./);
    expect(stage.state()).toBe("empty");
    const [member] = await stage.stable();
    expect(member!.joined).toMatchObject({ errorCode: 0, generationId: 1 });
  });

  it("row 59: versions 0 to 3 become members at once", async () => {
    for (const version of [0, 1, 2, 3]) {
      stage = await GroupStage.start();
      const joining = stage.join({ version });
      await stage.pass(600);
      expect(await joining).toMatchObject({ errorCode: 0, generationId: 1 });
      stage.stop();
    }
  });

  it("row 59: an id that does not come back is forgotten after the session timeout", async () => {
    stage = await GroupStage.start();
    const { memberId } = await stage.join({ sessionMs: 6_000 });
    await stage.pass(5_900);
    expect(stage.shard().classic.find("g")?.pending.has(memberId)).toBe(true);
    await stage.pass(200);
    expect(await outcome(() => stage.join({ memberId, sessionMs: 6_000 }))).toBe("UNKNOWN_MEMBER_ID");
    expect(stage.state()).toBe("none");
  });

  it("row 59: an id that does not come back does not disturb a stable group", async () => {
    stage = await GroupStage.start();
    const [member] = await stage.stable(1, { sessionMs: 60_000 });
    const { memberId } = await stage.join({ sessionMs: 6_000 });
    await stage.pass(6_200);
    expect(stage.state()).toBe("stable");
    expect(stage.heartbeat(member!)).toBe(ErrorCode.NONE);
    const other = await stage.join({ sessionMs: 6_000 });
    expect(stage.leave(other.memberId)).toEqual([ErrorCode.NONE]);
    expect(stage.state()).toBe("stable");
    expect(stage.leave(memberId)).toEqual([ErrorCode.UNKNOWN_MEMBER_ID]);
  });

  it("row 59: a rebalance waits for ids that were handed out, until they leave or expire", async () => {
    stage = await GroupStage.start();
    const [member] = await stage.stable(1, { sessionMs: 60_000 });
    const { memberId } = await stage.join({ sessionMs: 6_000 });
    const rejoin = stage.join({ memberId: member!.memberId, sessionMs: 60_000 });
    expect(await isSettled(rejoin)).toBe(false);
    stage.leave(memberId);
    expect(await rejoin).toMatchObject({ errorCode: 0, generationId: 2 });
  });

  it("row 59: an unknown member id is refused, in a group that is there and in one that is not", async () => {
    stage = await GroupStage.start();
    expect(await outcome(() => stage.join({ memberId: "who" }))).toBe("UNKNOWN_MEMBER_ID");
    await stage.stable();
    expect(await outcome(() => stage.join({ memberId: "who" }))).toBe("UNKNOWN_MEMBER_ID");
  });
});

describe("the phase of joining", () => {
  it("row 61: an empty group waits group.initial.rebalance.delay.ms at first", async () => {
    stage = await GroupStage.start({ initialRebalanceDelayMs: 3_000 });
    const joining = stage.joinTwice();
    await stage.pass(2_900);
    expect(await isSettled(joining)).toBe(false);
    await stage.pass(200);
    expect(await joining).toMatchObject({ generationId: 1 });
  });

  it("row 61: the wait is anew while members come, up to the rebalance timeout", async () => {
    stage = await GroupStage.start({ initialRebalanceDelayMs: 3_000 });
    const joins = [stage.joinTwice({ rebalanceMs: 7_000 })];
    for (let at = 0; at < 3; at++) {
      await stage.pass(2_000);
      joins.push(stage.joinTwice({ rebalanceMs: 7_000 }));
    }
    expect(await isSettled(joins[0]!)).toBe(false);
    await stage.pass(1_200);
    const replies = await Promise.all(joins);
    expect(replies.map(({ generationId }) => generationId)).toEqual([1, 1, 1, 1]);
    expect(replies.filter(isLeader)).toHaveLength(1);
  });

  it("row 61: with no delay set the first member begins at once", async () => {
    stage = await GroupStage.start({ initialRebalanceDelayMs: 0 });
    const joining = stage.joinTwice();
    await stage.pass(50);
    expect(await joining).toMatchObject({ generationId: 1 });
  });

  it("row 61: a later rebalance waits for all known members", async () => {
    stage = await GroupStage.start();
    const members = await stage.stable(2);
    const newcomer = stage.joinTwice();
    await settle();
    const [first, second] = members.map(({ memberId }) => memberId);
    const one = stage.join({ memberId: first! });
    expect(await isSettled(newcomer)).toBe(false);
    const other = stage.join({ memberId: second! });
    const replies = await Promise.all([newcomer, one, other]);
    expect(replies.map(({ generationId }) => generationId)).toEqual([2, 2, 2]);
  });

  it("row 61: who does not come back within the longest rebalance timeout is taken out", async () => {
    stage = await GroupStage.start();
    const slow = { sessionMs: 60_000, rebalanceMs: 20_000 };
    const [laggard] = await stage.stable(1, slow);
    const newcomer = stage.joinTwice({ rebalanceMs: 5_000 });
    await stage.pass(19_800);
    expect(stage.heartbeat(laggard!)).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
    expect(await isSettled(newcomer)).toBe(false);
    await stage.pass(400);
    const reply = await newcomer;
    expect(reply.members).toHaveLength(1);
    expect(await outcome(() => stage.heartbeat(laggard!))).toBe("UNKNOWN_MEMBER_ID");
  });

  it("row 61: a newcomer whom nobody waits for any more is given up after five minutes", async () => {
    stage = await GroupStage.start();
    const [member] = await stage.stable(1, { sessionMs: 1_800_000, rebalanceMs: 1_800_000 });
    const newcomer = stage.joinTwice();
    await stage.pass(299_000);
    expect(await isSettled(newcomer)).toBe(false);
    await stage.pass(1_500);
    expect(await newcomer).toMatchObject({ errorCode: ErrorCode.UNKNOWN_MEMBER_ID });
    expect(stage.heartbeat(member!)).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
  });
});

describe("a new generation", () => {
  it("row 62: only the leader is told of the members, with what each says of itself", async () => {
    stage = await GroupStage.start();
    const [leader, ...others] = await stage.stable(3, { protocols: { range: "me" } });
    expect(leader!.joined.members.map(({ metadata }) => textOf(metadata))).toEqual(["me", "me", "me"]);
    for (const { joined } of others) expect(joined).toMatchObject({ leader: leader!.memberId, members: [] });
  });

  it("row 62: the generation grows by one each time, also when the group becomes empty", async () => {
    stage = await GroupStage.start();
    for (const generation of [1, 3, 5]) {
      const [member] = await stage.stable();
      expect(member!.generation).toBe(generation);
      stage.leave(member!.memberId);
      await settle();
      expect(stage.shard().group("g")?.classic?.generation).toBe(generation + 1);
    }
  });

  it("row 62: the assignor is the one most prefer, of those that all know", async () => {
    stage = await GroupStage.start();
    const ask = (...names: string[]) =>
      stage.joinTwice({ protocols: Object.fromEntries(names.map((name) => [name, name])) });
    const joins = [ask("sticky", "range"), ask("range", "sticky"), ask("other", "range", "sticky")];
    await stage.pass(1_100);
    const replies = await Promise.all(joins);
    for (const { protocolName } of replies) expect(protocolName).toBe("range");
  });

  it("row 62: INCONSISTENT_GROUP_PROTOCOL: no assignor in common, another type, none", async () => {
    stage = await GroupStage.start();
    await stage.stable();
    const inconsistent = "INCONSISTENT_GROUP_PROTOCOL";
    expect(await outcome(() => stage.join({ protocols: { sticky: "x" } }))).toBe(inconsistent);
    expect(await outcome(() => stage.join({ protocolType: "connect" }))).toBe(inconsistent);
    expect(await outcome(() => stage.join({ protocolType: "" }))).toBe(inconsistent);
    expect(await outcome(() => stage.join({ protocols: {} }))).toBe(inconsistent);
    expect(await outcome(() => stage.join({ group: "new", protocols: {} }))).toBe(inconsistent);
    expect(await outcome(() => stage.join({ group: "new", protocolType: "" }))).toBe(inconsistent);
    expect(stage.state()).toBe("stable");
  });

  it("row 62: a member that missed its answer gets the same generation again", async () => {
    stage = await GroupStage.start();
    const joins = [stage.joinTwice(), stage.joinTwice()];
    await stage.pass(1_100);
    const replies = await Promise.all(joins);
    const again = await Promise.all(replies.map(({ memberId }) => stage.join({ memberId })));
    expect(again).toEqual(replies);
    expect(stage.state()).toBe("completing");
  });

  it("row 62: a follower that asks again is told the same; a leader begins anew", async () => {
    stage = await GroupStage.start();
    const [leader, follower] = await stage.stable(2);
    expect(await stage.join({ memberId: follower!.memberId })).toEqual(follower!.joined);
    expect(stage.state()).toBe("stable");
    void stage.join({ memberId: leader!.memberId });
    await settle();
    expect(stage.state()).toBe("preparing");
  });

  it("row 62: group.max.size members at most, and no member of it is refused", async () => {
    stage = await GroupStage.start({ groupSizeMax: 2 });
    const [leader, follower] = await stage.stable(2);
    expect(await outcome(() => stage.join())).toBe("GROUP_MAX_SIZE_REACHED");
    expect(await outcome(() => stage.join({ version: 3 }))).toBe("GROUP_MAX_SIZE_REACHED");
    expect(stage.state()).toBe("stable");
    const joins = [leader!, follower!].map(({ memberId }) => stage.join({ memberId }));
    expect(await joins[1]).toMatchObject({ errorCode: 0 });
  });
});

describe("versions of JoinGroup", () => {
  it("names of protocols in refusals are null from version 7 on, and empty before", async () => {
    stage = await GroupStage.start();
    for (const version of [4, 5, 6]) expect((await stage.join({ version })).protocolName).toBe("");
    for (const version of [7, 8, 9]) expect((await stage.join({ version })).protocolName).toBe(null);
  });

  it("a refusal to one that waits has the shape of its version too", async () => {
    stage = await GroupStage.start();
    const [old, young] = [stage.join({ version: 1 }), stage.joinTwice({ version: 9 })];
    await settle();
    stage.resign();
    await settle();
    const code = ErrorCode.NOT_COORDINATOR;
    expect(await old).toMatchObject({ errorCode: code, protocolName: "" });
    expect(await young).toMatchObject({ errorCode: code, protocolName: null });
  });

  it("keeps copies of nothing that a request lent: metadata of the log is its own", async () => {
    stage = await GroupStage.start();
    await stage.stable(1, { protocols: { range: bytesOf("mine") } });
    await stage.failOver();
    const group = stage.shard().classic.find("g")!;
    const [member] = [...group.members.values()];
    expect(textOf(member!.metadataOf("range"))).toBe("mine");
  });
});
