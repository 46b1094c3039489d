// test: pieces of topics by time on whole brokers: times of producers and of brokers, bounds of times, order,
// and leaders that stop meanwhile.
import { expect, it } from "vitest";
import { type RangeQuery, string, topic } from "../client/index.ts";
import { Cluster } from "./cluster.ts";

const events = topic("events", { key: string(), value: string() });
const began = Date.UTC(2026, 0, 1);
const minute = 60_000;

type Query = Omit<RangeQuery<typeof events>, "topic">;

async function read(cluster: Cluster, query: Query): Promise<string[]> {
  await using consumer = cluster.consumer({ topics: [events] });
  const values: string[] = [];
  for await (const { value } of consumer.range({ topic: events, ...query })) values.push(value);
  return values;
}

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, at) => `v${from + at}`);

it("a range is found, in the order of time, while its leaders stop", async () => {
  await using cluster = await Cluster.start({ brokers: 3 });
  await cluster.createTopic(events, { partitions: 6 });
  const producer = cluster.producer();
  // A record a minute, over all partitions; each tenth comes late.
  const late: number[] = [];
  const send = (n: number) =>
    producer.send({ topic: events, key: `k${n}`, value: `v${n}`, timestamp: began + n * minute });
  for (let n = 0; n < 300; n++) {
    if (n % 10 === 7) late.push(n);
    else await send(n);
  }
  const query = { from: new Date(began + 100 * minute), to: "2026-01-01T03:20:00Z", order: "time" } as const;
  const prompt = numbers(100, 200).filter((value) => !value.endsWith("7"));
  expect(await read(cluster, query)).toEqual(prompt);
  for (const n of late) await send(n);
  const all = await read(cluster, { ...query, exact: true });
  expect(all.toSorted()).toEqual(numbers(100, 200).toSorted());
  expect(await read(cluster, { ...query, order: "arrival" })).toHaveLength(90);
  await using consumer = cluster.consumer({ topics: [events], partitionBytes: 200, prefetchBytes: 2_000 });
  const seen: string[] = [];
  for await (const { value } of consumer.range({ topic: events, ...query })) {
    seen.push(value);
    if (seen.length === 20) await cluster.leaderOf("events", 0).stop();
  }
  expect(seen).toEqual(prompt);
});

it("times may be the broker's, and are bounded where a topic says so", async () => {
  await using cluster = await Cluster.start({ brokers: 1 });
  const admin = cluster.admin();
  await cluster.createTopic(events, { configs: { "message.timestamp.type": "LogAppendTime" } });
  const producer = cluster.producer();
  const first = Date.now();
  await producer.send({ topic: events, key: "k", value: "v0", timestamp: began });
  // The next one is stamped later.
  while (Date.now() <= first + 5) await new Promise((resolve) => setImmediate(resolve));
  await producer.send({ topic: events, key: "k", value: "v1", timestamp: began });
  expect(await read(cluster, { to: first })).toEqual([]);
  const [latest] = await admin.listOffsets({ topic: "events", at: "maxTimestamp" });
  expect(latest).toMatchObject({ offset: 1 });
  expect(latest!.timestamp).toBeGreaterThan(first);
  expect(await read(cluster, { from: latest!.timestamp })).toEqual(["v1"]);
  expect(await read(cluster, { from: first, to: latest!.timestamp })).toEqual(["v0"]);

  const bounds = { "message.timestamp.before.max.ms": 3_600_000, "message.timestamp.after.max.ms": 60_000 };
  await cluster.createTopic("bounded", { configs: bounds });
  const send = (timestamp: number) => producer.send({ topic: "bounded", value: "x", timestamp });
  await send(Date.now());
  await send(Date.now() - 3_000_000);
  for (const wrong of [began, Date.now() - 4_000_000, Date.now() + 120_000])
    await expect(send(wrong)).rejects.toMatchObject({ errorName: "INVALID_TIMESTAMP" });
  // So much is bounded without being asked for, as in Kafka 4.
  await cluster.createTopic("plain");
  const far = producer.send({ topic: "plain", value: "x", timestamp: Date.now() + 2 * 3_600_000 });
  await expect(far).rejects.toMatchObject({ errorName: "INVALID_TIMESTAMP" });
  await producer.send({ topic: "plain", value: "x", timestamp: 0 });
});

it("what was deleted is not found by time, and a range that begins there is an error", async () => {
  await using cluster = await Cluster.start({ brokers: 1 });
  await cluster.createTopic(events);
  const producer = cluster.producer();
  for (let n = 0; n < 10; n++)
    await producer.send({ topic: events, key: "k", value: `v${n}`, timestamp: began + n * minute });
  const admin = cluster.admin();
  await admin.deleteRecords([{ topic: "events", partition: 0, before: 4 }]);
  const [found] = await admin.listOffsets({ topic: "events", at: { timestamp: began } });
  expect(found).toMatchObject({ offset: 4, timestamp: began + 4 * minute });
  expect(await read(cluster, { from: began, to: began + 6 * minute })).toEqual(["v4", "v5"]);
  const query = { partitions: [0], from: { offset: 2 } };
  await expect(read(cluster, query)).rejects.toMatchObject({
    code: "OFFSET_OUT_OF_RANGE",
    logStartOffset: 4,
  });
});
