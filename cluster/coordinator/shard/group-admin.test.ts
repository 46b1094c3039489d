// test: groups as administrators see them: rows 73 and 74 of the protocol's semantics, through a coordinator
// over a partition in memory.
import { afterEach, describe, expect, it } from "vitest";
import { GroupStage, outcome, settle, subscription, textOf } from "../../../test/coordinator/group-stage.ts";
import { deleteGroup, describeGroup, listGroups } from "./listing.ts";

let stage: GroupStage;
afterEach(() => stage.stop());

const remove = (groupId = "g") =>
  deleteGroup(stage.shard(), stage.shard().classic, { groupId, timeoutMs: 5_000 });
const describeOne = (groupId = "g") => describeGroup(stage.shard(), stage.shard().classic, groupId);
const list = () => listGroups(stage.shard(), stage.shard().classic);
const forget = async (topic: string, partition = 0) => {
  const verdicts = await stage
    .shard()
    .offsets.delete("g", [{ name: topic, partitions: [{ partitionIndex: partition }] }]);
  return verdicts[0]!.partitions[0]!;
};

describe("deleting groups", () => {
  it("row 73: NON_EMPTY_GROUP while there are members, GROUP_ID_NOT_FOUND where there is none", async () => {
    stage = await GroupStage.start();
    expect(await outcome(() => remove())).toBe("GROUP_ID_NOT_FOUND");
    const joining = stage.joinTwice();
    await settle();
    expect(await outcome(() => remove())).toBe("NON_EMPTY_GROUP");
    await stage.pass(600);
    const { memberId } = await joining;
    expect(await outcome(() => remove())).toBe("NON_EMPTY_GROUP");
    await stage.sync({ memberId, generation: 1 });
    expect(await outcome(() => remove())).toBe("NON_EMPTY_GROUP");
  });

  it("row 73: an empty group goes with its offsets, and stays away after a failover", async () => {
    stage = await GroupStage.start();
    const [member] = await stage.stable();
    await stage.commit(member!, 5);
    stage.leave(member!.memberId);
    // At once: the record that says that it is empty may still be on its way.
    expect(await outcome(() => remove())).toBe("NONE");
    expect([stage.committed(), describeOne().groupState, list()]).toEqual([-1, "Dead", []]);
    expect(await outcome(() => remove())).toBe("GROUP_ID_NOT_FOUND");
    await stage.failOver();
    expect([stage.committed(), describeOne().groupState, list()]).toEqual([-1, "Dead", []]);
  });

  it("row 73: a group of offsets only goes too", async () => {
    stage = await GroupStage.start();
    await stage.commit({}, 5);
    await remove();
    expect(stage.shard().group("g")).toBeNull();
  });

  it("a group that was deleted begins anew with generation 1 and without offsets", async () => {
    stage = await GroupStage.start();
    const [member] = await stage.stable();
    await stage.commit(member!, 5);
    stage.leave(member!.memberId);
    await remove();
    const [again] = await stage.stable();
    expect(again!.generation).toBe(1);
    expect(stage.committed()).toBe(-1);
    await stage.commit(again!, 9);
    await stage.failOver();
    expect([stage.committed(), stage.state()]).toEqual([9, "stable"]);
  });

  it("a member id that was handed out is gone with the group", async () => {
    stage = await GroupStage.start();
    await stage.commit({}, 5);
    const { memberId } = await stage.join();
    await remove();
    expect(await outcome(() => stage.join({ memberId }))).toBe("UNKNOWN_MEMBER_ID");
    await stage.stable();
    expect(stage.state()).toBe("stable");
  });

  it("a refused write deletes nothing", async () => {
    stage = await GroupStage.start();
    const [member] = await stage.stable();
    await stage.commit(member!, 5);
    stage.leave(member!.memberId);
    await settle();
    stage.partition.refusal = "NOT_ENOUGH_REPLICAS";
    expect(await outcome(() => remove())).toBe("COORDINATOR_NOT_AVAILABLE");
    stage.partition.refusal = null;
    expect([stage.committed(), describeOne().groupState]).toEqual([5, "Empty"]);
    await remove();
    expect(describeOne().groupState).toBe("Dead");
  });
});

