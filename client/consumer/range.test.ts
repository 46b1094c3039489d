// test: pieces of topics by time and offset: what belongs to them, that they end, in which order they come,
// and that the consumer they are asked of goes on undisturbed.
import { describe, expect, it } from "vitest";
import { createVirtualWorld } from "../../base/virtual/world.ts";
import { buildBatch } from "../../proto/batch/build.ts";
import { FakeCluster, type FakeOptions } from "../../test/fakes/fake-cluster.ts";
import type { FakeLog } from "../../test/fakes/fake-log.ts";
import { OffsetOutOfRangeError } from "../errors.ts";
import { string } from "../topics/codecs.ts";
import { topic } from "../topics/topic.ts";
import { ConsumerClient } from "./consumer.ts";
import type { ConsumerOptions } from "./consumer-options.ts";
import { planRange, type RangeQuery, spanOf } from "./range-query.ts";
import { TimeMerge } from "./time-merge.ts";

const texts = topic("t", { value: string() });
type Texts = typeof texts;

function setUp(
  options: FakeOptions & { partitions?: number; consumer?: Partial<ConsumerOptions<Texts>> } = {},
) {
  const cluster = new FakeCluster({ brokers: 2, ...options });
  const made = cluster.addTopic("t", options.partitions ?? 1);
  const consumer = new ConsumerClient<Texts>(cluster.client, {
    bootstrap: cluster.bootstrap,
    topics: [texts],
    ...(options.consumer ?? {}),
  });
  const { world } = cluster;
  /** "partition:offset@timestamp". */
  const read = async (query: Omit<RangeQuery<Texts>, "topic">): Promise<string[]> => {
    const seen: string[] = [];
    const all = async (): Promise<void> => {
      for await (const one of consumer.range({ topic: "t", ...query }))
        seen.push(`${one.partition}:${one.offset}@${one.timestamp}`);
    };
    await world.run(all());
    return seen;
  };
  return { cluster, consumer, world, logs: made.logs, read };
}

/** One batch with a record of each time; its value names the time. */
function append(cluster: FakeCluster, log: FakeLog, ...times: number[]): void {
  const { codecs } = cluster.client;
  const records = times.map((timestamp) => ({ key: null, value: Buffer.from(`at ${timestamp}`), timestamp }));
  log.append(buildBatch({ records, codecs }));
}

describe("a range by time", () => {
  it("has the records from the first time on and before the second", async () => {
    const { cluster, logs, read } = setUp();
    for (const at of [100, 200, 300, 400]) append(cluster, logs[0]!, at, at + 50);
    expect(await read({ from: 150, to: 350 })).toEqual(["0:1@150", "0:2@200", "0:3@250", "0:4@300"]);
    expect(await read({ from: new Date(350), to: "1970-01-01T00:00:00.450Z" })).toEqual([
      "0:5@350",
      "0:6@400",
    ]);
    expect(await read({ to: 101 })).toEqual(["0:0@100"]);
    expect(await read({ from: 401 })).toEqual(["0:7@450"]);
    expect(await read({ from: 451 })).toEqual([]);
    expect(await read({ from: 200, to: 200 })).toEqual([]);
    expect((await read({})).length).toBe(8);
  });

  it("leaves out what has another time; with `exact` finds what came late too", async () => {
    const { cluster, logs, read } = setUp();
    append(cluster, logs[0]!, 100, 300, 150, 320);
    append(cluster, logs[0]!, 500, 310, 90, 600);
    expect(await read({ from: 200, to: 400 })).toEqual(["0:1@300", "0:3@320"]);
    expect(await read({ from: 200, to: 400, exact: true })).toEqual(["0:1@300", "0:3@320", "0:5@310"]);
    // Every record of the range, whatever the order of times.
    const { logs: more, cluster: other, read: readMore } = setUp();
    const random = createVirtualWorld({ seed: "times" }).random;
    const times = Array.from({ length: 200 }, () => random.uint32() % 1_000);
    for (let at = 0; at < times.length; at += 7) append(other, more[0]!, ...times.slice(at, at + 7));
    for (const [from, to] of [
      [0, 1_000],
      [300, 600],
      [990, 2_000],
      [500, 501],
    ] as const) {
      const wanted = times.flatMap((time, offset) =>
        time >= from && time < to ? [`0:${offset}@${time}`] : [],
      );
      expect(await readMore({ from, to, exact: true })).toEqual(wanted);
    }
  });

  it("ends at what is the end when it begins, however much comes in", async () => {
    const { cluster, consumer, world, logs } = setUp();
    append(cluster, logs[0]!, 1, 2, 3);
    const seen: number[] = [];
    const all = async (): Promise<void> => {
      for await (const { timestamp } of consumer.range({ topic: texts, from: 2 })) {
        seen.push(timestamp);
        append(cluster, logs[0]!, 10 + timestamp);
      }
    };
    await world.run(all());
    expect(seen).toEqual([2, 3]);
  });

  it("can be read again, and batch by batch with decoded values", async () => {
    const { cluster, consumer, world, logs } = setUp();
    append(cluster, logs[0]!, 1, 2);
    append(cluster, logs[0]!, 3);
    const range = consumer.range({ topic: "t", from: 2 });
    const read = async (): Promise<string[][]> => {
      const batches: string[][] = [];
      for await (const { records } of range.batches()) batches.push(records.map(({ value }) => value));
      return batches;
    };
    for (let n = 0; n < 2; n++) expect(await world.run(read())).toEqual([["at 2"], ["at 3"]]);
  });
});

