// test: what clients see of a partition, in a small cluster over virtual time.
import { describe, expect, it } from "vitest";
import { realCodecs } from "../../base/real/codecs.ts";
import { buildBatch } from "../../proto/batch/build.ts";
import { batch } from "../../proto/batch/header.ts";
import { BrokerError } from "../../proto/errors.ts";
import { batchId, namedBatch } from "../../test/replication/named-batch.ts";
import { topicId, VirtualCluster, type VirtualNode } from "../../test/replication/virtual-cluster.ts";
import type { Partition } from "./partition.ts";

async function cluster(options: { min?: number; flushPolicy?: "durable" | "os"; nodes?: number } = {}) {
  const made = new VirtualCluster({
    seed: 1,
    partitions: 1,
    flushPolicy: options.flushPolicy ?? "durable",
    minInsyncReplicas: options.min ?? 2,
    nodes: options.nodes ?? 3,
  });
  await made.time.run(2000);
  return made;
}

function leader(made: VirtualCluster): { node: VirtualNode; partition: Partition } {
  const image = made.controller.image.topics.get(topicId)!.partitions[0]!;
  const node = made.nodes.find((one) => one.nodeId === image.leader)!;
  return { node, partition: node.partition(0)! };
}

function clientBatch(producerId: number, baseSequence: number, records = 2): Uint8Array {
  return buildBatch({
    records: Array.from({ length: records }, (_, index) => ({
      key: Buffer.from(`key ${index}`),
      value: Buffer.from("value"),
      timestamp: 1_700_000_000_000 + index,
    })),
    codecs: realCodecs,
    producerId,
    producerEpoch: 0,
    baseSequence,
  });
}

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof BrokerError) return error.errorName;
    throw error;
  }
  return "NONE";
}

const outcome = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "NONE",
    (error: BrokerError) => error.errorName,
  );

describe("writing", () => {
  it("commits with one message down and one up, then tells the high watermark", async () => {
    const made = await cluster();
    const { partition } = leader(made);
    const answer = partition.append({ batch: clientBatch(-1, -1), acks: -1 });
    expect(answer).toMatchObject({ baseOffset: 0, end: 2, duplicate: false, logAppendTimeMs: -1 });
    const committed = outcome(partition.awaitCommitted({ ...answer, timeoutMs: 1000 }));
    expect(partition.highWatermark).toBe(0);
    await made.time.run(30);
    expect(await committed).toBe("NONE");
    expect(made.nodes.map((node) => node.partition(0)!.highWatermark)).toEqual([2, 2, 2]);
  });

  it("answers a duplicate with the first offsets, committed only when the first is", async () => {
    const made = await cluster();
    const { partition } = leader(made);
    const first = partition.append({ batch: clientBatch(7, 0), acks: -1 });
    const again = partition.append({ batch: clientBatch(7, 0), acks: -1 });
    expect(again).toMatchObject({ baseOffset: first.baseOffset, end: first.end, duplicate: true });
    let isDone = false;
    const done = partition.awaitCommitted({ ...again, timeoutMs: 1000 }).then(() => (isDone = true));
    await made.time.run(0.5);
    expect(isDone).toBe(false);
    await made.time.run(50);
    await done;
    expect(partition.logEndOffset).toBe(2);
    expect(refusal(() => partition.append({ batch: clientBatch(7, 9), acks: 1 }))).toBe(
      "OUT_OF_ORDER_SEQUENCE_NUMBER",
    );
  });

  it("refuses damaged batches, other leaders' epochs, and followers", async () => {
    const made = await cluster();
    made.controller.moveLeader(topicId, 0, 2);
    await made.time.run(100);
    const { partition, node } = leader(made);
    const damaged = clientBatch(-1, -1);
    damaged[damaged.length - 1]! ^= 1;
    expect(refusal(() => partition.append({ batch: damaged, acks: 1 }))).toBe("CORRUPT_MESSAGE");
    const epoch = partition.leaderEpoch;
    const at = (currentLeaderEpoch: number) => () =>
      partition.append({ batch: clientBatch(-1, -1), acks: 1, currentLeaderEpoch });
    expect(refusal(at(epoch - 1))).toBe("FENCED_LEADER_EPOCH");
    expect(refusal(at(epoch + 1))).toBe("UNKNOWN_LEADER_EPOCH");
    expect(refusal(at(epoch))).toBe("NONE");
    const follower = made.nodes.find((one) => one !== node)!.partition(0)!;
    expect(refusal(() => follower.append({ batch: clientBatch(-1, -1), acks: 1 }))).toBe(
      "NOT_LEADER_OR_FOLLOWER",
    );
  });

  it("refuses acks=all below min.insync.replicas before the append, and fails who waits", async () => {
    const made = await cluster({ min: 3 });
    const { partition, node } = leader(made);
    const answer = partition.append({ batch: namedBatch(1, 1), acks: -1, origin: "internal" });
    const waiting = outcome(partition.awaitCommitted({ ...answer, timeoutMs: 60_000 }));
    const victim = made.nodes.find((one) => one !== node)!;
    victim.crash({ keepsCache: true });
    made.controller.fence(victim.nodeId);
    await made.time.run(100);
    expect(await waiting).toBe("NOT_ENOUGH_REPLICAS_AFTER_APPEND");
    const refused = () => partition.append({ batch: namedBatch(2, 1), acks: -1, origin: "internal" });
    expect(refusal(refused)).toBe("NOT_ENOUGH_REPLICAS");
    expect(partition.logEndOffset).toBe(1);
    expect(refusal(() => partition.append({ batch: namedBatch(2, 1), acks: 1, origin: "internal" }))).toBe(
      "NONE",
    );
  });

  it("times out, and fails who waits when leadership moves", async () => {
    const made = await cluster();
    const { partition, node } = leader(made);
    made.delayMs = [5000, 5000];
    const answer = partition.append({ batch: namedBatch(1, 1), acks: -1, origin: "internal" });
    const short = outcome(partition.awaitCommitted({ ...answer, timeoutMs: 100 }));
    const long = outcome(partition.awaitCommitted({ ...answer, timeoutMs: 60_000 }));
    await made.time.run(200);
    expect(await short).toBe("REQUEST_TIMED_OUT");
    const other = made.nodes.find((one) => one !== node)!;
    made.controller.moveLeader(topicId, 0, other.nodeId);
    await made.time.run(100);
    expect(await long).toBe("NOT_LEADER_OR_FOLLOWER");
    expect(await outcome(partition.awaitCommitted({ ...answer, timeoutMs: 1 }))).toBe(
      "NOT_LEADER_OR_FOLLOWER",
    );
  });

  it("needs nobody else at replication factor 1, whatever min.insync.replicas says", async () => {
    const made = await cluster({ nodes: 1, min: 2 });
    expect(await resolved(made, made.produce(0, { acks: -1 }))).toBe(true);
  });
});

