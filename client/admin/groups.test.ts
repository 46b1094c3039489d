// test: groups in the admin client, against fake coordinators: old and new versions of the requests,
// coordinators that move, load and vanish, refusals.
import { describe, expect, it } from "vitest";
import { ErrorCode } from "../../proto/errors.ts";
import {
  FakeCluster,
  type FakeOptions,
  type FakeRequest,
  type Fault,
} from "../../test/fakes/fake-cluster.ts";
import { AdminClient } from "./admin.ts";

function setUp(options: FakeOptions = {}) {
  const cluster = new FakeCluster({ brokers: 3, ...options });
  const admin = new AdminClient(cluster.client, { bootstrap: cluster.bootstrap, apiTimeoutMs: 5_000 });
  const { world, groups } = cluster;
  cluster.addTopic("t", 2);
  groups.add("idle", { coordinator: 2 });
  groups.commit("idle", "t", 0, 4, "by hand");
  const assigned = { t: [1, 0] };
  const member = { memberId: "m1", instanceId: "i1", clientId: "app", topics: ["t"], assigned };
  groups.add("classic", { coordinator: 3, members: [member] });
  groups.add("newer", { coordinator: 1, type: "consumer", members: [{ ...member, memberId: "n1" }] });
  const failing = (call: Promise<unknown>) =>
    world.run(
      call.then(
        () => null,
        (error) => error,
      ),
    );
  return { cluster, admin, world, groups, failing };
}

/** So many answers to `api` are `fault`. */
function first(times: number, api: string, fault: Fault) {
  let left = times;
  return (request: FakeRequest): Fault | null => (request.api === api && left-- > 0 ? fault : null);
}

/** As brokers were before groups were asked about together. */
const old = {
  FindCoordinator: 3,
  OffsetFetch: 7,
  ListGroups: 2,
  DescribeGroups: 4,
  ConsumerGroupDescribe: -1,
};

describe("listing groups", () => {
  it("asks every broker and puts together what they know", async () => {
    const { cluster, admin, world } = setUp();
    expect(await world.run(admin.listGroups())).toEqual([
      { groupId: "classic", type: "classic", state: "Stable", protocolType: "consumer", coordinatorId: 3 },
      { groupId: "idle", type: "classic", state: "Empty", protocolType: "", coordinatorId: 2 },
      { groupId: "newer", type: "consumer", state: "Stable", protocolType: "consumer", coordinatorId: 1 },
    ]);
    expect(
      cluster.requests
        .filter(({ api }) => api === "ListGroups")
        .map(({ broker }) => broker)
        .sort(),
    ).toEqual([1, 2, 3]);
    const stable = await world.run(admin.listGroups({ states: ["Stable"], types: ["classic"] }));
    expect(stable.map(({ groupId }) => groupId)).toEqual(["classic"]);
  });

  it("works with brokers that tell neither state nor type, and says what they cannot filter", async () => {
    const { admin, world, failing } = setUp({ versions: old });
    const states = (await world.run(admin.listGroups())).map(({ state, type }) => `${state} ${type}`);
    expect(states).toEqual(["Unknown classic", "Unknown classic", "Unknown classic"]);
    expect(await failing(admin.listGroups({ states: ["Stable"] }))).toMatchObject({
      code: "UNSUPPORTED_BY_BROKER",
    });
    expect((await failing(admin.listGroups({ states: ["stable" as "Stable"] }))).message).toContain(
      'list groups: "stable" in states should be one of Unknown, PreparingRebalance',
    );
  });

  it("asks again while a coordinator loads", async () => {
    const { cluster, admin, world } = setUp();
    const code = ErrorCode.COORDINATOR_LOAD_IN_PROGRESS;
    cluster.fault = first(4, "ListGroups", { kind: "code", code });
    expect(await world.run(admin.listGroups())).toHaveLength(3);
  });
});

