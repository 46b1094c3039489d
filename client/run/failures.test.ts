// test: what becomes of records whose handlers fail: every stage of the policy, over a consumer and a
// producer in memory; and that nothing counts as processed before it is safe elsewhere.
import { describe, expect, it } from "vitest";
import { BrokerError } from "../../proto/errors.ts";
import type { FakeRecord } from "../../test/fakes/fake-run.ts";
import { FakeRunWorld } from "../../test/fakes/fake-run.ts";
import { ClientError, type HandlerError, RecordFormatError } from "../errors.ts";
import { deadLetter, retry, retryTopics, skip, stop } from "./failure-policy.ts";
import type { EachRecordOptions } from "./run-options.ts";

interface Call {
  readonly atMs: number;
  readonly topic: string;
  readonly value: string;
  readonly attempt: number;
}

/** Values that hold "bad" fail, those that hold "once" the first time only. */
function setUp(
  values: readonly string[],
  options: Partial<EachRecordOptions<FakeRecord>> = {},
  partitions = 1,
) {
  const fake = new FakeRunWorld(3, { t: partitions });
  for (const [at, value] of values.entries()) {
    fake.append("t", { key: value.at(-1)!, value, partition: at % partitions });
  }
  const consumer = fake.consumer(["t"]);
  const calls: Call[] = [];
  const runner = consumer.runner({
    eachRecord: async ({ topic, value }, { attempt }) => {
      calls.push({ atMs: fake.world.scheduler.nowMs, topic, value, attempt });
      await fake.sleep(1);
      if (value.includes("bad") || (value.includes("once") && attempt === 1))
        throw new TypeError(`no ${value}`);
    },
    ...options,
  });
  const ended = runner.start(["t"]);
  ended.catch(() => {});
  const called = (): string[] => calls.map(({ value, attempt }) => `${value} ${attempt}`);
  const kinds = (): string[] => fake.events.map(({ kind }) => kind);
  const processed = (topic = "t", partition = 0): number =>
    consumer.owned.get(`${topic} ${partition}`)!.processed;
  return { fake, consumer, calls, called, kinds, runner, ended, processed, world: fake.world };
}

const exact = { backoffMs: 100, jitter: 0 };

describe("retry", () => {
  it("calls the handler again after growing waits, and the partition waits with it", async () => {
    const { calls, called, world, kinds, processed } = setUp(["once a", "b"], {
      onError: retry({ attempts: 3, ...exact }),
    });
    await world.runFor(5_000);
    expect(called()).toEqual(["once a 1", "once a 2", "b 1"]);
    expect(calls[1]!.atMs - calls[0]!.atMs).toBeGreaterThanOrEqual(100);
    expect([kinds(), processed()]).toEqual([["recordRetried"], 2]);
  });

  it("leaves room for others while it waits, also of the same partition if their keys differ", async () => {
    const { called, world, consumer } = setUp(["bad a", "x a", "y b"], {
      onError: retry({ attempts: 5, backoffMs: 60_000, maxBackoffMs: 60_000, jitter: 0 }),
      order: "key",
      concurrency: 1,
    });
    await world.runFor(1_000);
    expect(called()).toEqual(["bad a 1", "y b 1"]);
    // It is known that nothing of it can be begun for a minute.
    expect(consumer.paused).toEqual(["t 0"]);
    await world.runFor(61_000);
    expect(called().slice(2)).toEqual(["bad a 2"]);
  });

  it("gives up after so many, and stops before the record unless told otherwise", async () => {
    const { fake, called, world, ended } = setUp(["x", "bad"], { onError: retry({ attempts: 3, ...exact }) });
    const error = (await world.run(ended).catch((thrown: unknown) => thrown)) as HandlerError;
    expect(called()).toEqual(["x 1", "bad 1", "bad 2", "bad 3"]);
    expect(error).toMatchObject({ code: "HANDLER_FAILED", offset: 1, attempts: 3 });
    expect(error.message).toBe("run: t-0 at offset 1: the handler failed 3 times: no bad");
    expect(error.cause).toBeInstanceOf(TypeError);
    expect(fake.committed.get("t 0")).toBe(1);
  });

  it("is not begun again once the run ends", async () => {
    const { called, world, runner } = setUp(["bad"], { onError: retry({ attempts: 99, ...exact }) });
    await world.runFor(150);
    await world.run(runner.stop());
    const before = called().length;
    await world.runFor(10_000);
    expect(called().length).toBe(before);
  });
});

