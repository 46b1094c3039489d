// test: a group that changes its protocol while its members go on, and members of both protocols in one
// group.
import { describe, expect, it } from "vitest";
import { assignmentIn, type ByTopic, subscriptionBytes } from "../../../test/coordinator/classic-requests.ts";
import { owning, refusal, testSettings } from "../../../test/coordinator/consumer-group.ts";
import { classicGroup, MixedGroup } from "../../../test/coordinator/mixed-group.ts";
import { classicLeave } from "./classic-members.ts";
import { consumerStateName } from "./state-name.ts";

const rebalanceInProgress = 27;
const subscribedTo = (topics: string[], owned: ByTopic, name = "range") => [
  { name, metadata: subscriptionBytes(topics, { owned }) },
];

describe("from the classic protocol", () => {
  it("members stay with what they have, and are told to join again", () => {
    const group = MixedGroup.of(classicGroup({ a: { t: [0, 1] }, b: { t: [2, 3] } }));
    expect(group.consumerJoin("m1")).toMatchObject({ memberEpoch: 8, assignment: { topicPartitions: [] } });
    expect(group.conversion).toEqual({ to: "consumer" });
    expect(group.state!.classic).toBe(null);
    expect(group.consumer.members.get("a")).toMatchObject({
      ...{ memberEpoch: 7, rebalanceTimeoutMs: 20_000, clientId: "old", subscribedTopicNames: ["t"] },
      classic: { sessionTimeoutMs: 10_000, protocols: [{ name: "range" }] },
    });
    expect(group.timers).toEqual(
      expect.arrayContaining([
        { kind: "session", memberId: "a", afterMs: 10_000 },
        { kind: "session", memberId: "b", afterMs: 10_000 },
        { kind: "session", memberId: "m1", afterMs: 45_000 },
      ]),
    );

    // b has to give up one: it hears of it, joins, is told what to keep, lets go, joins again.
    expect(group.beats("b", 7)).toBe(rebalanceInProgress);
    expect(group.timers).toContainEqual({ kind: "join", memberId: "b", afterMs: 20_000 });
    const first = group.joins({ memberId: "b", protocols: subscribedTo(["t"], { t: [2, 3] }) });
    const target = Object.fromEntries(group.consumer.target.get("b")!)["id-t"]!;
    expect(target).toHaveLength(1);
    expect(first.generationId).toBe(7);
    expect(assignmentIn(group.syncs("b", 7).assignment)).toEqual({ t: target });
    expect(group.beats("b", 7)).toBe(rebalanceInProgress);
    expect(
      group.joins({ memberId: "b", protocols: subscribedTo(["t"], { t: target as number[] }) }),
    ).toMatchObject({
      ...{ generationId: 8, leader: "", protocolName: "range", members: [] },
    });
    expect(assignmentIn(group.syncs("b", 8).assignment)).toEqual({ t: target });
    expect(group.timers).toContainEqual({ kind: "cancelSync", memberId: "b" });

    const mine = Object.fromEntries(group.consumer.target.get("a")!)["id-t"]!;
    group.joins({ memberId: "a", protocols: subscribedTo(["t"], { t: mine as number[] }) });
    expect(group.beats("a", 8)).toBe(0);
    group.heartbeat({ memberId: "m1", memberEpoch: 8 });
    expect(consumerStateName(group.consumer)).toBe("Stable");
    expect(group.assigned("m1").t).toHaveLength(1);
  });

  it("a static member changes its protocol and keeps its place", () => {
    const value = classicGroup({ a: { t: [0, 1] }, b: { t: [2, 3] } });
    const [a, b] = value.members;
    const group = MixedGroup.of({ ...value, members: [{ ...a!, groupInstanceId: "i" }, b!] });
    const joined = group.consumerJoin("s", {}, { instanceId: "i" });
    expect(joined.assignment?.topicPartitions).toEqual(owning({ t: [0, 1] }));
    expect([...group.consumer.members.keys()].sort()).toEqual(["b", "s"]);
    expect(group.timers).toContainEqual({ kind: "end", memberId: "a" });
  });

  it("an empty group ends, and one of this protocol begins", () => {
    const group = MixedGroup.of(classicGroup({}, { protocol: null }));
    group.replay([
      {
        ...{ kind: "offset", groupId: "orders", topic: "t", partition: 0 },
        value: { offset: 5, leaderEpoch: -1, metadata: "", committedAtMs: 1, expiresAtMs: -1 },
      },
    ]);
    expect(group.consumerJoin("m1").memberEpoch).toBe(1);
    expect(group.state!.classic).toBe(null);
    expect(group.state!.offsets.get("t")?.get(0)?.offset).toBe(5);
  });

  it.each([
    [
      "settings forbid it",
      {},
      { settings: { ...testSettings, consumerMigrationPolicy: "downgrade" as const } },
    ],
    ["it is too large", {}, { settings: { ...testSettings, consumerGroupSizeMax: 0 } }],
    ["it is no group of consumers", { protocolType: "connect" }, {}],
    ["it has no protocol yet", { protocol: null }, {}],
    ["its first rebalance goes on", { members: [] }, { classicProtocols: new Map([["a", []]]) }],
  ])("is not taken over when %s", (_, change, context) => {
    const group = MixedGroup.of(classicGroup({ a: { t: [0] } }, change));
    const before = group.state;
    expect(refusal(() => group.consumerJoin("m1", context))).toBe("GROUP_ID_NOT_FOUND");
    expect(group.state).toBe(before);
  });

  it("is not taken over when what a member sent cannot be read", () => {
    const value = classicGroup({ a: { t: [0] } });
    const members = value.members.map((one) => ({ ...one, subscription: Uint8Array.of(0, 0, 9) }));
    const group = MixedGroup.of({ ...value, members });
    expect(refusal(() => group.consumerJoin("m1"))).toBe("GROUP_ID_NOT_FOUND");
    expect(refusal(() => group.heartbeat({ memberEpoch: 3 }))).toBe("GROUP_ID_NOT_FOUND");
  });

  it("a partition that a client's assignor gave to two stays with the first", () => {
    const group = MixedGroup.of(classicGroup({ a: { t: [0, 1] }, b: { t: [1, 2, 3] } }));
    group.consumerJoin("m1");
    expect(group.consumer.members.get("b")!.assigned.get("id-t")).not.toContain(1);
  });

  it("knows all protocols of the members where it is told", () => {
    const group = MixedGroup.of(classicGroup({ a: { t: [0] } }));
    const protocols = ["range", "sticky"].map((name) => ({ name, metadata: subscriptionBytes(["t"]) }));
    group.consumerJoin("m1", { classicProtocols: new Map([["a", protocols]]) });
    expect(group.joins({ memberId: "c", protocols: subscribedTo(["t"], {}, "sticky") }).errorCode).toBe(0);
  });
});

