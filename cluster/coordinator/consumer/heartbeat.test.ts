// test: the rules of ConsumerGroupHeartbeat: joining, epochs, handing over partitions, subscriptions,
// refusals.
import { describe, expect, it } from "vitest";
import {
  heartbeatOf,
  joinOf,
  owning,
  refusal,
  TestGroup,
  testSettings,
} from "../../../test/coordinator/consumer-group.ts";
import { memberState } from "../state/group-state.ts";
import { consumerHeartbeat } from "./heartbeat.ts";

describe("joining", () => {
  it("gives all partitions to the first member, and writes it all", () => {
    const group = new TestGroup({ t: 3 });
    const reply = group.join("m1");
    expect(reply).toEqual({
      throttleTimeMs: 0,
      errorCode: 0,
      errorMessage: null,
      memberId: "m1",
      memberEpoch: 1,
      heartbeatIntervalMs: 5_000,
      assignment: { topicPartitions: owning({ t: [0, 1, 2] }) },
    });
    expect(group.records.map((record) => record.kind)).toEqual([
      ..."member subscribedTopics groupEpoch target targetEpoch current".split(" "),
    ]);
    expect(group.timers).toContainEqual({ kind: "session", memberId: "m1", afterMs: 45_000 });
    expect(group.consumer.members.get("m1")).toMatchObject({ previousMemberEpoch: 0, clientId: "client" });
  });

  it("names a member that has no id, in version 0 only", () => {
    const group = new TestGroup({ t: 1 });
    expect(refusal(() => group.join(""))).toBe("INVALID_REQUEST");
    group.apiVersion = 0;
    expect(group.join("").memberId).toMatch(/^new-/);
  });

  it("answers a join that is retried as before, and writes nothing", () => {
    const group = new TestGroup({ t: 3 });
    const first = group.join("m1");
    expect(group.join("m1")).toEqual(first);
    expect(group.records).toEqual([]);
  });

  it("takes a member that gave up everything back from whatever epoch", () => {
    const group = new TestGroup({ t: 4 });
    group.join("m1");
    group.join("m2");
    // m1 was asked for two partitions and lost its connection: it begins with nothing.
    group.heartbeat({ memberEpoch: 1, topicPartitions: owning({ t: [0, 1, 2, 3] }) });
    const again = group.join("m1");
    expect(again).toMatchObject({ memberEpoch: 2, assignment: { topicPartitions: owning({ t: [0, 1] }) } });
    expect(group.heartbeat({ memberId: "m2", memberEpoch: 2 }).assignment?.topicPartitions).toEqual(
      owning({ t: [2, 3] }),
    );
  });

  it("takes no more members than settings allow, but those that are there", () => {
    const group = new TestGroup({ t: 1 });
    group.settings = { ...testSettings, consumerGroupSizeMax: 2 };
    group.join("m1");
    group.join("m2", ["t"], { instanceId: "i2" });
    expect(refusal(() => group.join("m3"))).toBe("GROUP_MAX_SIZE_REACHED");
    group.join("m1");
    group.heartbeat({ memberId: "m2", instanceId: "i2", memberEpoch: -2 });
    group.join("m4", ["t"], { instanceId: "i2" });
    expect([...group.consumer.members.keys()]).toEqual(["m1", "m4"]);
  });

  it("takes a member without topics", () => {
    const group = new TestGroup({ t: 1 });
    expect(group.join("m1", [])).toMatchObject({ memberEpoch: 1, assignment: { topicPartitions: [] } });
    expect(group.join("m2", ["nowhere"]).assignment).toEqual({ topicPartitions: [] });
  });
});

