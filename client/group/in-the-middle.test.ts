// test: what a program does while its group, or a run, is in the middle of something: commits, pauses, seeks
// and unsubscribes at a time when an answer is still on its way.
import { describe, expect, it } from "vitest";
import { ErrorCode } from "../../proto/errors.ts";
import { GroupStage, type Protocol, type Reading } from "../../test/fakes/group-stage.ts";

const share = (reading: Reading): number => reading.consumer.assignment().length;
const protocols: Protocol[] = ["classic", "consumer"];
const place = { topic: "t", partition: 0 };

describe.each(protocols)("in a group by the %s protocol", (protocol) => {
  const pause = (stage: GroupStage, ms: number): Promise<void> =>
    new Promise((resolve) => void stage.cluster.client.clock.after(ms, resolve));

  it("a plain commit during a run covers what was handled", async () => {
    const stage = new GroupStage(protocol, { partitions: 1 });
    stage.write("t", 0, 6);
    const consumer = stage.make({ autoCommit: false });
    await stage.world.run(consumer.subscribe(["t"]));
    let isStuck = true;
    const running = consumer.run({
      eachRecord: async ({ offset }) => {
        while (offset === 3 && isStuck) await pause(stage, 50);
      },
    });
    await stage.world.runFor(1_000);
    await stage.world.run(consumer.commit());
    expect(stage.groups.committed("g", "t", 0)).toBe(3);
    isStuck = false;
    await stage.world.runFor(1_000);
    // It commits by itself, and so its end does not.
    await stage.world.run(consumer.close());
    await stage.world.run(running);
    expect(stage.groups.committed("g", "t", 0)).toBe(3);
  });

  it("a commit that is tried again covers what it was asked for, and undoes no later one", async () => {
    const stage = new GroupStage(protocol, { partitions: 1 });
    stage.write("t", 0, 3);
    const one = stage.read({ autoCommit: false });
    await stage.until(() => one.seen.length === 3);
    let refusals = 1;
    stage.cluster.fault = ({ api }) =>
      api === "OffsetCommit" && refusals-- > 0
        ? { kind: "answer", body: { errorCode: 0, topics: [loading] } }
        : null;
    const loading = {
      name: "t",
      partitions: [{ partitionIndex: 0, errorCode: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS }],
    };
    const plain = one.consumer.commit();
    stage.write("t", 0, 3);
    await stage.until(() => one.seen.length === 6);
    await stage.world.run(plain);
    expect(stage.groups.committed("g", "t", 0)).toBe(3);
    refusals = 1;
    const older = one.consumer.commit([{ ...place, offset: 4 }]);
    const newer = one.consumer.commit([{ ...place, offset: 5 }]);
    await stage.world.run(Promise.all([older, newer]));
    expect(stage.groups.committed("g", "t", 0)).toBe(5);
    await stage.close();
  });

  it("the end of a run leaves paused what the program paused", async () => {
    const stage = new GroupStage(protocol, { partitions: 1 });
    const stop = new AbortController();
    const consumer = stage.make();
    await stage.world.run(consumer.subscribe(["t"]));
    const handled: number[] = [];
    stage.write("t", 0, 2);
    const running = consumer.run({
      signal: stop.signal,
      eachRecord: async ({ offset }) => void handled.push(offset),
    });
    await stage.until(() => handled.length === 2);
    consumer.pause([place]);
    stop.abort();
    await stage.world.run(running);
    stage.write("t", 0, 2);
    const seen: number[] = [];
    const reading = (async () => {
      for await (const { offset } of consumer) seen.push(offset);
    })();
    await stage.world.runFor(2_000);
    expect(seen).toEqual([]);
    consumer.resume([place]);
    await stage.until(() => seen.length === 2);
    await stage.world.run(consumer.close());
    await stage.world.run(reading);
  });

  it("a loop may unsubscribe with a record in hand, and subscribe again", async () => {
    const stage = new GroupStage(protocol, { partitions: 1 });
    stage.write("t", 0, 2);
    const slow = { rebalanceTimeoutMs: 300_000, sessionTimeoutMs: 45_000 };
    const { scheduler } = stage.world;
    const took: number[] = [];
    const one = stage.read({
      ...slow,
      work: async (text) => {
        if (text !== "t 0 1" || took.length > 0) return;
        const beganMs = scheduler.nowMs;
        await one.consumer.unsubscribe();
        took.push(scheduler.nowMs - beganMs);
        await one.consumer.subscribe(["t"]);
      },
    });
    await stage.until(() => took.length === 1);
    expect(took[0]).toBeLessThan(11_000);
    await stage.until(() => share(one) === 1);
    stage.write("t", 0, 1);
    await stage.until(() => one.seen.includes("t 0 2"));
    await stage.close();
  });

  it("what is subscribed to while it leaves is read by the next membership", async () => {
    const stage = new GroupStage(protocol, { partitions: 1 });
    const one = stage.read();
    await stage.until(() => share(one) === 1);
    const { memberId } = one.consumer.groupMetadata();
    const leaving = one.consumer.unsubscribe();
    await stage.world.run(one.consumer.subscribe(["t"]));
    await stage.world.run(leaving);
    stage.write("t", 0, 1);
    await stage.until(() => one.seen.length === 1);
    expect(one.consumer.groupMetadata().memberId).not.toBe(memberId);
    await stage.close();
  });

  it("a membership that failed is forgotten with unsubscribe", async () => {
    const stage = new GroupStage(protocol, { partitions: 1 });
    stage.cluster.fault = ({ api }) =>
      api === "JoinGroup" || api === "ConsumerGroupHeartbeat"
        ? { kind: "answer", body: { errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED } }
        : null;
    const one = stage.read();
    await stage.world.run(one.ended);
    await stage.world.run(one.consumer.unsubscribe());
    stage.write("t", 0, 1);
    await stage.world.run(one.consumer.assign([{ topic: "t" }]));
    const first = async (): Promise<number> => {
      for await (const { offset } of one.consumer) return offset;
      return -1;
    };
    expect(await stage.world.run(first())).toBe(0);
    await stage.close();
  });

  it("a seek between the taking of a batch and its handing out counts", async () => {
    const stage = new GroupStage(protocol, { partitions: 1 });
    stage.write("t", 0, 1);
    const consumer = stage.make();
    await stage.world.run(consumer.subscribe(["t"]));
    const batches = consumer.batches();
    await stage.world.run(batches.next());
    stage.write("t", 0, 3);
    await stage.world.runFor(1_000);
    const next = batches.next();
    void consumer.seek(place, { offset: 0 });
    const { value } = await stage.world.run(next);
    expect(value?.records[0]?.offset).toBe(0);
    expect(consumer.position(place)).toBe(value?.nextOffset);
    await stage.world.run(consumer.close());
  });

  it("heartbeats that tell of a rebalance while work is ended for it call for no second one", async () => {
    const stage = new GroupStage(protocol, { partitions: 2 });
    const slow = { work: () => pause(stage, 700), assignors: ["range"] as const };
    const one = stage.read(protocol === "classic" ? slow : { work: slow.work });
    stage.write("t", 0, 20);
    stage.write("t", 1, 20);
    await stage.until(() => one.seen.length > 2);
    const joins = (): number => one.events.filter(({ kind }) => kind === "groupJoined").length;
    const before = joins();
    const two = stage.read(protocol === "classic" ? slow : { work: slow.work });
    await stage.until(() => stage.isDivided([one, two]) && share(one) === 1);
    await stage.world.runFor(5_000);
    expect(joins() - before).toBeLessThanOrEqual(protocol === "classic" ? 1 : 2);
    await stage.close();
  });
});

