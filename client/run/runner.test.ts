// test: handlers of single records: how many at once, in which order, what is told and when, and every way in
// which a run ends or a partition goes.
import { describe, expect, it } from "vitest";
import { type Deferred, deferred } from "../../base/waits.ts";
import { type FakeRecord, FakeRunWorld } from "../../test/fakes/fake-run.ts";
import { HandlerError } from "../errors.ts";
import type { RecordContext, RunOptions } from "./run-options.ts";

type RecordOptions = Extract<RunOptions<FakeRecord>, { eachBatch?: undefined }>;

/** A handler whose calls end when the test says so, by value. */
function heldHandler() {
  const calls = new Map<string, { record: FakeRecord; context: RecordContext; end: Deferred<void> }>();
  const begun: string[] = [];
  const eachRecord = (record: FakeRecord, context: RecordContext): Promise<void> => {
    const end = deferred<void>();
    begun.push(record.value);
    calls.set(record.value, { record, context, end });
    return end.promise;
  };
  return { calls, begun, eachRecord, end: (value: string) => calls.get(value)!.end.resolve() };
}

function setUp(values: readonly (string | [string | null, string])[], partitions = 1) {
  const fake = new FakeRunWorld(7, { t: partitions });
  values.forEach((item, at) => {
    const [key, value] = typeof item === "string" ? [null, item] : item;
    fake.append("t", { key, value, partition: at % partitions });
  });
  const consumer = fake.consumer(["t"]);
  const handler = heldHandler();
  const run = (options: Partial<RecordOptions> = {}) => {
    const runner = consumer.runner({ eachRecord: handler.eachRecord, ...options } as RecordOptions);
    const ended = runner.start(["t"]);
    ended.catch(() => {});
    return { runner, ended };
  };
  return {
    fake,
    consumer,
    handler,
    run,
    world: fake.world,
    processed: () => consumer.owned.get("t 0")!.processed,
  };
}