describe("handing over", () => {
  it("goes by revoke, word of it, release", () => {
    const group = new TestGroup({ t: 3 });
    group.join("m1");
    const joined = group.join("m2");
    expect(joined).toMatchObject({ memberEpoch: 2, assignment: { topicPartitions: [] } });
    expect(group.consumer.members.get("m2")!.state).toBe(memberState.unreleasedPartitions);
    // It is to ask again soon, and as usual once it has all.
    expect(group.heartbeat({ memberId: "m2", memberEpoch: 2 }).heartbeatIntervalMs).toBe(200);

    // Asked to give up one; its epoch stays.
    const asked = group.heartbeat({ memberEpoch: 1, topicPartitions: owning({ t: [0, 1, 2] }) });
    expect(asked).toMatchObject({ memberEpoch: 1, assignment: { topicPartitions: owning({ t: [0, 1] }) } });
    expect(group.timers).toContainEqual({
      ...{ kind: "revocation", memberId: "m1", memberEpoch: 1, afterMs: 30_000 },
    });
    // Not yet given up: nothing changes, and nothing is told twice.
    const still = group.heartbeat({ memberEpoch: 1, topicPartitions: owning({ t: [0, 1, 2] }) });
    expect(still).toMatchObject({ memberEpoch: 1, assignment: null });
    expect(group.records).toEqual([]);
    expect(group.heartbeat({ memberEpoch: 1 })).toMatchObject({ memberEpoch: 1, assignment: null });
    expect(group.heartbeat({ memberId: "m2", memberEpoch: 2 }).assignment).toBe(null);

    const given = group.heartbeat({ memberEpoch: 1, topicPartitions: owning({ t: [0, 1] }) });
    expect(given).toMatchObject({ memberEpoch: 2, assignment: null });
    expect(group.timers).toContainEqual({ kind: "cancelRevocation", memberId: "m1" });
    const got = group.heartbeat({ memberId: "m2", memberEpoch: 2 });
    expect(got).toMatchObject({ memberEpoch: 2, assignment: { topicPartitions: owning({ t: [2] }) } });
    expect(group.consumer.members.get("m2")!.state).toBe(memberState.stable);
    group.heartbeat({ memberId: "m2", memberEpoch: 2, topicPartitions: owning({ t: [2] }) });
    expect(group.records).toEqual([]);
  });

  it("stays in the old epoch while there is always more to give up", () => {
    const group = new TestGroup({ t: 6 });
    group.join("m1");
    group.join("m2");
    group.heartbeat({ memberEpoch: 1, topicPartitions: owning({ t: [0, 1, 2, 3, 4, 5] }) });
    group.join("m3");
    const more = group.heartbeat({ memberEpoch: 1, topicPartitions: owning({ t: [0, 1, 2] }) });
    expect(more).toMatchObject({ memberEpoch: 1, assignment: { topicPartitions: owning({ t: [0, 1] }) } });
    expect(group.heartbeat({ memberEpoch: 1, topicPartitions: owning({ t: [0, 1] }) }).memberEpoch).toBe(3);
    group.heartbeat({ memberId: "m2", memberEpoch: 2 });
    group.heartbeat({ memberId: "m3", memberEpoch: 3 });
    expect([group.assigned("m2").t, group.assigned("m3").t].map((numbers) => numbers?.length)).toEqual([
      2, 2,
    ]);
  });

  it("tells the assignment again to who says everything, or is an epoch behind", () => {
    const group = new TestGroup({ t: 2 });
    group.join("m1");
    group.join("m2");
    group.heartbeat({ memberEpoch: 1, topicPartitions: owning({ t: [0, 1] }) });
    const moved = group.heartbeat({ memberEpoch: 1, topicPartitions: owning({ t: [0] }) });
    expect(moved.memberEpoch).toBe(2);
    // That answer was lost.
    const again = group.heartbeat({ memberEpoch: 1, topicPartitions: owning({ t: [0] }) });
    expect(again).toMatchObject({ memberEpoch: 2, assignment: { topicPartitions: owning({ t: [0] }) } });
    const full = joinOf("m1", ["t"], { memberEpoch: 2, topicPartitions: owning({ t: [0] }) });
    expect(group.heartbeat(full).assignment).not.toBe(null);
    expect(group.records).toEqual([]);
  });
});

