// test: the two memberships and the progress of commits as values: what is said, what answers mean, what is
// forgotten and when.
import { describe, expect, it } from "vitest";
import { ErrorCode } from "../../proto/errors.ts";
import { apis } from "../../proto/kafka/apis.ts";
import { decodeMessage, defaultMessage, encodeMessage } from "../../proto/kafka/codec.ts";
import { knownAssignors } from "./assignors/known-assignors.ts";
import { readMember, writeAssignment, writeSubscription } from "./assignors/subscription-bytes.ts";
import { ClassicMembership, changeOf, faultOfDivision } from "./classic-membership.ts";
import { ModernMembership } from "./modern-membership.ts";
import type { TopicPartition } from "./places.ts";
import { Progress } from "./progress.ts";
import { matching, readSubscription } from "./subscription.ts";
import { verdictOf } from "./verdicts.ts";

const { range, cooperativeSticky, sticky } = knownAssignors;
const places = (text: string): TopicPartition[] =>
  text === "" ? [] : text.split(",").map((item) => ({ topic: item[0]!, partition: Number(item.slice(1)) }));

function classic(assignors = [range, cooperativeSticky]): ClassicMembership {
  const times = { sessionTimeoutMs: 10, rebalanceTimeoutMs: 20 };
  return new ClassicMembership({ groupId: "g", groupInstanceId: null, assignors, rackId: "r", ...times });
}

const joined = (more: object) => ({ ...defaultMessage(apis.JoinGroup.response), ...more });
const synced = (more: object) => ({ ...defaultMessage(apis.SyncGroup.response), ...more });

function enter(member: ClassicMembership, generationId: number, text: string): void {
  const answer = joined({ generationId, memberId: "me", leader: "other", protocolName: range.name });
  expect(member.joined(answer)).toEqual({ kind: "follower" });
  member.synced(synced({ assignment: writeAssignment(places(text)) }));
}

describe("a classic membership", () => {
  it("joins with the id that it is told to, and remembers generation and leader", () => {
    const member = classic();
    const first = member.joined(joined({ errorCode: ErrorCode.MEMBER_ID_REQUIRED, memberId: "me" }));
    expect(first.kind).toBe("rejoin");
    expect([member.memberId, member.generationId]).toEqual(["me", -1]);
    const metadata = writeSubscription({
      topics: ["a"],
      userData: null,
      ownedPartitions: [],
      generationId: -1,
      rackId: null,
    });
    const answer = {
      generationId: 3,
      memberId: "me",
      leader: "me",
      protocolName: "range",
      skipAssignment: true,
    };
    const members = [{ memberId: "me", groupInstanceId: null, metadata }];
    const outcome = member.joined(joined({ ...answer, members }));
    expect(outcome).toMatchObject({ kind: "leader", isDivided: true, assignor: range });
    expect(member.isLeader).toBe(true);
    expect(member.joined(joined({ ...answer, protocolName: "odd" })).kind).toBe("fatal");
  });

  it("writes every version of what it says", () => {
    const member = classic();
    enter(member, 4, "a0");
    const { JoinGroup, SyncGroup, Heartbeat, LeaveGroup } = apis;
    for (let version = 0; version <= 9; version++) {
      const body = member.joinBody(version, ["a"], [], "why");
      encodeMessage(JoinGroup.request, version, body);
    }
    for (let version = 0; version <= 5; version++) {
      encodeMessage(SyncGroup.request, version, member.syncBody(version, new Map([["me", places("a0")]])));
      encodeMessage(LeaveGroup.request, version, member.leaveBody(version, "why"));
    }
    for (let version = 0; version <= 4; version++) {
      const bytes = encodeMessage(Heartbeat.request, version, member.heartbeatBody(version, true));
      expect(decodeMessage(Heartbeat.request, version, bytes)).toMatchObject({
        generationId: 4,
        memberId: "me",
      });
    }
  });

  it("says what it owns only when all its assignors are cooperative", () => {
    const subscriptionOf = (member: ClassicMembership) => {
      const { name, metadata } = member.joinBody(9, ["a"], places("a1,a0"), "").protocols[0]!;
      return { name, ...readMember({ memberId: "", groupInstanceId: null, metadata }) };
    };
    const eager = classic();
    const cooperative = classic([cooperativeSticky]);
    for (const member of [eager, cooperative]) enter(member, 7, "a0,a1");
    expect(subscriptionOf(eager)).toMatchObject({ ownedPartitions: [], generationId: 7, rackId: "r" });
    expect(subscriptionOf(cooperative)).toMatchObject({ ownedPartitions: places("a0,a1"), generationId: 7 });
    expect(eager.beforeJoin(places("a0,b1"), ["a"])).toEqual(places("a0,b1"));
    expect(cooperative.beforeJoin(places("a0,b1"), ["a"])).toEqual(places("b1"));
    const old = classic([sticky]);
    enter(old, 7, "a0,a1");
    const past = { lastAssignment: places("a0,a1"), lastGenerationId: 7 };
    expect(Buffer.compare(subscriptionOf(old).userData!, sticky.userData(past)!)).toBe(0);
  });

  it("forgets its generation when that is over, its id when it is unknown", () => {
    const member = classic();
    enter(member, 2, "a0");
    expect(member.heard(verdictOf("x", ErrorCode.ILLEGAL_GENERATION)).kind).toBe("lost");
    expect([member.memberId, member.generationId]).toEqual(["me", -1]);
    enter(member, 3, "a0");
    expect(member.heard(verdictOf("x", ErrorCode.REBALANCE_IN_PROGRESS)).kind).toBe("rejoin");
    expect(member.generationId).toBe(3);
    expect(member.synced(synced({ errorCode: ErrorCode.UNKNOWN_MEMBER_ID })).kind).toBe("lost");
    expect(member.memberId).toBe("");
  });

  it("knows what a division changes, and an unsound one", () => {
    expect(changeOf(places("a0,a1"), places("a1,a2"))).toEqual({
      revoked: places("a0"),
      added: places("a2"),
    });
    const members = [
      readMember({
        memberId: "m",
        groupInstanceId: null,
        metadata: writeSubscription({
          topics: ["a"],
          userData: null,
          ownedPartitions: [],
          generationId: -1,
          rackId: null,
        }),
      }),
    ];
    expect(faultOfDivision(members, new Map([["m", places("a0")]]))).toBe(null);
    expect(faultOfDivision(members, new Map([["x", places("a0")]]))).toContain("names the member x");
    expect(faultOfDivision(members, new Map([["m", places("a0,a0")]]))).toContain("gives a-0 to m and to m");
  });

  it.each([
    [ErrorCode.NOT_COORDINATOR, "coordinator"],
    [ErrorCode.COORDINATOR_NOT_AVAILABLE, "coordinator"],
    [ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, "later"],
    [ErrorCode.UNSTABLE_OFFSET_COMMIT, "later"],
    [ErrorCode.FENCED_MEMBER_EPOCH, "lost"],
    [ErrorCode.STALE_MEMBER_EPOCH, "stale"],
    [ErrorCode.FENCED_INSTANCE_ID, "fatal"],
    [ErrorCode.INCONSISTENT_GROUP_PROTOCOL, "fatal"],
    [ErrorCode.GROUP_MAX_SIZE_REACHED, "fatal"],
  ])("takes error %i as %s", (code, kind) => {
    expect(verdictOf("x", code).kind).toBe(kind);
  });
});