describe("classic members of such a group", () => {
  function mixed(): MixedGroup {
    const group = new MixedGroup({ t: 4, u: 2 });
    group.consumerJoin("m1");
    return group;
  }

  it("are told their ids first, from version 4 on", () => {
    const group = mixed();
    const told = group.joins({});
    expect(told).toMatchObject({ errorCode: 79, generationId: -1, protocolType: null, protocolName: null });
    expect(group.records).toEqual([]);
    expect(group.joins({ memberId: told.memberId })).toMatchObject({ errorCode: 0, memberId: told.memberId });
    expect(group.joins({}, 3)).toMatchObject({ errorCode: 0, memberId: expect.stringMatching(/^new-/) });
  });

  it("get what is free, and what others give up later", () => {
    const group = mixed();
    const joined = group.joins({ memberId: "c" });
    expect(joined.generationId).toBe(2);
    expect(group.timers).toEqual([
      { kind: "cancelJoin", memberId: "c" },
      { kind: "session", memberId: "c", afterMs: 10_000 },
      { kind: "sync", memberId: "c", afterMs: 20_000 },
    ]);
    expect(assignmentIn(group.syncs("c", 2).assignment)).toEqual({});
    expect(group.beats("c", 2)).toBe(0);
    group.heartbeat({ memberEpoch: 1, topicPartitions: owning({ t: [0, 1, 2, 3] }) });
    expect(group.beats("c", 2)).toBe(0);
    group.heartbeat({ memberEpoch: 1, topicPartitions: owning({ t: [0, 1] }) });
    expect(group.beats("c", 2)).toBe(rebalanceInProgress);
    expect(group.joins({ memberId: "c" }).generationId).toBe(2);
    expect(assignmentIn(group.syncs("c", 2).assignment)).toEqual({ t: [2, 3] });
    expect(group.beats("c", 2)).toBe(0);
  });

  it("are told at their sync when there is something newer", () => {
    const group = mixed();
    const { generationId } = group.joins({ memberId: "c" });
    group.consumerJoin("m2");
    expect(group.syncs("c", generationId)).toMatchObject({ errorCode: rebalanceInProgress });
    expect(group.timers).toEqual([{ kind: "join", memberId: "c", afterMs: 20_000 }]);
  });

  it.each([
    ["another type", { protocolType: "connect" }, "INCONSISTENT_GROUP_PROTOCOL"],
    ["no protocol", { protocols: [] }, "INCONSISTENT_GROUP_PROTOCOL"],
    ["no shared protocol", { protocols: subscribedTo(["t"], {}, "other") }, "INCONSISTENT_GROUP_PROTOCOL"],
    [
      "bytes of something else",
      { protocols: [{ name: "range", metadata: new Uint8Array(1) }] },
      "INCONSISTENT_GROUP_PROTOCOL",
    ],
    [
      "a subscription no record can hold",
      { protocols: [{ name: "range", metadata: new Uint8Array(2e6) }] },
      "INVALID_REQUEST",
    ],
    ["too short a session", { sessionTimeoutMs: 1 }, "INVALID_SESSION_TIMEOUT"],
    [
      "an instance id nobody has, and a member id",
      { groupInstanceId: "i", memberId: "z" },
      "UNKNOWN_MEMBER_ID",
    ],
  ])("cannot join with %s", (_, change, expected) => {
    const group = mixed();
    group.joins({ memberId: "c" });
    expect(refusal(() => group.joins({ memberId: "d", ...change }))).toBe(expected);
  });

  it("must sync and beat in their generation, by their protocol, and for themselves", () => {
    const group = mixed();
    const { generationId } = group.joins({ memberId: "c" });
    expect(refusal(() => group.syncs("c", generationId + 1))).toBe("ILLEGAL_GENERATION");
    expect(refusal(() => group.beats("c", generationId - 1))).toBe("ILLEGAL_GENERATION");
    expect(refusal(() => group.beats("nobody", 1))).toBe("UNKNOWN_MEMBER_ID");
    expect(refusal(() => group.beats("m1", 1))).toBe("UNKNOWN_MEMBER_ID");
    const other = { protocolName: "other" };
    expect(refusal(() => group.syncs("c", generationId, other))).toBe("INCONSISTENT_GROUP_PROTOCOL");
    const type = { protocolType: "connect" };
    expect(refusal(() => group.syncs("c", generationId, type))).toBe("INCONSISTENT_GROUP_PROTOCOL");
  });

  it("keep what they sent when the request's bytes are used again", () => {
    const group = mixed();
    const protocols = subscribedTo(["t"], {});
    group.joins({ memberId: "c", protocols });
    protocols[0]!.metadata.fill(0xff);
    group.joins({ memberId: "c" });
    expect(group.records).toEqual([]);
  });

  it("leave, each with its own result; admins may remove any member by its instance id", () => {
    const group = mixed();
    group.consumerJoin("m2", {}, { instanceId: "i2" });
    group.joins({ memberId: "c" });
    const reply = group.leaves([
      { memberId: "c", groupInstanceId: null },
      { memberId: "nobody", groupInstanceId: null },
      { memberId: "", groupInstanceId: "i2" },
      { memberId: "wrong", groupInstanceId: "i2" },
      { memberId: "", groupInstanceId: "i3" },
    ]);
    expect(reply.members.map((one) => one.errorCode)).toEqual([0, 25, 0, 82, 25]);
    expect([...group.consumer.members.keys()]).toEqual(["m1"]);
    expect(group.timers).toEqual([
      { kind: "end", memberId: "c" },
      { kind: "end", memberId: "m2" },
    ]);
    const nobody = classicLeave(
      group.inConsumer,
      { groupId: "orders", memberId: "nobody", members: [] },
      group.context(),
    );
    expect(nobody).toMatchObject({ records: [], reply: { errorCode: 25, members: [] } });
  });

  it("static ones come back by their instance ids, and change to the consumer protocol so", () => {
    const group = mixed();
    const { memberId } = group.joins({ groupInstanceId: "i" });
    const again = group.joins({ groupInstanceId: "i" });
    expect(again.memberId).not.toBe(memberId);
    expect(group.consumer.epoch).toBe(2);
    expect(refusal(() => group.joins({ groupInstanceId: "i", memberId }))).toBe("FENCED_INSTANCE_ID");
    group.consumerJoin("s2", {}, { instanceId: "i" });
    expect([...group.consumer.members.keys()].sort()).toEqual(["m1", "s2"]);
    expect(group.consumer.epoch).toBe(2);
  });
});