describe("epochs", () => {
  const twoMembers = (): TestGroup => {
    const group = new TestGroup({ t: 2 });
    group.join("m1");
    group.join("m2");
    group.heartbeat({ memberEpoch: 1, topicPartitions: owning({ t: [0, 1] }) });
    group.heartbeat({ memberEpoch: 1, topicPartitions: owning({ t: [0] }) });
    return group;
  };

  it.each([
    ["ahead", { memberEpoch: 3 }],
    ["an epoch behind, not saying what it owns", { memberEpoch: 1 }],
    ["an epoch behind, owning more than it has", { memberEpoch: 1, topicPartitions: owning({ t: [0, 1] }) }],
    ["an epoch behind, owning of another topic", { memberEpoch: 1, topicPartitions: owning({ u: [0] }) }],
  ])("fences who is %s", (_, request) => {
    expect(refusal(() => twoMembers().heartbeat(request))).toBe("FENCED_MEMBER_EPOCH");
  });

  it("hears the epoch before until the member says that it knows better", () => {
    const group = new TestGroup({ t: 4, u: 4 });
    group.join("m1", ["t"]);
    group.join("m2", ["t"]);
    group.heartbeat({ memberEpoch: 1, topicPartitions: owning({ t: [0, 1, 2, 3] }) });
    // m1 gives up 2 and 3 and is moved to epoch 2; the answer is lost.
    group.heartbeat({ memberEpoch: 1, topicPartitions: owning({ t: [0, 1] }) });
    // m2 leaves, m1 gets them back in epoch 3; that answer is lost too.
    group.heartbeat({ memberId: "m2", memberEpoch: -1 });
    const back = group.heartbeat({ memberEpoch: 1, topicPartitions: owning({ t: [0, 1] }) });
    expect(back).toMatchObject({
      memberEpoch: 3,
      assignment: { topicPartitions: owning({ t: [0, 1, 2, 3] }) },
    });
    expect(group.heartbeat({ memberEpoch: 1, topicPartitions: owning({ t: [0, 1] }) }).memberEpoch).toBe(3);
  });

  it("knows neither groups nor members that never joined", () => {
    const group = new TestGroup({ t: 1 });
    expect(refusal(() => group.heartbeat({ memberEpoch: 5 }))).toBe("GROUP_ID_NOT_FOUND");
    expect(refusal(() => group.heartbeat({ memberEpoch: -1 }))).toBe("GROUP_ID_NOT_FOUND");
    group.join("m1");
    expect(refusal(() => group.heartbeat({ memberId: "m9", memberEpoch: 1 }))).toBe("UNKNOWN_MEMBER_ID");
    expect(refusal(() => group.heartbeat({ memberId: "m9", memberEpoch: -1 }))).toBe("UNKNOWN_MEMBER_ID");
  });

  it("brings on a member in a state that a newer release wrote, once it owns nothing", () => {
    const group = new TestGroup({ t: 1 });
    group.join("m1");
    const place = { ...group.consumer.members.get("m1")!, state: 77 };
    group.replay([{ kind: "current", groupId: "orders", memberId: "m1", value: place }]);
    expect(refusal(() => group.heartbeat({ memberEpoch: 1 }))).toBe("FENCED_MEMBER_EPOCH");
    group.join("m1");
    expect(group.consumer.members.get("m1")!.state).toBe(memberState.stable);
  });
});

