// test: what a log promises: order, epochs, reads, cuts, sequences, timestamps; and what it keeps across
// crashes.
import { describe, expect, it } from "vitest";
import { createVirtualWorld } from "../../base/virtual/world.ts";
import { buildBatch } from "../../proto/batch/build.ts";
import { batch } from "../../proto/batch/header.ts";
import { readBatches } from "../../proto/batch/read.ts";
import { BrokerError, ErrorCode } from "../../proto/errors.ts";
import { key, logConfig, openDirectory, runLogModel, topicId } from "../../test/log/log-model.ts";
import { watchDisk } from "../../test/log/watched-disk.ts";
import { LogDirectory } from "./log-directory.ts";
import type { PartitionLog } from "./partition-log.ts";
import { LogDamagedError } from "./recovery.ts";

const file = "/data/flights-0/00000000000000000000.log";

async function stage(seed = 1) {
  const world = createVirtualWorld({ seed });
  const node = world.addNode("n1");
  let failure: string | null = null;
  const opened = await openDirectory(world, node, (reason) => {
    failure = reason;
  });
  const { env, directory } = opened;
  const log = directory.openLog(key, topicId, logConfig);
  const make = (values: string[], more: Partial<Parameters<typeof buildBatch>[0]> = {}): Uint8Array =>
    buildBatch({
      codecs: env.codecs,
      compression: "none",
      records: values.map((value, n) => ({
        key: null,
        value: Buffer.from(value),
        timestamp: 100 + n,
        headers: [],
      })),
      ...more,
    });
  const append = (values: string[], leaderEpoch = 1, more = {}) =>
    log.appendAsLeader(make(values, more), { leaderEpoch });
  const settle = () => world.runFor(500);
  return { world, node, env, directory, log, make, append, settle, failed: () => failure };
}

function values(log: PartitionLog, from: number, upTo = log.end): number[] {
  const bytes = log.read({ from, upTo, maxBytes: 1e9, minOneBatch: true });
  const bases: number[] = [];
  for (let at = 0; at < bytes.length; at += batch.byteLength(bytes, at))
    bases.push(batch.baseOffset(bytes, at));
  return bases;
}

