// test: what a start reads and believes, what it takes for a torn tail, and what for damage.

import { describe, expect, it } from "vitest";
import { limits } from "../../base/limits.ts";
import type { CutMode } from "../../base/virtual/file-content.ts";
import { createVirtualWorld } from "../../base/virtual/world.ts";
import { buildBatch } from "../../proto/batch/build.ts";
import { ErrorCode } from "../../proto/errors.ts";
import { key, logConfig, openDirectory, topicId } from "../../test/log/log-model.ts";
import { watchDisk } from "../../test/log/watched-disk.ts";
import { digits } from "./doomed-files.ts";
import { LogDamagedError } from "./recovery.ts";

const folder = "/data/flights-0";
/** Each holds one record, and all are alike in size. */
const batchBytes = 300;

async function stage() {
  const world = createVirtualWorld({ seed: 1 });
  const node = world.addNode("n1");
  const open = async (more: { segmentFilesOpenMax?: number } = {}) => {
    const real = node.start();
    const disk = watchDisk(real.disk);
    const env = { ...real, disk };
    const { directory } = await openDirectory(world, node, () => {}, { ...more, env });
    disk.forget();
    return { directory, disk, log: directory.openLog(key, topicId, logConfig) };
  };
  const first = await open();
  const { log } = first;
  /** 13 records a segment. */
  const fill = async (count = 100) => {
    for (let n = 0; n < count; n++) log.appendAsLeader(batchOf(log.end), { leaderEpoch: 1 });
    log.requestSync();
    await world.runFor(500);
  };
  const batchOf = (n: number, bytes = 230) =>
    buildBatch({
      codecs,
      compression: "none",
      records: [
        { key: null, value: Buffer.alloc(bytes, n), timestamp: 1_000 + ((n * 37) % 100), headers: [] },
      ],
    });
  /** So much that none of what was appended before is in memory any more. */
  const flood = () => {
    const bytes = limits.hotBytesPerDirectory / 4;
    for (let n = 0; n < 5; n++) log.appendAsLeader(batchOf(log.end, bytes), { leaderEpoch: 1 });
  };
  const codecs = first.directory.env.codecs;
  const stop = async (directory: typeof first.directory) => {
    await world.run(directory.close(), { withinMs: 5_000 });
    node.crash({ kind: "power", cutMode: "lost" });
  };
  const bases = () =>
    node.disk
      .files()
      .filter(({ path }) => path.startsWith(folder) && path.endsWith(".log"))
      .map(({ path }) => Number(path.slice(-24, -4)));
  const power = (cutMode: CutMode = "lost") => node.crash({ kind: "power", cutMode });
  return {
    ...{ world, node, fill, flood, open, stop, bases, power, codecs, first },
    /** Everything so far is committed, and the recovery point on disk says so. */
    commit: async () => {
      log.noteCommitted(log.durableEnd);
      await world.runFor(1_500);
    },
  };
}

const logPath = (base: number, ending = "log") => `${folder}/${digits(base)}.${ending}`;
const logsRead = (disk: { bytesRead: Map<string, number> }) =>
  [...disk.bytesRead.keys()].filter((path) => path.endsWith(".log"));