describe("what the group is subscribed to", () => {
  it("raises the epoch when a member wants other topics", () => {
    const group = new TestGroup({ t: 1, u: 1 });
    group.join("m1", ["t"]);
    const reply = group.heartbeat({
      ...{ memberEpoch: 1, subscribedTopicNames: ["u", "u"], topicPartitions: [] },
    });
    expect(reply).toMatchObject({ memberEpoch: 2, assignment: { topicPartitions: owning({ u: [0] }) } });
    expect([...group.consumer.topics.keys()]).toEqual(["u"]);
    expect(group.consumer.members.get("m1")!.subscribedTopicNames).toEqual(["u"]);
  });

  it("writes other facts of a member without raising the epoch", () => {
    const group = new TestGroup({ t: 1 });
    group.join("m1");
    group.heartbeat({ memberEpoch: 1, rackId: "r1", serverAssignor: "range", rebalanceTimeoutMs: 9_000 });
    expect(group.records.map((record) => record.kind)).toEqual(["member"]);
    const facts = { rackId: "r1", serverAssignor: "range", rebalanceTimeoutMs: 9_000 };
    expect(group.consumer.members.get("m1")).toMatchObject(facts);
  });

  it.each([
    ["grows", { t: 3 }, { t: [0, 1, 2] }],
    ["is deleted", {}, {}],
    ["is made anew", { "t@other": 2 }, { other: [0, 1] }],
  ])("sees at a heartbeat that a topic %s", (_, topics, expected) => {
    const group = new TestGroup({ t: 2 });
    group.join("m1", ["t"]);
    group.setTopics(topics);
    group.heartbeat({ memberEpoch: 1 });
    group.heartbeat({ memberEpoch: group.consumer.members.get("m1")!.memberEpoch, topicPartitions: [] });
    expect(group.consumer.epoch).toBe(2);
    expect(group.consumer.members.get("m1")).toMatchObject({ memberEpoch: 2, state: memberState.stable });
    expect(group.assigned("m1")).toEqual(expected);
  });

  it("sees a topic that comes after it was asked for", () => {
    const group = new TestGroup({});
    const other = new TestGroup({});
    group.join("m1", ["late"]);
    other.join("m1", ["elsewhere"]);
    group.setTopics({ late: 1 });
    other.image = group.image;
    other.heartbeat({ memberEpoch: 1 });
    expect(other.records).toEqual([]);
    expect(group.heartbeat({ memberEpoch: 1 }).assignment?.topicPartitions).toEqual(owning({ late: [0] }));
  });

  it("does not care for topics of others", () => {
    const group = new TestGroup({ t: 2 });
    group.join("m1");
    group.setTopics({ t: 2, u: 5 });
    group.heartbeat({ memberEpoch: 1 });
    expect(group.records).toEqual([]);
  });

  it("takes the assignor that most members ask for", () => {
    const group = new TestGroup({ t: 2, u: 2 });
    group.join("m1", ["t", "u"], { serverAssignor: "range" });
    group.join("m2", ["t", "u"]);
    expect(Object.fromEntries(group.consumer.target.get("m1")!)).toEqual({ "id-t": [0], "id-u": [0] });
    expect(refusal(() => group.join("m3", ["t"], { serverAssignor: "mine" }))).toBe("UNSUPPORTED_ASSIGNOR");
  });
});

