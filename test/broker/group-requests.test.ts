// test: the requests of groups over the wire, at a cluster of two brokers in this process: the shapes that
// clients of each version expect, and what strangers may send: they get the protocol's own error codes, and
// nothing changes.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { realClientEnv } from "../../base/real/env.ts";
import { Connection } from "../../client/connection/connection.ts";
import { ErrorCode } from "../../proto/errors.ts";
import { type ApiName, apis, type RequestOf, type ResponseOf } from "../../proto/kafka/apis.ts";
import type { Input } from "../../proto/kafka/schema.ts";
import { Cluster } from "../../testing/index.ts";
import { subscription } from "../coordinator/group-stage.ts";

let cluster: Cluster;
let connections: Connection[] = [];
let groupId = "";
let runs = 0;
/** To the coordinator of `groupId`, and to the other broker. */
let coordinator: Connection;
let other: Connection;

type Versions = { version?: number; at?: Connection };

function ask<Name extends ApiName>(
  name: Name,
  request: Input<RequestOf<Name>>,
  { version, at = coordinator }: Versions = {},
): Promise<ResponseOf<Name>> {
  const versions = version === undefined ? {} : { versions: { min: version, max: version } };
  const api = apis[name] as (typeof apis)[Name];
  return at.request(api as never, request as never, versions) as Promise<ResponseOf<Name>>;
}

async function findCoordinator(key: string): Promise<number> {
  for (;;) {
    const found = await ask("FindCoordinator", { key }, { version: 3, at: connections[0]! });
    if (found.errorCode === ErrorCode.NONE) return found.nodeId;
    expect(found.errorCode).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE);
  }
}

beforeAll(async () => {
  const settings = {
    "group.min.session.timeout.ms": 6_000,
    "group.initial.rebalance.delay.ms": 0,
    "offsets.topic.num.partitions": 4,
  };
  cluster = await Cluster.start({ brokers: 2, settings });
  await cluster.createTopic("flights", { partitions: 3 });
  const env = realClientEnv();
  const options = { clientId: "test", connectTimeoutMs: 5_000, requestTimeoutMs: 20_000 };
  connections = await Promise.all(
    cluster.bootstrap.split(",").map((address) => {
      const [host, port] = address.split(":");
      return Connection.open(env, { host: host!, port: Number(port) }, options);
    }),
  );
});

afterAll(async () => {
  for (const connection of connections) connection.close();
  await cluster?.stop();
});

beforeEach(async () => {
  groupId = `group-${++runs}`;
  const leader = await findCoordinator(groupId);
  [coordinator, other] =
    leader === 1 ? [connections[0]!, connections[1]!] : [connections[1]!, connections[0]!];
  // The broker that leads learns of it a moment after the answer.
  for (;;) {
    const { errorCode } = await ask("Heartbeat", { groupId, memberId: "m", generationId: 1 });
    if (errorCode === ErrorCode.UNKNOWN_MEMBER_ID) return;
  }
});

const joinBody = (change: Input<RequestOf<"JoinGroup">> = {}): Input<RequestOf<"JoinGroup">> => ({
  ...{ groupId, sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 10_000, protocolType: "consumer" },
  protocols: [{ name: "range", metadata: subscription("flights") }],
  ...change,
});

/** A stable group of one member, with JoinGroup and SyncGroup of these versions. */
async function member({ join = 9, sync = 5 } = {}): Promise<{ memberId: string; generationId: number }> {
  const first = await ask("JoinGroup", joinBody(), { version: join });
  const { memberId } = first;
  const joined = join < 4 ? first : await ask("JoinGroup", joinBody({ memberId }), { version: join });
  const { generationId } = joined;
  const assignments = [{ memberId, assignment: new Uint8Array([1]) }];
  const synced = await ask("SyncGroup", { groupId, memberId, generationId, assignments }, { version: sync });
  expect([joined.errorCode, synced.errorCode, [...synced.assignment]]).toEqual([0, 0, [1]]);
  return { memberId, generationId };
}

