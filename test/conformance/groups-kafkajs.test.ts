// test: kafkajs in consumer groups: as members, and its admin client on groups and their offsets.
import { type Admin, Kafka, logLevel } from "kafkajs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kafkajs } from "../process/mixed-group/node-client.ts";
import { committed, groupStage, itBehavesInGroups } from "./group-behaviour.ts";

const states = (described: Awaited<ReturnType<Admin["describeGroups"]>>): string[] =>
  described.groups.map(({ state }) => state);

describe("kafkajs in groups", () => {
  const stage = groupStage();
  let admin: Admin;

  beforeAll(async () => {
    const brokers = stage().cluster.bootstrap.split(",");
    admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
  });

  afterAll(() => admin.disconnect());

  itBehavesInGroups(stage, kafkajs, { isStatic: false });

  async function offsetsOf(groupId: string, topic: string): Promise<number[]> {
    const [fetched] = await admin.fetchOffsets({ groupId, topics: [topic] });
    const byPartition = [...fetched!.partitions].sort((a, b) => a.partition - b.partition);
    return byPartition.map(({ offset }) => Number(offset));
  }

  it("lists, describes and deletes groups", async () => {
    const [group, topic] = ["administered", "administered"];
    const values = await stage().filled(topic, 60);
    await using run = stage().run(group, topic);
    const member = run.add(kafkajs);
    await run.processed(values);
    await committed(stage(), { group, topic, records: 60 });
    const listed = await admin.listGroups();
    expect(listed.groups).toContainEqual({ groupId: group, protocolType: "consumer" });
    const described = await admin.describeGroups([group, "nobody's"]);
    // Each broker answers for its own groups, in whatever order.
    const [own, none] = [group, "nobody's"].map((name) =>
      described.groups.find(({ groupId }) => groupId === name),
    );
    const facts = { protocolType: "consumer", protocol: "roundrobin" };
    expect(own).toMatchObject({ errorCode: 0, state: "Stable", ...facts, members: [expect.anything()] });
    expect(none).toMatchObject({ errorCode: 0, state: "Dead", members: [] });
    await expect(admin.deleteGroups([group])).rejects.toMatchObject({
      groups: [{ groupId: group, errorCode: 68 }],
    });
    await run.stop(member);
    expect(states(await admin.describeGroups([group]))).toEqual(["Empty"]);
    await admin.deleteGroups([group]);
    expect(states(await admin.describeGroups([group]))).toEqual(["Dead"]);
    expect((await admin.listGroups()).groups.map(({ groupId }) => groupId)).not.toContain(group);
    expect(await offsetsOf(group, topic)).toEqual([-1, -1, -1, -1, -1, -1]);
  }, 60_000);

  it("sets and resets offsets, and a member begins there", async () => {
    const [group, topic] = ["set", "set"];
    const values = await stage().filled(topic, 60);
    const partitions = Array.from({ length: 6 }, (_, partition) => ({ partition, offset: "8" }));
    await admin.setOffsets({ groupId: group, topic, partitions });
    expect(await offsetsOf(group, topic)).toEqual([8, 8, 8, 8, 8, 8]);
    const [all] = await admin.fetchOffsets({ groupId: group });
    expect(all).toMatchObject({ topic });
    await using run = stage().run(group, topic);
    const member = run.add(kafkajs);
    // The last two of each partition: sent last, since partitions were filled in turn.
    await run.processed(values.slice(48));
    await run.stop(member);
    expect(run.readers.size).toBe(12);
    await admin.resetOffsets({ groupId: group, topic, earliest: true });
    // It commits "the earliest" as a number below zero, and consumers of its kind look it up.
    expect(await offsetsOf(group, topic)).toEqual([-2, -2, -2, -2, -2, -2]);
    const again = run.add(kafkajs);
    await run.processed(values);
    await run.stop(again);
  }, 60_000);

  it("may not set offsets while the group has members", async () => {
    const [group, topic] = ["busy", "busy"];
    const values = await stage().filled(topic, 60);
    await using run = stage().run(group, topic);
    run.add(kafkajs);
    await run.processed(values);
    const partitions = [{ partition: 0, offset: "1" }];
    await expect(admin.setOffsets({ groupId: group, topic, partitions })).rejects.toThrow(/running|Stable/);
  }, 60_000);

  it("sends the versions that it is known for", async () => {
    const values = await stage().filled("spoken", 60);
    await using run = stage().run("speakers", "spoken");
    const member = run.add(kafkajs);
    await run.processed(values);
    await run.until("a heartbeat", () => member.requests.has("Heartbeat 3"));
    await run.stop(member);
    const own = [...member.requests].filter((one) => /Group|Offset(Commit|Fetch)|Coordinator/.test(one));
    expect(own.sort()).toEqual([
      // FindCoordinator, by the name that it had once.
      "GroupCoordinator 2",
      "JoinGroup 5",
      "LeaveGroup 3",
      "OffsetCommit 5",
      "OffsetFetch 4",
      "SyncGroup 3",
    ]);
  }, 60_000);
});
