// test: the producer against fake brokers on a virtual network: order, retries, changes of leader, lost
// answers, expiry, back-pressure.
import { describe, expect, it } from "vitest";
import { ErrorCode } from "../../proto/errors.ts";
import { FakeCluster, type FakeOptions } from "../../test/fakes/fake-cluster.ts";
import { ClientError } from "../errors.ts";
import { partitionOfKey } from "./murmur2.ts";
import { ProducerClient } from "./producer.ts";
import type { ProducerOptions } from "./producer-options.ts";

function setUp(options: FakeOptions & { partitions?: number; producer?: Partial<ProducerOptions> } = {}) {
  const cluster = new FakeCluster(options);
  cluster.addTopic("t", options.partitions ?? 1);
  const producer = new ProducerClient(cluster.client, { bootstrap: cluster.bootstrap, ...options.producer });
  const { world } = cluster;
  return { cluster, producer, world };
}

const text = (bytes: Uint8Array | null): string => Buffer.from(bytes ?? []).toString();
const values = (cluster: FakeCluster, partition = 0): string[] =>
  cluster
    .log("t", partition)
    .records()
    .map((record) => text(record.value));
const numbers = (count: number): string[] => Array.from({ length: count }, (_, index) => `v${index}`);

describe("a producer", () => {
  it("writes a record and says where", async () => {
    const { cluster, producer, world } = setUp();
    const first = await world.run(
      producer.send({ topic: "t", key: "k", value: "v", headers: { h: "x" }, timestamp: 77 }),
    );
    expect(first).toEqual({ topic: "t", partition: 0, offset: 0, timestamp: 77 });
    const second = await world.run(producer.send({ topic: "t", value: "w" }));
    expect(second.offset).toBe(1);
    const [record] = cluster.log("t").records();
    expect([text(record!.key), text(record!.value), record!.timestamp]).toEqual(["k", "v", 77]);
    expect(record!.headers.map((header) => [header.key, text(header.value)])).toEqual([["h", "x"]]);
    await world.run(producer.close());
  });

  it("gathers what one turn brings into one batch, and keeps the order", async () => {
    const { cluster, producer, world } = setUp();
    const sent = producer.sendBatch(numbers(100).map((value) => ({ topic: "t", value })));
    const places = await world.run(sent);
    expect(places.map((place) => place.offset)).toEqual(places.map((_, index) => index));
    expect(values(cluster)).toEqual(numbers(100));
    expect(cluster.count("Produce")).toBe(1);
  });

  it("puts keys where Kafka's own producers put them", async () => {
    const { cluster, producer, world } = setUp({ partitions: 6 });
    const keys = numbers(50);
    const places = await world.run(producer.sendBatch(keys.map((key) => ({ topic: "t", key, value: key }))));
    expect(places.map((place) => place.partition)).toEqual(
      keys.map((key) => partitionOfKey(Buffer.from(key), 6)),
    );
    expect(cluster.count("InitProducerId")).toBe(1);
  });

  it("spreads records without a key: by batch, in turn, or as it is told", async () => {
    const sticky = setUp({ partitions: 4, producer: { batchBytes: 500 } });
    const some = (count: number) => numbers(count).map((value) => ({ topic: "t", value: value.padEnd(90) }));
    const used = new Set(
      (await sticky.world.run(sticky.producer.sendBatch(some(60)))).map((p) => p.partition),
    );
    expect(used.size).toBeGreaterThan(1);
    expect(sticky.cluster.count("Produce")).toBeLessThan(30);

    const turns = setUp({ partitions: 4, producer: { partitioner: "roundRobin" } });
    const places = await turns.world.run(turns.producer.sendBatch(some(8)));
    expect([...places.map((place) => place.partition)].sort()).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);

    const own = setUp({
      partitions: 4,
      producer: { partitioner: ({ partitionCount }) => partitionCount - 1 },
    });
    expect((await own.world.run(own.producer.send({ topic: "t", key: "a", value: "b" }))).partition).toBe(3);
    const wrong = own.producer.send({ topic: "t", value: "b", partition: 4 });
    await expect(own.world.run(wrong)).rejects.toThrow("partition 4; the topic has 0 to 3");
  });

  it("sends again after refusals that pass, once and in order", async () => {
    const { cluster, producer, world } = setUp({ producer: { batchBytes: 200 } });
    let refusals = 6;
    cluster.fault = ({ api }) =>
      api === "Produce" && refusals-- > 0 ? { kind: "code", code: ErrorCode.NOT_ENOUGH_REPLICAS } : null;
    const places = await world.run(producer.sendBatch(numbers(40).map((value) => ({ topic: "t", value }))));
    expect(values(cluster)).toEqual(numbers(40));
    expect(places.map((place) => place.offset)).toEqual(places.map((_, index) => index));
  });

  it("writes nothing twice when answers are lost", async () => {
    const { cluster, producer, world } = setUp({ producer: { batchBytes: 200 } });
    let cuts = 0;
    cluster.fault = ({ api }) => (api === "Produce" && cuts++ % 3 === 1 ? { kind: "cutAfter" } : null);
    await world.run(producer.sendBatch(numbers(100).map((value) => ({ topic: "t", value }))));
    expect(values(cluster)).toEqual(numbers(100));
    expect(cluster.log("t").duplicates).toBeGreaterThan(0);
  });

  it("follows the leader when it moves, and does not wait for a silent one", async () => {
    const { cluster, producer, world } = setUp({ brokers: 3 });
    await world.run(producer.send({ topic: "t", value: "v0" }));
    cluster.fault = ({ broker }) => (broker === 1 ? { kind: "silence", carriedOut: false } : null);
    const sent = producer.send({ topic: "t", value: "v1" });
    await world.runFor(500);
    cluster.log("t").moveTo(2);
    const before = cluster.client.clock.monotonicMs();
    expect((await world.run(sent)).offset).toBe(1);
    expect(cluster.client.clock.monotonicMs() - before).toBeLessThan(2_000);
    expect(values(cluster)).toEqual(["v0", "v1"]);
  });

  it("goes at once where a refusal points (KIP-951)", async () => {
    const { cluster, producer, world } = setUp({ brokers: 2 });
    await world.run(producer.send({ topic: "t", value: "v0" }));
    cluster.log("t").moveTo(2);
    await world.run(producer.send({ topic: "t", value: "v1" }));
    expect(values(cluster)).toEqual(["v0", "v1"]);
  });

  it("survives a broker that dies and comes back", async () => {
    const { cluster, producer, world } = setUp();
    await world.run(producer.send({ topic: "t", value: "v0" }));
    cluster.crash(1);
    const sent = producer.send({ topic: "t", value: "v1" });
    await world.runFor(3_000);
    cluster.start(1);
    expect((await world.run(sent)).offset).toBe(1);
  });

  it("finds who leads instead of a dead broker soon after it does", async () => {
    const { cluster, producer, world } = setUp({ brokers: 3 });
    await world.run(producer.send({ topic: "t", value: "v0" }));
    cluster.crash(1);
    const sent = producer.send({ topic: "t", value: "v1" });
    await world.runFor(600);
    cluster.log("t").moveTo(2);
    const before = cluster.client.clock.monotonicMs();
    expect((await world.run(sent)).offset).toBe(1);
    expect(cluster.client.clock.monotonicMs() - before).toBeLessThan(150);
  });

  it("gives up after the delivery timeout, says whether it may be written, and goes on cleanly", async () => {
    const producerOptions = { deliveryTimeoutMs: 2_000, requestTimeoutMs: 500 };
    const { cluster, producer, world } = setUp({ producer: producerOptions });
    await world.run(producer.send({ topic: "t", value: "v0" }));
    cluster.fault = ({ api }) => (api === "Produce" ? { kind: "silence", carriedOut: false } : null);
    const lost = await world.run(producer.send({ topic: "t", value: "lost" }).catch((error) => error));
    expect(lost).toBeInstanceOf(ClientError);
    expect(lost).toMatchObject({ code: "DELIVERY_TIMED_OUT", mayHaveBeenWritten: true, retriable: false });
    expect(lost.message).toContain("send to t-0: not acknowledged within 2000 ms");
    cluster.fault = () => null;
    await world.run(producer.sendBatch(numbers(10).map((value) => ({ topic: "t", value }))));
    expect(values(cluster)).toEqual(["v0", ...numbers(10)]);
  });

  it("knows that a record was never sent", async () => {
    const { cluster, producer, world } = setUp({
      producer: { deliveryTimeoutMs: 1_000, requestTimeoutMs: 300 },
    });
    await world.run(producer.send({ topic: "t", value: "v0" }));
    cluster.crash(1);
    await world.runFor(100);
    const lost = await world.run(producer.send({ topic: "t", value: "v1" }).catch((error) => error));
    expect(lost).toMatchObject({ code: "DELIVERY_TIMED_OUT", mayHaveBeenWritten: false });
    expect(lost.message).toContain("sent 0 times");
  });

  it("carries on with the next epoch when a batch is refused for good", async () => {
    const { cluster, producer, world } = setUp({ producer: { batchBytes: 100 } });
    let seen = 0;
    cluster.fault = ({ api }) => {
      if (api !== "Produce") return null;
      return ++seen === 3 ? { kind: "code", code: ErrorCode.MESSAGE_TOO_LARGE } : null;
    };
    const results = numbers(20).map((value) =>
      producer.send({ topic: "t", value: value.padEnd(30) }).then(
        () => null,
        (error) => error,
      ),
    );
    const errors = await world.run(Promise.all(results));
    const failed = errors.filter((error) => error !== null);
    expect(failed.length).toBeGreaterThan(0);
    expect(failed[0].message).toContain("MESSAGE_TOO_LARGE");
    const expected = numbers(20).filter((_, index) => errors[index] === null);
    expect(values(cluster).map((value) => value.trim())).toEqual(expected);
  });

  it("starts a new epoch when the broker forgot the producer's past", async () => {
    const { cluster, producer, world } = setUp();
    await world.run(producer.send({ topic: "t", value: "v0" }));
    let refusals = 1;
    cluster.fault = ({ api }) =>
      api === "Produce" && refusals-- > 0 ? { kind: "code", code: ErrorCode.UNKNOWN_PRODUCER_ID } : null;
    await world.run(producer.send({ topic: "t", value: "v1" }));
    expect(values(cluster)).toEqual(["v0", "v1"]);
  });

  it("takes DUPLICATE_SEQUENCE_NUMBER for success", async () => {
    const { cluster, producer, world } = setUp();
    cluster.fault = ({ api }) =>
      api === "Produce" ? { kind: "code", code: ErrorCode.DUPLICATE_SEQUENCE_NUMBER } : null;
    expect((await world.run(producer.send({ topic: "t", value: "v" }))).offset).toBe(-1);
  });

  it("holds records back when the buffer is full, and loses none", async () => {
    const { cluster, producer, world } = setUp({ producer: { bufferBytes: 2_000 } });
    cluster.fault = ({ api }) => (api === "Produce" ? { kind: "delay", ms: 50 } : null);
    let waits = 0;
    let delivered = 0;
    const feed = async (): Promise<void> => {
      for (const value of numbers(200)) {
        const full = producer.enqueue({ topic: "t", value }, (error) => {
          if (error === null) delivered++;
        });
        if (full === undefined) continue;
        waits++;
        await full;
      }
      await producer.flush();
    };
    await world.run(feed());
    expect(waits).toBeGreaterThan(3);
    expect(delivered).toBe(200);
    expect(values(cluster)).toEqual(numbers(200));
  });

  it("keeps the order of sends that wait for room, and refuses after maxBlockMs", async () => {
    const { cluster, producer, world } = setUp({ producer: { bufferBytes: 500, maxBlockMs: 1_000 } });
    cluster.fault = ({ api }) => (api === "Produce" ? { kind: "delay", ms: 1 } : null);
    await world.run(producer.sendBatch(numbers(100).map((value) => ({ topic: "t", value }))));
    expect(values(cluster)).toEqual(numbers(100));
    cluster.fault = ({ api }) => (api === "Produce" ? { kind: "silence", carriedOut: false } : null);
    const sends = numbers(20).map((value) => producer.send({ topic: "t", value }));
    const settled = Promise.allSettled(sends);
    const last = await world.run(sends.at(-1)!.catch((error) => error));
    expect(last).toMatchObject({ code: "BUFFER_FULL", retriable: true });
    await world.run(producer.close({ timeoutMs: 0 }));
    expect((await world.run(settled)).every((result) => result.status === "rejected")).toBe(true);
  });

  it("fails records of an unknown topic, by name", async () => {
    const { producer, world } = setUp({ producer: { unknownTopicMs: 500 } });
    const sent = producer.send({ topic: "nowhere", value: "v" });
    await expect(world.run(sent)).rejects.toMatchObject({ code: "UNKNOWN_TOPIC" });
    await expect(world.run(producer.send({ topic: "nowhere", value: "v" }))).rejects.toThrow("topic nowhere");
  });

  it("waits for a topic that is being created", async () => {
    const { cluster, producer, world } = setUp();
    const sent = producer.send({ topic: "soon", value: "v" });
    await world.runFor(700);
    cluster.addTopic("soon");
    expect((await world.run(sent)).offset).toBe(0);
  });

  it("reports unwatched failures at flush", async () => {
    const { cluster, producer, world } = setUp();
    cluster.fault = ({ api }) =>
      api === "Produce" ? { kind: "code", code: ErrorCode.TOPIC_AUTHORIZATION_FAILED } : null;
    producer.enqueue({ topic: "t", value: "v" });
    await expect(world.run(producer.flush())).rejects.toThrow("TOPIC_AUTHORIZATION_FAILED");
    await world.run(producer.flush());
  });

  it("delivers what it has when it is closed, and takes nothing more", async () => {
    const { cluster, producer, world } = setUp({ producer: { lingerMs: 60_000 } });
    const sent = producer.send({ topic: "t", value: "v" });
    await world.runFor(1_000);
    expect(cluster.log("t").endOffset).toBe(0);
    await world.run(producer.close());
    expect((await world.run(sent)).offset).toBe(0);
    await expect(producer.send({ topic: "t", value: "v" })).rejects.toMatchObject({ code: "CLOSED" });
  });

  it("sends without an answer when acks is 0", async () => {
    const { cluster, producer, world } = setUp({ producer: { acks: 0 } });
    const place = await world.run(producer.send({ topic: "t", value: "v" }));
    expect(place.offset).toBe(-1);
    await world.runFor(100);
    expect(values(cluster)).toEqual(["v"]);
    expect(cluster.count("InitProducerId")).toBe(0);
  });

  it.each(["gzip", "snappy", "lz4", "zstd"] as const)("compresses with %s", async (compression) => {
    const { cluster, producer, world } = setUp({ producer: { compression } });
    await world.run(producer.sendBatch(numbers(50).map((value) => ({ topic: "t", value }))));
    expect(values(cluster)).toEqual(numbers(50));
  });

  it.each([3, 7, 9, 11])("speaks Produce v%i", async (version) => {
    const { cluster, producer, world } = setUp({ versions: { Produce: version } });
    await world.run(producer.send({ topic: "t", value: "v" }));
    expect(cluster.requests.find((request) => request.api === "Produce")!.version).toBe(version);
  });
});
