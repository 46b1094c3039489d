// test: handlers of batches: what they are given, part progress, and what becomes of the rest when one fails.
import { describe, expect, it } from "vitest";
import { deferred } from "../../base/waits.ts";
import { type FakeRecord, FakeRunWorld } from "../../test/fakes/fake-run.ts";
import type { HandlerError } from "../errors.ts";
import { deadLetter, retry, skip } from "./failure-policy.ts";
import {
  type BatchContext,
  type EachBatchOptions,
  FailedRecordError,
  type HandedBatch,
} from "./run-options.ts";

type Batch = HandedBatch<FakeRecord>;

const exact = { backoffMs: 100, jitter: 0 };

/** `recordsMax`: of one batch as it is read. */
function setUp(
  values: readonly string[],
  eachBatch: (batch: Batch, context: BatchContext) => unknown,
  options: Partial<EachBatchOptions<FakeRecord>> & { partitions?: number; recordsMax?: number } = {},
) {
  const { partitions = 1, recordsMax = 100, ...rest } = options;
  const fake = new FakeRunWorld(11, { t: partitions });
  for (const [at, value] of values.entries()) fake.append("t", { value, partition: at % partitions });
  const consumer = fake.consumer(["t"]);
  consumer.recordsMax = recordsMax;
  const given: string[] = [];
  const runner = consumer.runner({
    eachBatch: async (batch, context) => {
      given.push(`${context.attempt}: ${batch.records.map(({ value }) => value).join(" ")}`);
      await fake.sleep(10);
      await eachBatch(batch, context);
    },
    ...rest,
  });
  const ended = runner.start(["t"]);
  ended.catch(() => {});
  const processed = (partition = 0): number => consumer.owned.get(`t ${partition}`)!.processed;
  return { fake, consumer, runner, ended, given, processed, world: fake.world };
}

/** All values, in the order in which they were given. */
const valuesOf = (given: readonly string[]): string[] => given.flatMap((line) => line.slice(3).split(" "));

const letters = [..."abcdefghij"];

describe("handlers of batches", () => {
  it("get all records of a partition in order, one batch of it at a time", async () => {
    let inWork = 0;
    const { given, world, processed, consumer } = setUp(letters, async () => {
      expect(++inWork).toBe(1);
      await consumer.commit();
      inWork--;
    });
    await world.runFor(1_000);
    expect(valuesOf(given)).toEqual(letters);
    expect(processed()).toBe(10);
  });

  it("work on several partitions at once", async () => {
    const places = new Set<number>();
    const held = deferred<void>();
    const { world } = setUp(
      letters,
      ({ partition }) => {
        places.add(partition);
        return held.promise;
      },
      { partitions: 5, concurrency: 3 },
    );
    await world.runFor(1_000);
    expect(places.size).toBe(3);
    held.resolve();
    await world.runFor(1_000);
    expect(places.size).toBe(5);
  });

  it("get small batches together, and large ones in parts", async () => {
    const many = Array.from({ length: 30 }, (_, at) => `v${at}`);
    const sizes: number[] = [];
    const small = setUp(many, ({ records }) => void sizes.push(records.length), {
      recordsMax: 2,
      batchRecords: 8,
    });
    await small.world.runFor(2_000);
    expect(valuesOf(small.given)).toEqual(many);
    expect(Math.max(...sizes)).toBeGreaterThan(6);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(8);
    const large = setUp(many, () => {}, { recordsMax: 100, batchRecords: 4 });
    await large.world.runFor(2_000);
    expect(valuesOf(large.given)).toEqual(many);
    expect(large.given.every((line) => valuesOf([line]).length <= 4)).toBe(true);
    expect([small.processed(), large.processed()]).toEqual([30, 30]);
  });

  it("may say what is done of a batch, and get only the rest again", async () => {
    let fails = 2;
    const { given, world, processed } = setUp(
      letters,
      (batch, context) => {
        if (batch.records[0]!.value !== "a" || fails === 0) return;
        fails--;
        context.processed(batch.records[2]!.offset);
        throw new Error("in the middle");
      },
      { onError: retry({ attempts: 2, ...exact }), batchRecords: 10, recordsMax: 1000 },
    );
    await world.runFor(5_000);
    expect(given[0]!.startsWith("1: a b c")).toBe(true);
    expect(given[1]!.startsWith("2: d")).toBe(true);
    expect([processed(), new Set(valuesOf(given)).size]).toEqual([10, 10]);
  });

  it("count their attempts from where they have come to", async () => {
    const { given, world, processed } = setUp(
      letters,
      (batch, context) => {
        context.processed(batch.records[0]!.offset);
        if (batch.records.length > 1) throw new Error("one at a time");
      },
      { onError: retry({ attempts: 2, backoffMs: 0 }), recordsMax: 1000 },
    );
    await world.runFor(5_000);
    expect(processed()).toBe(10);
    expect(new Set(given.map((line) => line[3])).size).toBe(10);
  });

  it("refuse word of what they were not given, and ignore what comes too late", async () => {
    const contexts: BatchContext[] = [];
    const { consumer, world, processed } = setUp(
      ["a", "b"],
      (_batch, context) => {
        contexts.push(context);
        for (const offset of [-1, 2, 0.5]) {
          expect(() => context.processed(offset)).toThrow("is not in the batch of offsets 0 to");
        }
        expect(context.isStale()).toBe(false);
        return contexts.length === 1 ? new Promise(() => {}) : undefined;
      },
      { graceMs: 10, closeTimeoutMs: 20, recordsMax: 1000 },
    );
    await world.runFor(100);
    const gone = consumer.giveUp([{ topic: "t", partition: 0 }], "revoked");
    await world.runFor(5);
    const [context] = contexts;
    expect([context!.isStale(), context!.signal.aborted]).toEqual([true, false]);
    await world.run(gone);
    expect(context!.signal.aborted).toBe(true);
    context!.processed(0);
    expect(consumer.owned.size).toBe(0);
    consumer.own({ topic: "t", partition: 0 });
    await world.runFor(100);
    expect(processed()).toBe(2);
  });

  it("tell what is done before the partition goes", async () => {
    const { fake, consumer, world } = setUp(
      letters,
      async (batch, context) => {
        context.processed(batch.records[0]!.offset);
        await new Promise((_, reject) => context.signal.addEventListener("abort", reject));
      },
      { graceMs: 10 },
    );
    await world.runFor(100);
    await world.run(consumer.giveUp([{ topic: "t", partition: 0 }], "revoked"));
    expect(fake.committed.get("t 0")).toBe(1);
  });
});