describe("to the classic protocol", () => {
  function mixed(): MixedGroup {
    const group = new MixedGroup({ t: 4 });
    group.consumerJoin("m1", {}, { instanceId: "i1" });
    group.joins({ memberId: "c" });
    group.heartbeat({ instanceId: "i1", memberEpoch: 1, topicPartitions: owning({ t: [0, 1] }) });
    group.joins({ memberId: "c" });
    return group;
  }

  it.each([
    ["leaves", (group: MixedGroup) => group.leaves([{ memberId: "m1", groupInstanceId: null }])],
    ["is given up", (group: MixedGroup) => group.expires("m1")],
  ])("goes when the last member of the consumer protocol %s", (_, end) => {
    const group = mixed();
    end(group);
    expect(group.state).toMatchObject({
      consumer: null,
      classic: {
        ...{
          protocolType: "consumer",
          generation: 2,
          protocol: "range",
          leader: "c",
          stateSinceMs: 1_000_000,
        },
        members: [{ memberId: "c", sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 20_000 }],
      },
    });
    const [member] = group.state!.classic!.members;
    expect(assignmentIn(member!.assignment)).toEqual({ t: [2, 3] });
    expect(group.conversion).toMatchObject({ to: "classic", rebalance: true, group: group.state!.classic });
    const protocols = group.conversion?.to === "classic" ? group.conversion.protocols : new Map();
    expect(protocols.get("c")).toMatchObject([{ name: "range" }]);
    expect(group.timers).toEqual([
      { kind: "end", memberId: "m1" },
      { kind: "end", memberId: "c" },
    ]);
  });

  it("goes when a static member comes back with the classic protocol; nobody need rebalance", () => {
    const group = mixed();
    const joined = group.joins({ groupInstanceId: "i1" });
    expect(group.conversion).toMatchObject({ to: "classic", rebalance: false });
    expect(joined.generationId).toBe(group.state!.classic!.generation);
    const assigned = group.state!.classic!.members.map((one) => [one.memberId, assignmentIn(one.assignment)]);
    expect(Object.fromEntries(assigned)).toEqual({ c: { t: [2, 3] }, [joined.memberId]: { t: [0, 1] } });
  });

  it.each([
    ["settings forbid it", { consumerMigrationPolicy: "upgrade" as const }],
    ["it is too large", { groupSizeMax: 0 }],
  ])("stays when %s", (_, change) => {
    const group = mixed();
    group.settings = { ...testSettings, ...change };
    group.expires("m1");
    expect([...group.consumer.members.keys()]).toEqual(["c"]);
    expect(group.beats("c", 2)).toBe(rebalanceInProgress);
  });

  it("stays when nobody is left", () => {
    const group = new MixedGroup({ t: 4 });
    group.consumerJoin("m1");
    group.expires("m1");
    expect(group.consumer.members.size).toBe(0);
    expect(group.conversion).toBe(null);
  });
});
