// test: one suite of the client, everything it offers, on both clusters: brokers of our own, and brokers that
// we did not write. Topics are made and deleted.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ClientEnv } from "../../base/ports/env.ts";
import type { Network, Socket } from "../../base/ports/network.ts";
import { realClientEnv } from "../../base/real/env.ts";
import { SeededRandom } from "../../base/virtual/seeded-random.ts";
import { Admin, Consumer, json, Producer, string, topic } from "../../client/index.ts";
import { ProducerClient } from "../../client/producer/producer.ts";
import { type Side, sides } from "./sides.ts";

const run = `ottla-conformance-${Date.now()}`;

const text = (bytes: Uint8Array | null): string => Buffer.from(bytes ?? []).toString();

/** A network that cuts connections after a request went out, so that the answer is lost. */
function cutting(network: Network, random: SeededRandom, state: { rate: number; cuts: number }): Network {
  const wrap = (socket: Socket): Socket => ({
    remote: socket.remote,
    start: (events) => socket.start(events),
    write: (chunks) => {
      const isRoom = socket.write(chunks);
      if (random.float() < state.rate) {
        state.cuts++;
        // Late enough for the bytes to leave, mostly too early for the answer to be read.
        setTimeout(() => socket.destroy(), random.uint32() % 4);
      }
      return isRoom;
    },
    pendingBytes: () => socket.pendingBytes(),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    end: () => socket.end(),
    destroy: () => socket.destroy(),
  });
  return {
    listen: (options) => network.listen(options),
    connect: async (options) => wrap(await network.connect(options)),
  };
}