describe("a run", () => {
  it("hands out the records of a partition one after the other unless told otherwise", async () => {
    const { handler, run, world, processed } = setUp(["a", "b", "c"]);
    const { runner, ended } = run();
    await world.runFor(1000);
    expect([handler.begun, processed()]).toEqual([["a"], 0]);
    handler.end("a");
    await world.runFor(1000);
    expect([handler.begun, processed()]).toEqual([["a", "b"], 1]);
    handler.end("b");
    await world.runFor(1000);
    handler.end("c");
    await world.runFor(1000);
    expect(processed()).toBe(3);
    await world.run(runner.stop());
    await ended;
  });

  it("works on many at once, and tells only of what is done without a gap", async () => {
    const { handler, run, world, processed } = setUp(["a", "b", "c", "d", "e"]);
    run({ order: "none", concurrency: 4 });
    await world.runFor(1000);
    expect(handler.begun).toEqual(["a", "b", "c", "d"]);
    handler.end("b");
    handler.end("c");
    await world.runFor(1000);
    expect([handler.begun.length, processed()]).toEqual([5, 0]);
    handler.end("a");
    await world.runFor(1000);
    expect(processed()).toBe(3);
  });

  it("keeps records of one key in order, and those without a key", async () => {
    const { handler, run, world } = setUp([
      ["k", "k1"],
      ["l", "l1"],
      ["k", "k2"],
      [null, "n1"],
      [null, "n2"],
    ]);
    run({ order: "key" });
    await world.runFor(1000);
    expect(handler.begun).toEqual(["k1", "l1", "n1"]);
    handler.end("n1");
    await world.runFor(1000);
    handler.end("k1");
    await world.runFor(1000);
    expect(handler.begun).toEqual(["k1", "l1", "n1", "n2", "k2"]);
  });

  it("bounds what it does at once over all partitions", async () => {
    const { handler, run, world } = setUp(["a", "b", "c", "d", "e"], 5);
    run({ concurrency: 3 });
    await world.runFor(1000);
    expect(handler.begun.length).toBe(3);
  });

  it("skips what the consumer passed over, and what is missing at the end", async () => {
    const { fake, handler, run, world, processed } = setUp(["-x", "-y"]);
    run();
    await world.runFor(1000);
    expect([handler.begun, processed()]).toEqual([[], 2]);
    fake.append("t", { value: "-z", gap: 4 });
    fake.append("t", { value: "a" });
    await world.runFor(1000);
    handler.end("a");
    await world.runFor(1000);
    expect(processed()).toBe(8);
  });

  it("asks for no more of a partition that holds enough, and goes on by itself", async () => {
    const { consumer, handler, run, world } = setUp(Array.from({ length: 3000 }, (_, at) => `v${at}`));
    consumer.recordsMax = 300;
    run();
    await world.runFor(1000);
    expect([consumer.paused, consumer.resumed]).toEqual([["t 0"], []]);
    expect(consumer.owned.get("t 0")!.position).toBeLessThan(1300);
    for (let at = 0; at < 900; at++) {
      handler.end(`v${at}`);
      await world.runFor(0);
    }
    await world.runFor(100);
    expect(consumer.resumed).toEqual(["t 0"]);
    expect(consumer.owned.get("t 0")!.position).toBeGreaterThan(1300);
  });

  it("begins nothing too far ahead of what is unfinished", async () => {
    const { consumer, handler, run, world } = setUp(Array.from({ length: 1500 }, (_, at) => `v${at}`));
    consumer.recordsMax = 1500;
    run({ order: "none", concurrency: 2 });
    await world.runFor(100);
    for (let at = 1; at < 1500 && handler.calls.has(`v${at}`); at++) {
      handler.end(`v${at}`);
      await world.runFor(0);
    }
    await world.runFor(100);
    expect(handler.begun.length).toBe(1000);
    handler.end("v0");
    await world.runFor(100);
    expect(handler.begun.length).toBe(1002);
  });

  it("says that it is alive, unless its handlers stand still", async () => {
    const { consumer, handler, run, world } = setUp(["a", "b"]);
    run();
    await world.runFor(30_000);
    const stuck = consumer.aliveAtMs.length;
    expect(stuck).toBeLessThanOrEqual(2);
    handler.end("a");
    await world.runFor(4_000);
    expect(consumer.aliveAtMs.length).toBe(stuck + 1);
    handler.end("b");
    await world.runFor(30_000);
    expect(consumer.aliveAtMs.length).toBeGreaterThanOrEqual(stuck + 9);
  });

  it("lets a handler commit what is done before it", async () => {
    const { fake, handler, run, world } = setUp(["a", "b"]);
    run();
    await world.runFor(10);
    handler.end("a");
    await world.runFor(10);
    await world.run(handler.calls.get("b")!.context.commit());
    expect(fake.committed.get("t 0")).toBe(1);
  });

  it("refuses options that cannot be", () => {
    const { consumer } = setUp([]);
    const make = (options: object) => () => consumer.runner(options as never);
    const eachRecord = (): void => {};
    expect(make({})).toThrow("one of eachRecord and eachBatch should be given");
    expect(make({ eachRecord, eachBatch: eachRecord })).toThrow("one of eachRecord and eachBatch");
    expect(make({ eachRecord: 5 })).toThrow("eachRecord is 5; it should be a function");
    expect(make({ eachRecord, concurrency: 0 })).toThrow("concurrency is 0; it should be a whole number");
    expect(make({ eachRecord, order: "keys" })).toThrow('order is "keys"; it should be one of');
    expect(make({ eachBatch: eachRecord, order: "key" })).toThrow('with eachBatch it is always "partition"');
    expect(make({ eachRecord, batchRecords: 5 })).toThrow("batchRecords is for eachBatch");
    expect(make({ eachRecord, signal: {} })).toThrow("it should be an AbortSignal");
    expect(make({ eachRecord, onErr: null })).toThrow('did you mean "onError"');
    expect(make({ eachRecord, onError: "stop" })).toThrow('onError is "stop"');
    expect(make(null as never)).toThrow("options should be an object");
  });
});