describe("a log", () => {
  it("gives consecutive offsets and stamps the leader epoch", async () => {
    const { log, append } = await stage();
    expect(append(["a", "b"])).toEqual({ baseOffset: 0, end: 2 });
    expect(append(["c"], 3)).toEqual({ baseOffset: 2, end: 3 });
    expect([log.end, log.lastEpoch, log.epochAt(1), log.epochAt(2)]).toEqual([3, 3, 1, 3]);
    expect(log.endOfEpoch(2)).toEqual({ epoch: 1, end: 2 });
    expect(log.endOfEpoch(0)).toEqual({ epoch: -1, end: -1 });
  });

  it("reads whole batches from the one that holds the offset, within bounds", async () => {
    const { log, append } = await stage();
    for (let n = 0; n < 50; n++) append(["x".repeat(100), "y".repeat(100)]);
    expect(values(log, 5, 10)).toEqual([4, 6, 8]);
    expect(values(log, 99)).toEqual([98]);
    expect(log.read({ from: 0, upTo: 100, maxBytes: 1, minOneBatch: false })).toHaveLength(0);
    expect(log.read({ from: 0, upTo: 100, maxBytes: 1, minOneBatch: true }).length).toBeGreaterThan(200);
    expect(log.read({ from: 100, upTo: 100, maxBytes: 1e6, minOneBatch: true })).toHaveLength(0);
    expect(() => log.read({ from: 101, upTo: 200, maxBytes: 1, minOneBatch: true })).toThrow(BrokerError);
  });

  it("reads what a leader appended last from memory, and never what was cut", async () => {
    const world = createVirtualWorld({ seed: 1 });
    const real = world.addNode("n1").start();
    const disk = watchDisk(real.disk);
    const { directory, env } = await openDirectory(world, world.node("n1"), () => {}, {
      env: { ...real, disk },
    });
    const log = directory.openLog(key, topicId, logConfig);
    const append = (value: string, leaderEpoch: number): void => {
      const records = [{ key: null, value: Buffer.from(value), timestamp: 1, headers: [] }];
      log.appendAsLeader(buildBatch({ codecs: env.codecs, compression: "none", records }), { leaderEpoch });
    };
    const read = (): string[] => {
      const bytes = log.read({ from: 0, upTo: log.end, maxBytes: 1e6, minOneBatch: true });
      return [...readBatches(bytes, env.codecs)].flatMap(({ records }) =>
        records.map(({ value }) => String(value)),
      );
    };
    for (const value of ["a", "b", "c"]) append(value, 1);
    disk.forget();
    expect(read()).toEqual(["a", "b", "c"]);
    expect([...disk.bytesRead.keys()]).toEqual([]);
    log.truncateTo(1);
    append("d", 2);
    expect(read()).toEqual(["a", "d"]);
  });

  it("says what is on disk only once it is", async () => {
    const { log, append, settle } = await stage();
    append(["a"]);
    expect(log.durableEnd).toBe(0);
    let told = 0;
    log.setDurableListener(() => {
      told = log.durableEnd;
    });
    log.requestSync();
    await settle();
    expect([told, log.durableEnd]).toEqual([1, 1]);
  });

  it("brings what is behind a roll to disk though nobody asked", async () => {
    const { log, append, settle } = await stage();
    // The log itself was made with a sync.
    await settle();
    append(["a".repeat(3_000)]);
    await settle();
    expect(log.durableEnd).toBe(0);
    append(["b".repeat(3_000)]);
    await settle();
    expect(log.durableEnd).toBe(2);
  });

  it("cuts whole batches and forgets their epochs", async () => {
    const { log, append } = await stage();
    append(["a", "b", "c"]);
    append(["d", "e"], 2);
    log.truncateTo(4);
    expect([log.end, log.lastEpoch]).toEqual([3, 1]);
    expect(append(["z"], 4)).toEqual({ baseOffset: 3, end: 4 });
  });

  it("takes from a leader only what follows, with a right CRC", async () => {
    const { log, make } = await stage();
    const good = make(["a"], { baseOffset: 0, leaderEpoch: 1 });
    expect(log.appendAsFollower(good).end).toBe(1);
    expect(() => log.appendAsFollower(make(["b"], { baseOffset: 0, leaderEpoch: 1 }))).toThrow(
      /offset 0, 1 is next/,
    );
    log.setConfig({ ...logConfig, isGapless: true });
    expect(() => log.appendAsFollower(make(["b"], { baseOffset: 2, leaderEpoch: 1 }))).toThrow(
      /offset 2, 1 is next/,
    );
    const bad = make(["c"], { baseOffset: 1, leaderEpoch: 1 });
    bad[bad.length - 1]! ^= 1;
    expect(() => log.appendAsFollower(bad)).toThrow(/CRC/);
    expect(log.end).toBe(1);
  });

  it("finds records by time", async () => {
    const { log, append } = await stage();
    append(["a", "b", "c"]);
    append(["d"]);
    expect(log.findTimestamp(101, { upTo: 4 })).toEqual({ offset: 1, timestamp: 101, leaderEpoch: 1 });
    expect(log.findTimestamp(103, { upTo: 4 })).toBe(null);
    expect(log.findMaxTimestamp({ upTo: 4 })).toEqual({ offset: 2, timestamp: 102, leaderEpoch: 1 });
  });

  it("writes a retried batch once, across a crash too", async () => {
    const { world, node, log, make, append, settle } = await stage();
    const producer = (baseSequence: number) => ({ producerId: 7, producerEpoch: 0, baseSequence });
    for (const sequence of [0, 1, 2]) append(["a"], 1, producer(sequence));
    const retried = make(["a"], producer(1));
    expect(log.checkSequence(retried, 0)).toMatchObject({ kind: "duplicate", baseOffset: 1, lastOffset: 1 });
    expect(log.checkSequence(make(["a"], producer(4)), 0)).toMatchObject({
      kind: "refuse",
      errorCode: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
    });
    log.requestSync();
    await settle();
    node.crash({ kind: "power", cutMode: "lost" });
    const { directory } = await openDirectory(world, node);
    const again = directory.openLog(key, topicId, logConfig);
    expect(again.checkSequence(retried, 0)).toMatchObject({ kind: "duplicate", baseOffset: 1 });
    expect(again.checkSequence(make(["a"], producer(3)), 0)).toEqual({ kind: "append" });
    again.truncateTo(1);
    expect(again.checkSequence(retried, 0)).toEqual({ kind: "append" });
  });

  it("tells where a batch was written last, if a leader that knew nothing of it took it again", async () => {
    const { log, make, append } = await stage();
    const producer = { producerId: 7, producerEpoch: 0, baseSequence: 0 };
    append(["a"], 1, producer);
    append(["a"], 2, producer);
    const again = log.checkSequence(make(["a"], producer), 0);
    expect(again).toMatchObject({ kind: "duplicate", baseOffset: 1 });
  });
});