describe("static members", () => {
  const join = (group: TestGroup, memberId: string): unknown =>
    group.join(memberId, ["t"], { instanceId: "i1" });

  it("come back with a new id to the place they had, and nobody else is disturbed", () => {
    const group = new TestGroup({ t: 4 });
    join(group, "s1");
    group.join("m2");
    group.heartbeat({
      memberId: "s1",
      instanceId: "i1",
      memberEpoch: 1,
      topicPartitions: owning({ t: [0, 1] }),
    });
    group.heartbeat({ memberId: "m2", memberEpoch: 2 });
    const { epoch } = group.consumer;
    const before = group.assigned("s1");
    expect(before).toEqual({ t: [0, 1] });

    expect(refusal(() => join(group, "s2"))).toBe("UNRELEASED_INSTANCE_ID");
    const left = group.heartbeat({ memberId: "s1", instanceId: "i1", memberEpoch: -2 });
    expect(left).toMatchObject({ memberId: "s1", memberEpoch: -2, assignment: null });
    expect(group.timers).not.toContainEqual(expect.objectContaining({ kind: "end" }));
    const again = { memberId: "s1", instanceId: "i1", memberEpoch: epoch };
    expect(refusal(() => group.heartbeat(again))).toBe("FENCED_MEMBER_EPOCH");

    expect(join(group, "s2")).toMatchObject({
      ...{ memberId: "s2", memberEpoch: epoch, assignment: { topicPartitions: owning(before as never) } },
    });
    expect(group.consumer.epoch).toBe(epoch);
    expect(group.timers).toContainEqual({ kind: "end", memberId: "s1" });
    expect([...group.consumer.members.keys()].sort()).toEqual(["m2", "s2"]);
    expect(refusal(() => group.heartbeat(again))).toBe("FENCED_INSTANCE_ID");
  });

  it("may join again with the same id when the answer was lost", () => {
    const group = new TestGroup({ t: 1 });
    const first = join(group, "s1");
    expect(join(group, "s1")).toEqual(first);
  });

  it("leave for good by -1, and are known by their instance ids only", () => {
    const group = new TestGroup({ t: 1 });
    join(group, "s1");
    const leave = { memberEpoch: -1, instanceId: "i1" };
    expect(refusal(() => group.heartbeat({ ...leave, memberId: "other" }))).toBe("FENCED_INSTANCE_ID");
    expect(refusal(() => group.heartbeat({ ...leave, memberId: "s1", instanceId: "i2" }))).toBe(
      "UNKNOWN_MEMBER_ID",
    );
    group.heartbeat({ ...leave, memberId: "s1" });
    expect(group.consumer.members.size).toBe(0);
    expect(group.timers).toEqual([{ kind: "end", memberId: "s1" }]);
  });

  it("keep what they are to have when they come back to other topics", () => {
    const group = new TestGroup({ t: 2, u: 1 });
    join(group, "s1");
    group.heartbeat({ memberId: "s1", instanceId: "i1", memberEpoch: -2 });
    const back = group.join("s2", ["t", "u"], { instanceId: "i1" });
    expect(back).toMatchObject({
      memberEpoch: 2,
      assignment: { topicPartitions: owning({ t: [0, 1], u: [0] }) },
    });
  });
});

describe("requests that are not considered", () => {
  it.each([
    ["no group", { groupId: " " }],
    ["a blank instance id", { instanceId: "" }],
    ["a blank rack", { rackId: " " }],
    ["no rebalance timeout at a join", { rebalanceTimeoutMs: -1 }],
    ["partitions at a join", { topicPartitions: owning({ t: [0] }) }],
    ["nothing about partitions at a join", { topicPartitions: null }],
    ["nothing about topics at a join", { subscribedTopicNames: null }],
    ["an epoch below -2", { memberEpoch: -3 }],
    ["-2 of a member that is not static", { memberEpoch: -2 }],
    ["no member id when it leaves", { memberId: "", memberEpoch: -1 }],
    ["an id that no record can hold", { memberId: "m".repeat(10_000) }],
    ["more names than a record can hold", { subscribedTopicNames: ["t".repeat(2_000_000)] }],
  ])("%s", (_, change) => {
    const group = new TestGroup({ t: 1 });
    const request = { ...joinOf("m1"), ...change };
    expect(refusal(() => consumerHeartbeat(null, request, group.context()))).toBe("INVALID_REQUEST");
  });

  it("any, where the protocol is switched off", () => {
    const group = new TestGroup({ t: 1 });
    group.settings = { ...testSettings, consumerProtocolEnabled: false };
    expect(refusal(() => group.join("m1"))).toBe("UNSUPPORTED_VERSION");
  });

  it("changes nothing in the state that it was given", () => {
    const group = new TestGroup({ t: 2 });
    group.join("m1");
    const state = group.state!;
    const copy = structuredClone(state);
    consumerHeartbeat(state, joinOf("m2"), group.context());
    consumerHeartbeat(state, heartbeatOf({ memberEpoch: -1 }), group.context());
    expect(state).toEqual(copy);
  });
});