describe("skip and shouldRetry", () => {
  it("passes over what failed, and tells", async () => {
    const { fake, called, world, processed } = setUp(["bad", "x"], { onError: skip() });
    await world.runFor(1_000);
    expect([called(), processed()]).toEqual([["bad 1", "x 1"], 2]);
    expect(fake.events).toEqual([
      {
        kind: "recordSkipped",
        topic: "t",
        partition: 0,
        offset: 0,
        attempts: 1,
        error: expect.objectContaining({ message: "no bad" }),
      },
    ]);
    expect(world.logs.tail(1)).toContain("a record was skipped");
  });

  it("goes past all retries for what is no use to try again", async () => {
    const onError = retry({ attempts: 9, ...exact })
      .then(retryTopics({ delaysMs: [10] }))
      .then(deadLetter());
    const shouldRetry = (error: unknown): boolean => !(error instanceof TypeError);
    const { fake, called, world } = setUp(["bad"], { onError, shouldRetry });
    await world.runFor(5_000);
    expect([called(), fake.values("t-dlq"), fake.values("t-retry-1")]).toEqual([["bad 1"], ["bad"], []]);
  });

  it("stops when the question itself fails", async () => {
    const shouldRetry = (): boolean => {
      throw new RangeError("oops");
    };
    const { world, ended } = setUp(["bad"], { onError: skip(), shouldRetry });
    await expect(world.run(ended)).rejects.toThrow("run: t-0 at offset 0: shouldRetry threw: oops");
  });

  it("takes any thrown thing for an error", async () => {
    const things = [undefined, null, "text", 5, Object.create(null), { message: "m" }];
    for (const thing of things) {
      const eachRecord = (): never => {
        throw thing;
      };
      const { fake, world } = setUp(["x"], { eachRecord, onError: deadLetter() });
      await world.runFor(100);
      expect(fake.headers("t-dlq")["ottla-error-class"]).toBe("Error");
    }
  });
});

describe("dead letters", () => {
  it("hold the original and the cause, in a topic that was made for them", async () => {
    const { fake, world, processed } = setUp(["bad"], { onError: deadLetter() }, 2);
    fake.append("t", {
      key: null,
      value: "bad 2",
      partition: 1,
      headers: [{ key: "h", value: Buffer.from("1") }],
    });
    await world.runFor(1_000);
    expect(fake.made).toEqual(["t-dlq"]);
    const [first, second] = [fake.log("t-dlq", 0)[0]!, fake.log("t-dlq", 1)[0]!];
    expect([first.key, first.value]).toEqual([fake.log("t", 0)[0]!.key, fake.log("t", 0)[0]!.value]);
    expect([second.key, second.headers[0]]).toEqual([null, { key: "h", value: Buffer.from("1") }]);
    expect(fake.headers("t-dlq", 1)).toMatchObject({
      "ottla-error-topic": "t",
      "ottla-error-partition": "1",
      "ottla-error-offset": "0",
      "ottla-error-attempts": "1",
      "ottla-error-class": "TypeError",
      "ottla-error-message": "no bad 2",
      "ottla-error-stack": expect.stringContaining("failures.test.ts"),
    });
    expect([processed("t", 0), processed("t", 1)]).toEqual([1, 1]);
    expect(fake.events[0]).toMatchObject({ kind: "recordMoved", to: "t-dlq", offset: 0 });
  });

  it("take what cannot be decoded, byte for byte, without calling anybody", async () => {
    const onError = retry({ attempts: 9 }).then(deadLetter({ topic: (name) => `dead.${name}` }));
    const { fake, called, world, processed } = setUp(["!\u0000\u0001", "x"], { onError });
    await world.runFor(1_000);
    expect([called(), fake.values("dead.t"), processed()]).toEqual([["x 1"], ["!\u0000\u0001"], 2]);
    expect(fake.headers("dead.t")).toMatchObject({
      "ottla-error-class": "RecordFormatError",
      "ottla-error-attempts": "0",
    });
    const stops = setUp(["!"], { onError: retry({ attempts: 9 }).then(stop()) });
    const error = (await stops.world.run(stops.ended).catch((thrown: unknown) => thrown)) as HandlerError;
    expect(error.cause).toBeInstanceOf(RecordFormatError);
    expect(error.message).toContain("it cannot be decoded");
  });

  it("count only once they are acknowledged, however long that takes", async () => {
    const { fake, world, processed, kinds } = setUp(["bad"], { onError: deadLetter() });
    let sends = 0;
    fake.onSend = () => {
      expect(processed()).toBe(0);
      if (++sends < 4) throw new ClientError("DELIVERY_TIMED_OUT", "send: too late");
      if (sends === 4) throw new BrokerError("NOT_ENOUGH_REPLICAS", "send: one is missing");
    };
    fake.onSent = () => fake.sleep(1_000);
    await world.runFor(1_000);
    expect([processed(), fake.values("t-dlq")]).toEqual([0, []]);
    await world.runFor(10_000);
    expect([processed(), sends, fake.values("t-dlq")]).toEqual([1, 5, ["bad"]]);
    expect(kinds()).toEqual([...Array(4).fill("recordNotMoved"), "recordMoved"]);
  });

  it("that cannot be written end the run, with both errors; the record is not passed", async () => {
    const { fake, world, ended } = setUp(["x", "bad"], { onError: deadLetter() });
    fake.onSend = () => {
      throw new BrokerError("TOPIC_AUTHORIZATION_FAILED", "send: not allowed");
    };
    const error = (await world.run(ended).catch((thrown: unknown) => thrown)) as HandlerError;
    expect(error.message).toContain(
      "t-0 at offset 1: it could not be put into the dead-letter topic: send: not",
    );
    expect((error.cause as AggregateError).errors.map(({ message }) => message)).toEqual([
      "send: not allowed",
      "no bad",
    ]);
    expect(fake.committed.get("t 0")).toBe(1);
  });

  it("that are too large go without message and stack", async () => {
    const { fake, world, processed } = setUp(["bad"], { onError: deadLetter() });
    fake.onSend = ({ headers }) => {
      if (headers.length > 6) throw new ClientError("RECORD_TOO_LARGE", "send: too large");
    };
    await world.runFor(1_000);
    expect([processed(), fake.values("t-dlq")]).toEqual([1, ["bad"]]);
    expect(fake.headers("t-dlq")["ottla-error-message"]).toBe(undefined);
  });

  it("find their topic again when somebody deleted it", async () => {
    const { fake, world, processed } = setUp(["bad"], { onError: deadLetter() });
    fake.onSend = () => {
      fake.onSend = () => {};
      fake.topics.delete("t-dlq");
    };
    await world.runFor(5_000);
    expect([processed(), fake.made, fake.values("t-dlq")]).toEqual([1, ["t-dlq", "t-dlq"], ["bad"]]);
  });

  it("are not waited for when the partition goes: the record is read again", async () => {
    const { fake, consumer, world, runner, ended } = setUp(["bad"], {
      onError: deadLetter(),
      graceMs: 500,
      closeTimeoutMs: 1_000,
    });
    fake.onSend = () => {
      throw new ClientError("DELIVERY_TIMED_OUT", "send: too late");
    };
    await world.runFor(1_000);
    await world.run(consumer.giveUp([{ topic: "t", partition: 0 }], "revoked"), { withinMs: 600 });
    expect(fake.committed.get("t 0")).toBe(0);
    await world.run(runner.stop());
    await ended;
  });
});