describe("a membership by the consumer protocol", () => {
  const a = (...partitions: number[]) => partitions.map((partition) => ({ topicId: "A", partition }));
  const make = () =>
    new ModernMembership(
      "me",
      { groupId: "g", groupInstanceId: null, rackId: "r", rebalanceTimeoutMs: 9, remoteAssignor: "range" },
      { topics: ["b", "a"], regex: null },
    );
  const answer = (memberEpoch: number, partitions: number[] | null, errorCode = 0) => ({
    ...defaultMessage(apis.ConsumerGroupHeartbeat.response),
    memberEpoch,
    errorCode,
    assignment: partitions === null ? null : { topicPartitions: [{ topicId: "A", partitions }] },
  });

  it("says everything at first, after failures, and otherwise what changed", () => {
    const member = make();
    const all = {
      rebalanceTimeoutMs: 9,
      subscribedTopicNames: ["a", "b"],
      serverAssignor: "range",
      rackId: "r",
    };
    expect(member.heartbeatBody(1)).toMatchObject({ memberEpoch: 0, ...all, topicPartitions: [] });
    member.answered(answer(1, [0, 1]));
    const nothing = { rebalanceTimeoutMs: -1, subscribedTopicNames: null, serverAssignor: null };
    expect(member.heartbeatBody(1)).toMatchObject({ memberEpoch: 1, ...nothing, topicPartitions: null });
    expect(member.reconcile()).toEqual({ revoked: [], added: a(0, 1) });
    // Not before it is done.
    expect(member.heartbeatBody(1).topicPartitions).toBe(null);
    expect(member.isNews).toBe(false);
    member.reconciled(a(0, 1));
    expect(member.isNews).toBe(true);
    expect(member.heartbeatBody(1).topicPartitions).toEqual([{ topicId: "A", partitions: [0, 1] }]);
    // It may not have arrived.
    member.failed();
    expect(member.heartbeatBody(1)).toMatchObject({ ...all, memberEpoch: 1 });
    member.answered(answer(1, null));
    expect(member.heartbeatBody(1)).toMatchObject({ ...nothing, topicPartitions: null });
    member.subscription = { topics: ["a"], regex: "x.*" };
    expect(member.heartbeatBody(1)).toMatchObject({
      subscribedTopicNames: ["a"],
      subscribedTopicRegex: "x.*",
    });
    member.answered(answer(1, null));
    member.subscription = { topics: ["a"], regex: null };
    expect(member.heartbeatBody(1).subscribedTopicRegex).toBe("");
    expect("subscribedTopicRegex" in member.heartbeatBody(0)).toBe(false);
  });

  it("gives up what it shall not have, and takes up a later target after the one under way", () => {
    const member = make();
    member.heartbeatBody(1);
    member.answered(answer(1, [0, 1]));
    member.reconcile();
    member.reconciled(a(0, 1));
    member.heartbeatBody(1);
    member.answered(answer(1, [1]));
    expect(member.reconcile()).toEqual({ revoked: a(0), added: [] });
    member.heartbeatBody(1);
    member.answered(answer(1, [1, 2]));
    expect(member.reconcile()).toBe(null);
    member.reconciled(a(1));
    expect(member.reconcile()).toEqual({ revoked: [], added: a(2) });
  });

  it("begins anew when it is fenced", () => {
    const member = make();
    member.heartbeatBody(1);
    member.answered(answer(5, [0]));
    member.reconcile();
    member.reconciled(a(0));
    expect(member.answered(answer(0, null, ErrorCode.FENCED_MEMBER_EPOCH)).kind).toBe("lost");
    expect([member.epoch, member.owned, member.target]).toEqual([0, [], null]);
    expect(member.heartbeatBody(1)).toMatchObject({ memberEpoch: 0, topicPartitions: [], memberId: "me" });
    expect(member.answered(answer(0, null, ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)).kind).toBe("later");
    expect(member.leaveBody(false).memberEpoch).toBe(-1);
  });

  it("says with another epoch whether a static member comes back", () => {
    const own = {
      groupId: "g",
      groupInstanceId: "i",
      rackId: null,
      rebalanceTimeoutMs: 9,
      remoteAssignor: null,
    };
    const member = new ModernMembership("me", own, { topics: ["a"], regex: null });
    expect(member.leaveBody(false)).toMatchObject({ memberEpoch: -2, instanceId: "i" });
    expect(member.leaveBody(true)).toMatchObject({ memberEpoch: -1, instanceId: "i" });
  });
});