describe("a range by offset", () => {
  it("has the offsets from one to another, and no more than are there", async () => {
    const { cluster, logs, read } = setUp({ partitions: 2 });
    append(cluster, logs[1]!, 1, 2, 3);
    append(cluster, logs[1]!, 4, 5);
    const partitions = [1];
    expect(await read({ partitions, from: { offset: 2 }, to: { offset: 4 } })).toEqual(["1:2@3", "1:3@4"]);
    expect(await read({ partitions, from: { offset: 4 }, to: { offset: 99 } })).toEqual(["1:4@5"]);
    expect(await read({ partitions, from: 4, to: { offset: 4 } })).toEqual(["1:3@4"]);
    expect(await read({ partitions, from: { offset: 5 } })).toEqual([]);
    await expect(read({ partitions, from: { offset: 6 } })).rejects.toBeInstanceOf(OffsetOutOfRangeError);
    await expect(read({ partitions: [2] })).rejects.toThrow("t has the partitions 0 to 1, not 2");
  });

  it("whose records are gone is an error, or begins with what is left", async () => {
    const { cluster, logs, read } = setUp();
    for (const at of [1, 2, 3, 4]) append(cluster, logs[0]!, at);
    logs[0]!.trimTo(2);
    const query = { partitions: [0], from: { offset: 0 }, to: { offset: 3 } };
    await expect(read(query)).rejects.toThrow("read t-0 at offset 0: the log holds 2 to 4");
    for (const offsetReset of ["earliest", "latest"] as const) {
      const other = setUp({ consumer: { offsetReset } });
      for (const at of [1, 2, 3, 4]) append(other.cluster, other.logs[0]!, at);
      other.logs[0]!.trimTo(2);
      expect(await other.read(query)).toEqual(["0:2@3"]);
    }
  });
});