describe("what a start reads", () => {
  it("reads no segment after a clean stop, and only footers of indexes before the first search", async () => {
    const { first, fill, stop, open, bases } = await stage();
    await fill();
    await stop(first.directory);
    const { disk, log } = await open();
    expect(bases().length).toBeGreaterThan(5);
    expect([log.startOffset, log.end, log.durableEnd, log.lastEpoch]).toEqual([0, 100, 100, 1]);
    expect(logsRead(disk)).toEqual([]);
    expect(disk.bytesRead.get(logPath(bases()[2]!, "index"))).toBe(60);
    disk.forget();
    expect(log.read({ from: 50, upTo: 51, maxBytes: 1, minOneBatch: true }).length).toBeGreaterThan(200);
    expect(logsRead(disk)).toHaveLength(1);
    expect(
      log.appendAsLeader(log.read({ from: 50, upTo: 51, maxBytes: 1, minOneBatch: true }), {
        leaderEpoch: 2,
      }),
    ).toEqual({ baseOffset: 100, end: 101 });
  });

  it("reads after a crash what is not below the recovery point, and the last segment", async () => {
    const { fill, commit, power, open, bases } = await stage();
    await fill();
    await commit();
    await fill(30);
    power();
    const { disk, log } = await open();
    const read = bases().filter((base) => disk.bytesRead.has(logPath(base)));
    const segmentOf99 = bases().findLast((base) => base < 100)!;
    expect(read).toEqual(bases().filter((base) => base >= segmentOf99));
    expect([log.end, log.durableEnd]).toEqual([130, 100]);
  });

  it.each(["rotten entry", "rotten footer", "missing", "of another segment"])(
    "makes an index anew that is %s",
    async (trouble) => {
      const { first, fill, stop, open, bases, node } = await stage();
      await fill();
      const disk = first.disk;
      await stop(first.directory);
      const [, second, third] = bases();
      const index = logPath(second!, "index");
      if (trouble === "rotten entry") node.disk.rot(index, 9);
      if (trouble === "rotten footer") node.disk.rot(index, sizeOf(node, index) - 20);
      if (trouble === "missing" || trouble === "of another segment") {
        const { disk: bare } = node.start();
        if (trouble === "missing") bare.remove(index);
        else bare.rename(logPath(third!, "index"), index);
        node.crash({ kind: "process" });
      }
      expect(disk.openFiles.size).toBe(0);
      const again = await open();
      for (let from = 0; from < 100; from++) {
        const bytes = again.log.read({ from, upTo: from + 1, maxBytes: 1, minOneBatch: true });
        expect(bytes.at(-2)).toBe(from);
      }
    },
  );

  it("remembers five batches of a producer across a clean stop", async () => {
    const { first, fill, stop, open, codecs } = await stage();
    const make = (baseSequence: number) =>
      buildBatch({
        ...{ codecs, compression: "none", producerId: 7, producerEpoch: 0, baseSequence },
        records: [{ key: null, value: Buffer.from("x"), timestamp: 1, headers: [] }],
      });
    await fill(5);
    for (let n = 0; n < 6; n++) first.log.appendAsLeader(make(n), { leaderEpoch: 1 });
    await stop(first.directory);
    const { log, disk } = await open();
    expect(logsRead(disk)).toEqual([]);
    for (let n = 1; n < 6; n++)
      expect(log.checkSequence(make(n), 0)).toMatchObject({ kind: "duplicate", baseOffset: 5 + n });
    expect(log.checkSequence(make(0), 0)).toMatchObject({ kind: "refuse" });
    expect(log.checkSequence(make(6), 0)).toEqual({ kind: "append" });
  });
});