describe("describing groups", () => {
  it("reads members and assignments of both kinds", async () => {
    const { cluster, admin, world } = setUp();
    const [newer, classic, idle] = await world.run(admin.describeGroups(["newer", "classic", "idle"]));
    expect(newer).toMatchObject({ type: "consumer", state: "Stable", assignor: "uniform", epoch: 7 });
    expect(newer!.members).toMatchObject([
      { memberId: "n1", instanceId: "i1", clientId: "app", host: "/10.0.0.2", rack: "a", type: "consumer" },
    ]);
    const both = [
      { topic: "t", partition: 0 },
      { topic: "t", partition: 1 },
    ];
    expect(newer!.members[0]!.assignment).toEqual(both);
    expect(newer!.members[0]!.targetAssignment).toEqual(both);
    expect(classic).toMatchObject({ type: "classic", state: "Stable", assignor: "range", epoch: -1 });
    expect(classic!.coordinator).toEqual({ id: 3, host: "b3", port: 9092 });
    expect(classic!.members).toEqual([
      {
        ...{ memberId: "m1", instanceId: "i1", clientId: "app", host: "/10.0.0.1", epoch: -1, rack: null },
        ...{ type: "classic", subscribedTopics: ["t"], subscribedPattern: null },
        ...{ assignment: both, targetAssignment: null },
      },
    ]);
    expect(idle).toMatchObject({ state: "Empty", members: [] });
    expect(cluster.count("FindCoordinator")).toBe(1);
    expect(cluster.requests.find(({ api }) => api === "FindCoordinator")!.body.coordinatorKeys).toHaveLength(
      3,
    );
  });

  it("works with brokers that find one coordinator a request", async () => {
    const { cluster, admin, world } = setUp({ versions: old });
    const found = await world.run(admin.describeGroups(["idle", "classic"]));
    expect(found.map(({ state }) => state)).toEqual(["Empty", "Stable"]);
    expect(cluster.count("FindCoordinator")).toBe(2);
    await world.run(admin.describeGroups(["classic"]));
    expect(cluster.count("FindCoordinator")).toBe(2);
  });

  it("reads no assignment from bytes that are none, and nothing from members of another kind", async () => {
    const { admin, world, groups } = setUp();
    const broken = { memberId: "b", assignmentBytes: Uint8Array.of(0, 0, 0, 0, 0, 9) };
    groups.add("broken", { members: [broken, { memberId: "joining" }] });
    groups.add("other", { protocolType: "connect", members: [{ memberId: "w", topics: ["x"] }] });
    const [odd, other] = await world.run(admin.describeGroups(["broken", "other"]));
    expect(odd!.members.map(({ assignment }) => assignment)).toEqual([null, []]);
    expect(other!.members[0]).toMatchObject({ subscribedTopics: [], assignment: null });
  });

  it("says which group is not there, and refuses what can be no group's id", async () => {
    const { admin, failing } = setUp();
    const error = await failing(admin.describeGroups(["idle", "nobody"]));
    expect(error).toMatchObject({ errorName: "GROUP_ID_NOT_FOUND" });
    expect(error.message).toMatch(/^describe group nobody: GROUP_ID_NOT_FOUND: There is no such group/);
    expect((await failing(admin.describeGroups([""]))).message).toContain('the group id is ""');
    expect((await failing(admin.describeGroups(["ü".repeat(20_000)]))).message).toContain("has 40000 bytes");
  });
});

describe("a coordinator", () => {
  it("that has moved is found again", async () => {
    const { cluster, admin, world, groups } = setUp();
    await world.run(admin.describeGroups(["idle"]));
    groups.groups.get("idle")!.coordinator = 3;
    const [moved] = await world.run(admin.describeGroups(["idle"]));
    expect(moved!.coordinator.id).toBe(3);
    expect(cluster.count("FindCoordinator")).toBe(2);
  });

  it("that died, or is not there yet, is waited for", async () => {
    const { cluster, admin, world, groups } = setUp();
    await world.run(admin.describeGroups(["idle"]));
    cluster.crash(2);
    cluster.fenced.add(2);
    groups.groups.get("idle")!.coordinator = 1;
    const code = ErrorCode.COORDINATOR_NOT_AVAILABLE;
    cluster.fault = first(3, "FindCoordinator", { kind: "code", code });
    const [moved] = await world.run(admin.describeGroups(["idle"]));
    expect(moved!.coordinator.id).toBe(1);
    expect(cluster.count("FindCoordinator")).toBeGreaterThanOrEqual(5);
  });

  it("that never settles ends the call with what stood in the way", async () => {
    const { cluster, admin, failing } = setUp();
    cluster.fault = ({ api }) =>
      api === "DescribeGroups" ? { kind: "code", code: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS } : null;
    const error = await failing(admin.describeGroups(["idle"]));
    expect(error).toMatchObject({ code: "TIMED_OUT" });
    expect(error.message).toMatch(/^describe groups: not done within 5000 ms: describe group idle: COORD/);
  });

  it("that answers for some groups only is asked again about the others", async () => {
    const { cluster, admin, world, groups } = setUp();
    groups.add("idle2", { coordinator: 2 });
    groups.groups.get("idle")!.coordinator = 2;
    await world.run(admin.describeGroups(["idle", "idle2"]));
    groups.groups.get("idle2")!.coordinator = 1;
    const found = await world.run(admin.describeGroups(["idle", "idle2"]));
    expect(found.map(({ coordinator }) => coordinator.id)).toEqual([2, 1]);
    const asked = cluster.requests.filter(({ api }) => api === "ConsumerGroupDescribe");
    expect(asked.at(-1)!.body.groupIds).toEqual(["idle2"]);
  });
});