describe("the end of a run", () => {
  it("waits for what is in work, begins nothing more, and commits", async () => {
    const { fake, consumer, handler, run, world } = setUp(["a", "b"]);
    const { runner, ended } = run();
    await world.runFor(100);
    const stopped = runner.stop();
    await world.runFor(5_000);
    expect(consumer.commits).toBe(0);
    handler.end("a");
    await world.run(stopped);
    await ended;
    expect([handler.begun, fake.committed.get("t 0"), consumer.listeners]).toEqual([["a"], 1, 0]);
    expect(handler.calls.get("a")!.context.signal.aborted).toBe(true);
  });

  it("comes when the consumer is closed, when the signal is aborted, and twice is once", async () => {
    const first = setUp([]);
    const one = first.run();
    await first.world.runFor(100);
    first.consumer.close();
    await first.world.run(one.ended);
    const second = setUp([]);
    const controller = new AbortController();
    const two = second.run({ signal: controller.signal });
    await second.world.runFor(100);
    controller.abort();
    await second.world.run(Promise.all([two.ended, two.runner.stop(), two.runner.stop()]));
    const third = setUp(["a"]);
    const three = third.run({ signal: AbortSignal.abort() });
    await third.world.run(three.ended);
    expect([second.consumer.commits, third.handler.begun, third.consumer.commits]).toEqual([1, [], 0]);
  });

  it("is bounded: handlers hear of it after the grace, and are waited for no longer than said", async () => {
    const { fake, handler, run, world, processed } = setUp(["a", "b"], 2);
    const { runner, ended } = run({ graceMs: 2_000, closeTimeoutMs: 5_000 });
    await world.runFor(100);
    const { signal } = handler.calls.get("a")!.context;
    const began = world.scheduler.nowMs;
    const stopped = runner.stop();
    await world.runFor(1_990);
    expect(signal.aborted).toBe(false);
    await world.runFor(30);
    expect(signal.aborted).toBe(true);
    await world.run(Promise.all([stopped, ended]));
    expect(world.scheduler.nowMs - began).toBeGreaterThan(4_990);
    expect(world.scheduler.nowMs - began).toBeLessThan(5_100);
    // Whatever it says now comes too late.
    handler.end("a");
    await world.runFor(1_000);
    expect([processed(), fake.committed.get("t 0")]).toEqual([0, 0]);
  });

  it("counts what an aborted handler still finishes, and takes its complaint for no failure", async () => {
    const { fake, handler, run, world } = setUp(["a", "b"], 2);
    const { runner, ended } = run({ graceMs: 100, closeTimeoutMs: 5_000 });
    await world.runFor(100);
    const stopped = runner.stop();
    const listen = (value: string, then: () => void): void =>
      handler.calls.get(value)!.context.signal.addEventListener("abort", then);
    listen("a", () => handler.end("a"));
    listen("b", () => handler.calls.get("b")!.end.reject(new Error("aborted")));
    await world.run(Promise.all([stopped, ended]));
    expect([fake.committed.get("t 0"), fake.committed.get("t 1")]).toEqual([1, 0]);
  });

  it("does not hang on a commit that never ends, nor fail for one that fails", async () => {
    const hangs = setUp([]);
    const one = hangs.run({ closeTimeoutMs: 3_000 });
    hangs.consumer.onCommit = () => new Promise(() => {});
    await hangs.world.runFor(100);
    await hangs.world.run(Promise.all([one.runner.stop(), one.ended]), { withinMs: 4_000 });
    const fails = setUp([]);
    const two = fails.run();
    fails.consumer.onCommit = () => Promise.reject(new Error("no coordinator"));
    await fails.world.runFor(100);
    await fails.world.run(Promise.all([two.runner.stop(), two.ended]));
    expect(fails.world.logs.tail(1)).toContain("the last commit of a run failed");
  });

  it("is an error when reading is one, after what is in work has ended", async () => {
    const { fake, consumer, handler, run, world } = setUp(["a"]);
    const { ended } = run();
    await world.runFor(100);
    consumer.trouble = new Error("the log was cut");
    await world.runFor(100);
    handler.end("a");
    await expect(world.run(ended)).rejects.toThrow("the log was cut");
    expect(fake.committed.get("t 0")).toBe(1);
  });

  it("is a HandlerError when a handler fails and nothing else was said", async () => {
    const { fake, handler, run, world } = setUp(["a", "b", "c"], 2);
    const { ended } = run();
    await world.runFor(100);
    const cause = new TypeError("not a number");
    handler.end("b");
    handler.calls.get("a")!.end.reject(cause);
    const error = await world.run(ended).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(HandlerError);
    expect(error).toMatchObject({
      code: "HANDLER_FAILED",
      topic: "t",
      partition: 0,
      offset: 0,
      attempts: 1,
      cause,
    });
    expect((error as Error).message).toBe("run: t-0 at offset 0: the handler failed: not a number");
    expect([fake.committed.get("t 0"), fake.committed.get("t 1")]).toEqual([0, 1]);
  });

  it("leaves no partition paused", async () => {
    const { consumer, run, world } = setUp(Array.from({ length: 1500 }, (_, at) => `v${at}`));
    consumer.recordsMax = 1500;
    const { runner } = run({ graceMs: 0, closeTimeoutMs: 0 });
    await world.runFor(100);
    expect(consumer.owned.get("t 0")!.isPaused).toBe(true);
    await world.run(runner.stop());
    expect(consumer.owned.get("t 0")!.isPaused).toBe(false);
  });
});

