// test: the admin operations end to end: Ottla's admin client over the real Kafka door, three brokers.
import { Kafka, logLevel } from "kafkajs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Admin, Consumer, Producer } from "../client/index.ts";
import { EmbeddedCluster } from "./embedded.ts";

let cluster: EmbeddedCluster;
let admin: Admin;

beforeAll(async () => {
  cluster = await EmbeddedCluster.start({ brokers: 3 });
  admin = new Admin({ bootstrap: cluster.bootstrap, apiTimeoutMs: 15_000 });
});

afterAll(async () => {
  await admin.close();
  await cluster.stop();
});

async function made(name: string, configs: Record<string, string> = {}, partitions = 1): Promise<string> {
  await admin.createTopics([{ name, partitions, replicationFactor: 3, configs }]);
  await admin.waitForTopic(name);
  return name;
}

async function send(topic: string, values: readonly string[]): Promise<void> {
  await using producer = new Producer({ bootstrap: cluster.bootstrap });
  await Promise.all(values.map((value) => producer.send({ topic, partition: 0, value })));
}

const value = async (topic: string, name: string) => {
  const [found] = await admin.describeConfigs([{ type: "topic", name: topic }]);
  const { value: text, source } = found!.configs.find((one) => one.name === name)!;
  return [text, source];
};

describe("settings", () => {
  it("of a topic count at once: what is too large is refused, and taken again", async () => {
    const topic = await made("sized");
    const subject = { type: "topic", name: topic } as const;
    await admin.alterConfigs([{ subject, set: { "max.message.bytes": 500 } }]);
    expect(await value(topic, "max.message.bytes")).toEqual(["500", "topic"]);
    await expect(send(topic, ["x".repeat(2_000)])).rejects.toMatchObject({ errorName: "MESSAGE_TOO_LARGE" });
    await admin.alterConfigs([{ subject, delete: ["max.message.bytes"] }]);
    await send(topic, ["x".repeat(2_000)]);
    expect(await value(topic, "max.message.bytes")).toEqual(["1048588", "default"]);
  });

  it("that a topic is made with count from its first record on", async () => {
    const topic = await made("small", { "max.message.bytes": "500" });
    await expect(send(topic, ["x".repeat(2_000)])).rejects.toMatchObject({ errorName: "MESSAGE_TOO_LARGE" });
  });

  it("of all brokers and of one broker count for topics that do not override them", async () => {
    const topic = await made("plain");
    const all = { type: "allBrokers" } as const;
    await admin.alterConfigs([{ subject: all, set: { "log.retention.ms": 1_000_000 } }]);
    expect(await value(topic, "retention.ms")).toEqual(["1000000", "dynamicDefault"]);
    const [found] = await admin.describeConfigs([all]);
    expect(found!.configs.map(({ name }) => name).sort()).toEqual([
      "log.retention.ms",
      "min.insync.replicas",
    ]);
    for (const id of [1, 2, 3])
      await admin.alterConfigs([{ subject: { type: "broker", id }, set: { "log.retention.ms": 2_000_000 } }]);
    expect(await value(topic, "retention.ms")).toEqual(["2000000", "dynamicBroker"]);
    const [one] = await admin.describeConfigs([{ type: "broker", id: 2 }]);
    const row = one!.configs.find(({ name }) => name === "log.retention.ms");
    expect(row).toMatchObject({ value: "2000000", source: "dynamicBroker", isReadOnly: false });
    for (const id of [1, 2, 3])
      await admin.alterConfigs([{ subject: { type: "broker", id }, delete: ["log.retention.ms"] }]);
    await admin.alterConfigs([{ subject: all, delete: ["log.retention.ms"] }]);
    expect((await value(topic, "retention.ms"))[1]).toBe("default");
  });

  it("that are wrong are refused, and nothing of the request is kept", async () => {
    const topic = await made("strict");
    const subject = { type: "topic", name: topic } as const;
    const set = { "retention.ms": "5", "segment.bytes": "few" };
    await expect(admin.alterConfigs([{ subject, set }])).rejects.toMatchObject({
      errorName: "INVALID_CONFIG",
    });
    expect((await value(topic, "retention.ms"))[1]).toBe("default");
    const typo = admin.alterConfigs([{ subject, set: { "retention.mss": "5" } }]);
    await expect(typo).rejects.toThrow(/the nearest one is retention.ms/);
    const fixed = { subject: { type: "broker", id: 1 }, set: { "node.id": "9" } } as const;
    await expect(admin.alterConfigs([fixed])).rejects.toThrow(/cannot be changed while a broker runs/);
    await admin.alterConfigs([{ subject, append: { "cleanup.policy": "compact" } }], { validateOnly: true });
    expect(await value(topic, "cleanup.policy")).toEqual(["delete", "default"]);
    await admin.alterConfigs([{ subject, append: { "cleanup.policy": "compact" } }]);
    expect(await value(topic, "cleanup.policy")).toEqual(["delete,compact", "topic"]);
  });
});

