// test: one suite of groups in the admin client on both clusters; members are those of KafkaJS. Where a
// cluster has no groups there is nothing to compare.
import { Kafka, logLevel } from "kafkajs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Admin, Producer } from "../../client/index.ts";
import { advertised } from "../../proto/kafka/advertised.ts";
import { type Side, sides } from "./sides.ts";

const run = `groups-conformance-${Date.now()}`;
const topic = `${run}-t`;
const compared = sides.filter(({ name }) => name !== "Ottla" || advertised.OffsetCommit !== undefined);

describe.skipIf(compared.length === 0).each(compared)("groups on $name", (side) => {
  let running: Awaited<ReturnType<Side["start"]>>;
  let admin: Admin;

  beforeAll(async () => {
    running = await side.start();
    admin = new Admin({ bootstrap: running.bootstrap });
    await admin.createTopics([{ name: topic, partitions: 2, replicationFactor: 1 }]);
    await admin.waitForTopic(topic);
    await using producer = new Producer({ bootstrap: running.bootstrap });
    for (let n = 0; n < 10; n++) await producer.send({ topic, partition: n % 2, value: `v${n}` });
  }, 60_000);

  afterAll(async () => {
    await admin.deleteTopics([topic]);
    await admin.close();
    await running.stop();
  });

  it("that nobody is in are made, moved and deleted by an administrator", async () => {
    const group = `${run}-simple`;
    await expect(admin.describeGroups([group])).rejects.toMatchObject({ errorName: "GROUP_ID_NOT_FOUND" });
    expect(await admin.listGroupOffsets(group)).toEqual([]);
    await admin.alterGroupOffsets(group, [{ topic, partition: 1, offset: 2, metadata: "by hand" }]);
    expect(await admin.listGroupOffsets(group, { requireStable: true })).toMatchObject([
      { topic, partition: 1, offset: 2, metadata: "by hand" },
    ]);
    const lag = await admin.groupLag(group);
    expect(lag).toMatchObject({ lag: 3, group: { state: "Empty", type: "classic", members: [] } });
    expect(lag.partitions.map((one) => [one.committed, one.logStartOffset, one.logEndOffset])).toEqual([
      [-1, 0, 5],
      [2, 0, 5],
    ]);
    const listed = await admin.listGroups({ states: ["Empty"], types: ["classic"] });
    expect(listed.find(({ groupId }) => groupId === group)).toMatchObject({ protocolType: "" });
    const gone = admin.alterGroupOffsets(group, [{ topic, partition: 9, offset: 2 }]);
    await expect(gone).rejects.toMatchObject({ code: "UNKNOWN_TOPIC" });
    await admin.deleteGroupOffsets(group, [{ topic, partition: 1 }]);
    expect(await admin.listGroupOffsets(group)).toEqual([]);
    await admin.alterGroupOffsets(group, [{ topic, partition: 0, offset: 1 }]);
    await admin.deleteGroups([group]);
    await expect(admin.deleteGroups([group])).rejects.toMatchObject({ errorName: "GROUP_ID_NOT_FOUND" });
    const places = [{ topic, partition: 0 }];
    await expect(admin.deleteGroupOffsets(group, places)).rejects.toMatchObject({
      errorName: "GROUP_ID_NOT_FOUND",
    });
  });

  it("that members are in are described, and left alone", async () => {
    const group = `${run}-live`;
    const kafka = new Kafka({
      brokers: running.bootstrap.split(","),
      clientId: "app",
      logLevel: logLevel.ERROR,
    });
    const consumer = kafka.consumer({ groupId: group });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ eachMessage: async () => {} });
    try {
      await expect.poll(async () => (await admin.groupLag(group)).lag, { timeout: 30_000 }).toBe(0);
      const stable = async () => (await admin.describeGroups([group]))[0]!.state;
      await expect.poll(stable, { timeout: 30_000 }).toBe("Stable");
      const [described] = await admin.describeGroups([group]);
      expect(described).toMatchObject({ type: "classic", protocolType: "consumer" });
      expect(described!.members).toMatchObject([
        {
          ...{ clientId: "app", instanceId: null, subscribedTopics: [topic] },
          assignment: [0, 1].map((partition) => ({ topic, partition })),
        },
      ]);
      const moved = admin.alterGroupOffsets(group, [{ topic, partition: 0, offset: 0 }]);
      await expect(moved).rejects.toMatchObject({ errorName: "NON_EMPTY_GROUP" });
      await expect(admin.deleteGroups([group])).rejects.toMatchObject({ errorName: "NON_EMPTY_GROUP" });
      const forgotten = admin.deleteGroupOffsets(group, [{ topic, partition: 0 }]);
      await expect(forgotten).rejects.toMatchObject({ errorName: "GROUP_SUBSCRIBED_TO_TOPIC" });
      const nobody = admin.removeGroupMembers(group, { members: [{ instanceId: "nobody" }] });
      await expect(nobody).rejects.toMatchObject({ errorName: "UNKNOWN_MEMBER_ID" });
    } finally {
      await consumer.disconnect();
    }
    await admin.alterGroupOffsets(group, [{ topic, partition: 0, offset: 1 }]);
    expect((await admin.groupLag(group)).lag).toBe(4);
    await admin.deleteGroups([group]);
  }, 90_000);
});
