// test: a reset of a group on fake brokers: what it would do, and when it is refused.
import { expect, it } from "vitest";
import { AdminClient } from "../../client/admin/admin.ts";
import { FakeCluster } from "../../test/fakes/fake-cluster.ts";
import { topicPlaces } from "./places.ts";
import { lookUpReset, placeKey, refuseLive } from "./reset-look-up.ts";
import { resetTarget, type TargetOptions } from "./reset-target.ts";

function setUp() {
  const cluster = new FakeCluster({ brokers: 2 });
  const admin = new AdminClient(cluster.client, { bootstrap: cluster.bootstrap, apiTimeoutMs: 5_000 });
  for (const log of cluster.addTopic("t", 2).logs) [log.startOffset, log.endOffset] = [5, 50];
  cluster.addTopic("u").logs[0]!.endOffset = 9;
  const { world, groups } = cluster;
  groups.commit("g", "t", 1, 20);
  groups.commit("g", "u", 0, 3);
  const plan = async (options: TargetOptions, topics: string | null, offsets = new Map<string, number>()) => {
    const target = resetTarget(options, 1_000);
    const wish = { target, topics: topics === null ? null : topicPlaces(topics, undefined), offsets };
    const rows = await world.run(lookUpReset(admin, "g", wish));
    return rows.map(
      (row) => `${row.topic}:${row.partition} ${row.now} ${row.new} ${row.difference} ${row.note}`,
    );
  };
  return { cluster, admin, world, groups, plan };
}

it("says what it would do, partition by partition", async () => {
  const { plan } = setUp();
  expect(await plan({ toEarliest: true }, null)).toEqual([
    "t:0 null 5 null ",
    "t:1 20 5 -15 ",
    "u:0 3 0 -3 ",
  ]);
  expect(await plan({ toOffset: 60 }, "t:1")).toEqual(["t:1 20 50 30 the log ends at 50, not 60"]);
  expect(await plan({ shiftBy: 2 }, "t")).toEqual([
    "t:0 null null null nothing committed: left alone",
    "t:1 20 22 2 ",
  ]);
  expect(await plan({ toTime: "2026-01-01" }, "u")).toEqual(["u:0 3 9 6 no record so late: the end"]);
  const file = new Map([[placeKey({ topic: "t", partition: 0 }), 7]]);
  expect(await plan({ fromFile: "f" }, "t:0", file)).toEqual(["t:0 null 7 null "]);
});

it("leaves alone what is committed in topics that are gone", async () => {
  const { groups, plan } = setUp();
  groups.commit("g", "gone", 2, 8);
  expect((await plan({ toLatest: true }, null)).at(-1)).toBe(
    "gone:2 8 null null the topic is not there any more: left alone",
  );
});

it("is refused where there is nothing to reset", async () => {
  const { cluster, groups, plan } = setUp();
  await expect(plan({ toLatest: true }, "nope")).rejects.toMatchObject({ code: "UNKNOWN_TOPIC" });
  await expect(plan({ toLatest: true }, "t:2")).rejects.toThrow("topic t has the partitions 0 to 1, not 2");
  groups.groups.get("g")!.offsets.clear();
  await expect(plan({ toLatest: true }, null)).rejects.toThrow("group g has committed nothing");
  expect(cluster.count("OffsetCommit")).toBe(0);
});

it("is refused while the group has members", async () => {
  const { admin, world, groups } = setUp();
  expect(await world.run(refuseLive(admin, "g"))).toBe(true);
  expect(await world.run(refuseLive(admin, "nobody"))).toBe(false);
  groups.add("live", { members: [{ memberId: "m" }] });
  await expect(world.run(refuseLive(admin, "live"))).rejects.toThrow(
    "group live is Stable with 1 member: stop them first, then reset it",
  );
});
