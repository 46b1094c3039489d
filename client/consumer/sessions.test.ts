// test: a consumer and its fetch sessions, against fake brokers that keep sessions as the real ones do: what
// goes over the wire, what happens when a session is lost, refused or not given, and how it ends.
import { describe, expect, it } from "vitest";
import { buildBatch } from "../../proto/batch/build.ts";
import { ErrorCode } from "../../proto/errors.ts";
import { FakeCluster, type FakeOptions } from "../../test/fakes/fake-cluster.ts";
import type { RawTopic } from "../topics/topic.ts";
import { ConsumerClient } from "./consumer.ts";
import type { ConsumerOptions } from "./consumer-options.ts";

function setUp(
  options: FakeOptions & { partitions?: number; consumer?: Partial<ConsumerOptions<RawTopic>> } = {},
): {
  cluster: FakeCluster;
  consumer: ConsumerClient;
  write: (partition: number, text: string) => void;
} {
  const cluster = new FakeCluster(options);
  cluster.addTopic("t", options.partitions ?? 4);
  const consumer = new ConsumerClient(cluster.client, {
    bootstrap: cluster.bootstrap,
    ...(options.consumer ?? {}),
  });
  const { codecs } = cluster.client;
  const write = (partition: number, text: string): void => {
    const records = [{ key: null, value: Buffer.from(text), timestamp: 1 }];
    cluster.log("t", partition).append(buildBatch({ records, codecs }));
  };
  return { cluster, consumer, write };
}

/** Each fetch: session id (0, or "id"), epoch, partitions named, partitions forgotten. */
function fetches(cluster: FakeCluster): string[] {
  return cluster.requests
    .filter(({ api }) => api === "Fetch")
    .map(({ body }) => {
      const count = (topics: { partitions: unknown[] }[]): number =>
        topics.reduce((sum, { partitions }) => sum + partitions.length, 0);
      const id = body.sessionId === 0 ? "0" : "id";
      return `${id}/${body.sessionEpoch} +${count(body.topics)} -${count(body.forgottenTopicsData)}`;
    });
}

async function take(consumer: ConsumerClient, count: number): Promise<string[]> {
  const taken: string[] = [];
  for await (const record of consumer) {
    taken.push(Buffer.from(record.value!).toString());
    if (taken.length === count) break;
  }
  return taken;
}