describe("progress", () => {
  const row = (offset: number, token: number) => ({
    topic: "a",
    partition: 0,
    offset,
    leaderEpoch: 1,
    token,
  });
  const offsets = (progress: Progress, ...rows: ReturnType<typeof row>[]) =>
    progress.due(rows).map((entry) => entry.offset);

  it("commits what is new, and goes back only after the position was set", () => {
    const progress = new Progress();
    progress.begin({ topic: "a", partition: 0 }, 5, 1);
    expect(offsets(progress, row(5, 1))).toEqual([]);
    expect(offsets(progress, row(4, 1))).toEqual([]);
    expect(offsets(progress, row(7, 1))).toEqual([7]);
    progress.acknowledged(progress.due([row(7, 1)]), () => 1);
    expect(offsets(progress, row(7, 1), row(6, 1))).toEqual([]);
    expect(offsets(progress, row(2, 2))).toEqual([2]);
    progress.acknowledged(progress.due([row(2, 2)]), () => null);
    expect(offsets(progress, row(2, 2))).toEqual([2]);
    expect(offsets(progress, row(-1, 3))).toEqual([]);
  });
});

describe("a subscription", () => {
  const nameOf = (item: string | { name: string }): string => (typeof item === "string" ? item : item.name);

  it("is read from what a program gives", () => {
    expect(readSubscription(["a", "a", "b"], nameOf as never)).toEqual({ kind: "names", topics: ["a", "b"] });
    expect(readSubscription({ re2: "a.*" }, nameOf as never)).toEqual({ kind: "brokerPattern", re2: "a.*" });
    for (const wrong of [[], "a", { re2: "" }, null]) {
      expect(() => readSubscription(wrong as never, nameOf as never)).toThrow("subscribe: topics is");
    }
  });

  it("matches topics by a pattern, without those of the brokers", () => {
    const topics = ["ab", "b", "abc"].map((name) => ({ name, isInternal: name === "abc" }));
    expect(matching(/^a/g, topics)).toEqual(["ab"]);
    expect(matching(/b/gy, topics)).toEqual(["ab", "b"]);
  });
});