describe("deleting offsets", () => {
  it("row 73: GROUP_SUBSCRIBED_TO_TOPIC for topics that members read; others go", async () => {
    stage = await GroupStage.start();
    const [member] = await stage.stable(1, { protocols: { range: subscription("t") } });
    await stage.commit(member!, 5);
    await stage.commit(member!, 6, { topic: "left" });
    expect(await forget("t")).toEqual({ partitionIndex: 0, errorCode: 86 });
    expect(await forget("left")).toEqual({ partitionIndex: 0, errorCode: 0 });
    expect([stage.committed(), stage.committed("g", "left")]).toEqual([5, -1]);
  });

  it("row 73: while it is not known what members read, all topics count as read", async () => {
    stage = await GroupStage.start();
    await stage.commit({}, 5);
    void stage.joinTwice();
    await settle();
    expect(await forget("t")).toEqual({ partitionIndex: 0, errorCode: 86 });
    expect(stage.committed()).toBe(5);
  });

  it("row 73: members of another type have to leave first; an empty group has no say", async () => {
    stage = await GroupStage.start();
    const [member] = await stage.stable(1, { protocolType: "connect", protocols: { p: "x" } });
    await stage.commit(member!, 5);
    expect(await outcome(() => forget("t"))).toBe("NON_EMPTY_GROUP");
    stage.leave(member!.memberId);
    expect(await forget("t")).toEqual({ partitionIndex: 0, errorCode: 0 });
    expect(stage.committed()).toBe(-1);
  });

  it("row 73: GROUP_ID_NOT_FOUND for a group that is not there", async () => {
    stage = await GroupStage.start();
    expect(await outcome(() => forget("t"))).toBe("GROUP_ID_NOT_FOUND");
  });
});

describe("describing and listing", () => {
  it("row 74: a group that is not there is Dead, without an error", async () => {
    stage = await GroupStage.start();
    const nothing = { protocolType: "", protocolData: "", members: [] };
    expect(describeOne("none")).toEqual({ groupId: "none", groupState: "Dead", ...nothing });
    await stage.commit({}, 5);
    expect(describeOne()).toEqual({ groupId: "g", groupState: "Empty", ...nothing });
  });

  it("row 74: a group is told by its phase; what members have only while it is stable", async () => {
    stage = await GroupStage.start();
    const joining = stage.joinTwice({ protocols: { range: "me" } });
    await settle();
    expect(describeOne()).toMatchObject({ groupState: "PreparingRebalance", protocolData: "" });
    await stage.pass(600);
    const { memberId } = await joining;
    expect(describeOne()).toMatchObject({ groupState: "CompletingRebalance", protocolType: "consumer" });
    expect(describeOne().members[0]!.memberMetadata).toHaveLength(0);
    await stage.sync({ memberId, generation: 1 }, { [memberId]: "mine" });
    const stable = describeOne();
    expect(stable).toMatchObject({ groupState: "Stable", protocolData: "range" });
    const [member] = stable.members;
    const { memberMetadata, memberAssignment, ...facts } = member!;
    const { clientId, clientHost } = { clientId: "client", clientHost: "/127.0.0.1" };
    expect(facts).toEqual({ memberId, groupInstanceId: null, clientId, clientHost });
    expect([textOf(memberMetadata), textOf(memberAssignment)]).toEqual(["me", "mine"]);
    stage.leave(memberId);
    await settle();
    expect(describeOne()).toMatchObject({ groupState: "Empty", protocolType: "consumer", members: [] });
  });

  it("row 74: the list has every group of this broker once, by its state now", async () => {
    stage = await GroupStage.start();
    await stage.commit({ group: "offsets" }, 5);
    const [member] = await stage.stable(1, { group: "empty" });
    stage.leave(member!.memberId, { group: "empty" });
    await stage.stable(1, { group: "stable" });
    void stage.joinTwice({ group: "new" });
    await settle();
    const told = list().map(({ groupId, groupState, protocolType, groupType }) =>
      [groupId, groupState, protocolType, groupType].join(" "),
    );
    expect(told.sort()).toEqual([
      "empty Empty consumer classic",
      "new PreparingRebalance consumer classic",
      "offsets Empty  classic",
      "stable Stable consumer classic",
    ]);
  });

  it("looking at empty groups keeps nothing of them in memory", async () => {
    stage = await GroupStage.start();
    const [member] = await stage.stable();
    stage.leave(member!.memberId);
    await settle();
    describeOne();
    await stage.shard().offsets.expire();
    expect([...stage.shard().classic.values()]).toEqual([]);
  });
});