describe("a consumer's fetch sessions", () => {
  it("name a partition only when something changed", async () => {
    const { cluster, consumer, write } = setUp();
    await cluster.world.run(consumer.assign([{ topic: "t" }]));
    await cluster.world.runFor(200);
    const idle = fetches(cluster);
    expect(idle[0]).toBe("0/0 +4 -0");
    expect(idle.length).toBeGreaterThan(3);
    for (const [at, line] of idle.slice(1).entries()) expect(line).toBe(`id/${at + 1} +0 -0`);

    write(2, "one");
    expect(await cluster.world.run(take(consumer, 1))).toEqual(["one"]);
    await cluster.world.runFor(200);
    const after = fetches(cluster).slice(idle.length);
    expect(after.filter((line) => line.endsWith(" +1 -0")).length, "its offset, once").toBe(1);
    expect(after.filter((line) => !line.endsWith(" +0 -0")).length).toBe(1);

    consumer.pause([{ topic: "t", partition: 1 }]);
    await cluster.world.runFor(100);
    consumer.resume([{ topic: "t", partition: 1 }]);
    await cluster.world.runFor(100);
    const tail = fetches(cluster).slice(idle.length + after.length);
    const changes = tail.map((line) => line.slice(line.indexOf(" "))).filter((line) => line !== " +0 -0");
    expect(changes).toEqual([" +0 -1", " +1 -0"]);
  });

  it("begin anew when the broker has lost them, and after a lost connection", async () => {
    const { cluster, consumer, write } = setUp();
    await cluster.world.run(consumer.assign([{ topic: "t" }]));
    await cluster.world.runFor(100);
    const lose = async (how: () => void): Promise<string[]> => {
      const before = fetches(cluster).length;
      how();
      await cluster.world.runFor(1_000);
      write(0, "x");
      expect(await cluster.world.run(take(consumer, 1))).toEqual(["x"]);
      return fetches(cluster)
        .slice(before)
        .filter((line) => line.includes("/0 "));
    };
    expect(await lose(() => cluster.forgetSessions(1))).toEqual(["0/0 +4 -0"]);
    expect(await lose(() => cluster.cutAll(1))).toEqual([expect.stringMatching(/^id\/0 \+\d -0$/)]);
    expect(cluster.sessions.get(1)!.size, "the old one is not left behind").toBe(1);
  });

  it("lose no time when the broker refuses one", async () => {
    const { cluster, consumer, write } = setUp({
      consumer: { retryBackoffMs: 5_000, retryBackoffMaxMs: 9_000 },
    });
    await cluster.world.run(consumer.assign([{ topic: "t" }]));
    await cluster.world.runFor(100);
    cluster.forgetSessions(1);
    write(3, "x");
    const beganMs = cluster.client.clock.monotonicMs();
    expect(await cluster.world.run(take(consumer, 1))).toEqual(["x"]);
    expect(cluster.client.clock.monotonicMs() - beganMs).toBeLessThan(200);
  });

  it("are done without when the broker gives none, or knows none", async () => {
    for (const options of [{ sessionSlots: 0 }, { versions: { Fetch: 6 } }]) {
      const { cluster, consumer, write } = setUp(options);
      await cluster.world.run(consumer.assign([{ topic: "t" }]));
      await cluster.world.runFor(200);
      write(1, "x");
      expect(await cluster.world.run(take(consumer, 1))).toEqual(["x"]);
      const all = cluster.requests.filter(({ api }) => api === "Fetch");
      expect(all.length).toBeGreaterThan(3);
      for (const { body } of all) expect(body.topics[0].partitions.length).toBe(4);
    }
  });

  it("take one partition from each of several readers in turn", async () => {
    const { cluster, consumer, write } = setUp({ partitions: 1 });
    for (let n = 0; n < 5; n++) write(0, `v${n}`);
    const twice = [{ topic: "t" }, { topic: "t", from: { offset: 3 } }];
    await cluster.world.run(consumer.assign(twice));
    const all = await cluster.world.run(take(consumer, 7));
    expect(all.sort()).toEqual(["v0", "v1", "v2", "v3", "v3", "v4", "v4"]);
  });

  it("starve no partition, however much the others bring", async () => {
    const consumerOptions = { partitionBytes: 2_000, fetchBytes: 2_000, prefetchBytes: 4_000 };
    const { cluster, consumer, write } = setUp({ partitions: 8, consumer: consumerOptions });
    for (let n = 0; n < 60; n++) {
      for (let partition = 0; partition < 8; partition++) write(partition, `${partition} ${"x".repeat(400)}`);
    }
    await cluster.world.run(consumer.assign([{ topic: "t" }]));
    const some = await cluster.world.run(take(consumer, 160));
    const shares = Array.from({ length: 8 }, (_, at) => some.filter((text) => text[0] === `${at}`).length);
    expect(Math.min(...shares), shares.join()).toBeGreaterThan(5);
  });

  it("end when the consumer is closed, even while a fetch waits", async () => {
    const { cluster, consumer } = setUp({ brokers: 2 });
    await cluster.world.run(consumer.assign([{ topic: "t" }]));
    await cluster.world.runFor(205);
    const sizes = (): number[] => [1, 2].map((id) => cluster.sessions.get(id)!.size);
    expect(sizes()).toEqual([1, 1]);
    await cluster.world.run(consumer.close());
    await cluster.world.runFor(100);
    expect(sizes()).toEqual([0, 0]);
    expect(fetches(cluster).filter((line) => line === "id/-1 +0 -0").length).toBe(2);
  });

  it("do not spin on a broker that refuses even a first request", async () => {
    const { cluster, consumer } = setUp();
    await cluster.world.run(consumer.assign([{ topic: "t" }]));
    cluster.fault = ({ api }) =>
      api === "Fetch" ? { kind: "answer", body: { errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND } } : null;
    const before = cluster.count("Fetch");
    await cluster.world.runFor(10_000);
    expect(cluster.count("Fetch") - before).toBeLessThan(150);
    cluster.fault = () => null;
    await cluster.world.runFor(2_000);
    expect(fetches(cluster).at(-1)).toMatch(/^id\/\d+ \+0 -0$/);
  });
});