describe("torn or damaged", () => {
  it("cuts a hole above the recovery point with all behind it, though whole batches follow", async () => {
    const { node, fill, commit, open, power, bases, world } = await stage();
    await fill(20);
    await commit();
    await fill(6);
    power();
    const broken = bases().findLast((base) => base <= 22)!;
    node.disk.rot(logPath(broken), batchBytes * (22 - broken) + 100);
    const { log } = await open();
    expect([log.end, log.durableEnd]).toEqual([22, 20]);
    expect(node.metrics.value("ottla_log_torn_tails_total")).toBe(1);
    expect(node.metrics.value("ottla_log_torn_batches_total")).toBe(4);
    log.requestSync();
    await world.runFor(100);
    expect(log.durableEnd).toBe(22);
  });

  it("keeps and does not serve what breaks below the recovery point, its last batch too", async () => {
    const { node, fill, commit, open, power, bases } = await stage();
    await fill(20);
    await commit();
    power();
    const last = bases().at(-1)!;
    const position = batchBytes * (19 - last);
    node.disk.rot(logPath(last), position + 100);
    const before = node.disk.files().filter(({ path }) => path.endsWith(".log"));
    const caught = await open().catch((error: unknown) => error);
    expect(caught).toBeInstanceOf(LogDamagedError);
    expect(caught).toMatchObject({ offset: 19, file: logPath(last), position, what: "its CRC is wrong" });
    expect(node.disk.files().filter(({ path }) => path.endsWith(".log"))).toEqual(before);
    expect(node.metrics.value("ottla_log_damaged_total")).toBe(1);
  });

  it.each(["the last segment", "a segment in between"])(
    "takes it for damage that %s is gone",
    async (which) => {
      const { node, fill, commit, open, power, bases } = await stage();
      await fill();
      await commit();
      power();
      const { disk } = node.start();
      disk.remove(logPath(which === "the last segment" ? bases().at(-1)! : bases()[3]!));
      node.crash({ kind: "process" });
      await expect(open()).rejects.toThrow(LogDamagedError);
    },
  );

  it("removes no sound segment because of a batch before it whose offset has rotted", async () => {
    const { node, fill, commit, open, power, bases } = await stage();
    await fill();
    await commit();
    power();
    const [, second, third] = bases();
    const { disk } = node.start();
    // The offset of a batch is not under its CRC, and only a segment that is read shows it.
    disk.remove(logPath(second!, "index"));
    node.crash({ kind: "process" });
    node.disk.rot(logPath(second!), batchBytes * (third! - second! - 1) + 2);
    const logs = () => node.disk.files().filter(({ path }) => path.endsWith(".log"));
    const before = logs();
    await expect(open()).rejects.toThrow(LogDamagedError);
    expect(logs()).toEqual(before);
  });

  it("takes nothing for torn after a clean stop", async () => {
    const { node, first, fill, stop, open, bases } = await stage();
    await fill();
    await stop(first.directory);
    const { disk } = node.start();
    const last = disk.open(logPath(bases().at(-1)!), { create: false });
    last.truncate(last.size() - 1);
    node.crash({ kind: "process" });
    await expect(open()).rejects.toThrow(/the segment ends within a batch/);
  });

  it("answers no read with a batch whose header has rotted since", async () => {
    const { node, first, fill, bases } = await stage();
    await fill();
    const second = bases()[1]!;
    node.disk.rot(logPath(second), 16);
    const read = () => first.log.read({ from: second, upTo: 100, maxBytes: 1e6, minOneBatch: true });
    expect(read).toThrow(expect.objectContaining({ code: ErrorCode.CORRUPT_MESSAGE }));
    expect(node.metrics.value("ottla_log_broken_reads_total")).toBe(1);
    expect(first.directory.failure).toContain(logPath(second));
  });

  it("answers no read with a batch whose records have rotted since, and marks the log", async () => {
    const { node, first, fill, flood, bases } = await stage();
    await fill();
    flood();
    const second = bases()[1]!;
    node.disk.rot(logPath(second), batchBytes - 1);
    const read = () => first.log.read({ from: second, upTo: 100, maxBytes: 1e6, minOneBatch: true });
    expect(read).toThrow(expect.objectContaining({ code: ErrorCode.CORRUPT_MESSAGE }));
    expect(first.directory.damaged.setAsideIfMarked(`${key.topicName}-${key.partition}`)).toBe(true);
    expect(first.directory.hasUntoldDamage).toBe(true);
  });

  it("says nothing of a topic's marks about one of the same name that came after it", async () => {
    const { node, first, fill, commit, world } = await stage();
    await fill();
    await commit();
    first.log.raiseStart(40);
    await world.runFor(1_500);
    const checkpoints = node.disk.files().filter(({ path }) => path.endsWith("offset-checkpoint"));
    first.directory.deleteLog(key);
    first.directory.openLog(key, "BBBBBBBBBBBBBBBBBBBBBQ", logConfig);
    node.crash({ kind: "process" });
    for (const { path, bytes } of checkpoints)
      expect(node.disk.files().find((one) => one.path === path)?.bytes).toEqual(bytes);
    const { directory } = await openDirectory(world, node);
    const log = directory.openLog(key, "BBBBBBBBBBBBBBBBBBBBBQ", logConfig);
    expect([log.startOffset, log.end]).toEqual([0, 0]);
  });
});

describe("open files", () => {
  it("are bounded, however many segments are read", async () => {
    const { first, fill, stop, open, bases } = await stage();
    await fill();
    await stop(first.directory);
    const { disk, log } = await open({ segmentFilesOpenMax: 3 });
    for (let round = 0; round < 2; round++)
      for (let from = 0; from < 100; from += 3)
        expect(log.read({ from, upTo: 100, maxBytes: 1, minOneBatch: true }).length).toBeGreaterThan(200);
    const open_ = [...disk.openFiles].filter(({ path }) => path.endsWith(".log")).map(({ path }) => path);
    expect(bases().length).toBeGreaterThan(5);
    // Three for reading, and the one that is written.
    expect(open_).toHaveLength(4);
    expect(open_).toContain(logPath(bases().at(-1)!));
  });
});

describe("lookups by time", () => {
  it("read one segment, however many there are", async () => {
    const { first, fill, stop, open } = await stage();
    await fill();
    await stop(first.directory);
    const { disk, log } = await open();
    const latest = log.findMaxTimestamp({ upTo: 100 });
    expect(latest).toEqual({ offset: 27, timestamp: 1_099, leaderEpoch: 1 });
    expect(logsRead(disk)).toHaveLength(1);
    disk.forget();
    expect(log.findTimestamp(1_099, { upTo: 100 })).toEqual(latest);
    expect(logsRead(disk)).toHaveLength(1);
    expect(log.findTimestamp(1_100, { upTo: 100 })).toBe(null);
  });
});

function sizeOf(node: { disk: { files(): { path: string; bytes: Uint8Array }[] } }, path: string): number {
  return node.disk.files().find((one) => one.path === path)!.bytes.length;
}