describe("recovery", () => {
  it("cuts a torn tail and counts it", async () => {
    const { world, node, log, append, settle } = await stage();
    append(["a", "b"]);
    append(["c"]);
    log.requestSync();
    await settle();
    node.crash({ kind: "process" });
    const disk = node.start().disk;
    const torn = disk.open(file, { create: false });
    torn.writeAt([new Uint8Array(30).fill(7)], torn.size());
    node.crash({ kind: "process" });
    const { directory } = await openDirectory(world, node);
    expect(directory.openLog(key, topicId, logConfig).end).toBe(3);
    expect(node.metrics.value("ottla_log_torn_tails_total")).toBe(1);
    expect(node.metrics.value("ottla_log_torn_bytes_total")).toBe(30);
  });

  it("never cuts or serves damage below what was committed and on disk", async () => {
    const { world, node, directory, log, append, settle } = await stage();
    for (let n = 0; n < 5; n++) append(["value"]);
    log.requestSync();
    await settle();
    directory.setHighWatermark(key, 5);
    await world.run(directory.writeCheckpoints(), { withinMs: 5_000 });
    node.crash({ kind: "process" });
    const disk = node.start().disk;
    disk.open(file, { create: false }).writeAt([new Uint8Array([1])], 100);
    const size = disk.open(file, { create: false }).size();
    node.crash({ kind: "process" });
    const reopened = await openDirectory(world, node);
    expect(() => reopened.directory.openLog(key, topicId, logConfig)).toThrow(LogDamagedError);
    expect(reopened.env.disk.open(file, { create: false }).size()).toBe(size);
    reopened.directory.setAside(key);
    expect(reopened.directory.openLog(key, topicId, logConfig).end).toBe(0);
    expect(reopened.env.disk.list("/data").some((name) => name.endsWith("-damaged"))).toBe(true);
  });

  it.each(Array.from({ length: 40 }, (_, n) => n + 1))(
    "keeps its promises under crashes, seed %i",
    async (seed) => {
      const counts = await runLogModel(seed);
      expect(counts.crashes).toBe(8);
      expect(counts.recordsChecked).toBeGreaterThan(0);
    },
  );
});