describe("a range", () => {
  it("ends where compaction left nothing before its end", async () => {
    for (const isolation of ["readUncommitted", "readCommitted"] as const) {
      const { cluster, logs, read } = setUp({ partitions: 2, consumer: { isolation } });
      append(cluster, logs[0]!, 1, 2);
      // Offsets 2 to 9 had records once.
      logs[0]!.endOffset = 10;
      append(cluster, logs[1]!, 5);
      expect((await read({})).sort()).toEqual(["0:0@1", "0:1@2", "1:0@5"]);
      expect((await read({ order: "time" })).sort()).toEqual(["0:0@1", "0:1@2", "1:0@5"]);
    }
  });

  it("goes on, or ends with an error, when retention overtakes it", async () => {
    for (const offsetReset of ["earliest", "error"] as const) {
      const { cluster, logs, read } = setUp({
        consumer: { offsetReset, partitionBytes: 1, prefetchBytes: 1 },
      });
      for (let at = 1; at <= 10; at++) append(cluster, logs[0]!, at);
      let fetches = 0;
      cluster.fault = ({ api }) => {
        if (api === "Fetch" && ++fetches === 3) logs[0]!.trimTo(6);
        return null;
      };
      const reading = read({ from: 1, to: 9 });
      if (offsetReset === "error") await expect(reading).rejects.toBeInstanceOf(OffsetOutOfRangeError);
      else expect(await reading).toEqual(["0:0@1", "0:1@2", "0:6@7", "0:7@8"]);
    }
  });

  it("disturbs nothing that the consumer reads otherwise, and leaves nothing behind", async () => {
    const { cluster, consumer, world, logs, read } = setUp({ partitions: 2 });
    for (const log of logs) append(cluster, log, 1, 2, 3);
    await world.run(consumer.assign([{ topic: "t", partition: 0, to: "end" }]));
    const own = consumer.records();
    expect((await world.run(own.next())).value.offset).toBe(0);
    expect(await read({ from: 2 })).toHaveLength(4);
    expect((await world.run(own.next())).value.offset).toBe(1);
    expect(consumer.assignment()).toEqual([{ topic: "t", partition: 0 }]);
    expect(consumer.position({ topic: "t", partition: 0 })).toBe(2);
    await world.run(consumer.close());
    expect([...cluster.sessions.values()].map(({ size }) => size)).toEqual([0, 0]);
  });

  it("ends with its signal, and with the consumer", async () => {
    const { cluster, consumer, world, logs } = setUp();
    append(cluster, logs[0]!, 1, 2, 3);
    const stop = new AbortController();
    const records = consumer.range({ topic: "t" }).records({ signal: stop.signal });
    expect((await world.run(records.next())).value.offset).toBe(0);
    stop.abort();
    expect(await world.run(records.next())).toEqual({ done: true, value: undefined });
    cluster.fault = ({ api }) => (api === "Fetch" ? { kind: "silence", carriedOut: false } : null);
    const silent = consumer.range({ topic: "t" }).records();
    const next = silent.next();
    await world.run(Promise.resolve());
    await world.run(consumer.close());
    expect(await world.run(next)).toEqual({ done: true, value: undefined });
    expect(() => consumer.range({ topic: "t" })).toThrow("the client is closed");
  });

  it("that makes no sense is refused at once", () => {
    const { consumer } = setUp();
    const cases: [object, string][] = [
      [{ from: 5, to: 4 }, "range: from (5) is after to (4)"],
      [{ from: "2026-01-02", to: "2026-01-01" }, 'from ("2026-01-02") is after to ("2026-01-01")'],
      [{ partitions: [0], from: { offset: 5 }, to: { offset: 4 } }, "from (offset 5) is after to (offset 4)"],
      [{ from: { offset: 5 } }, "from is an offset, which one partition has"],
      [{ partitions: [0, 1], to: { offset: 5 } }, "to is an offset, which one partition has"],
      [{ partitions: [0], from: { offset: -1 } }, "the offset in from is -1"],
      [{ from: "soon" }, 'from is "soon"; it should be a Date, milliseconds'],
      [{ to: new Date("x") }, "to is an invalid Date"],
      [{ partitions: [] }, "at least one"],
      [{ partitions: [0.5] }, "a list of partition numbers"],
      [{ order: "size" }, 'order is "size"'],
      [{ until: 5 }, 'there is no option "until"'],
      [{ topic: "u" }, "u is not among them"],
    ];
    for (const [query, text] of cases)
      expect(() => consumer.range({ topic: "t", ...query } as RangeQuery<Texts>)).toThrow(text);
  });

  it("of a topic that is not there is an error", async () => {
    const { cluster, read } = setUp({ consumer: { unknownTopicMs: 0 } });
    cluster.topics.delete("t");
    await expect(read({})).rejects.toMatchObject({ code: "UNKNOWN_TOPIC" });
  });
});