describe("offsets of groups", () => {
  for (const [name, versions] of [
    ["new", {}],
    ["old", old],
  ] as const) {
    it(`are read, set and deleted, with ${name} brokers`, async () => {
      const { admin, world, groups, failing } = setUp({ versions });
      expect(await world.run(admin.listGroupOffsets("idle"))).toEqual([
        { topic: "t", partition: 0, offset: 4, leaderEpoch: 0, metadata: "by hand" },
      ]);
      expect(await world.run(admin.listGroupOffsets("nobody"))).toEqual([]);
      await world.run(
        admin.alterGroupOffsets("fresh", [{ topic: "t", partition: 1, offset: 9, metadata: "x" }]),
      );
      expect(groups.offset("fresh", "t", 1)).toBe(9);
      const places = [{ topic: "t", partition: 1 }];
      await world.run(admin.deleteGroupOffsets("fresh", places));
      expect(groups.offset("fresh", "t", 1)).toBe(-1);
      expect(await failing(admin.deleteGroupOffsets("nobody", places))).toMatchObject({
        errorName: "GROUP_ID_NOT_FOUND",
      });
      const read = await failing(admin.deleteGroupOffsets("classic", places));
      expect(read.message).toMatch(/^delete offsets of group classic: t-1: GROUP_SUBSCRIBED_TO_TOPIC/);
    });
  }

  it("are not set while the group has members, nor where there is no partition", async () => {
    const { admin, groups, failing } = setUp();
    const live = await failing(admin.alterGroupOffsets("classic", [{ topic: "t", partition: 0, offset: 1 }]));
    expect(live).toMatchObject({ errorName: "NON_EMPTY_GROUP" });
    expect(live.message).toBe(
      "alter the offsets of group classic: it has members, which commit themselves; stop them first " +
        "(the broker said UNKNOWN_MEMBER_ID)",
    );
    const offsets = [0, 7].map((partition) => ({ topic: "t", partition, offset: 1 }));
    const error = await failing(admin.alterGroupOffsets("idle", offsets));
    expect(error).toMatchObject({ code: "UNKNOWN_TOPIC" });
    expect(error.message).toContain("the cluster does not know t-7; 1 other partitions were done");
    expect(groups.offset("idle", "t", 0)).toBe(1);
    const wrong = await failing(admin.alterGroupOffsets("idle", [{ topic: "t", partition: 0, offset: -1 }]));
    expect(wrong.message).toContain("the offset of t-0 is -1; it should be a whole number of 0 or more");
  });

  it("that a transaction holds are waited for when they are to be stable", async () => {
    const { cluster, admin, world } = setUp();
    cluster.fault = first(2, "OffsetFetch", { kind: "code", code: ErrorCode.UNSTABLE_OFFSET_COMMIT });
    expect(await world.run(admin.listGroupOffsets("idle", { requireStable: true }))).toHaveLength(1);
    const asked = cluster.requests.filter(({ api }) => api === "OffsetFetch");
    expect(asked.map(({ body }) => body.requireStable)).toEqual([true, true, true]);
  });

  it("are committed once more when the answer was lost", async () => {
    const { cluster, admin, world, groups } = setUp();
    cluster.fault = first(1, "OffsetCommit", { kind: "cutAfter" });
    await world.run(admin.alterGroupOffsets("idle", [{ topic: "t", partition: 1, offset: 3 }]));
    expect(groups.offset("idle", "t", 1)).toBe(3);
    expect(cluster.count("OffsetCommit")).toBe(2);
  });
});