describe("a log directory", () => {
  it("is given up at the first failed fsync, which is never tried again", async () => {
    const { log, append, node, settle, failed } = await stage();
    append(["a"]);
    node.disk.faults.syncErrorRate = 1;
    log.requestSync();
    await settle();
    node.disk.faults.syncErrorRate = 0;
    expect(failed()).toMatch(/fsync failed/);
    log.requestSync();
    await settle();
    expect(log.durableEnd).toBe(0);
    expect(() => append(["b"])).toThrow(expect.objectContaining({ code: ErrorCode.KAFKA_STORAGE_ERROR }));
  });

  it("refuses writes on a full disk and goes on when there is room", async () => {
    const { log, append, node, settle, failed } = await stage();
    append(["a"]);
    node.disk.faults.capacityBytes = 1;
    expect(() => append(["b".repeat(10_000)])).toThrow(/full/);
    expect([failed(), log.end]).toEqual([null, 1]);
    node.disk.faults.capacityBytes = Number.POSITIVE_INFINITY;
    // What it left may come back at a power cut, until its cut is on disk.
    expect(() => append(["b"])).toThrow(/full/);
    await settle();
    expect(append(["b"]).baseOffset).toBe(1);
    log.requestSync();
    await settle();
    expect(log.durableEnd).toBe(2);
  });

  it("never takes a record in place of a half-written one that a power cut could bring back", async () => {
    for (let seed = 0; seed < 40; seed++) {
      const { log, append, make, node, world, env, settle } = await stage(seed);
      append(["a"]);
      await settle();
      const [one, other] = [make(["x".repeat(500)]), make(["y".repeat(900)])];
      node.disk.faults.capacityBytes = node.disk.usedBytes + one.length + 300;
      expect(() => log.appendAsLeader(Buffer.concat([one, other]), { leaderEpoch: 1 })).toThrow(/full/);
      node.disk.faults.capacityBytes = Number.POSITIVE_INFINITY;
      while (log.hasRoom(1_000) === false) await world.runFor(1);
      append(["b"]);
      log.requestSync();
      node.crash({
        kind: "power",
        cutMode: world.random.pick(["lost", "prefix", "sectors", "kept"] as const),
      });
      const again = await openDirectory(world, node);
      const found = again.directory.openLog(key, topicId, logConfig);
      const bytes = found.read({ from: 0, upTo: found.end, maxBytes: 1e6, minOneBatch: true });
      const texts = [...readBatches(bytes, env.codecs)].flatMap(({ records }) =>
        records.map(({ value }) => Buffer.from(value!).toString()),
      );
      expect([["a"], ["a", "b"]]).toContainEqual(texts);
    }
  });

  it("keeps a reserve from records, and gives it to the log of the metadata", async () => {
    const { world, node, make } = await stage();
    node.crash({ kind: "process" });
    const { directory } = await openDirectory(world, node, () => {}, { reserveBytes: 10_000 });
    const data = directory.openLog(key, topicId, logConfig);
    const metadata = directory.openLog({ topicName: "__cluster_metadata", partition: 0 }, topicId, {
      ...logConfig,
      usesReserve: true,
    });
    node.disk.faults.capacityBytes = node.disk.usedBytes + 9_000;
    expect(() => data.appendAsLeader(make(["a"]), { leaderEpoch: 1 })).toThrow(/full/);
    expect(metadata.appendAsLeader(make(["a"]), { leaderEpoch: 1 }).end).toBe(1);
    node.disk.faults.capacityBytes = Number.POSITIVE_INFINITY;
    await world.runFor(10);
    expect(data.appendAsLeader(make(["a"]), { leaderEpoch: 1 }).end).toBe(1);
  });

  it("waits with its checkpoints, and stops without a clean mark, while the disk is full", async () => {
    const { log, append, node, directory, world, failed } = await stage();
    append(["a", "b"]);
    await world.runFor(100);
    node.disk.faults.capacityBytes = node.disk.usedBytes;
    log.raiseStart(1);
    await world.runFor(5_000);
    expect(failed()).toBeNull();
    await world.run(directory.close(), { withinMs: 5_000 });
    node.crash({ kind: "power", cutMode: "lost" });
    const again = await openDirectory(world, node);
    expect(again.directory.wasClean).toBe(false);
    expect(again.directory.openLog(key, topicId, logConfig).end).toBe(2);
    node.disk.faults.capacityBytes = Number.POSITIVE_INFINITY;
    await world.runFor(2_000);
    await world.run(again.directory.close(), { withinMs: 5_000 });
    node.crash({ kind: "power", cutMode: "lost" });
    expect((await openDirectory(world, node)).directory.wasClean).toBe(true);
  });

  it("refuses a folder of another cluster, of another node, and of a newer format", async () => {
    const { world, node, directory } = await stage();
    await world.run(directory.close(), { withinMs: 5_000 });
    node.crash({ kind: "process" });
    const env = node.start();
    const open = (more: object) =>
      world.run(
        LogDirectory.open({
          env,
          path: "/data",
          clusterId: "cluster",
          nodeId: 1,
          onFailed: () => {},
          ...more,
        }),
        { withinMs: 5_000 },
      );
    await expect(open({ clusterId: "other" })).rejects.toThrow(
      /belongs to cluster cluster, .* cluster other/,
    );
    await expect(open({ nodeId: 2 })).rejects.toThrow(/belongs to node 1, this is node 2/);
    const meta = env.disk.open("/data/meta.properties", { create: false });
    meta.truncate(0);
    meta.writeAt([Buffer.from("version=9\n")], 0);
    await expect(open({})).rejects.toThrow(/format version 9/);
  });
});
