// test: what a producer and the compiler make of a run: the client's producer can be bound as it is, dead
// letters arrive in a cluster byte for byte, and handlers are given the types of their topics.
import { describe, expect, expectTypeOf, it } from "vitest";
import { FakeCluster } from "../../test/fakes/fake-cluster.ts";
import type { ConsumerBatch, ConsumerRecord, RecordOf } from "../consumer/consumer-record.ts";
import { ProducerClient } from "../producer/producer.ts";
import { string } from "../topics/codecs.ts";
import { json } from "../topics/json.ts";
import { topic } from "../topics/topic.ts";
import { deadLetter } from "./failure-policy.ts";
import type { BatchContext, HandedBatch, RunOptions } from "./run-options.ts";
import type { RunBatch, RunProducer, RunSource } from "./run-source.ts";
import { Runner } from "./runner.ts";

const orders = topic("orders", { key: string(), value: json<{ amount: number }>() });

describe("a run in its surroundings", () => {
  it("gives handlers the types of their topics", () => {
    type Order = RecordOf<typeof orders>;
    const take = (_options: RunOptions<Order>): void => {};
    take({
      eachRecord: async (record, { signal, attempt, origin }) => {
        expectTypeOf(record).toEqualTypeOf<ConsumerRecord<string, { amount: number }>>();
        expectTypeOf([signal.aborted, attempt, origin.topic]).toEqualTypeOf<(string | number | boolean)[]>();
      },
      order: "key",
    });
    take({
      eachBatch: (batch, context) => {
        expectTypeOf(batch).toEqualTypeOf<HandedBatch<Order>>();
        expectTypeOf(context).toEqualTypeOf<BatchContext>();
        context.processed(batch.records[0]!.offset);
      },
    });
    expectTypeOf<HandedBatch<Order>>().toExtend<ConsumerBatch<typeof orders>>();
    // @ts-expect-error batches keep the order of their partition
    take({ eachBatch: () => {}, order: "key" });
    // @ts-expect-error one of the two
    take({ eachBatch: () => {}, eachRecord: () => {} });
    // @ts-expect-error one of the two
    take({ concurrency: 5 });
  });

  it("writes dead letters by the client's producer", async () => {
    const cluster = new FakeCluster({ brokers: 2 });
    cluster.addTopic("orders", 2);
    cluster.addTopic("orders-dlq", 2);
    const producer = new ProducerClient(cluster.client, { bootstrap: cluster.bootstrap });
    const port: RunProducer = producer;
    const told: number[] = [];
    const key = Buffer.from([0, 255]);
    const value = Buffer.from([0xff, 0xfe, 0]);
    const headers = [
      { key: "trace", value: Uint8Array.of(0, 200) },
      { key: "trace", value: null },
    ];
    const batch: RunBatch<never> = {
      topic: "orders",
      partition: 1,
      generation: 1,
      isCurrent: () => true,
      records: [{ offset: 4, timestamp: 1, key, value, headers }],
      decode: () => {
        throw new TypeError("what is this");
      },
      nextOffset: 6,
      highWatermark: 6,
    };
    const batches = [batch];
    const source: RunSource<never> = {
      next: ({ signal }) => {
        const next = batches.shift();
        if (next !== undefined) return Promise.resolve(next);
        return new Promise((resolve) => signal!.addEventListener("abort", () => resolve(null)));
      },
      processed: (_place, _generation, nextOffset) => void told.push(nextOffset),
      pause: () => {},
      resume: () => {},
      alive: () => {},
      onRevoked: () => () => {},
      commit: async () => {},
      commitAtEnd: async () => {},
    };
    const topics = { ensureTopic: async () => ({ partitions: 2 }), follow: () => {} };
    const parts = { env: cluster.client, source, producer: port, topics, onEvent: null };
    const runner = new Runner<never>(parts, { eachRecord: () => {}, onError: deadLetter() });
    const ended = runner.start(["orders"]);
    expect(await cluster.world.runUntil(() => told.length > 0, { withinMs: 10_000 })).toBe("done");
    expect(told).toEqual([6]);
    const [letter] = cluster.log("orders-dlq", 1).records();
    expect(Buffer.from(letter!.key!)).toEqual(key);
    expect(Buffer.from(letter!.value!)).toEqual(value);
    const kept = letter!.headers.slice(0, 2).map(({ key: name, value: given }) => {
      return { key: name, value: given === null ? null : Uint8Array.from(given) };
    });
    expect(kept).toEqual(headers);
    const names = letter!.headers.map(({ key: name }) => name);
    expect(names).toContain("ottla-error-stack");
    await cluster.world.run(Promise.all([runner.stop(), ended, producer.close()]));
  });
});