describe("a range in the order of time", () => {
  it("merges the partitions", async () => {
    const { cluster, logs, read } = setUp({ partitions: 3 });
    append(cluster, logs[0]!, 10, 40, 50);
    append(cluster, logs[1]!, 20, 30, 60);
    append(cluster, logs[0]!, 70);
    append(cluster, logs[2]!, 10, 65);
    const wanted = ["0:0@10", "2:0@10", "1:0@20", "1:1@30", "0:1@40", "0:2@50", "1:2@60", "2:1@65", "0:3@70"];
    expect(await read({ order: "time" })).toEqual(wanted);
    expect(await read({ order: "time", from: 20, to: 61 })).toEqual(wanted.slice(2, 7));
  });

  it("comes to its end with many partitions, little room, and leaders that change", async () => {
    const partitions = 12;
    const { cluster, logs, read } = setUp({ partitions, consumer: { prefetchBytes: 1, partitionBytes: 1 } });
    const random = createVirtualWorld({ seed: "merge" }).random;
    let [time, fetches] = [1_000, 0];
    for (let n = 0; n < 300; n++) append(cluster, logs[random.uint32() % partitions]!, (time += 2), time + 1);
    cluster.fault = ({ api }) => {
      if (api === "Fetch" && ++fetches % 20 === 0) logs[fetches % partitions]!.moveTo(1 + (fetches % 2));
      return null;
    };
    const seen = (await read({ order: "time" })).map((text) => Number(text.split("@")[1]));
    expect(seen).toEqual(Array.from({ length: 600 }, (_, at) => 1_002 + at));
    expect(fetches).toBeGreaterThan(100);
  });

  it("hands out nothing that was held and is lost after a change of leader", async () => {
    const { cluster, consumer, world, logs } = setUp({ partitions: 2, consumer: { partitionBytes: 1 } });
    const [one, other] = [logs[0]!, logs[1]!];
    for (const batch of [[10], [40, 41], [80]]) append(cluster, one, ...batch);
    for (const time of [20, 30, 90]) append(cluster, other, time);
    let isLost = false;
    cluster.fault = ({ api, body }) => {
      const isLast = JSON.stringify(body.topics ?? []).includes(
        '"partition":0,"currentLeaderEpoch":0,"fetchOffset":3',
      );
      if (api !== "Fetch" || isLost || !isLast) return null;
      isLost = true;
      one.truncateTo(1, 2);
      for (const batch of [[45, 46], [81]]) append(cluster, one, ...batch);
      return null;
    };
    const seen: string[] = [];
    const all = async (): Promise<void> => {
      for await (const { records } of consumer.range({ topic: "t", order: "time" }).batches()) {
        for (const { partition, offset, timestamp } of records)
          seen.push(`${partition}:${offset}@${timestamp}`);
        // What is at hand is held before the rest is asked for.
        if (seen.length === 2) await new Promise<void>((done) => cluster.client.clock.after(100, done));
      }
    };
    await world.run(all());
    expect(isLost).toBe(true);
    expect(seen).toEqual(["0:0@10", "1:0@20", "1:1@30", "0:1@45", "0:2@46", "0:3@81", "1:2@90"]);
  });

  it("holds a run of each source, in order, at equal times by rank", () => {
    const merge = new TimeMerge<string, { timestamp: number }>(["a", "b"]);
    const at = (...times: number[]) => times.map((timestamp) => ({ timestamp }));
    merge.add("b", at(1, 2, 5));
    merge.add("a", at(2, 3));
    const next = () => {
      const run = merge.next();
      return run && `${run.source} ${run.items.map(({ timestamp }) => timestamp)} ${run.isLast}`;
    };
    expect(next()).toBe("b 1 false");
    expect([next(), next(), next()]).toEqual(["a 2 false", "b 2 false", "a 3 true"]);
    merge.add("a", at(9, 9));
    merge.drop("b");
    expect([next(), next()]).toEqual(["a 9,9 true", null]);
  });
});

it("a range's offsets follow from its times", () => {
  const facts = { logStart: 10, logEnd: 50, atFrom: 20, atTo: 40 };
  const span = (query: Omit<RangeQuery<Texts>, "topic">, other: Partial<typeof facts> = {}) => {
    const { start, stop } = spanOf(planRange<Texts>({ topic: "t", ...query }), { ...facts, ...other });
    return [start, stop];
  };
  expect(span({})).toEqual([10, 50]);
  expect(span({ from: 1, to: 2 })).toEqual([20, 40]);
  expect(span({ from: 1, to: 2, exact: true })).toEqual([20, 50]);
  expect(span({ from: 1, to: 2 }, { atFrom: -1, atTo: -1 })).toEqual([50, 50]);
  expect(span({ from: 1, to: 2 }, { atFrom: 30, atTo: 30 })).toEqual([30, 30]);
  expect(span({ partitions: [0], from: 1, to: { offset: 15 } })).toEqual([20, 20]);
});

it("an assignment can end before a time", async () => {
  const { cluster, consumer, world, logs } = setUp();
  append(cluster, logs[0]!, 100, 200, 300);
  const offsets = async (to: "end" | { timestamp: number | Date }): Promise<number[]> => {
    await consumer.assign([{ topic: "t", from: { timestamp: 150 }, to }]);
    const seen: number[] = [];
    for await (const { offset } of consumer) seen.push(offset);
    return seen;
  };
  expect(await world.run(offsets({ timestamp: 300 }))).toEqual([1]);
  expect(await world.run(offsets({ timestamp: new Date(301) }))).toEqual([1, 2]);
  expect(await world.run(offsets({ timestamp: 10 }))).toEqual([]);
  const wrong = consumer.assign([{ topic: "t", to: { timestamp: -1 } }]);
  await expect(wrong).rejects.toThrow('assign: to is an object; it should be "end", { offset }');
});
