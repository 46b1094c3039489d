// test: kafkajs, a client that we did not write: it produces with gzip and Ottla's consumer reads it, and the
// other way round; it creates, describes and deletes topics.
import { CompressionTypes, Kafka, logLevel } from "kafkajs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Consumer, Producer } from "../../client/index.ts";
import { createTopic, type RunningCluster, runCluster } from "../process/running-cluster.ts";

describe("kafkajs", () => {
  let running: RunningCluster;
  let kafka: Kafka;

  beforeAll(async () => {
    // kafkajs warns about its own default partitioner.
    process.env.KAFKAJS_NO_PARTITIONER_WARNING = "1";
    running = await runCluster({ brokers: 3 });
    kafka = new Kafka({ brokers: running.cluster.bootstrap.split(","), logLevel: logLevel.ERROR });
  }, 90_000);

  afterAll(async () => {
    await running[Symbol.asyncDispose]();
  }, 60_000);

  it("produces with gzip, and Ottla's consumer reads it", async () => {
    await createTopic(running.admin, "from-kafkajs", 3, 3);
    const producer = kafka.producer();
    await producer.connect();
    const messages = Array.from({ length: 500 }, (_, n) => ({
      key: `key ${n % 20}`,
      value: `value ${n}`,
      headers: { n: String(n) },
      timestamp: String(1_000_000 + n),
    }));
    await producer.send({ topic: "from-kafkajs", acks: -1, compression: CompressionTypes.GZIP, messages });
    await producer.disconnect();

    const read = new Map<string, { key: string; value: string; timestamp: number }>();
    await using consumer = new Consumer({ bootstrap: running.cluster.bootstrap });
    await consumer.assign([{ topic: "from-kafkajs", from: "earliest" }]);
    for await (const record of consumer.readToEnd()) {
      const text = (bytes: Uint8Array | null | undefined): string => Buffer.from(bytes ?? []).toString();
      const n = text(record.headers.find((header) => header.key === "n")?.value);
      read.set(n, { key: text(record.key), value: text(record.value), timestamp: record.timestamp });
    }
    expect(read.size).toBe(500);
    for (const [n, message] of messages.entries()) {
      const expected = { key: message.key, value: message.value, timestamp: 1_000_000 + n };
      expect(read.get(String(n))).toEqual(expected);
    }
  });

  it("reads what Ottla's producer wrote with gzip, and finds its end and a moment in it", async () => {
    await createTopic(running.admin, "to-kafkajs", 1, 3);
    await using producer = new Producer({
      bootstrap: running.cluster.bootstrap,
      compression: "gzip",
      lingerMs: 20,
    });
    const sent = Array.from({ length: 300 }, (_, n) => ({
      key: `key ${n % 7}`,
      value: `value ${n}`,
      timestamp: 5_000 + n,
    }));
    await Promise.all(sent.map((record) => producer.send({ topic: "to-kafkajs", ...record })));
    const messages = await fetchWithKafkajs(kafka, "to-kafkajs", sent.length);
    expect(
      messages.map(({ key, value, timestamp }) => ({
        key: key?.toString(),
        value: value?.toString(),
        timestamp: Number(timestamp),
      })),
    ).toEqual(sent);
    const admin = kafka.admin();
    await admin.connect();
    const [end] = await admin.fetchTopicOffsets("to-kafkajs");
    expect(end).toMatchObject({ partition: 0, low: "0", high: "300" });
    const [moment] = await admin.fetchTopicOffsetsByTimestamp("to-kafkajs", 5_004);
    expect(moment).toMatchObject({ partition: 0, offset: "4" });
    await admin.disconnect();
  });

  it("creates, describes and deletes topics, and is told why it may not", async () => {
    const admin = kafka.admin();
    await admin.connect();
    const create = (topic: string, numPartitions: number, replicationFactor: number) =>
      admin.createTopics({ topics: [{ topic, numPartitions, replicationFactor }] });
    expect(await create("made", 4, 3)).toBe(true);
    const { topics } = await admin.fetchTopicMetadata({ topics: ["made"] });
    expect(topics[0]?.partitions).toHaveLength(4);
    await expect(create("too-many", 1, 9)).rejects.toMatchObject({
      errors: [{ type: "INVALID_REPLICATION_FACTOR" }],
    });
    await expect(create("none", 0, 1)).rejects.toMatchObject({ errors: [{ type: "INVALID_PARTITIONS" }] });
    await admin.deleteTopics({ topics: ["made"] });
    expect(await admin.listTopics()).not.toContain("made");
    await admin.disconnect();
  });
});

interface FetchedMessage {
  key: Buffer | null;
  value: Buffer | null;
  timestamp: string;
  offset: string;
}

interface InnerBroker {
  fetch(request: object): Promise<{ responses: { partitions: { messages: FetchedMessage[] }[] }[] }>;
}

interface InnerCluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addTargetTopic(topic: string): Promise<void>;
  findLeaderForPartitions(topic: string, partitions: number[]): Record<string, number[]>;
  findBroker(options: { nodeId: string }): Promise<InnerBroker>;
}

/**
 * Its consumer works in groups only, which come later: this asks its own connection to fetch, and it decodes.
 */
async function fetchWithKafkajs(kafka: Kafka, topic: string, count: number): Promise<FetchedMessage[]> {
  const inner = kafka as unknown as Record<symbol, (options: object) => InnerCluster>;
  const makeCluster = Object.getOwnPropertySymbols(kafka).find((one) => /createCluster/i.test(String(one)))!;
  const cluster = inner[makeCluster]!({});
  await cluster.connect();
  await cluster.addTargetTopic(topic);
  const [nodeId] = Object.keys(cluster.findLeaderForPartitions(topic, [0]));
  const broker = await cluster.findBroker({ nodeId: nodeId! });
  const messages: FetchedMessage[] = [];
  while (messages.length < count) {
    const partition = { partition: 0, fetchOffset: String(messages.length), maxBytes: 1_000_000 };
    const { responses } = await broker.fetch({
      replicaId: -1,
      isolationLevel: 0,
      maxWaitTime: 1_000,
      minBytes: 1,
      maxBytes: 1_000_000,
      topics: [{ topic, partitions: [partition] }],
      rackId: "",
    });
    const fetched = responses.flatMap(({ partitions }) => partitions.flatMap((one) => one.messages));
    messages.push(...fetched.filter(({ offset }) => Number(offset) >= messages.length));
  }
  await cluster.disconnect();
  return messages;
}