describe("a partition that goes", () => {
  const place = { topic: "t", partition: 0 };

  it("is given up once what is in work of it has ended; others go on", async () => {
    const { fake, consumer, handler, run, world } = setUp(["a0", "b0", "a1", "b1"], 2);
    run();
    await world.runFor(100);
    const gone = consumer.giveUp([place], "revoked");
    await world.runFor(1_000);
    handler.end("b0");
    await world.runFor(100);
    expect([handler.begun, handler.calls.get("a0")!.context.signal.aborted]).toEqual([
      ["a0", "b0", "b1"],
      false,
    ]);
    handler.end("a0");
    await world.run(gone);
    expect([handler.begun.includes("a1"), fake.committed.get("t 0")]).toEqual([false, 1]);
    consumer.own(place);
    await world.runFor(100);
    expect(handler.begun.at(-1)).toBe("a1");
  });

  it("is not waited for longer than said, and its handlers count no more", async () => {
    const { fake, consumer, handler, run, world } = setUp(["a", "b"]);
    run({ concurrency: 1, graceMs: 1_000, closeTimeoutMs: 2_000 });
    await world.runFor(100);
    const old = handler.calls.get("a")!;
    await world.run(consumer.giveUp([place], "revoked"), { withinMs: 2_100 });
    expect([old.context.signal.aborted, fake.committed.get("t 0")]).toEqual([true, 0]);
    consumer.own(place);
    await world.runFor(100);
    expect(handler.begun).toEqual(["a", "a"]);
    old.end.resolve();
    await world.runFor(100);
    // Only the new handler's word counts.
    expect([consumer.owned.get("t 0")!.processed, handler.begun.length]).toEqual([0, 2]);
    handler.end("a");
    await world.runFor(100);
    expect([consumer.owned.get("t 0")!.processed, handler.begun.at(-1)]).toEqual([1, "b"]);
  });

  it("is over at once when it is lost", async () => {
    const { consumer, handler, run, world } = setUp(["a", "b"]);
    const { runner } = run();
    await world.runFor(100);
    await world.run(consumer.giveUp([place], "lost"), { withinMs: 1 });
    expect(handler.calls.get("a")!.context.signal.aborted).toBe(true);
    handler.calls.get("a")!.end.reject(new Error("nobody cares"));
    await world.run(runner.stop());
    expect(handler.begun).toEqual(["a"]);
  });

  it("begins anew when it was sought: what is told of before is ignored", async () => {
    const { fake, consumer, handler, run, world } = setUp(["a", "b"]);
    run();
    await world.runFor(100);
    const old = handler.calls.get("a")!;
    consumer.own(place);
    fake.append("t", { value: "c" });
    await world.runFor(100);
    expect([handler.begun, old.context.signal.aborted]).toEqual([["a", "a"], true]);
    old.end.resolve();
    await world.runFor(100);
    expect(consumer.owned.get("t 0")!.processed).toBe(0);
  });

  it("may go while the run ends", async () => {
    const { consumer, handler, run, world } = setUp(["a", "b"]);
    const { runner, ended } = run();
    await world.runFor(100);
    const stopped = runner.stop();
    const gone = consumer.giveUp([place], "revoked");
    await world.runFor(100);
    handler.end("a");
    await world.run(Promise.all([stopped, ended, gone]));
    expect(handler.begun).toEqual(["a"]);
  });
});