describe.each(sides)("the client on $name", (side) => {
  const made: string[] = [];
  let running: Awaited<ReturnType<Side["start"]>>;
  let bootstrap: string;
  let admin: Admin;

  beforeAll(async () => {
    running = await side.start();
    bootstrap = running.bootstrap;
    admin = new Admin({ bootstrap });
  });

  afterAll(async () => {
    if (made.length > 0) await admin.deleteTopics(made);
    await admin.close();
    await running.stop();
  });

  async function makeTopic(name: string, partitions: number, configs = {}): Promise<string> {
    const full = `${run}-${name}`;
    await admin.createTopics([{ name: full, partitions, replicationFactor: 1, configs }]);
    made.push(full);
    await admin.waitForTopic(full);
    return full;
  }

  it("the admin describes the cluster and its topics", async () => {
    const name = await makeTopic("admin", 3, { "retention.ms": 3_600_000 });
    const cluster = await admin.describeCluster();
    expect(cluster.brokers.length).toBeGreaterThan(0);
    const [described] = await admin.describeTopics([name]);
    expect(described!.partitions.map((item) => item.partition)).toEqual([0, 1, 2]);
    expect((await admin.listTopics()).map((item) => item.name)).toContain(name);
    const [configs] = await admin.describeConfigs([{ type: "topic", name }]);
    const retention = configs!.configs.find((item) => item.name === "retention.ms");
    expect(retention).toMatchObject({ value: "3600000", source: "topic" });
    await expect(admin.createTopics([{ name }])).rejects.toMatchObject({ errorName: "TOPIC_ALREADY_EXISTS" });
    await expect(admin.createTopics([{ name: `${name}-x`, configs: { nope: 1 } }])).rejects.toThrow("nope");
    await expect(admin.deleteTopics([`${name}-none`])).rejects.toMatchObject({ code: "UNKNOWN_TOPIC" });
    expect((await admin.describeQuorum()).voters.length).toBeGreaterThan(0);
  });

  it.each(["none", "gzip", "snappy", "lz4", "zstd"] as const)(
    "%s goes there and back",
    async (compression) => {
      const name = await makeTopic(compression, 2);
      const flights = topic(name, { key: string(), value: json<{ n: number; pad: string }>() });
      await using producer = new Producer({ bootstrap, compression });
      const sent = await producer.sendBatch(
        Array.from({ length: 500 }, (_, n) => ({
          topic: flights,
          key: `key-${n % 7}`,
          value: { n, pad: "x".repeat(200) },
          timestamp: 1_000_000 + n,
          headers: { n: String(n) },
        })),
      );
      await using consumer = new Consumer({ bootstrap, topics: [flights] });
      await consumer.assign([{ topic: flights }]);
      const seen = new Map<number, string>();
      for await (const record of consumer.readToEnd()) {
        expect(record.timestamp).toBe(1_000_000 + record.value.n);
        expect(record.key).toBe(`key-${record.value.n % 7}`);
        expect(text(record.headers[0]!.value)).toBe(String(record.value.n));
        seen.set(record.value.n, `${record.partition} ${record.offset}`);
      }
      expect(sent.map((place) => `${place.partition} ${place.offset}`)).toEqual(
        sent.map((_, n) => seen.get(n)),
      );
    },
  );

  it("offsets are found by time, and reading begins there", async () => {
    const name = await makeTopic("time", 1);
    await using producer = new Producer({ bootstrap, batchBytes: 500 });
    for (let n = 0; n < 100; n++)
      producer.enqueue({ topic: name, value: `v${n}`, timestamp: 5_000 + 10 * n });
    await producer.flush();
    const at = async (place: Parameters<Admin["listOffsets"]>[0]["at"]) =>
      (await admin.listOffsets({ topic: name, partition: 0, at: place }))[0]!;
    expect((await at("earliest")).offset).toBe(0);
    expect((await at("latest")).offset).toBe(100);
    expect(await at({ timestamp: 5_105 })).toMatchObject({ offset: 11, timestamp: 5_110 });
    expect((await at({ timestamp: 9_999 })).offset).toBe(-1);
    expect(await at("maxTimestamp")).toMatchObject({ timestamp: 5_990 });
    await using consumer = new Consumer({ bootstrap });
    await consumer.assign([{ topic: name, from: { timestamp: 5_500 }, to: { offset: 53 } }]);
    const values: string[] = [];
    for await (const record of consumer) values.push(text(record.value));
    expect(values).toEqual(["v50", "v51", "v52"]);
  });

  it("an idempotent producer writes once and in order though answers are lost", async () => {
    const name = await makeTopic("once", 3);
    const random = new SeededRandom(Date.now());
    const state = { rate: 0.2, cuts: 0 };
    const real = realClientEnv();
    const env: ClientEnv = { ...real, network: cutting(real.network, random, state) };
    const producer = new ProducerClient(env, { bootstrap, batchBytes: 400, retryBackoffMs: 5 });
    const count = 3_000;
    let delivered = 0;
    for (let n = 0; n < count; n++) {
      const record = { topic: name, key: `key-${n % 10}`, value: String(n) };
      const full = producer.enqueue(record, (error) => {
        if (error === null) delivered++;
      });
      if (full !== undefined) await full;
      if (n % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await producer.flush();
    state.rate = 0;
    await producer.close();
    expect(state.cuts).toBeGreaterThan(3);
    expect(delivered).toBe(count);
    await using consumer = new Consumer({ bootstrap });
    await consumer.assign([{ topic: name }]);
    const byKey = new Map<string, number[]>();
    for await (const record of consumer.readToEnd()) {
      const numbers = byKey.get(text(record.key)) ?? [];
      numbers.push(Number(text(record.value)));
      byKey.set(text(record.key), numbers);
    }
    for (let key = 0; key < 10; key++) {
      const expected = Array.from({ length: count / 10 }, (_, index) => key + 10 * index);
      expect(byKey.get(`key-${key}`)).toEqual(expected);
    }
  });

  it("a consumer follows what comes, and says what is missing", async () => {
    const name = await makeTopic("live", 1);
    await using producer = new Producer({ bootstrap, acks: 1 });
    await using consumer = new Consumer({ bootstrap });
    await consumer.assign([{ topic: name, from: "latest" }]);
    const stop = new AbortController();
    const reading = (async () => {
      const values: string[] = [];
      for await (const record of consumer.records({ signal: stop.signal })) {
        values.push(text(record.value));
        if (values.length === 20) stop.abort();
      }
      return values;
    })();
    for (let n = 0; n < 20; n++) await producer.send({ topic: name, value: `v${n}` });
    expect(await reading).toEqual(Array.from({ length: 20 }, (_, n) => `v${n}`));
    await consumer.assign([{ topic: name, partition: 0, from: { offset: 500 } }]);
    const next = consumer.records().next();
    await expect(next).rejects.toThrow(`read ${name}-0 at offset 500: the log holds 0 to 20`);
  });

  it("what the broker refuses is told by name", async () => {
    const name = await makeTopic("refused", 1, { "max.message.bytes": 1_000 });
    await using producer = new Producer({ bootstrap });
    const large = producer.send({ topic: name, value: Buffer.alloc(5_000, 7) });
    await expect(large).rejects.toMatchObject({ errorName: "MESSAGE_TOO_LARGE" });
    expect((await producer.send({ topic: name, value: "small" })).offset).toBe(0);
  });
});
