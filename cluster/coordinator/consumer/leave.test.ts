// test: members that go, and what is left of them; timers after loading; what is told of a group; offsets.
import { describe, expect, it } from "vitest";
import { owning, refusal, TestGroup, testSettings } from "../../../test/coordinator/consumer-group.ts";
import type { MemberFacts } from "../state/group-records.ts";
import { deleteConsumerGroup, describeConsumerGroup } from "./describe.ts";
import { type Expiry, expireMember } from "./leave.ts";
import { validateCommit, validateFetch } from "./offset-checks.ts";
import { sessionsOf } from "./sessions-of.ts";
import { consumerStateName } from "./state-name.ts";
import { isSubscribed } from "./subscriptions.ts";

function expire(group: TestGroup, expiry: Expiry): void {
  group.take(expireMember(group.state, expiry, group.context()));
}

function classicFacts(instanceId: string | null = null): MemberFacts {
  return {
    ...{ instanceId, rackId: null, clientId: "old", clientHost: "", subscribedTopicNames: ["t"] },
    ...{ subscribedTopicRegex: null, rebalanceTimeoutMs: 1_000, serverAssignor: null },
    classic: { sessionTimeoutMs: 7_000, protocols: [] },
  };
}

describe("leaving", () => {
  it("raises the epoch; the next heartbeat of another divides what is free", () => {
    const group = new TestGroup({ t: 2 });
    group.join("m1");
    group.join("m2");
    const reply = group.heartbeat({ memberEpoch: -1 });
    expect(reply).toMatchObject({ memberId: "m1", memberEpoch: -1, errorCode: 0, assignment: null });
    expect(group.timers).toEqual([{ kind: "end", memberId: "m1" }]);
    expect(group.consumer).toMatchObject({ epoch: 3, targetEpoch: 2 });
    expect(consumerStateName(group.consumer)).toBe("Assigning");
    expect(group.heartbeat({ memberId: "m2", memberEpoch: 2 })).toMatchObject({
      ...{ memberEpoch: 3, assignment: { topicPartitions: owning({ t: [0, 1] }) } },
    });
    expect(refusal(() => group.heartbeat({ memberEpoch: 1 }))).toBe("UNKNOWN_MEMBER_ID");
  });

  it("leaves an empty group that goes on from its epoch", () => {
    const group = new TestGroup({ t: 1 });
    group.join("m1");
    group.heartbeat({ memberEpoch: -1 });
    expect(consumerStateName(group.consumer)).toBe("Empty");
    expect(group.consumer.topics.size).toBe(0);
    expect(group.join("m2").memberEpoch).toBe(3);
  });
});

describe("timers", () => {
  it("a session that ran out removes the member; one that is gone already is left alone", () => {
    const group = new TestGroup({ t: 2 });
    group.join("m1");
    group.join("m2");
    expire(group, { memberId: "m1", why: "session" });
    expect([...group.consumer.members.keys()]).toEqual(["m2"]);
    const { epoch } = group.consumer;
    expire(group, { memberId: "m1", why: "session" });
    expect(group.consumer.epoch).toBe(epoch);
    expect(expireMember(null, { memberId: "m1", why: "session" }, group.context()).records).toEqual([]);
  });

  it("a revocation that ran out removes the member only if it still has what it was to give up", () => {
    const group = new TestGroup({ t: 2 });
    group.join("m1");
    group.join("m2");
    const expiry: Expiry = { memberId: "m1", why: "revocation", memberEpoch: 1 };
    expire(group, expiry);
    expect(group.records).toEqual([]);
    group.heartbeat({ memberEpoch: 1, topicPartitions: owning({ t: [0, 1] }) });
    expire(group, { ...expiry, memberEpoch: 9 });
    expect(group.records).toEqual([]);
    expire(group, expiry);
    expect([...group.consumer.members.keys()]).toEqual(["m2"]);
  });

  it("begin anew for all members after loading", () => {
    const group = new TestGroup({ t: 2 });
    group.join("m1");
    group.join("m2");
    group.heartbeat({ memberEpoch: 1, topicPartitions: owning({ t: [0, 1] }) });
    group.replay([{ kind: "member", groupId: "orders", memberId: "c", value: classicFacts() }]);
    expect(sessionsOf(group.consumer, testSettings)).toEqual([
      { kind: "session", memberId: "m1", afterMs: 45_000 },
      { kind: "revocation", memberId: "m1", memberEpoch: 1, afterMs: 30_000 },
      { kind: "session", memberId: "m2", afterMs: 45_000 },
      { kind: "session", memberId: "c", afterMs: 7_000 },
    ]);
  });
});

