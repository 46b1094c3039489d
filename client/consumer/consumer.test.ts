// test: the consumer against fake brokers on a virtual network: places to begin, ends, order, back-pressure,
// changes of leader, truncation, transactions, errors.
import { describe, expect, it } from "vitest";
import { buildBatch } from "../../proto/batch/build.ts";
import { buildEndTransactionMarker } from "../../proto/batch/control.ts";
import { ErrorCode } from "../../proto/errors.ts";
import { FakeCluster, type FakeOptions } from "../../test/fakes/fake-cluster.ts";
import type { FakeLog } from "../../test/fakes/fake-log.ts";
import { LogTruncationError, OffsetOutOfRangeError, RecordFormatError } from "../errors.ts";
import { int32, string } from "../topics/codecs.ts";
import { json } from "../topics/json.ts";
import type { AnyTopic, RawTopic } from "../topics/topic.ts";
import { topic } from "../topics/topic.ts";
import { ConsumerClient } from "./consumer.ts";
import type { ConsumerOptions } from "./consumer-options.ts";

function setUp<T extends AnyTopic = RawTopic>(
  options: FakeOptions & { partitions?: number; consumer?: Partial<ConsumerOptions<T>> } = {},
) {
  const cluster = new FakeCluster(options);
  cluster.addTopic("t", options.partitions ?? 1);
  const consumer = new ConsumerClient<T>(cluster.client, {
    bootstrap: cluster.bootstrap,
    ...(options.consumer ?? {}),
  } as ConsumerOptions<T>);
  return { cluster, consumer, world: cluster.world };
}

interface Fill {
  from?: number;
  key?: string;
  /** Records of one batch. */
  each?: number;
  producerId?: number;
}

/** Appends `count` records with the values v0, v1, ... and timestamps 1000, 1001, ... */
function fill(cluster: FakeCluster, log: FakeLog, count: number, options: Fill = {}): void {
  const { from = 0, each = 10, producerId = -1 } = options;
  for (let at = 0; at < count; at += each) {
    const records = Array.from({ length: Math.min(each, count - at) }, (_, index) => ({
      key: options.key === undefined ? null : Buffer.from(options.key),
      value: Buffer.from(`v${from + at + index}`),
      timestamp: 1_000 + from + at + index,
    }));
    const { codecs } = cluster.client;
    const isTransactional = producerId >= 0;
    // Sequence numbers are of no concern here, so every batch looks like the first of an epoch.
    log.append(
      buildBatch({ records, codecs, producerId, baseSequence: 0, producerEpoch: epoch++, isTransactional }),
    );
  }
}
let epoch = 0;

const text = (bytes: Uint8Array | null): string => Buffer.from(bytes ?? []).toString();
const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => `v${from + index}`);

async function take<Item>(items: AsyncIterable<Item>, count: number): Promise<Item[]> {
  const taken: Item[] = [];
  for await (const item of items) {
    taken.push(item);
    if (taken.length === count) break;
  }
  return taken;
}

const valuesOf = (records: { value: Uint8Array | null }[]): string[] =>
  records.map((record) => text(record.value));

