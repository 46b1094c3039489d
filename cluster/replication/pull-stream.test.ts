// test: pull streams seen from one end: credit, fairness, rounds, parked positions, old registrations; and
// what the whole cluster makes of topics that go, directories that fail and streams that die in silence.
import { describe, expect, it } from "vitest";
import { limits } from "../../base/limits.ts";
import { batch } from "../../proto/batch/header.ts";
import { ErrorCode } from "../../proto/errors.ts";
import type {
  PeerStreamEvents,
  PullData,
  PullPart,
  PullPosition,
  PullPositions,
} from "../../proto/peer/peer-api.ts";
import { namedBatch } from "../../test/replication/named-batch.ts";
import { topicId, VirtualCluster } from "../../test/replication/virtual-cluster.ts";

/** A cluster of node 1 alone, and by hand what a follower that is node 2 would send. */
async function leaderAndHand(partitions: number) {
  const made = new VirtualCluster({
    seed: 3,
    partitions,
    flushPolicy: "durable",
    minInsyncReplicas: 1,
    nodes: 2,
  });
  await made.time.run(1000);
  const follower = made.nodes[1]!;
  follower.crash({ keepsCache: true });
  made.controller.fence(2);
  await made.time.run(500);
  const parts: PullPart[][] = [];
  let isClosed = false;
  let events: PeerStreamEvents<PullPositions> | null = null;
  made.nodes[0]!.replicas!.pull({
    start: (given) => {
      events = given;
    },
    send: (data: PullData) => {
      if (data.parts.length > 0) parts.push(data.parts);
    },
    close: () => {
      isClosed = true;
    },
  });
  const brokerEpoch = made.controller.image.brokers.get(2)!.epoch;
  const position = (change: Partial<PullPosition>): PullPosition => ({
    topicId,
    partition: 0,
    leaderEpoch: leader(change.partition ?? 0).leaderEpoch,
    readOffset: 0,
    lastEpoch: -1,
    durableOffset: 0,
    logStartOffset: 0,
    round: 1,
    stop: false,
    directoryId: "",
    ...change,
  });
  const leader = (index: number) => made.nodes[0]!.partition(index)!;
  const say = (positions: PullPosition[], receivedBytes = 0, epoch = brokerEpoch): void =>
    events!.onMessage({ nodeId: 2, brokerEpoch: epoch, receivedBytes, positions });
  return { made, parts, say, position, leader, isClosed: () => isClosed, brokerEpoch };
}

const bytesOf = (parts: PullPart[][]): number =>
  parts.flat().reduce((sum, part) => sum + part.records.length, 0);