async function resolved<T>(made: VirtualCluster, promise: Promise<T>): Promise<T> {
  await made.time.run(100);
  return promise;
}

describe("reading", () => {
  const whole = { maxBytes: 1e6, minOneBatch: true, isolation: "readUncommitted" } as const;

  it("gives committed records only, and wakes who watches", async () => {
    const made = await cluster();
    const { partition } = leader(made);
    let woken = 0;
    const unwatch = partition.watch(() => woken++);
    partition.append({ batch: namedBatch(41, 3), acks: 1, origin: "internal" });
    expect(partition.read({ offset: 0, ...whole }).records.length).toBe(0);
    expect(partition.read({ offset: 3, ...whole }).records.length).toBe(0);
    expect(refusal(() => partition.read({ offset: 4, ...whole }))).toBe("OFFSET_OUT_OF_RANGE");
    await made.time.run(50);
    expect(woken).toBeGreaterThan(0);
    const answer = partition.read({ offset: 1, ...whole });
    expect(answer).toMatchObject({
      highWatermark: 3,
      lastStableOffset: 3,
      logStartOffset: 0,
      diverging: null,
    });
    expect(batchId(answer.records)).toBe(41);
    expect(batch.leaderEpoch(answer.records, 0)).toBe(partition.leaderEpoch);
    unwatch();
  });

  it("says where a reader's log parts from its own", async () => {
    const made = await cluster();
    const { partition, node } = leader(made);
    await resolved(made, made.produce(0, { acks: -1, records: 3 }));
    const other = made.nodes.find((one) => one !== node)!;
    made.controller.moveLeader(topicId, 0, other.nodeId);
    await made.time.run(100);
    const now = other.partition(0)!;
    const epoch = partition.leaderEpoch;
    await resolved(made, made.produce(0, { acks: -1, records: 3 }));
    expect(now.read({ offset: 5, lastFetchedEpoch: epoch - 1, ...whole }).diverging).toEqual({
      epoch: epoch - 1,
      end: 3,
    });
    expect(now.endOfEpoch({ leaderEpoch: epoch - 1 })).toEqual({ epoch: epoch - 1, end: 3 });
  });

  it("answers OFFSET_NOT_AVAILABLE until a new leader knows the high watermark", async () => {
    const made = await cluster();
    const { partition, node } = leader(made);
    const isolation = "readUncommitted";
    await resolved(made, made.produce(0, { acks: -1, records: 2 }));
    expect(partition.latestOffset({ isolation }).offset).toBe(2);
    // The followers hold a record that they do not know to be committed, and cannot reach each other.
    const others = made.nodes.filter((one) => one !== node);
    partition.append({ batch: namedBatch(99, 1), acks: 1, origin: "internal" });
    await made.time.run(7);
    made.delayMs = [400, 400];
    node.crash({ keepsCache: true });
    made.controller.fence(node.nodeId);
    await made.time.run(60);
    const next = others.find((one) => one.partition(0)!.isLeader)!.partition(0)!;
    expect(next.logEndOffset).toBe(3);
    expect(refusal(() => next.latestOffset({ isolation }))).toBe("OFFSET_NOT_AVAILABLE");
    expect(refusal(() => next.offsetForTimestamp({ timestamp: 99, isolation }))).toBe("OFFSET_NOT_AVAILABLE");
    expect(next.earliestOffset({}).offset).toBe(0);
    await made.time.run(2000);
    expect(next.latestOffset({ isolation }).offset).toBe(3);
    expect(next.offsetForTimestamp({ timestamp: 99, isolation })).toMatchObject({ offset: 2, timestamp: 99 });
    expect(next.maxTimestamp({})).toMatchObject({ offset: 2, timestamp: 99 });
  });

  it("deletes records up to the high watermark, followers after it", async () => {
    const made = await cluster();
    const { partition } = leader(made);
    for (let count = 0; count < 4; count++) await resolved(made, made.produce(0, { acks: -1, records: 1 }));
    expect(refusal(() => partition.deleteRecordsBefore({ offset: 5 }))).toBe("OFFSET_OUT_OF_RANGE");
    expect(partition.deleteRecordsBefore({ offset: 3 })).toBe(3);
    await made.time.run(50);
    expect(made.nodes.map((node) => node.partition(0)!.logStartOffset)).toEqual([3, 3, 3]);
  });
});