describe("a batch that fails", () => {
  it("stops the run behind what is done", async () => {
    const { fake, ended, world } = setUp(
      letters,
      (batch, context) => {
        context.processed(batch.records[0]!.offset);
        throw new TypeError("no");
      },
      { recordsMax: 1000 },
    );
    const error = (await world.run(ended).catch((thrown: unknown) => thrown)) as HandlerError;
    expect(error).toMatchObject({ code: "HANDLER_FAILED", offset: 1, attempts: 1 });
    expect(fake.committed.get("t 0")).toBe(1);
  });

  it("goes to the dead letters, as far as it was not done", async () => {
    const { fake, world, processed } = setUp(
      letters,
      (batch, context) => {
        const at = batch.records.findIndex(({ value }) => value === "d");
        if (at < 0) return;
        if (at > 0) context.processed(batch.records[at - 1]!.offset);
        throw new Error("no d");
      },
      { onError: deadLetter(), recordsMax: 1000, batchRecords: 5 },
    );
    await world.runFor(5_000);
    expect(processed()).toBe(10);
    const dead = fake.values("t-dlq");
    expect(dead[0]).toBe("d");
    expect(letters.join("")).toContain(dead.join(""));
  });

  it("loses only one record where the handler says which", async () => {
    const { fake, given, world, processed } = setUp(
      letters,
      (batch) => {
        const bad = batch.records.find(({ value }) => value === "c" || value === "d" || value === "j");
        if (bad !== undefined) throw new FailedRecordError(bad.offset, new RangeError(`no ${bad.value}`));
      },
      { onError: retry({ attempts: 2, ...exact }).then(deadLetter()), recordsMax: 1000 },
    );
    await world.runFor(5_000);
    expect(processed()).toBe(10);
    expect(fake.values("t-dlq")).toEqual(["c", "d", "j"]);
    expect(fake.headers("t-dlq")).toMatchObject({
      "ottla-error-class": "RangeError",
      "ottla-error-message": "no c",
      "ottla-error-offset": "2",
      "ottla-error-attempts": "2",
    });
    // What stood before the failed record was done, and is not given again.
    expect(valuesOf(given).filter((value) => value === "b").length).toBe(1);
  });

  it("is whole where the handler names a record that is not there", async () => {
    const fail = (): never => {
      throw new FailedRecordError(99, new Error("which?"));
    };
    const { fake, world, processed } = setUp(["a", "b"], fail, { onError: deadLetter(), recordsMax: 1000 });
    await world.runFor(1_000);
    expect([processed(), fake.values("t-dlq")]).toEqual([2, ["a", "b"]]);
  });

  it("is no failure of a record when all were done before", async () => {
    const fail = (batch: Batch, context: BatchContext): never => {
      context.processed(batch.records.at(-1)!.offset);
      throw new Error("at the very end");
    };
    const { fake, world, processed } = setUp(["a", "b"], fail, { onError: skip() });
    await world.runFor(1_000);
    expect([processed(), fake.events]).toEqual([2, []]);
    expect(world.logs.tail(5)).toContain("a handler failed after all its records were processed");
    const stops = setUp(["a", "b"], fail, { recordsMax: 1000 });
    await expect(stops.world.run(stops.ended)).rejects.toThrow("at the very end");
    expect(stops.fake.committed.get("t 0")).toBeGreaterThan(0);
  });

  it("does not hold the records that cannot be decoded: they go alone, in their place", async () => {
    const values = ["a", "!b", "-c", "d", "!e"];
    const { fake, given, world, processed } = setUp(values, () => {}, {
      onError: retry({ attempts: 3 }).then(deadLetter()),
      recordsMax: 1000,
    });
    await world.runFor(1_000);
    expect([valuesOf(given), fake.values("t-dlq"), processed()]).toEqual([["a", "d"], ["!b", "!e"], 5]);
    const stops = setUp(["a", "!b", "c"], () => {}, { recordsMax: 1000 });
    await expect(stops.world.run(stops.ended)).rejects.toThrow("it cannot be decoded");
    expect([valuesOf(stops.given), stops.fake.committed.get("t 0")]).toEqual([["a"], 1]);
  });
});
