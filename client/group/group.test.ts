// test: consumers in a group against a fake coordinator on a virtual network, by both protocols: joins,
// leaves, hand-overs, commits, coordinators that move or refuse, programs that are slow, ends.
import { describe, expect, it } from "vitest";
import { ErrorCode } from "../../proto/errors.ts";
import { GroupStage, type Protocol, type Reading } from "../../test/fakes/group-stage.ts";

const share = (reading: Reading): number => reading.consumer.assignment().length;
const protocols: Protocol[] = ["classic", "consumer"];

describe.each(protocols)("a group by the %s protocol", (protocol) => {
  it("divides partitions, hands them over to a newcomer and back, and reads each record once", async () => {
    const stage = new GroupStage(protocol);
    const one = stage.read();
    for (let partition = 0; partition < 4; partition++) stage.write("t", partition, 5);
    await stage.until(() => one.seen.length === 20);
    const two = stage.read();
    await stage.until(() => share(one) === 2 && share(two) === 2 && stage.isDivided([one, two]));
    for (let partition = 0; partition < 4; partition++) stage.write("t", partition, 5);
    await stage.until(() => one.seen.length + two.seen.length === 40);
    await stage.world.run(two.consumer.close());
    expect(await stage.world.run(two.ended)).toBe(null);
    await stage.until(() => share(one) === 4);
    for (let partition = 0; partition < 4; partition++) stage.write("t", partition, 5);
    await stage.until(() => one.seen.length + two.seen.length === 60);
    expect(new Set([...one.seen, ...two.seen]).size).toBe(60);
    await stage.close();
    for (let partition = 0; partition < 4; partition++) {
      expect(stage.groups.committed("g", "t", partition)).toBe(15);
    }
    expect(one.events.map((event) => event.kind)).toContain("groupJoined");
    expect(two.events.map((event) => event.kind)).toContain("groupLeft");
  });

  it("goes on after what is committed, also in another process", async () => {
    const stage = new GroupStage(protocol, { partitions: 1 });
    stage.write("t", 0, 10);
    const first = stage.read();
    await stage.until(() => first.seen.length === 10);
    await stage.world.run(first.consumer.close());
    stage.write("t", 0, 3);
    const second = stage.read();
    await stage.until(() => second.seen.length === 3);
    expect(second.seen).toEqual(["t 0 10", "t 0 11", "t 0 12"]);
    await stage.close();
  });

  it("commits only what the loop came back from", async () => {
    const stage = new GroupStage(protocol, { partitions: 1 });
    stage.write("t", 0, 5);
    let isStuck = true;
    const failing = stage.read({
      work: async (text) => {
        while (isStuck && text === "t 0 3")
          await new Promise<void>((done) => stage.cluster.client.clock.after(100, done));
        if (text === "t 0 4") throw new Error("bad record");
      },
    });
    await stage.until(() => stage.groups.committed("g", "t", 0) === 3);
    await stage.world.runFor(2_000);
    expect(stage.groups.committed("g", "t", 0)).toBe(3);
    isStuck = false;
    expect(await stage.world.run(failing.ended)).toMatchObject({ message: "bad record" });
    await stage.world.run(failing.consumer.close());
    // The one that failed is not done.
    expect(stage.groups.committed("g", "t", 0)).toBe(4);
  });

  it("waits for the record in hand before its partition goes", async () => {
    const stage = new GroupStage(protocol, { partitions: 2 });
    const order: string[] = [];
    const { clock } = stage.cluster.client;
    let isSlow = true;
    const one = stage.read({
      work: async (text) => {
        order.push(`begin ${text}`);
        if (isSlow) await new Promise<void>((done) => clock.after(1_500, done));
        order.push(`end ${text}`);
      },
    });
    stage.write("t", 0, 1);
    stage.write("t", 1, 1);
    await stage.until(() => one.seen.length === 1);
    const two = stage.read({ work: async (text) => void order.push(`two ${text}`) });
    await stage.until(() => share(one) === 1 && share(two) === 1);
    // By the classic protocol everything is given up, and only after the record in hand.
    if (protocol === "classic") expect(order.slice(0, 2)).toEqual(["begin t 0 0", "end t 0 0"]);
    isSlow = false;
    await stage.until(() => one.seen.length + two.seen.length === 2);
    await stage.world.runFor(1_000);
    expect([...one.seen, ...two.seen].sort()).toEqual(["t 0 0", "t 1 0"]);
    await stage.close();
  });

  it("does not wait longer than the rebalance timeout for a program that hangs", async () => {
    const stage = new GroupStage(protocol, { partitions: 2 });
    stage.write("t", 0, 2);
    stage.write("t", 1, 2);
    const hanging = stage.read({ work: () => new Promise(() => {}), rebalanceTimeoutMs: 2_000 });
    await stage.until(() => hanging.seen.length === 1);
    const other = stage.read();
    await stage.until(() => share(other) === 1 && share(hanging) === 1, 20_000);
    await stage.until(() => other.seen.length === 2);
    const beganMs = stage.world.scheduler.nowMs;
    await stage.close();
    expect(stage.world.scheduler.nowMs - beganMs).toBeLessThan(10_000);
  });

  it("leaves when nobody asks for records, and comes back when somebody does", async () => {
    const stage = new GroupStage(protocol, { partitions: 2 });
    const { clock } = stage.cluster.client;
    stage.write("t", 0, 2);
    stage.write("t", 1, 2);
    let isSlow = true;
    const slow = stage.read({
      maxPollIntervalMs: 1_500,
      rebalanceTimeoutMs: 1_000,
      work: async () => {
        if (isSlow) await new Promise<void>((done) => clock.after(8_000, done));
        isSlow = false;
      },
    });
    await stage.until(() => slow.seen.length === 1);
    await stage.until(() => slow.log.some((line) => line.startsWith("!")));
    expect(slow.events).toContainEqual({ kind: "groupLeft", groupId: "g", reason: "not polled" });
    expect(share(slow)).toBe(0);
    await stage.until(() => share(slow) === 2);
    await stage.until(() => slow.seen.length === 5);
    // What it had in hand when it was out counts for nothing: it comes again.
    expect(new Set(slow.seen).size).toBe(4);
    await stage.close();
  });

  it("loses everything when the coordinator threw it out, and joins again", async () => {
    const stage = new GroupStage(protocol);
    const one = stage.read();
    stage.write("t", 0, 3);
    await stage.until(() => share(one) === 4 && one.seen.length === 3);
    const { memberId } = one.consumer.groupMetadata();
    if (protocol === "classic")
      stage.groups.group("g").expire(stage.groups.group("g").members.get(memberId)!);
    else stage.groups.modernGroup("g").expire(memberId);
    await stage.until(() => one.log.includes("!t0,t1,t2,t3"));
    await stage.until(() => share(one) === 4);
    stage.write("t", 0, 1);
    await stage.until(() => one.seen.at(-1) === "t 0 3");
    await stage.close();
  });

  it("finds a coordinator that moved, or whose broker is gone", async () => {
    const stage = new GroupStage(protocol, { brokers: 2, partitions: 2 });
    const one = stage.read();
    await stage.until(() => share(one) === 2);
    stage.groups.coordinator = 2;
    await stage.world.runFor(3_000);
    stage.write("t", 0, 4);
    await stage.until(() => stage.groups.committed("g", "t", 0) === 4);
    expect(share(one)).toBe(2);
    expect(one.log.filter((line) => line.startsWith("!"))).toEqual([]);
    stage.groups.coordinator = 1;
    stage.cluster.crash(2);
    for (const { logs } of stage.cluster.topics.values()) for (const log of logs) log.moveTo(1);
    stage.cluster.fenced.add(2);
    stage.write("t", 0, 4);
    await stage.until(() => stage.groups.committed("g", "t", 0) === 8);
    expect(share(one)).toBe(2);
    await stage.close();
  });

  it("finds new partitions and new topics of a pattern", async () => {
    const stage = new GroupStage(protocol, { partitions: 1 });
    const one = stage.read({ subscribe: /^t/ });
    await stage.until(() => share(one) === 1);
    stage.cluster.topics.get("t")!.logs.push(stage.cluster.addTopic("x", 1).logs[0]!);
    stage.cluster.addTopic("tt", 2);
    await stage.until(() => share(one) === 4);
    stage.write("tt", 1, 2);
    await stage.until(() => one.seen.length === 2);
    await stage.world.run(one.consumer.subscribe(["tt"]));
    await stage.until(() => share(one) === 2);
    expect(one.consumer.assignment().every((place) => place.topic === "tt")).toBe(true);
    await stage.world.run(one.consumer.unsubscribe());
    expect(share(one)).toBe(0);
    await stage.close();
  });

  it("keeps a static member's place while it is started anew", async () => {
    const stage = new GroupStage(protocol, { partitions: 2 });
    const one = stage.read({ groupInstanceId: "one" });
    const two = stage.read({ groupInstanceId: "two" });
    await stage.until(() => share(one) === 1 && share(two) === 1);
    const before = one.consumer.assignment();
    await stage.world.run(two.consumer.close());
    await stage.world.runFor(1_000);
    expect(one.consumer.assignment()).toEqual(before);
    const again = stage.read({ groupInstanceId: "two" });
    await stage.until(() => share(again) === 1);
    expect(stage.isDivided([one, again])).toBe(true);
    await stage.world.run(again.consumer.close({ leaveGroup: true }));
    await stage.until(() => share(one) === 2);
    await stage.close();
  });

  it("is closed in bounded time when no broker answers", async () => {
    const stage = new GroupStage(protocol);
    const one = stage.read();
    stage.write("t", 0, 3);
    await stage.until(() => one.seen.length === 3);
    stage.cluster.fault = () => ({ kind: "silence", carriedOut: false });
    const beganMs = stage.world.scheduler.nowMs;
    await stage.world.run(one.consumer.close());
    expect(stage.world.scheduler.nowMs - beganMs).toBeLessThan(7_000);
    expect(await stage.world.run(one.ended)).toBe(null);
  });

  it("seeks, pauses, and tells how far it is behind", async () => {
    const stage = new GroupStage(protocol, { partitions: 1 });
    stage.write("t", 0, 6);
    const place = { topic: "t", partition: 0 };
    let isFirst = true;
    const one = stage.read({
      onAssigned: async ([first]) => {
        if (isFirst) await one.consumer.seek(first!, { offset: 4 });
        isFirst = false;
      },
    });
    await stage.until(() => one.seen.length === 2);
    expect(one.seen).toEqual(["t 0 4", "t 0 5"]);
    one.consumer.pause([place]);
    stage.write("t", 0, 2);
    await stage.world.runFor(1_000);
    expect(one.seen.length).toBe(2);
    await stage.world.run(one.consumer.seek(place, { offset: 2 }));
    await stage.until(() => stage.groups.committed("g", "t", 0) === 2);
    one.consumer.resume([place]);
    await stage.until(() => one.seen.length === 8);
    expect(one.consumer.lag()).toEqual([{ ...place, position: 8, highWatermark: 8, lag: 0 }]);
    await stage.close();
  });

  it("commits when told, with metadata, and says what is committed", async () => {
    const stage = new GroupStage(protocol, { partitions: 1 });
    stage.write("t", 0, 6);
    const place = { topic: "t", partition: 0 };
    const one = stage.read({ autoCommit: false });
    await stage.until(() => one.seen.length === 6);
    await stage.world.runFor(2_000);
    expect(stage.groups.committed("g", "t", 0)).toBe(-1);
    expect(await stage.world.run(one.consumer.committed())).toEqual([null]);
    await stage.world.run(one.consumer.commit([{ ...place, offset: 3, metadata: "half" }]));
    const [told] = await stage.world.run(one.consumer.committed([place]));
    expect(told).toMatchObject({ ...place, offset: 3, metadata: "half" });
    await stage.world.run(one.consumer.commit());
    expect(stage.groups.committed("g", "t", 0)).toBe(6);
    const foreign = one.consumer.commit([{ topic: "t", partition: 7, offset: 1 }]);
    await expect(stage.world.run(foreign)).rejects.toMatchObject({ code: "COMMIT_FENCED" });
    const wrong = one.consumer.commit([{ topic: "t", partition: 0, offset: -1 }]);
    await expect(stage.world.run(wrong)).rejects.toMatchObject({ code: "INVALID_OPTION" });
    await stage.close();
    expect(stage.groups.committed("g", "t", 0)).toBe(6);
  });

  it("stops for good at what cannot be retried, and says so", async () => {
    const stage = new GroupStage(protocol);
    const code = ErrorCode.GROUP_AUTHORIZATION_FAILED;
    stage.cluster.fault = ({ api }) =>
      api === "JoinGroup" || api === "ConsumerGroupHeartbeat"
        ? { kind: "answer", body: { errorCode: code } }
        : null;
    const one = stage.read();
    expect(await stage.world.run(one.ended)).toMatchObject({ errorName: "GROUP_AUTHORIZATION_FAILED" });
    expect(one.events.map((event) => event.kind)).toContain("groupFailed");
    await stage.close();
  });

  it("throws what a listener throws, once", async () => {
    const stage = new GroupStage(protocol);
    const one = stage.read({
      onAssigned: () => {
        throw new Error("no");
      },
    });
    expect(await stage.world.run(one.ended)).toMatchObject({ code: "LISTENER_FAILED" });
    stage.write("t", 0, 1);
    const again = async (): Promise<number> => {
      for await (const record of one.consumer) return record.offset;
      return -1;
    };
    expect(await stage.world.run(again())).toBe(0);
    await stage.close();
  });

  it("does without a committed offset as offsetReset says", async () => {
    const stage = new GroupStage(protocol, { partitions: 1 });
    stage.write("t", 0, 3);
    const strict = stage.read({ offsetReset: "error" });
    expect(await stage.world.run(strict.ended)).toMatchObject({ code: "NO_COMMITTED_OFFSET" });
    await stage.world.run(strict.consumer.close());
    const latest = stage.read({ offsetReset: "latest" });
    await stage.until(
      () => share(latest) === 1 && latest.consumer.position({ topic: "t", partition: 0 }) === 3,
    );
    stage.write("t", 0, 1);
    await stage.until(() => latest.seen.length === 1);
    expect(latest.seen).toEqual(["t 0 3"]);
    await stage.close();
  });

  it("does not let a loop that ended hold up a hand-over", async () => {
    const stage = new GroupStage(protocol, { partitions: 1 });
    stage.write("t", 0, 3);
    const consumer = stage.make();
    await stage.world.run(consumer.subscribe(["t"]));
    const first = async (): Promise<number> => {
      for await (const record of consumer) return record.offset;
      return -1;
    };
    expect(await stage.world.run(first())).toBe(0);
    await stage.world.runFor(1_500);
    // Whether the loop was done with it, or failed, cannot be told.
    expect(stage.groups.committed("g", "t", 0)).toBe(0);
    const beganMs = stage.world.scheduler.nowMs;
    await stage.world.run(consumer.close());
    expect(stage.world.scheduler.nowMs - beganMs).toBeLessThan(1_500);
    const next = stage.make();
    await stage.world.run(next.subscribe(["t"]));
    const rest = async (): Promise<void> => {
      for await (const record of next) if (record.offset === 2) break;
      await next.commit();
    };
    await stage.world.run(rest());
    expect(stage.groups.committed("g", "t", 0)).toBe(3);
    await stage.world.run(next.close());
  });

  it("commits for a group without being a member, by assign", async () => {
    const stage = new GroupStage(protocol, { partitions: 1 });
    stage.write("t", 0, 3);
    const consumer = stage.make({ groupId: "simple" });
    await stage.world.run(consumer.assign([{ topic: "t" }]));
    await expect(consumer.subscribe(["t"])).rejects.toMatchObject({ code: "MIXED_ASSIGNMENT" });
    const all = async (): Promise<void> => {
      for await (const record of consumer.readToEnd()) expect(record.topic).toBe("t");
    };
    await stage.world.run(all());
    await stage.world.run(consumer.close());
    expect(stage.groups.committed("simple", "t", 0)).toBe(3);
    const none = stage.make({ groupId: null });
    await expect(none.subscribe(["t"])).rejects.toMatchObject({ code: "NO_GROUP" });
    expect(() => none.groupMetadata()).toThrow("without a groupId");
  });
});