describe("the leader's end", () => {
  it("sends on without being asked, in whole batches that follow each other", async () => {
    const { made, parts, say, position, leader } = await leaderAndHand(1);
    say([position({})]);
    for (let id = 1; id <= 20; id++) {
      leader(0).append({ batch: namedBatch(id, 2), acks: 1, origin: "internal" });
      await made.time.run(1);
    }
    const got = parts.flat().filter((part) => part.records.length > 0);
    let next = 0;
    for (const part of got) {
      expect(part).toMatchObject({ readOffset: next, round: 1, errorCode: 0 });
      for (let at = 0; at < part.records.length; at += batch.byteLength(part.records, at)) {
        expect(batch.baseOffset(part.records, at)).toBe(next);
        next = batch.nextOffset(part.records, at);
      }
    }
    expect(next).toBe(40);
  });

  it("gathers small things while two messages are under way, for a moment at most", async () => {
    const { made, parts, say, position, leader } = await leaderAndHand(1);
    const append = (id: number): void =>
      void leader(0).append({ batch: namedBatch(id, 1), acks: 1, origin: "internal" });
    const messages = (): number => parts.filter((message) => bytesOf([message]) > 0).length;
    say([position({})]);
    const turns = async (from: number, count: number): Promise<void> => {
      for (let id = from; id < from + count; id++) {
        append(id);
        await made.time.run(0.1);
      }
    };
    await turns(1, 5);
    expect(messages()).toBe(2);
    say([], bytesOf(parts));
    await made.time.run(0.1);
    expect(messages()).toBe(3);
    expect(bytesOf(parts)).toBe(5 * namedBatch(1, 1).length);
    await turns(6, 3);
    await made.time.run(2);
    expect(bytesOf(parts)).toBe(8 * namedBatch(1, 1).length);
  });

  it("stops at the credit, and goes on when bytes are acknowledged", async () => {
    const { made, parts, say, position, leader } = await leaderAndHand(1);
    const large = 700_000;
    for (let id = 1; id <= 60; id++)
      leader(0).append({ batch: namedBatch(id, 1, large), acks: 1, origin: "internal" });
    // Copying has its full speed while nobody writes.
    await made.time.run(500);
    say([position({})]);
    await made.time.run(100);
    const first = bytesOf(parts);
    expect(first).toBeGreaterThanOrEqual(limits.pullCreditBytes);
    expect(first).toBeLessThan(limits.pullCreditBytes + large * 2);
    say([], first);
    await made.time.run(100);
    expect(bytesOf(parts)).toBeGreaterThanOrEqual(2 * limits.pullCreditBytes);
    for (const message of parts)
      expect(bytesOf([message])).toBeLessThan(limits.pullMessageBytesTarget + large);
  });

  it("gives every partition its turn, those with large batches too", async () => {
    const { made, parts, say, position, leader } = await leaderAndHand(3);
    for (let id = 1; id <= 8; id++)
      leader(0).append({ batch: namedBatch(id, 1, 600_000), acks: 1, origin: "internal" });
    for (let id = 1; id <= 400; id++)
      for (const index of [1, 2])
        leader(index).append({ batch: namedBatch(id, 1, 10_000), acks: 1, origin: "internal" });
    await made.time.run(500);
    say([0, 1, 2].map((partition) => position({ partition })));
    await made.time.run(1);
    for (let from = 0; from + 6 <= Math.min(parts.length, 12); from += 6) {
      const served = new Set(
        parts
          .slice(from, from + 6)
          .flat()
          .filter((part) => part.records.length > 0)
          .map((part) => part.partition),
      );
      expect([...served].sort()).toEqual([0, 1, 2]);
    }
    for (const index of [0, 1, 2]) {
      const last = parts.flat().findLast((part) => part.partition === index && part.records.length > 0)!;
      let end = 0;
      for (let at = 0; at < last.records.length; at += batch.byteLength(last.records, at))
        end = batch.nextOffset(last.records, at);
      expect(end).toBe(leader(index).logEndOffset);
    }
  });

  it("answers positions outside its log or of other epochs, starts anew only in a new round", async () => {
    const { made, parts, say, position, leader } = await leaderAndHand(1);
    leader(0).append({ batch: namedBatch(1, 5), acks: 1, origin: "internal" });
    const { leaderEpoch } = leader(0);
    const ask = async (change: Partial<PullPosition>): Promise<PullPart[]> => {
      parts.length = 0;
      say([position(change)]);
      await made.time.run(1);
      return parts.flat();
    };
    expect(await ask({ round: 1, leaderEpoch: leaderEpoch - 1 })).toMatchObject([
      { errorCode: ErrorCode.FENCED_LEADER_EPOCH },
    ]);
    expect(await ask({ round: 2, readOffset: 9 })).toMatchObject([
      { errorCode: ErrorCode.OFFSET_OUT_OF_RANGE, logStartOffset: 0, divergingEnd: 5 },
    ]);
    expect(await ask({ round: 3, readOffset: 9, lastEpoch: leaderEpoch })).toMatchObject([
      { errorCode: 0, divergingEpoch: leaderEpoch, divergingEnd: 5 },
    ]);
    expect((await ask({ round: 4 }))[0]!.records.length).toBeGreaterThan(0);
    expect(await ask({ round: 4 })).toEqual([]);
    expect((await ask({ round: 5 }))[0]!.records.length).toBeGreaterThan(0);
  });

  it("keeps a position that is ahead of it until the image comes", async () => {
    const { made, parts, say, position, leader } = await leaderAndHand(1);
    leader(0).append({ batch: namedBatch(1, 5), acks: 1, origin: "internal" });
    // Fencing ends this epoch and begins one without a leader, unfencing begins the next.
    say([position({ leaderEpoch: leader(0).leaderEpoch + 2 })]);
    await made.time.run(5);
    expect(parts).toEqual([]);
    made.controller.fence(1);
    made.controller.unfence(1, made.nodes[0]!.incarnationId);
    await made.time.run(100);
    expect(bytesOf(parts)).toBeGreaterThan(0);
  });

  it("closes streams of an older registration, and of a follower that opened another", async () => {
    const { say, position, isClosed, brokerEpoch } = await leaderAndHand(1);
    say([position({})]);
    expect(isClosed()).toBe(false);
    say([position({})], 0, brokerEpoch - 1);
    expect(isClosed()).toBe(true);
  });

  it("closes a stream whose follower claims what it was not sent", async () => {
    const { say, position, isClosed, made } = await leaderAndHand(1);
    say([position({})]);
    say([position({ readOffset: 5, durableOffset: 5 })]);
    expect(isClosed()).toBe(true);
    expect(made.errors.splice(0)).toHaveLength(1);
  });
});