describe("a partition that was lost", () => {
  it("ends nothing, whatever becomes of its last record", async () => {
    const { fake, consumer, world, runner, ended, called } = setUp(["bad", "x"], { onError: deadLetter() });
    fake.onSend = async () => {
      await fake.sleep(1_000);
      throw new BrokerError("TOPIC_AUTHORIZATION_FAILED", "send: not allowed");
    };
    await world.runFor(500);
    await world.run(consumer.giveUp([{ topic: "t", partition: 0 }], "lost"));
    fake.append("t", { value: "y" });
    await world.runFor(2_000);
    fake.onSend = () => {};
    consumer.own({ topic: "t", partition: 0 });
    await world.runFor(1_000);
    expect(called()).toEqual(["bad 1", "bad 1", "x 1", "y 1"]);
    await world.run(Promise.all([runner.stop(), ended]));
  });
});

describe("retry topics", () => {
  const policy = retry({ attempts: 2, ...exact })
    .then(retryTopics({ delaysMs: [10_000, 60_000] }))
    .then(deadLetter());

  it("are made and read: a record goes through them when it is due, then to the dead letters", async () => {
    const { fake, consumer, calls, called, world, processed } = setUp(["bad", "x"], { onError: policy });
    await world.runFor(5_000);
    expect(fake.made.sort()).toEqual(["t-dlq", "t-retry-1", "t-retry-2"]);
    expect(consumer.followed).toEqual([
      { name: "t-retry-1", of: "t" },
      { name: "t-retry-2", of: "t" },
    ]);
    // It holds up nobody but its partition, and that only for the quick retries.
    expect([called(), processed()]).toEqual([["bad 1", "bad 2", "x 1"], 2]);
    expect(fake.headers("t-retry-1")).toMatchObject({
      "ottla-retry-topic": "t",
      "ottla-retry-offset": "0",
      "ottla-retry-attempt": "2",
      "ottla-retry-error": "TypeError",
    });
    expect(consumer.paused).toEqual(["t-retry-1 0"]);
    await world.runFor(120_000);
    expect(called().slice(3)).toEqual(["bad 3", "bad 4"]);
    const [second, , third, fourth] = calls.slice(1);
    expect(third!.atMs - second!.atMs).toBeGreaterThanOrEqual(9_998);
    expect(third!.atMs - second!.atMs).toBeLessThan(10_200);
    // The clock runs a little fast or slow.
    expect(fourth!.atMs - third!.atMs).toBeGreaterThanOrEqual(59_990);
    expect([third!.topic, fourth!.topic]).toEqual(["t-retry-1", "t-retry-2"]);
    expect(fake.headers("t-dlq")).toMatchObject({ "ottla-error-topic": "t", "ottla-error-attempts": "4" });
    expect(Object.keys(fake.headers("t-dlq")).some((name) => name.startsWith("ottla-retry"))).toBe(false);
    expect([processed("t-retry-1"), processed("t-retry-2")]).toEqual([1, 1]);
    expect(consumer.aliveAtMs.length).toBeGreaterThan(30);
  });

  it("tell the handler where the record is from", async () => {
    const origins: unknown[] = [];
    const { fake, world } = setUp(["bad"], {
      onError: retryTopics({ delaysMs: [1] }),
      eachRecord: ({ topic }, { origin, attempt }) => {
        origins.push([topic, origin.topic, origin.offset, origin.timestamp, attempt]);
        if (attempt === 1) throw new Error("later");
      },
    });
    await world.runFor(5_000);
    const { timestamp } = fake.log("t")[0]!;
    expect(origins).toEqual([
      ["t", "t", 0, timestamp, 1],
      ["t-retry-1", "t", 0, timestamp, 2],
    ]);
  });

  it("keep the partition, and make do with fewer", async () => {
    const { fake, world } = setUp(
      ["bad 0", "bad 1", "bad 2"],
      { onError: retryTopics({ delaysMs: [60_000] }) },
      3,
    );
    await world.runFor(1_000);
    expect([0, 1, 2].map((partition) => fake.log("t-retry-1", partition).length)).toEqual([1, 1, 1]);
    const small = new FakeRunWorld(3, { t: 3, "t-retry-1": 2 });
    small.append("t", { value: "bad", partition: 2 });
    const eachRecord = (): never => {
      throw new Error("bad");
    };
    const onError = retryTopics({ delaysMs: [60_000] });
    void small.consumer(["t"]).runner({ eachRecord, onError }).start(["t"]);
    await small.world.runFor(1_000);
    expect(small.log("t-retry-1", 0).length).toBe(1);
  });

  it("do not stop a run from being begun again: what waits is read by the next one", async () => {
    const first = setUp(["bad"], { onError: retryTopics({ delaysMs: [10_000] }).then(skip()) });
    await first.world.runFor(1_000);
    await first.world.run(first.runner.stop());
    expect(first.fake.committed.get("t-retry-1 0")).toBe(0);
    const consumer = first.fake.consumer(["t"]);
    const seen: number[] = [];
    const runner = consumer.runner({
      eachRecord: (_record, { attempt }) => void seen.push(attempt),
      onError: retryTopics({ delaysMs: [10_000] }),
    });
    void runner.start(["t"]);
    await first.world.runFor(5_000);
    expect(seen).toEqual([]);
    await first.world.runFor(10_000);
    expect(seen).toEqual([2]);
  });

  it("are never waited for longer than their delay, whatever the clocks say", async () => {
    const { fake, world, runner } = setUp(["once"], { onError: retryTopics({ delaysMs: [5_000] }) });
    await world.runFor(100);
    await world.run(runner.stop());
    world.node("n1").jumpWallClock(-3_600_000);
    const attempts: number[] = [];
    const again = fake.consumer(["t"]).runner({
      eachRecord: (_record, { attempt }) => void attempts.push(attempt),
      onError: retryTopics({ delaysMs: [5_000] }),
    });
    void again.start(["t"]);
    await world.runFor(6_000);
    await world.run(again.stop());
    expect([attempts, fake.committed.get("t-retry-1 0")]).toEqual([[2], 1]);
  });

  it("of a topic that turns up later are made and read before its records are worked on", async () => {
    const { fake, consumer, world } = setUp([], { onError: retryTopics({ delaysMs: [1_000] }) });
    await world.runFor(100);
    fake.addTopic("u", 1);
    fake.append("u", { value: "once", key: "k" });
    consumer.own({ topic: "u", partition: 0 });
    await world.runFor(5_000);
    expect(consumer.followed.map(({ name }) => name)).toEqual(["t-retry-1", "u-retry-1"]);
    expect(consumer.owned.get("u-retry-1 0")!.processed).toBe(1);
  });

  it("that cannot be made end the run before it begins", async () => {
    const fake = new FakeRunWorld(3);
    const consumer = fake.consumer(["t"]);
    fake.topics.delete("t");
    const runner = consumer.runner({ eachRecord: () => {}, onError: retryTopics({ delaysMs: [1] }) });
    await expect(fake.world.run(runner.start(["t"]))).rejects.toThrow();
    expect(consumer.listeners).toBe(0);
  });
});
