// test: a consumer that says its rack reads from the replica there, and from whoever is left when that one
// fails; nothing is missing, twice or out of order.
import { expect, it, vi } from "vitest";
import type { EmbeddedBroker } from "../services/embedded/embedded-broker.ts";
import { Cluster } from "./cluster.ts";

const name = "flights";
const selector = "org.apache.kafka.common.replica.RackAwareReplicaSelector";

function racks(): Promise<Cluster> {
  return Cluster.start({
    settings: { "replica.selector.class": selector },
    brokerSettings: { 1: { "broker.rack": "a" }, 2: { "broker.rack": "b" }, 3: { "broker.rack": "c" } },
  });
}

const rackOf = (broker: EmbeddedBroker): string => ["a", "b", "c"][broker.id - 1]!;
const given = (broker: EmbeddedBroker): number =>
  broker.metric("kafka_server_brokertopicmetrics_bytesout_total", { topic: name });

/** Reads along from the start; what it has read so far. */
async function readAlong(cluster: Cluster, rack: string): Promise<string[]> {
  const consumer = cluster.consumer({ rack, maxWaitMs: 100 });
  await consumer.assign([{ topic: name, from: "earliest" }]);
  const values: string[] = [];
  const read = async (): Promise<void> => {
    for await (const { value } of consumer) values.push(Buffer.from(value!).toString());
  };
  void read().catch((error: Error) => values.push(error.message));
  return values;
}

it("is read from in the reader's rack; the leader, when that one is gone; it again, once back", async () => {
  await using cluster = await racks();
  await cluster.createTopic(name);
  const leader = cluster.leaderOf(name);
  const near = cluster.brokers.find(({ id }) => id !== leader.id)!;
  const producer = cluster.producer();
  const sent: string[] = [];
  const send = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n++) {
      const value = `v${sent.length}`;
      await producer.send({ topic: name, value: Buffer.from(value) });
      sent.push(value);
    }
  };
  await send(50);
  const values = await readAlong(cluster, rackOf(near));
  const untilRead = () => vi.waitFor(() => expect(values).toEqual(sent), { timeout: 15_000 });
  await untilRead();
  await send(50);
  await untilRead();
  expect(given(leader)).toBe(0);
  expect(given(near)).toBeGreaterThan(0);

  await near.kill();
  await send(50);
  await untilRead();
  expect(given(leader)).toBeGreaterThan(0);

  await near.restart();
  await cluster.waitForReady();
  await vi.waitFor(
    async () => {
      const before = given(near);
      await send(1);
      await untilRead();
      expect(given(near)).toBeGreaterThan(before);
    },
    { timeout: 30_000 },
  );
});

it("goes on when its replica becomes the leader, and when it stands still", async () => {
  await using cluster = await racks();
  await cluster.createTopic(name);
  const leader = cluster.leaderOf(name);
  const near = cluster.brokers.find(({ id }) => id !== leader.id)!;
  const producer = cluster.producer({ deliveryTimeoutMs: 60_000 });
  const values = await readAlong(cluster, rackOf(near));
  const sent: string[] = [];
  const sendAndRead = async (): Promise<void> => {
    const value = `v${sent.length}`;
    await producer.send({ topic: name, value: Buffer.from(value) });
    sent.push(value);
    await vi.waitFor(() => expect(values).toEqual(sent), { timeout: 15_000 });
  };
  for (let n = 0; n < 10; n++) await sendAndRead();
  await leader.kill();
  await cluster.waitForReady();
  for (let n = 0; n < 10; n++) await sendAndRead();
  await leader.restart();
  await cluster.waitForReady();
  await near.pause();
  for (let n = 0; n < 10; n++) await sendAndRead();
  await near.resume();
  for (let n = 0; n < 10; n++) await sendAndRead();
});