describe("a member of a consumer group", () => {
  it("keeps what it owns while the name of a new topic cannot be asked for", async () => {
    const stage = new GroupStage("consumer", { partitions: 1 });
    stage.cluster.addTopic("x", 1);
    const one = stage.read({ subscribe: ["t"] });
    await stage.until(() => share(one) === 1);
    stage.write("t", 0, 2);
    await stage.until(() => one.seen.length === 2);
    let isBlind = true;
    stage.cluster.fault = ({ api }) =>
      isBlind && api === "Metadata" ? { kind: "silence", carriedOut: false } : null;
    await stage.world.run(one.consumer.subscribe(["t", "x"]));
    await stage.world.runFor(40_000);
    const owned = stage.cluster.requests
      .filter(({ api, body }) => api === "ConsumerGroupHeartbeat" && body.topicPartitions?.length === 0)
      .filter(({ body }) => body.memberEpoch > 0);
    expect(owned).toEqual([]);
    expect(one.log).toEqual(["+t0"]);
    isBlind = false;
    await stage.until(() => share(one) === 2);
    stage.write("t", 0, 1);
    await stage.until(() => one.seen.length === 3);
    expect(one.log).toEqual(["+t0", "+x0"]);
    await stage.close();
  });

  it("begins anew when it was away for a moment, while an answer was on its way", async () => {
    const stage = new GroupStage("consumer", { partitions: 1 });
    stage.write("t", 0, 1);
    const consumer = stage.make({ maxPollIntervalMs: 500 });
    await stage.world.run(consumer.subscribe(["t"]));
    const iteration = consumer.records();
    expect((await stage.world.run(iteration.next())).value?.offset).toBe(0);
    let isCut = true;
    stage.cluster.fault = ({ api }) =>
      isCut && api === "ConsumerGroupHeartbeat" ? { kind: "delay", ms: 900 } : null;
    // Nobody asks for longer than is allowed, and somebody does before the heartbeat is answered.
    await stage.world.runFor(650);
    const next = iteration.next();
    await stage.world.runFor(300);
    isCut = false;
    stage.write("t", 0, 1);
    expect((await stage.world.run(next)).value?.offset).toBeLessThanOrEqual(1);
    stage.cluster.topics.get("t")!.logs.push(stage.cluster.addTopic("y", 1).logs[0]!);
    const more = iteration.next();
    await stage.world.runUntil(() => consumer.assignment().length === 2, { withinMs: 30_000 });
    expect(consumer.assignment()).toHaveLength(2);
    await stage.world.run(consumer.close());
    await stage.world.run(more);
  });
});
