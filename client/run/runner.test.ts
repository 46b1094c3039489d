// test: handlers of single records: how many at once, in which order, and what is told and when.
import { describe, expect, it } from "vitest";
import { heldRun as setUp } from "../../test/fakes/held-run.ts";
import { retryTopics } from "./failure-policy.ts";
import { retryHeaders } from "./retry-headers.ts";

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

  it("tells of batches that compaction left empty", async () => {
    const { consumer, run, world, processed } = setUp([]);
    run();
    await world.runFor(100);
    const owned = consumer.owned.get("t 0")!;
    owned.position = 7;
    const { generation, place } = owned;
    const decode = (): null => null;
    const empty = { ...place, generation, records: [], decode, isCurrent: () => true, nextOffset: 7 };
    consumer.planted.push({ ...empty, highWatermark: 7 });
    await world.runFor(100);
    expect(processed()).toBe(7);
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

  it("holds so many bytes at most, of all partitions together, and goes on as they are done", async () => {
    const { fake, consumer, run, world } = setUp([], 10);
    const value = Buffer.alloc(4 * 1024 * 1024, "x");
    for (let at = 0; at < 30; at++) {
      const log = fake.log("t", at % 10);
      log.push({ offset: log.length, timestamp: 0, key: null, value, headers: [] });
    }
    consumer.recordsMax = 1;
    let isHeld = true;
    let handled = 0;
    const eachRecord = async (): Promise<void> => {
      while (isHeld) await fake.sleep(10);
      handled++;
    };
    run({ concurrency: 2, eachRecord });
    await world.runFor(1_000);
    const read = (): number => [...consumer.owned.values()].reduce((sum, { position }) => sum + position, 0);
    expect([read(), handled]).toEqual([16, 0]);
    isHeld = false;
    await world.runFor(5_000);
    expect([read(), handled]).toEqual([30, 30]);
  });

  it("is not kept from reading by what only waits for its time", async () => {
    const { fake, consumer, run, handler, world } = setUp(["a"]);
    const value = Buffer.alloc(4 * 1024 * 1024, "x");
    const origin = { topic: "t", partition: 0, offset: 0, timestamp: 0 };
    const dueMs = fake.env.clock.wallMs() + 3_000_000;
    const headers = retryHeaders([], { origin, attempts: 1, dueMs }, new Error("x"));
    fake.addTopic("t-retry-1", 20);
    for (const log of fake.topics.get("t-retry-1")!) {
      log.push({ offset: 0, timestamp: 0, key: null, value, headers });
    }
    run({ onError: retryTopics({ delaysMs: [3_600_000] }) });
    await world.runFor(1_000);
    handler.end("a");
    await world.runFor(100);
    expect(consumer.paused.length).toBe(20);
    for (const value of ["b", "c", "d"]) {
      fake.append("t", { value });
      await world.runFor(1_000);
      handler.end(value);
    }
    expect(handler.begun).toEqual(["a", "b", "c", "d"]);
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
