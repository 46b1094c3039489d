// test: @platformatic/kafka in consumer groups: as members, and its admin client on groups and their offsets.
import { Admin } from "@platformatic/kafka";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { platformatic } from "../process/mixed-group/node-client.ts";
import { committed, groupStage, itBehavesInGroups } from "./group-behaviour.ts";

describe("@platformatic/kafka in groups", () => {
  const stage = groupStage();
  let admin: Admin;

  beforeAll(() => {
    const bootstrapBrokers = stage().cluster.bootstrap.split(",");
    admin = new Admin({ clientId: "admin", bootstrapBrokers, retries: 0 });
  });

  afterAll(() => admin.close());

  itBehavesInGroups(stage, platformatic, { isStatic: true });

  const partitionIndexes = [0, 1, 2, 3, 4, 5];

  async function offsetsOf(groupId: string, topic: string): Promise<number[]> {
    const groups = [{ groupId, topics: [{ name: topic, partitionIndexes }] }];
    const [group] = await admin.listConsumerGroupOffsets({ groups });
    return group!.topics[0]!.partitions.map(({ committedOffset }) => Number(committedOffset));
  }

  /** The name of the error that the broker answered. */
  async function refusal(call: Promise<unknown>): Promise<string> {
    const error = await call.then(
      () => new Error("it was not refused"),
      (reason: unknown) => reason,
    );
    const names = (one: unknown): string[] => {
      const { apiId, errors, cause } = one as { apiId?: string; errors?: unknown[]; cause?: unknown };
      const inner = [...(errors ?? []), ...(cause ? [cause] : [])];
      return [...(apiId === undefined ? [] : [apiId]), ...inner.flatMap(names)];
    };
    return names(error)[0] ?? String(error);
  }

  it("lists, describes and deletes groups", async () => {
    const [group, topic] = ["administered", "administered"];
    const values = await stage().filled(topic, 60);
    await using run = stage().run(group, topic);
    const member = run.add(platformatic);
    await run.processed(values);
    await committed(stage(), { group, topic, records: 60 });
    expect((await admin.listGroups()).get(group)).toMatchObject({
      state: "Stable",
      groupType: "classic",
      protocolType: "consumer",
    });
    expect((await admin.listGroups({ states: ["EMPTY"] })).has(group)).toBe(false);
    const described = (await admin.describeGroups({ groups: [group] })).get(group)!;
    expect(described).toMatchObject({ state: "Stable", protocol: "roundrobin" });
    const [read] = described.members.values();
    expect(read).toMatchObject({ clientId: "platformatic", clientHost: "/127.0.0.1" });
    expect([...read!.assignments!.values()]).toEqual([{ topic, partitions: partitionIndexes }]);
    expect(await refusal(admin.deleteGroups({ groups: [group] }))).toBe("NON_EMPTY_GROUP");
    await run.stop(member);
    expect((await admin.describeGroups({ groups: [group] })).get(group)).toMatchObject({ state: "Empty" });
    await admin.deleteGroups({ groups: [group] });
    expect((await admin.listGroups()).has(group)).toBe(false);
    expect(await offsetsOf(group, topic)).toEqual([-1, -1, -1, -1, -1, -1]);
  }, 60_000);

  it("sets and deletes offsets, and a member begins there", async () => {
    const [group, topic] = ["set", "set"];
    const values = await stage().filled(topic, 60);
    const partitionOffsets = partitionIndexes.map((partition) => ({ partition, offset: 8n }));
    await admin.alterConsumerGroupOffsets({ groupId: group, topics: [{ name: topic, partitionOffsets }] });
    expect(await offsetsOf(group, topic)).toEqual([8, 8, 8, 8, 8, 8]);
    await using run = stage().run(group, topic);
    const member = run.add(platformatic);
    await run.processed(values.slice(48));
    await committed(stage(), { group, topic, records: 60 });
    const gone = { groupId: group, topics: [{ name: topic, partitionIndexes: [0, 5] }] };
    expect(await refusal(admin.deleteConsumerGroupOffsets(gone))).toBe("GROUP_SUBSCRIBED_TO_TOPIC");
    await run.stop(member);
    expect(run.readers.size).toBe(12);
    await admin.deleteConsumerGroupOffsets(gone);
    expect(await offsetsOf(group, topic)).toEqual([-1, 10, 10, 10, 10, -1]);
  }, 60_000);

  it("takes a member out of its group", async () => {
    const [group, topic] = ["thinned", "thinned"];
    await stage().filled(topic, 60);
    await using run = stage().run(group, topic);
    for (const instanceId of ["one", "two"]) run.add(platformatic, { instanceId });
    await run.shared();
    const { members } = (await admin.describeGroups({ groups: [group] })).get(group)!;
    const two = [...members.values()].find(({ groupInstanceId }) => groupInstanceId === "two")!;
    await run.kill([...run.members.values()][1]!);
    await admin.removeMembersFromConsumerGroup({ groupId: group, members: [{ memberId: two.id }] });
    await run.shared();
    const left = (await admin.describeGroups({ groups: [group] })).get(group)!;
    expect([...left.members.values()].map(({ groupInstanceId }) => groupInstanceId)).toEqual(["one"]);
  }, 60_000);

  it("sends the versions that it is known for", async () => {
    const values = await stage().filled("spoken", 60);
    await using run = stage().run("speakers", "spoken");
    const member = run.add(platformatic);
    await run.processed(values);
    await run.until("a heartbeat", () => member.requests.has("Heartbeat 4"));
    await run.stop(member);
    const own = [...member.requests].filter((one) => /Group|Offset(Commit|Fetch)|Coordinator/.test(one));
    expect(own.sort()).toEqual([
      "FindCoordinator 6",
      "JoinGroup 9",
      "LeaveGroup 5",
      "OffsetCommit 9",
      "OffsetFetch 9",
      "SyncGroup 5",
    ]);
  }, 60_000);
});