describe("a consumer", () => {
  it("reads from the start to the end and stops", async () => {
    const { cluster, consumer, world } = setUp({ partitions: 3, brokers: 2 });
    for (const log of cluster.topics.get("t")!.logs) fill(cluster, log, 25);
    await world.run(consumer.assign([{ topic: "t" }]));
    const records = await world.run(take(consumer.readToEnd(), 1_000));
    for (let partition = 0; partition < 3; partition++) {
      const own = records.filter((record) => record.partition === partition);
      expect(valuesOf(own)).toEqual(numbers(0, 25));
      expect(own.map((record) => record.offset)).toEqual(own.map((_, index) => index));
      expect(consumer.position({ topic: "t", partition })).toBe(25);
    }
    expect(await world.run(take(consumer.readToEnd(), 10))).toEqual([]);
    await world.run(consumer.close());
  });

  it("begins where it is told", async () => {
    const { cluster, consumer, world } = setUp();
    fill(cluster, cluster.log("t"), 40);
    const firstFrom = async (from: Parameters<typeof consumer.seek>[1]): Promise<string> => {
      await consumer.assign([{ topic: "t", partition: 0, from }]);
      return text((await take(consumer, 1))[0]!.value);
    };
    expect(await world.run(firstFrom("earliest"))).toBe("v0");
    expect(await world.run(firstFrom({ offset: 17 }))).toBe("v17");
    expect(await world.run(firstFrom({ timestamp: 1_023 }))).toBe("v23");
    const coming = firstFrom("latest");
    await world.runFor(500);
    fill(cluster, cluster.log("t"), 1, { from: 40 });
    expect(await world.run(coming)).toBe("v40");
    const late = firstFrom({ timestamp: new Date(9_000_000) });
    await world.runFor(500);
    fill(cluster, cluster.log("t"), 1, { from: 41 });
    expect(await world.run(late)).toBe("v41");
  });

  it("reads a range of offsets, exclusive", async () => {
    const { cluster, consumer, world } = setUp();
    fill(cluster, cluster.log("t"), 40);
    await world.run(consumer.assign([{ topic: "t", partition: 0, from: { offset: 7 }, to: { offset: 23 } }]));
    expect(valuesOf(await world.run(take(consumer, 1_000)))).toEqual(numbers(7, 23));
    await world.run(consumer.assign([{ topic: "t", from: { offset: 38 }, to: "end" }]));
    fill(cluster, cluster.log("t"), 5, { from: 40 });
    const batches = await world.run(take(consumer.batches(), 9));
    expect(batches.flatMap((batch) => valuesOf([...batch.records]))).toEqual(numbers(38, 40));
  });

  it("goes on where an iteration stopped, and reads batches too", async () => {
    const { cluster, consumer, world } = setUp();
    fill(cluster, cluster.log("t"), 40);
    await world.run(consumer.assign([{ topic: "t" }]));
    expect(valuesOf(await world.run(take(consumer, 13)))).toEqual(numbers(0, 13));
    const [batch] = await world.run(take(consumer.batches(), 1));
    expect(valuesOf([...batch!.records])).toEqual(numbers(13, 20));
    expect(batch).toMatchObject({ topic: "t", partition: 0, nextOffset: 20, highWatermark: 40 });
    expect(valuesOf(await world.run(take(consumer, 3)))).toEqual(numbers(20, 23));
    await world.run(consumer.seek({ topic: "t", partition: 0 }, { offset: 2 }));
    expect(valuesOf(await world.run(take(consumer, 2)))).toEqual(numbers(2, 4));
  });

  it("drops what it holds of a batch at a seek", async () => {
    const { cluster, consumer, world } = setUp();
    fill(cluster, cluster.log("t"), 40);
    await world.run(consumer.assign([{ topic: "t" }]));
    const seen: string[] = [];
    const read = async (): Promise<void> => {
      for await (const record of consumer) {
        seen.push(text(record.value));
        if (seen.length === 3) await consumer.seek({ topic: "t", partition: 0 }, { offset: 30 });
        if (seen.length === 5) break;
      }
    };
    await world.run(read());
    expect(seen).toEqual(["v0", "v1", "v2", "v30", "v31"]);
  });

  it("keeps paused partitions back", async () => {
    const { cluster, consumer, world } = setUp({ partitions: 2 });
    fill(cluster, cluster.log("t", 0), 30);
    fill(cluster, cluster.log("t", 1), 30);
    await world.run(consumer.assign([{ topic: "t" }]));
    const one = { topic: "t", partition: 0 };
    consumer.pause([one]);
    const some = await world.run(take(consumer, 30));
    expect(new Set(some.map((record) => record.partition))).toEqual(new Set([1]));
    consumer.resume([one]);
    expect((await world.run(take(consumer, 30))).every((record) => record.partition === 0)).toBe(true);
  });

  it("fetches no further ahead than it may", async () => {
    const consumerOptions = { prefetchBytes: 4_000, partitionBytes: 1_000 };
    const { cluster, consumer, world } = setUp({ consumer: consumerOptions });
    fill(cluster, cluster.log("t"), 5_000, { each: 20 });
    await world.run(consumer.assign([{ topic: "t" }]));
    await world.runFor(2_000);
    const fetches = cluster.count("Fetch");
    expect(fetches).toBeLessThan(10);
    const all = await world.run(take(consumer.readToEnd(), 5_001));
    expect(valuesOf(all)).toEqual(numbers(0, 5_000));
    expect(cluster.count("Fetch")).toBeGreaterThan(fetches * 5);
  });

  it("follows leaders, through cuts and refusals, without gap or repetition", async () => {
    const { cluster, consumer, world } = setUp({ brokers: 3, consumer: { partitionBytes: 700 } });
    fill(cluster, cluster.log("t"), 600);
    let n = 0;
    cluster.fault = ({ api }) => {
      if (api !== "Fetch") return null;
      n++;
      if (n % 7 === 1) cluster.log("t").moveTo(1 + (n % 3));
      if (n % 5 === 2) return { kind: "cutAfter" };
      if (n % 5 === 3) return { kind: "code", code: ErrorCode.KAFKA_STORAGE_ERROR };
      return null;
    };
    await world.run(consumer.assign([{ topic: "t" }]));
    expect(valuesOf(await world.run(take(consumer, 600)))).toEqual(numbers(0, 600));
  });

  it("does not wait long for a leader that is silent and replaced", async () => {
    const { cluster, consumer, world } = setUp({ brokers: 2 });
    fill(cluster, cluster.log("t"), 10);
    await world.run(consumer.assign([{ topic: "t" }]));
    await world.run(take(consumer, 10));
    cluster.fault = ({ api, broker }) =>
      api === "Fetch" && broker === 1 ? { kind: "silence", carriedOut: false } : null;
    await world.runFor(200);
    cluster.log("t").moveTo(2);
    fill(cluster, cluster.log("t"), 5, { from: 10 });
    const before = cluster.client.clock.monotonicMs();
    expect(valuesOf(await world.run(take(consumer, 5)))).toEqual(numbers(10, 15));
    expect(cluster.client.clock.monotonicMs() - before).toBeLessThan(4_000);
  });

  it("tells of a truncated log (KIP-320), and goes on after a seek", async () => {
    const { cluster, consumer, world } = setUp({ brokers: 2 });
    fill(cluster, cluster.log("t"), 40);
    await world.run(consumer.assign([{ topic: "t" }]));
    await world.run(take(consumer, 40));
    cluster.log("t").truncateTo(30, 2);
    fill(cluster, cluster.log("t"), 20, { from: 100 });
    const error = await world.run(take(consumer, 1).catch((reason) => reason));
    expect(error).toBeInstanceOf(LogTruncationError);
    expect(error).toMatchObject({ topic: "t", partition: 0, offset: 40, divergentOffset: 30 });
    await world.run(consumer.seek({ topic: "t", partition: 0 }, { offset: error.divergentOffset }));
    expect(valuesOf(await world.run(take(consumer, 20)))).toEqual(numbers(100, 120));
  });

  it("fetches again what was fetched but not read when the log was cut after the position", async () => {
    const { cluster, consumer, world } = setUp({ brokers: 2 });
    fill(cluster, cluster.log("t"), 40);
    await world.run(consumer.assign([{ topic: "t" }]));
    await world.run(take(consumer, 10));
    await world.runFor(100);
    cluster.log("t").truncateTo(30, 2);
    fill(cluster, cluster.log("t"), 10, { from: 100 });
    await world.runFor(3_000);
    expect(valuesOf(await world.run(take(consumer, 30)))).toEqual([...numbers(10, 30), ...numbers(100, 110)]);
  });

  it("asks again for a while when a leader says that its log ends before the position", async () => {
    const { cluster, consumer, world } = setUp();
    fill(cluster, cluster.log("t"), 20);
    await world.run(consumer.assign([{ topic: "t", partition: 0, from: { offset: 30 } }]));
    const taken = take(consumer, 10);
    await world.runFor(2_000);
    fill(cluster, cluster.log("t"), 20, { from: 20 });
    expect(valuesOf(await world.run(taken))).toEqual(numbers(30, 40));

    await world.run(consumer.seek({ topic: "t", partition: 0 }, { offset: 50 }));
    const error = await world.run(take(consumer, 1).catch((reason) => reason));
    expect(error.message).toBe("read t-0 at offset 50: the log holds 0 to 40");
  });

  it("says what is there when its offset is not, or goes on where it was told to", async () => {
    const strict = setUp();
    fill(strict.cluster, strict.cluster.log("t"), 40);
    strict.cluster.log("t").trimTo(20);
    await strict.world.run(strict.consumer.assign([{ topic: "t", partition: 0, from: { offset: 5 } }]));
    const error = await strict.world.run(take(strict.consumer, 1).catch((reason) => reason));
    expect(error).toBeInstanceOf(OffsetOutOfRangeError);
    expect(error.message).toBe("read t-0 at offset 5: the log holds 20 to 40");

    for (const [offsetReset, first] of [["earliest", "v20"] as const, ["latest", "v40"] as const]) {
      const { cluster, consumer, world } = setUp({ consumer: { offsetReset } });
      fill(cluster, cluster.log("t"), 40);
      cluster.log("t").trimTo(20);
      await world.run(consumer.assign([{ topic: "t", partition: 0, from: { offset: 5 } }]));
      await world.runFor(1_000);
      fill(cluster, cluster.log("t"), 1, { from: 40 });
      expect(valuesOf(await world.run(take(consumer, 1)))).toEqual([first]);
    }
  });

  it("notices a topic that was deleted and made again", async () => {
    for (const offsetReset of ["error", "earliest"] as const) {
      const { cluster, consumer, world } = setUp({ consumer: { offsetReset } });
      fill(cluster, cluster.log("t"), 20);
      cluster.log("t").moveTo(1);
      await world.run(consumer.assign([{ topic: "t" }]));
      await world.run(take(consumer, 10));
      cluster.topics.delete("t");
      await world.runFor(1_000);
      cluster.addTopic("t");
      fill(cluster, cluster.log("t"), 30, { from: 100 });
      expect(valuesOf(await world.run(take(consumer, 10))), "what is left of the old one").toEqual(
        numbers(10, 20),
      );
      const next = world.run(take(consumer, 30));
      if (offsetReset === "earliest") expect(valuesOf(await next)).toEqual(numbers(100, 130));
      else await expect(next).rejects.toMatchObject({ code: "TOPIC_REPLACED" });
    }
  });

  it("hides markers, and what was aborted from readers of what is committed", async () => {
    for (const isolation of ["readUncommitted", "readCommitted"] as const) {
      const { cluster, consumer, world } = setUp({ consumer: { isolation } });
      const log = cluster.log("t");
      const mark = (producerId: number, isCommit: boolean): void => {
        const { codecs } = cluster.client;
        const header = { codecs, timestamp: 1, producerId, producerEpoch: epoch++, coordinatorEpoch: 0 };
        log.append(buildEndTransactionMarker({ ...header, isCommit }));
      };
      fill(cluster, log, 2);
      log.aborted.push({ producerId: 9, firstOffset: 2 });
      fill(cluster, log, 3, { from: 2, producerId: 9 });
      fill(cluster, log, 2, { from: 5, producerId: 8 });
      mark(9, false);
      mark(8, true);
      fill(cluster, log, 2, { from: 7, producerId: 9 });
      mark(9, true);
      await world.run(consumer.assign([{ topic: "t" }]));
      const seen = valuesOf(await world.run(take(consumer.readToEnd(), 100)));
      expect(seen).toEqual(
        isolation === "readCommitted" ? [...numbers(0, 2), ...numbers(5, 9)] : numbers(0, 9),
      );
      expect(consumer.position({ topic: "t", partition: 0 })).toBe(12);
    }
  });

  it("refuses damaged batches", async () => {
    const { cluster, consumer, world } = setUp();
    fill(cluster, cluster.log("t"), 20);
    const read = cluster.log("t").read.bind(cluster.log("t"));
    cluster.log("t").read = (offset, bytesMax) => {
      const bytes = read(offset, bytesMax);
      if (bytes.length > 300) bytes[bytes.length - 3]! ^= 1;
      return bytes;
    };
    await world.run(consumer.assign([{ topic: "t" }]));
    expect(valuesOf(await world.run(take(consumer, 10)))).toEqual(numbers(0, 10));
    await expect(world.run(take(consumer, 1))).rejects.toThrow("t-0 at offset 10: the checksum");
    expect(consumer.position({ topic: "t", partition: 0 })).toBe(10);
  });

  it("decodes by the topic's types, and stops or skips at what does not fit", async () => {
    const typed = topic("t", { key: string(), value: json<{ n: number }>() });
    const invalid: RecordFormatError[] = [];
    const { cluster, consumer, world } = setUp<typeof typed>({ consumer: { topics: [typed] } });
    const lenient = new ConsumerClient(cluster.client, {
      bootstrap: cluster.bootstrap,
      topics: [typed],
      onInvalid: (error) => invalid.push(error),
    });
    const { codecs } = cluster.client;
    for (const value of ['{"n":1}', "{", '{"n":3}']) {
      const records = [{ key: Buffer.from("k"), value: Buffer.from(value), timestamp: 5 }];
      cluster.log("t").append(buildBatch({ records, codecs }));
    }
    await world.run(consumer.assign([{ topic: typed }]));
    const [first] = await world.run(take(consumer, 1));
    expect([first!.key, first!.value.n]).toEqual(["k", 1]);
    const error = await world.run(take(consumer, 1).catch((reason) => reason));
    expect(error).toBeInstanceOf(RecordFormatError);
    expect(error).toMatchObject({ topic: "t", partition: 0, offset: 1, part: "value" });
    await world.run(consumer.seek({ topic: "t", partition: 0 }, { offset: 2 }));
    expect((await world.run(take(consumer, 1)))[0]!.value.n).toBe(3);

    await world.run(lenient.assign([{ topic: "t" }]));
    const rest = await world.run(take(lenient.readToEnd(), 9));
    expect(rest.map((record) => record.value.n)).toEqual([1, 3]);
    expect(invalid.map((item) => item.offset)).toEqual([1]);
    const foreign = topic("u", { value: int32() });
    await expect(lenient.assign([{ topic: foreign as never }])).rejects.toThrow("u is not among them");
  });

  it("ends an iteration when it is aborted or closed, and allows one at a time", async () => {
    const { cluster, consumer, world } = setUp();
    fill(cluster, cluster.log("t"), 5);
    await expect(take(consumer, 1)).rejects.toMatchObject({ code: "NOTHING_ASSIGNED" });
    await world.run(consumer.assign([{ topic: "t" }]));
    const stop = new AbortController();
    const aborted = take(consumer.records({ signal: stop.signal }), 100);
    await world.runFor(300);
    await expect(take(consumer, 1)).rejects.toMatchObject({ code: "ALREADY_READING" });
    stop.abort();
    expect((await world.run(aborted)).length).toBe(5);
    const closed = take(consumer, 100);
    await world.runFor(100);
    await world.run(consumer.close());
    expect(await world.run(closed)).toEqual([]);
    await expect(consumer.assign([{ topic: "t" }])).rejects.toMatchObject({ code: "CLOSED" });
  });

  it("is closed by its own signal", async () => {
    const stop = new AbortController();
    const { consumer, world } = setUp({ consumer: { signal: stop.signal } });
    await world.run(consumer.assign([{ topic: "t" }]));
    const reading = take(consumer, 1);
    stop.abort();
    expect(await world.run(reading)).toEqual([]);
  });

  it("says what is wrong with an assignment", async () => {
    const { consumer, world } = setUp({ consumer: { unknownTopicMs: 300 } });
    const assign = (item: object) => world.run(consumer.assign([item as never]));
    await expect(assign({ topic: "nope" })).rejects.toMatchObject({ code: "UNKNOWN_TOPIC" });
    await expect(assign({ topic: "t", partition: 1 })).rejects.toThrow("t has the partitions 0 to 0, not 1");
    await expect(assign({ topic: "t", from: "start" })).rejects.toThrow('from is "start"; it should be');
  });

  it.each([4, 11, 12, 13, 17])("speaks Fetch v%i", async (version) => {
    const { cluster, consumer, world } = setUp({ versions: { Fetch: version } });
    fill(cluster, cluster.log("t"), 5);
    await world.run(consumer.assign([{ topic: "t" }]));
    expect(valuesOf(await world.run(take(consumer.readToEnd(), 9)))).toEqual(numbers(0, 5));
    expect(cluster.requests.find((request) => request.api === "Fetch")!.version).toBe(version);
  });
});