type Committer = { memberId?: string; generationId?: number };
const commitBody = (offset: number, who: Committer = {}, partition = 0, topic = "flights") => ({
  ...{ groupId, memberId: who.memberId ?? "", generationIdOrMemberEpoch: who.generationId ?? -1 },
  topics: [{ name: topic, partitions: [{ partitionIndex: partition, committedOffset: offset }] }],
});
const commit = async (...given: Parameters<typeof commitBody>): Promise<number> =>
  (await ask("OffsetCommit", commitBody(...given))).topics[0]!.partitions[0]!.errorCode;
const flights = (...partitionIndexes: number[]) => [{ name: "flights", partitionIndexes }];
async function committed(): Promise<number> {
  const { groups } = await ask("OffsetFetch", { groups: [{ groupId, topics: flights(0) }] }, { version: 9 });
  return groups[0]!.topics[0]!.partitions[0]!.committedOffset;
}

describe("members, by version", () => {
  it("row 65: a session outside of the broker's bounds is refused", async () => {
    for (const sessionTimeoutMs of [5_999, 1_800_001, 0, -1])
      for (const version of [0, 9]) {
        const { errorCode } = await ask("JoinGroup", joinBody({ sessionTimeoutMs }), { version });
        expect(errorCode).toBe(ErrorCode.INVALID_SESSION_TIMEOUT);
      }
  });

  it("row 65: every version makes a stable group; 0 has no rebalance timeout", async () => {
    for (let version = 0; version <= 9; version++) {
      const one = await member({ join: version, sync: Math.min(version, 5) });
      const left = await ask("LeaveGroup", { groupId, memberId: one.memberId }, { version: 1 });
      expect(left.errorCode).toBe(0);
    }
  });

  it("LeaveGroup 0 to 2 names one member and answers one code; 3 and newer a code for each", async () => {
    const { memberId } = await member();
    for (const version of [0, 1, 2]) {
      const answer = await ask("LeaveGroup", { groupId, memberId: "nobody" }, { version });
      expect(answer.errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
    }
    for (const version of [3, 4, 5]) {
      const answer = await ask("LeaveGroup", { groupId, members: [{ memberId: "nobody" }] }, { version });
      expect(answer.errorCode).toBe(0);
      expect(answer.members.map((one) => one.errorCode)).toEqual([ErrorCode.UNKNOWN_MEMBER_ID]);
    }
    const members = [{ memberId }, { memberId }];
    const answer = await ask("LeaveGroup", { groupId, members }, { version: 5 });
    expect(answer.members.map((one) => one.errorCode)).toEqual([0, ErrorCode.UNKNOWN_MEMBER_ID]);
  });

  it("refusals of JoinGroup can be read in every version", async () => {
    for (let version = 0; version <= 9; version++) {
      const answer = await ask("JoinGroup", joinBody({ memberId: "nobody" }), { version });
      // Versions before 7 cannot say null; all can say "".
      expect(answer).toMatchObject({ errorCode: ErrorCode.UNKNOWN_MEMBER_ID, protocolName: "" });
      expect(answer).toMatchObject({ memberId: "nobody", generationId: -1 });
      const elsewhere = await ask("JoinGroup", joinBody(), { version, at: other });
      expect(elsewhere.errorCode).toBe(ErrorCode.NOT_COORDINATOR);
    }
  });
});

describe("offsets, by version", () => {
  it("row 67: OffsetFetch 1 to 7 has one group, 8 and newer many; unknown groups are no error", async () => {
    expect(await commit(5)).toBe(0);
    for (let version = 1; version <= 7; version++) {
      const answer = await ask("OffsetFetch", { groupId, topics: flights(0, 2) }, { version });
      expect(answer.errorCode).toBe(0);
      const [topic] = answer.topics;
      expect(topic!.partitions.map((one) => [one.committedOffset, one.errorCode])).toEqual([
        [5, 0],
        [-1, 0],
      ]);
      const stranger = await ask("OffsetFetch", { groupId, topics: [] }, { version });
      expect(stranger).toMatchObject({ errorCode: 0, topics: [] });
    }
    for (const version of [8, 9]) {
      const groups = [{ groupId, topics: flights(0) }];
      const answer = await ask("OffsetFetch", { groups }, { version });
      expect(answer.groups[0]).toMatchObject({ groupId, errorCode: 0 });
      expect(answer.groups[0]!.topics[0]!.partitions[0]!.committedOffset).toBe(5);
    }
  });

  it("row 67: no topics, from version 2 on, are all that the group has", async () => {
    expect([await commit(5), await commit(6, {}, 2)]).toEqual([0, 0]);
    const offsets = (topics: { partitions: { committedOffset: number }[] }[]) =>
      topics.flatMap(({ partitions }) => partitions.map(({ committedOffset }) => committedOffset));
    for (const version of [2, 5, 7]) {
      const { topics } = await ask("OffsetFetch", { groupId, topics: null }, { version });
      expect(offsets(topics)).toEqual([5, 6]);
    }
    const { groups } = await ask("OffsetFetch", { groups: [{ groupId, topics: null }] }, { version: 9 });
    expect(offsets(groups[0]!.topics)).toEqual([5, 6]);
  });

  it("row 68: who does not coordinate says NOT_COORDINATOR where each version looks", async () => {
    const code = ErrorCode.NOT_COORDINATOR;
    const one = await ask("OffsetFetch", { groupId, topics: flights(0) }, { version: 1, at: other });
    expect(one.topics[0]!.partitions[0]).toMatchObject({ errorCode: code, committedOffset: -1 });
    for (const version of [2, 7]) {
      const { errorCode } = await ask("OffsetFetch", { groupId, topics: flights(0) }, { version, at: other });
      expect(errorCode).toBe(code);
    }
    const groups = [{ groupId, topics: flights(0) }];
    const many = await ask("OffsetFetch", { groups }, { version: 9, at: other });
    expect(many.groups.map(({ errorCode }) => errorCode)).toEqual([code]);
  });

  it("row 66: commits of every version", async () => {
    const who = await member();
    for (let version = 2; version <= 9; version++) {
      const answer = await ask("OffsetCommit", commitBody(version, who), { version });
      expect(answer.topics[0]!.partitions).toEqual([{ partitionIndex: 0, errorCode: 0 }]);
      expect(await committed()).toBe(version);
    }
  });

  it("a topic that is named twice in a commit is answered twice", async () => {
    const partitions = (partitionIndex: number) => [{ partitionIndex, committedOffset: 7 }];
    const topics = [0, 1].map((index) => ({ name: "flights", partitions: partitions(index) }));
    const answer = await ask("OffsetCommit", { groupId, generationIdOrMemberEpoch: -1, topics });
    expect(answer.topics.map((topic) => topic.partitions[0]!.errorCode)).toEqual([0, 0]);
  });
});

describe("finding and listing", () => {
  it("row 70: FindCoordinator makes the topic and answers in the shape of every version", async () => {
    for (const version of [0, 1, 2, 3]) {
      const answer = await ask("FindCoordinator", { key: groupId }, { version });
      expect(answer.errorCode).toBe(0);
      expect(answer.port).toBeGreaterThan(0);
    }
    for (const version of [4, 5, 6]) {
      const answer = await ask("FindCoordinator", { coordinatorKeys: [groupId, "x"] }, { version });
      expect(answer.coordinators.map(({ key, errorCode }) => [key, errorCode])).toEqual([
        [groupId, 0],
        ["x", 0],
      ]);
    }
  });

  it("row 74: ListGroups tells of the groups of this broker, by state and by type", async () => {
    await member();
    const names = async (request: Input<RequestOf<"ListGroups">>, options: Versions = {}) =>
      (await ask("ListGroups", request, options)).groups.map((group) => group.groupId);
    for (let version = 0; version <= 5; version++) expect(await names({}, { version })).toContain(groupId);
    expect(await names({}, { at: other })).not.toContain(groupId);
    expect(await names({ statesFilter: ["stable"] })).toContain(groupId);
    expect(await names({ statesFilter: ["Stable", "Empty"] })).toContain(groupId);
    expect(await names({ statesFilter: ["Empty"] })).not.toContain(groupId);
    expect(await names({ statesFilter: ["nonsense"] })).toEqual([]);
    expect(await names({ typesFilter: ["Classic"] })).toContain(groupId);
    expect(await names({ typesFilter: ["consumer"] })).not.toContain(groupId);
  });

  it("row 74: a group that is not there is Dead without an error, in every version", async () => {
    for (let version = 0; version <= 5; version++) {
      const { groups } = await ask("DescribeGroups", { groups: [groupId] }, { version });
      expect(groups[0]).toMatchObject({ groupId, errorCode: 0, groupState: "Dead", members: [] });
    }
    const { groups } = await ask("DescribeGroups", { groups: [groupId] }, { at: other });
    expect(groups[0]!.errorCode).toBe(ErrorCode.NOT_COORDINATOR);
  });

  it("row 73: DeleteGroups answers for each", async () => {
    await member();
    const { results } = await ask("DeleteGroups", { groupsNames: [groupId, ""] });
    const codes = results.map(({ errorCode }) => errorCode);
    expect(codes).toEqual([ErrorCode.NON_EMPTY_GROUP, ErrorCode.INVALID_GROUP_ID]);
  });
});

describe("what strangers send", () => {
  it("unknown members and old generations: the protocol's own code, and the group goes on", async () => {
    const who = await member();
    expect(await commit(5, who)).toBe(0);
    const old = { ...who, generationId: who.generationId - 1 };
    const stranger = { ...who, memberId: "nobody" };
    const { ILLEGAL_GENERATION, UNKNOWN_MEMBER_ID } = ErrorCode;
    const cases = [
      [old, ILLEGAL_GENERATION],
      [stranger, UNKNOWN_MEMBER_ID],
    ] as const;
    for (const [sender, code] of cases) {
      expect(await commit(9, sender)).toBe(code);
      expect((await ask("Heartbeat", { groupId, ...sender })).errorCode).toBe(code);
      expect((await ask("SyncGroup", { groupId, ...sender })).errorCode).toBe(code);
    }
    // A reset from outside while the group lives.
    expect(await commit(0)).toBe(UNKNOWN_MEMBER_ID);
    const topics = [{ name: "flights", partitions: [{ partitionIndex: 0 }] }];
    const deleted = await ask("OffsetDelete", { groupId, topics });
    const [verdict] = deleted.topics[0]!.partitions;
    expect(verdict!.errorCode).toBe(ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC);
    expect(await committed()).toBe(5);
    expect((await ask("Heartbeat", { groupId, ...who })).errorCode).toBe(0);
  });

  it("a member that asks is told when to be heard of again, and no other", async () => {
    const memberId = (await ask("JoinGroup", joinBody())).memberId;
    const { generationId } = await ask("JoinGroup", joinBody({ memberId }));
    await ask("SyncGroup", { groupId, memberId, generationId, assignments: [] });
    const who = { groupId, memberId, generationId };
    const asked = await ask("Heartbeat", { ...who, asksForInterval: true });
    expect(asked).toMatchObject({ errorCode: 0, heartbeatIntervalMs: 50 });
    expect(await ask("Heartbeat", who)).toMatchObject({ errorCode: 0, heartbeatIntervalMs: 0 });
  });

  it("partitions and topics that do not exist are refused one by one; the others are committed", async () => {
    const unknown = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    expect(await commit(5, {}, 3)).toBe(unknown);
    expect(await commit(5, {}, -1)).toBe(unknown);
    expect(await commit(5, {}, 0, "nowhere")).toBe(unknown);
    const { groups } = await ask("OffsetFetch", { groups: [{ groupId, topics: null }] });
    expect(groups[0]!.topics).toEqual([]);
    const partitions = [0, 99].map((partitionIndex) => ({ partitionIndex, committedOffset: 7 }));
    const topics = [{ name: "flights", partitions }];
    const answer = await ask("OffsetCommit", { groupId, generationIdOrMemberEpoch: -1, topics });
    expect(answer.topics[0]!.partitions.map((one) => one.errorCode)).toEqual([0, unknown]);
    expect(await committed()).toBe(7);
    const forget = [{ name: "nowhere", partitions: [{ partitionIndex: 0 }] }];
    const forgotten = await ask("OffsetDelete", { groupId, topics: forget });
    expect(forgotten.topics[0]!.partitions[0]!.errorCode).toBe(unknown);
  });

  it("a member may commit for partitions that it was not given, as in Kafka", async () => {
    const who = await member();
    expect(await commit(5, who, 2)).toBe(0);
  });

  it("metadata that is too long is refused for its partition", async () => {
    const one = (partitionIndex: number, bytes: number) => ({
      ...{ partitionIndex, committedOffset: 7, committedMetadata: "x".repeat(bytes) },
    });
    const topics = [{ name: "flights", partitions: [one(0, 4_096), one(1, 4_097), one(2, 30_000)] }];
    const answer = await ask("OffsetCommit", { groupId, generationIdOrMemberEpoch: -1, topics });
    const tooLarge = ErrorCode.OFFSET_METADATA_TOO_LARGE;
    expect(answer.topics[0]!.partitions.map((one) => one.errorCode)).toEqual([0, tooLarge, tooLarge]);
  });

  it("group ids that are empty or absurdly long: INVALID_GROUP_ID in every request", async () => {
    const code = ErrorCode.INVALID_GROUP_ID;
    for (const bad of ["", "g".repeat(1_025), "ü".repeat(600)]) {
      groupId = bad;
      const memberId = "m";
      expect((await ask("JoinGroup", joinBody())).errorCode).toBe(code);
      expect((await ask("SyncGroup", { groupId, memberId })).errorCode).toBe(code);
      expect((await ask("Heartbeat", { groupId, memberId })).errorCode).toBe(code);
      expect((await ask("LeaveGroup", { groupId, members: [{ memberId }] })).errorCode).toBe(code);
      expect(await commit(5)).toBe(code);
      const fetched = await ask("OffsetFetch", { groups: [{ groupId, topics: flights(0) }] });
      expect(fetched.groups[0]!.errorCode).toBe(code);
      expect((await ask("OffsetDelete", { groupId, topics: [] })).errorCode).toBe(code);
      expect((await ask("DescribeGroups", { groups: [bad] })).groups[0]!.errorCode).toBe(code);
      expect((await ask("DeleteGroups", { groupsNames: [bad] })).results[0]!.errorCode).toBe(code);
      const found = await ask("FindCoordinator", { coordinatorKeys: [bad] }, { version: 6 });
      expect(found.coordinators[0]!.errorCode).toBe(code);
    }
  });

  it("protocols of no type, none at all, and coordinators of things that are no groups", async () => {
    const inconsistent = ErrorCode.INCONSISTENT_GROUP_PROTOCOL;
    expect((await ask("JoinGroup", joinBody({ protocolType: "" }))).errorCode).toBe(inconsistent);
    expect((await ask("JoinGroup", joinBody({ protocols: [] }))).errorCode).toBe(inconsistent);
    const found = await ask("FindCoordinator", { coordinatorKeys: ["x"], keyType: 9 }, { version: 6 });
    expect(found.coordinators[0]!.errorCode).toBe(ErrorCode.INVALID_REQUEST);
  });
});
