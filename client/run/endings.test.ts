// test: every way in which a run ends, or a partition goes while handlers are at work on it.
import { describe, expect, it } from "vitest";
import { heldRun as setUp } from "../../test/fakes/held-run.ts";
import { HandlerError } from "../errors.ts";

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

  it("is read again from where it was sought, also while it was paused", async () => {
    const { consumer, handler, run, world } = setUp(Array.from({ length: 1500 }, (_, at) => `v${at}`));
    consumer.recordsMax = 1500;
    run();
    await world.runFor(100);
    consumer.own(place);
    consumer.pause([place]);
    handler.end("v0");
    await world.runFor(100);
    // Not v1, which was held when the partition was sought.
    expect(handler.begun).toEqual(["v0", "v0"]);
  });

  it("may have gone when a batch of it arrives: nothing of that is begun", async () => {
    const { fake, consumer, handler, run, world } = setUp([]);
    const { runner, ended } = run();
    await world.runFor(100);
    const record = { offset: 0, timestamp: 0, key: null, value: null, headers: [] };
    const late = {
      ...place,
      generation: 1,
      isCurrent: () => false,
      records: [record],
      decode: () => ({ ...place, offset: 0, key: null, value: "late" }),
      nextOffset: 1,
      highWatermark: 1,
    };
    consumer.planted.push(late);
    await world.runFor(100);
    fake.append("t", { value: "a" });
    await world.runFor(100);
    expect(handler.begun).toEqual(["a"]);
    handler.end("a");
    await world.run(Promise.all([runner.stop(), ended]));
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
