// test: the producer and the topics of a run, over brokers on a virtual network.
import { describe, expect, it } from "vitest";
import { FakeCluster } from "../../test/fakes/fake-cluster.ts";
import { readConsumerOptions } from "../consumer/consumer-options.ts";
import { RunOutside } from "./run-outside.ts";

function setUp() {
  const cluster = new FakeCluster({ brokers: 2 });
  cluster.addTopic("orders", 3);
  const options = readConsumerOptions({ bootstrap: cluster.bootstrap, clientId: "shop" });
  return { cluster, outside: new RunOutside(cluster.client, options), world: cluster.world };
}

describe("what a run needs beside its consumer", () => {
  it("is not connected before it is needed", async () => {
    const { cluster, outside, world } = setUp();
    await world.runFor(1_000);
    await world.run(outside.close());
    expect(cluster.requests).toEqual([]);
  });

  it("makes topics like the original, once, and leaves those be that are there", async () => {
    const { cluster, outside, world } = setUp();
    const ask = { name: "orders-retry-1", like: "orders" };
    expect(await world.run(outside.ensureTopic(ask))).toEqual({ partitions: 3 });
    expect(await world.run(outside.ensureTopic(ask))).toEqual({ partitions: 3 });
    const made = cluster.requests.filter(({ api }) => api === "CreateTopics");
    expect(made.length).toBe(1);
    expect(made[0]!.body.topics[0]).toMatchObject({ numPartitions: 3, replicationFactor: 2 });
    cluster.addTopic("orders-dlq", 1);
    expect(await world.run(outside.ensureTopic({ name: "orders-dlq", like: "orders" }))).toEqual({
      partitions: 1,
    });
    await world.run(outside.close());
  });

  it("takes what another made at the same time", async () => {
    const { cluster, outside, world } = setUp();
    cluster.fault = ({ api }) => {
      if (api === "CreateTopics" && !cluster.topics.has("orders-dlq")) cluster.addTopic("orders-dlq", 2);
      return null;
    };
    const found = await world.run(outside.ensureTopic({ name: "orders-dlq", like: "orders" }));
    expect(found).toEqual({ partitions: 2 });
    await world.run(outside.close());
  });

  it("says what it cannot make", async () => {
    const { cluster, outside, world } = setUp();
    const unknown = outside.ensureTopic({ name: "x-dlq", like: "x" });
    await expect(world.run(unknown)).rejects.toMatchObject({ code: "UNKNOWN_TOPIC" });
    cluster.fault = ({ api }) => (api === "CreateTopics" ? { kind: "cutBefore" } : null);
    const cut = outside.ensureTopic({ name: "orders-dlq", like: "orders" });
    await expect(world.run(cut)).rejects.toMatchObject({ code: "TIMED_OUT" });
    await world.run(outside.close());
  });

  it("writes with acks all, and no more once it is closed", async () => {
    const { cluster, outside, world } = setUp();
    const record = { topic: "orders", partition: 2, key: null, value: Buffer.from("v"), headers: [] };
    await world.run(outside.producer.send(record));
    expect(cluster.requests.find(({ api }) => api === "Produce")!.body.acks).toBe(-1);
    expect(cluster.log("orders", 2).records().length).toBe(1);
    await world.run(outside.close());
    await expect(outside.producer.send(record)).rejects.toMatchObject({ code: "CLOSED" });
    await expect(outside.ensureTopic({ name: "a", like: "b" })).rejects.toMatchObject({ code: "CLOSED" });
  });
});
