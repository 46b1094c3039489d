// node:test, plain JavaScript, a cluster for each test: `await using` ends it when the test does.
import assert from "node:assert/strict";
import { test } from "node:test";
import { json, string, topic } from "ottla";
import { Cluster } from "ottla/testing";

const orders = topic("orders", { key: string(), value: json() });

async function readAll(cluster) {
  await using consumer = cluster.consumer({ topics: [orders] });
  await consumer.assign([{ topic: orders, from: "earliest", to: "end" }]);
  const values = [];
  for await (const { value } of consumer) values.push(value.id);
  return values;
}

test("what is written is read, in order per key", async () => {
  await using cluster = await Cluster.start({ brokers: 1 });
  await cluster.createTopic(orders);
  const producer = cluster.producer();
  for (let id = 0; id < 10; id++) await producer.send({ topic: orders, key: "gregor", value: { id } });
  assert.deepEqual(await readAll(cluster), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test("records survive a kill of each broker in turn", async () => {
  await using cluster = await Cluster.start({ brokers: 3 });
  await cluster.createTopic(orders);
  const producer = cluster.producer();
  for (const broker of cluster.brokers) {
    await broker.kill();
    await producer.send({ topic: orders, key: "gregor", value: { id: broker.id } });
    await broker.restart();
    await cluster.waitForReady();
  }
  assert.deepEqual(await readAll(cluster), [1, 2, 3]);
});

test("too few in-sync replicas: the write is refused, and nothing of it is read", async () => {
  await using cluster = await Cluster.start({ brokers: 3, settings: { "min.insync.replicas": 2 } });
  await cluster.createTopic(orders);
  const producer = cluster.producer({ deliveryTimeoutMs: 1_500 });
  await producer.send({ topic: orders, key: "gregor", value: { id: 1 } });
  const leader = cluster.leaderOf(orders.name);
  const others = cluster.brokers.filter((broker) => broker !== leader);
  for (const broker of others) await broker.kill();
  await assert.rejects(producer.send({ topic: orders, key: "gregor", value: { id: 2 } }));
  for (const broker of others) await broker.restart();
  await cluster.waitForReady();
  assert.deepEqual((await readAll(cluster)).slice(0, 1), [1]);
});