describe("the set of replicas", () => {
  async function three() {
    const made = new VirtualCluster({
      seed: 5,
      partitions: 2,
      flushPolicy: "durable",
      minInsyncReplicas: 2,
    });
    await made.time.run(2000);
    return made;
  }

  it("takes up a stream that died in silence", async () => {
    const made = await three();
    made.blackHoles.add("2>1").add("3>1");
    await made.time.run(100);
    made.blackHoles.clear();
    const done = made.produce(0, { acks: -1, timeoutMs: 20_000 });
    await made.time.run(15_000);
    expect(await done).toBe(true);
    made.checkConverged();
  });

  it("deletes the logs of a topic that is gone, and of one that went while it was down", async () => {
    const made = await three();
    const [first, , third] = made.nodes;
    third!.crash({ keepsCache: true });
    const { image } = made.controller;
    const topics = new Map();
    const removedTopics = new Map(image.topics);
    const delta = {
      brokers: new Set<number>(),
      partitions: new Map(),
      removedTopics,
      configs: new Set<string>(),
    };
    const without = { ...image, topics, topicIdsByName: new Map() };
    first!.replicas!.applyImage(without, delta);
    expect(first!.partition(0)).toBe(undefined);
    expect(first!.deleted.map((id) => id.partition)).toEqual([0, 1]);
    made.controller.image = without;
    made.restart(third!);
    await made.time.run(100);
    expect(third!.deleted.map((id) => id.partition)).toEqual([0, 1]);
  });

  it("goes offline with its directory, says so once, and leaves the rest to others", async () => {
    const made = await three();
    const node = made.nodes[0]!;
    const led = [0, 1].find((index) => node.partition(index)!.isLeader)!;
    for (const log of node.logs.values()) log.failed = true;
    const append = () =>
      node.partition(led)!.append({ batch: namedBatch(1, 1), acks: 1, origin: "internal" });
    expect(append).toThrow("the directory failed");
    expect([0, 1].map((index) => node.partition(index)!.role)).toEqual(["offline", "offline"]);
    expect(append).toThrow("the directory failed");
    expect(node.failedDirectories).toEqual(["directory"]);
    expect(made.errors.splice(0)).toHaveLength(2);
  });

  it("starts from the high watermarks it wrote down", async () => {
    const made = await three();
    const done = made.produce(0, { acks: -1, records: 4 });
    await made.time.run(6000);
    expect(await done).toBe(true);
    for (const node of made.nodes) expect(node.checkpoint.get(`${topicId}-0`)).toBe(4);
    const node = made.nodes[1]!;
    node.crash({ keepsCache: false });
    made.restart(node);
    made.blackHoles.add("2>1").add("2>3");
    await made.time.run(60);
    expect(node.partition(0)!.highWatermark).toBe(4);
  });

  it("tells its story: who led, who left, who came back, who caught up", async () => {
    const made = await three();
    made.events.length = 0;
    const node = made.nodes[0]!;
    node.crash({ keepsCache: true });
    made.controller.fence(1);
    await made.time.run(100);
    void made.produce(0, { acks: -1 });
    void made.produce(1, { acks: -1 });
    await made.time.run(1000);
    made.restart(node);
    await made.time.run(2000);
    const kinds = new Set(made.events.map((event) => event.kind));
    expect([...kinds].sort()).toEqual(
      ["becameLeader", "caughtUp", "firstCommit", "inSyncExpanded", "inSyncShrunk"].sort(),
    );
    made.checkConverged();
  });
});