describe("what is told of a group", () => {
  it("its state, members, and what they have and are to have", () => {
    const group = new TestGroup({ t: 2 });
    group.join("m1", ["t"], { rackId: "r", instanceId: "i" });
    expect(consumerStateName(group.consumer)).toBe("Stable");
    group.join("m2");
    expect(consumerStateName(group.consumer)).toBe("Reconciling");
    const about = { image: group.image, settings: testSettings };
    const described = describeConsumerGroup(group.state, "orders", about);
    expect(described).toMatchObject({
      ...{ errorCode: 0, groupId: "orders", groupState: "Reconciling", groupEpoch: 2, assignmentEpoch: 2 },
      assignorName: "uniform",
    });
    const partitions = (numbers: number[]) => ({
      topicPartitions: [{ topicId: "id-t", topicName: "t", partitions: numbers }],
    });
    expect(described.members[0]).toEqual({
      ...{ memberId: "m1", instanceId: "i", rackId: "r", memberEpoch: 1, memberType: 1 },
      ...{
        clientId: "client",
        clientHost: "127.0.0.1",
        subscribedTopicNames: ["t"],
        subscribedTopicRegex: "",
      },
      assignment: partitions([0, 1]),
      targetAssignment: partitions([0]),
    });
    const nowhere = describeConsumerGroup(group.state, "orders", {
      ...about,
      image: new TestGroup({}).image,
    });
    expect(nowhere.members[0]!.assignment).toEqual({ topicPartitions: [] });
    expect(describeConsumerGroup(null, "none", about)).toMatchObject({ errorCode: 69, groupId: "none" });
  });

  it("whether it is subscribed to a topic", () => {
    const group = new TestGroup({ t: 2, "logs-1": 1 });
    group.join("m1", ["t"], { subscribedTopicRegex: "logs-.*" });
    expect(["t", "logs-1", "u"].map((topic) => isSubscribed(group.consumer, topic))).toEqual([
      true,
      true,
      false,
    ]);
  });

  it("can be deleted once it is empty, and nothing is left", () => {
    const group = new TestGroup({ t: 2 });
    group.join("m1", ["t"], { subscribedTopicRegex: ".*" });
    expect(refusal(() => deleteConsumerGroup(group.state!))).toBe("NON_EMPTY_GROUP");
    group.heartbeat({ memberEpoch: -1 });
    group.replay(deleteConsumerGroup(group.state!));
    expect(group.state).toBe(null);
  });
});

describe("offsets", () => {
  const group = new TestGroup({ t: 2 });
  group.join("m1");
  group.replay([{ kind: "member", groupId: "orders", memberId: "c", value: classicFacts() }]);
  const commit = {
    ...{ groupId: "orders", memberId: "m1", memberEpoch: 1, apiVersion: 9 },
    isTransactional: false,
  };

  it.each([
    ["a member in its epoch", {}, "nothing"],
    ["a member in another epoch", { memberEpoch: 2 }, "STALE_MEMBER_EPOCH"],
    ["a member by an old version", { apiVersion: 8 }, "UNSUPPORTED_VERSION"],
    ["a member in a transaction", { apiVersion: 3, isTransactional: true }, "nothing"],
    ["nobody while there are members", { memberId: "", memberEpoch: -1 }, "UNKNOWN_MEMBER_ID"],
    ["a stranger", { memberId: "m7" }, "UNKNOWN_MEMBER_ID"],
    ["a classic member in its generation", { memberId: "c", memberEpoch: 0, apiVersion: 2 }, "nothing"],
    ["a classic member in another", { memberId: "c", memberEpoch: 5 }, "ILLEGAL_GENERATION"],
  ])("a commit by %s", (_, change, expected) => {
    expect(refusal(() => validateCommit(group.consumer, { ...commit, ...change }))).toBe(expected);
  });

  it("a commit by nobody in an empty group", () => {
    const empty = new TestGroup({ t: 2 });
    empty.join("m1");
    empty.heartbeat({ memberEpoch: -1 });
    const byNobody = { ...commit, memberId: "", memberEpoch: -1 };
    expect(refusal(() => validateCommit(empty.consumer, byNobody))).toBe("nothing");
  });

  it.each([
    ["nobody", null, -1, "nothing"],
    ["a member in its epoch", "m1", 1, "nothing"],
    ["a member in another epoch", "m1", 0, "STALE_MEMBER_EPOCH"],
    ["a stranger", "m7", 1, "UNKNOWN_MEMBER_ID"],
  ])("a fetch by %s", (_, memberId, memberEpoch, expected) => {
    const fetch = { groupId: "orders", memberId, memberEpoch };
    expect(refusal(() => validateFetch(group.consumer, fetch))).toBe(expected);
  });
});