describe("partitions", () => {
  it("are added while the topic is in use", async () => {
    const topic = await made("growing");
    await send(topic, ["a"]);
    await admin.createPartitions([{ topic, partitions: 3 }], { validateOnly: true });
    expect((await admin.describeTopics([topic]))[0]!.partitions).toHaveLength(1);
    await admin.createPartitions([{ topic, partitions: 2 }]);
    await admin.createPartitions([{ topic, partitions: 3, replicaAssignments: [[3, 1, 2]] }]);
    await admin.waitForTopic(topic);
    const [grown] = await admin.describeTopics([topic]);
    expect(grown!.partitions.map(({ isr }) => isr.length)).toEqual([3, 3, 3]);
    expect(grown!.partitions[2]).toMatchObject({ leader: 3, replicas: [3, 1, 2] });
    await using producer = new Producer({ bootstrap: cluster.bootstrap });
    await producer.send({ topic, partition: 2, value: "b" });
    const less = admin.createPartitions([{ topic, partitions: 3 }]);
    await expect(less).rejects.toMatchObject({ errorName: "INVALID_PARTITIONS" });
    const odd = admin.createPartitions([{ topic, partitions: 4, replicaAssignments: [[1, 1, 2]] }]);
    await expect(odd).rejects.toMatchObject({ errorName: "INVALID_REPLICA_ASSIGNMENT" });
  });
});

describe("records", () => {
  it("that are deleted are gone from every replica, also after another broker leads", async () => {
    const topic = await made("shrinking");
    await send(
      topic,
      Array.from({ length: 10 }, (_, at) => `v${at}`),
    );
    const [done] = await admin.deleteRecords([{ topic, partition: 0, before: 4 }]);
    expect(done!.lowWatermark).toBe(4);
    const from = { topic, partition: 0, from: { offset: 2 } } as const;
    const late = new Consumer({ bootstrap: cluster.bootstrap, offsetReset: "error" });
    await late.assign([from]);
    await expect(late.readToEnd()[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      name: "OffsetOutOfRangeError",
    });
    await late.close();
    const beyond = admin.deleteRecords([{ topic, partition: 0, before: 99 }]);
    await expect(beyond).rejects.toMatchObject({ errorName: "OFFSET_OUT_OF_RANGE" });
    const [before] = await admin.describeTopics([topic]);
    const { leader } = before!.partitions[0]!;
    await cluster.broker(leader).kill();
    expect((await admin.listOffsets({ topic, at: "earliest" }))[0]!.offset).toBe(4);
    await cluster.broker(leader).restart();
    await cluster.waitForReady();
    const rest = await admin.deleteRecords([{ topic, partition: 0, before: "all" }]);
    expect(rest[0]!.lowWatermark).toBe(10);
  });
});

describe("leadership", () => {
  it("goes home when asked, and log directories tell what they hold", async () => {
    const topic = await made("homing", {}, 3);
    const leaders = async () => (await admin.describeTopics([topic]))[0]!.partitions;
    const preferred = (await leaders()).map(({ replicas }) => replicas[0]);
    await cluster.broker(1).kill();
    await cluster.broker(1).restart();
    await cluster.waitForReady();
    for (let at = 0; at < 200 && (await leaders()).some(({ isr }) => isr.length < 3); at++)
      await new Promise((resolve) => setTimeout(resolve, 25));
    expect((await leaders()).map(({ leader }) => leader)).not.toEqual(preferred);
    const results = await admin.electLeaders({ election: "preferred" });
    expect(results.every(({ error }) => error === null)).toBe(true);
    expect((await leaders()).map(({ leader }) => leader)).toEqual(preferred);
    const again = await admin.electLeaders({ election: "preferred", partitions: [{ topic, partition: 0 }] });
    expect(again[0]!.error).toMatchObject({ errorName: "ELECTION_NOT_NEEDED" });
    const dirs = await admin.describeLogDirs();
    expect(dirs.map(({ brokerId }) => brokerId).sort()).toEqual([1, 2, 3]);
    const held = dirs.flatMap(({ replicas }) => replicas.filter((one) => one.topic === topic));
    expect(held).toHaveLength(9);
  });
});

describe("a topic that is not there", () => {
  it("is made when somebody else's producer asks for it", async () => {
    const kafka = new Kafka({ brokers: cluster.bootstrap.split(","), logLevel: logLevel.NOTHING });
    const producer = kafka.producer({ allowAutoTopicCreation: true });
    await producer.connect();
    await producer.send({ topic: "unasked", acks: -1, messages: [{ value: "v" }] });
    await producer.disconnect();
    expect((await admin.describeTopics(["unasked"]))[0]!.partitions).toHaveLength(1);
  });
});