describe("groups and members", () => {
  it("are deleted; those with members are not", async () => {
    const { cluster, admin, world, groups, failing } = setUp();
    groups.add("idle2", { coordinator: 3 });
    cluster.fault = first(1, "DeleteGroups", { kind: "cutAfter" });
    await world.run(admin.deleteGroups(["idle", "idle2"]));
    expect([...groups.groups.keys()]).toEqual(["classic", "newer"]);
    const error = await failing(admin.deleteGroups(["classic", "nobody"]));
    expect(error.message).toMatch(
      /NON_EMPTY_GROUP.*nobody failed too|GROUP_ID_NOT_FOUND.*classic failed too/,
    );
  });

  it("are removed by name, and all of them", async () => {
    const { admin, world, groups, failing } = setUp();
    const group = groups.groups.get("classic")!;
    group.members.push({ memberId: "m2" }, { memberId: "m3" });
    const unknown = await failing(admin.removeGroupMembers("classic", { members: [{ instanceId: "i9" }] }));
    expect(unknown.message).toMatch(/^remove members of group classic: i9: UNKNOWN_MEMBER_ID/);
    const byName = { members: [{ instanceId: "i1" }] };
    expect(await world.run(admin.removeGroupMembers("classic", byName))).toBe(1);
    expect(await world.run(admin.removeGroupMembers("classic", { members: "all" }))).toBe(2);
    expect(group.members).toEqual([]);
    expect(await world.run(admin.removeGroupMembers("classic", { members: "all" }))).toBe(0);
    expect(await failing(admin.removeGroupMembers("nobody", { members: "all" }))).toMatchObject({
      errorName: "GROUP_ID_NOT_FOUND",
    });
  });
});

describe("the lag of a group", () => {
  it("is told of every partition of its topics", async () => {
    const { cluster, admin, world, groups } = setUp();
    for (const log of cluster.topics.get("t")!.logs) [log.startOffset, log.endOffset] = [2, 10];
    groups.commit("idle", "gone", 3, 5);
    const idle = await world.run(admin.groupLag("idle"));
    expect(idle).toMatchObject({ groupId: "idle", lag: 6, group: { state: "Empty" } });
    const none = { member: null };
    expect(idle.partitions).toEqual([
      { topic: "gone", partition: 3, committed: 5, logStartOffset: -1, logEndOffset: -1, lag: -1, ...none },
      { topic: "t", partition: 0, committed: 4, logStartOffset: 2, logEndOffset: 10, lag: 6, ...none },
      { topic: "t", partition: 1, committed: -1, logStartOffset: 2, logEndOffset: 10, lag: -1, ...none },
    ]);
    const [newer] = await world.run(admin.groupLags(["newer"]));
    expect(newer!.partitions.map(({ member }) => member?.memberId)).toEqual(["n1", "n1"]);
  });

  it("is told when a partition has no leader, and after a topic was deleted", async () => {
    const { cluster, admin, world } = setUp();
    cluster.log("t", 1).leader = -1;
    cluster.log("t", 0).endOffset = 5;
    const rows = (await world.run(admin.groupLag("idle"))).partitions;
    expect(rows.map(({ lag, logEndOffset }) => [lag, logEndOffset])).toEqual([
      [1, 5],
      [-1, -1],
    ]);
    cluster.topics.delete("t");
    const after = (await world.run(admin.groupLag("idle"))).partitions;
    expect(after.map(({ partition, lag }) => [partition, lag])).toEqual([[0, -1]]);
  });

  it("is told of many groups in few requests", async () => {
    const { cluster, admin, world, groups } = setUp();
    const ids = Array.from({ length: 1_200 }, (_, n) => `many-${n}`);
    for (const [n, id] of ids.entries()) {
      groups.add(id, { coordinator: 1 + (n % 3) });
      groups.commit(id, "t", 0, 0);
    }
    const lags = await world.run(admin.groupLags([...ids, "nobody"], { skipMissing: true }));
    expect(lags.map(({ groupId }) => groupId)).toEqual(ids);
    expect(cluster.count("OffsetFetch")).toBe(3);
    const alone = Array.from({ length: 1_200 }, (_, n) => `alone-${n}`);
    for (const id of alone) groups.add(id, { coordinator: 3 });
    expect(await world.run(admin.describeGroups(alone))).toHaveLength(1_200);
    const asked = cluster.requests.filter(({ api }) => api === "DescribeGroups").slice(-3);
    expect(asked.map(({ body }) => body.groups.length)).toEqual([500, 500, 200]);
  });

  it("of a group that is not there is an error", async () => {
    const { admin, failing } = setUp();
    expect(await failing(admin.groupLag("nobody"))).toMatchObject({ errorName: "GROUP_ID_NOT_FOUND" });
  });
});
