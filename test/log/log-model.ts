// test: one log on a simulated disk under random appends, cuts, new starts, syncs, crashes and rotten side
// files, against plain arrays that say what it must hold: all that was durable, and nothing that was never
// written at that offset. Times and producers are looked up in both.
import type { VirtualNode } from "../../base/virtual/node.ts";
import { createVirtualWorld, type VirtualWorld } from "../../base/virtual/world.ts";
import { DiskFullError } from "../../cluster/log/disk-full.ts";
import { LogDirectory } from "../../cluster/log/log-directory.ts";
import type { PartitionLog } from "../../cluster/log/partition-log.ts";
import type { LogConfig } from "../../cluster/log/replica-log.ts";
import { buildBatch } from "../../proto/batch/build.ts";
import { readBatches } from "../../proto/batch/read.ts";
import { checkProducers, checkTimes, type Item } from "./model-lookups.ts";

export const key = { topicName: "flights", partition: 0 };
export const topicId = "AAAAAAAAAAAAAAAAAAAAAQ";
export const logConfig: LogConfig = {
  segmentBytes: 4_000,
  segmentMs: 1e12,
  indexIntervalBytes: 500,
  maxMessageBytes: 1e6,
  producerExpirationMs: 1e9,
};

export interface ModelCounts {
  crashes: number;
  cleanStops: number;
  recordsChecked: number;
  recordsLost: number;
  cuts: number;
  newStarts: number;
  undoneStarts: number;
  rottenFiles: number;
  lookups: number;
  refusals: number;
}

export async function openDirectory(
  world: VirtualWorld,
  node: VirtualNode,
  onFailed = (_: string): void => {},
  more: { segmentFilesOpenMax?: number; reserveBytes?: number; env?: ReturnType<VirtualNode["start"]> } = {},
) {
  const { env = node.start(), ...rest } = more;
  const options = { env, path: "/data", clusterId: "cluster", nodeId: 1, onFailed, ...rest };
  const directory = await world.run(LogDirectory.open(options), { withinMs: 60_000 });
  // As a broker does once it has registered: only then may a stop call itself clean.
  directory.told();
  await world.run(directory.writeCheckpoints(), { withinMs: 60_000 });
  return { env, directory };
}

/** Throws when the log breaks a promise; otherwise tells what happened. */
export async function runLogModel(seed: number): Promise<ModelCounts> {
  const run = new LogModelRun(seed);
  for (let life = 0; life < 8; life++) await run.live();
  return run.counts;
}

class LogModelRun {
  readonly counts: ModelCounts = {
    ...{ crashes: 0, cleanStops: 0, recordsChecked: 0, recordsLost: 0, cuts: 0 },
    ...{ newStarts: 0, undoneStarts: 0, rottenFiles: 0, lookups: 0, refusals: 0 },
  };
  readonly #world: VirtualWorld;
  readonly #node: VirtualNode;
  readonly #seed: number;
  /** By offset; below the start of a log that started anew there is nothing. */
  #now: (Item | undefined)[] = [];
  /** Whatever was ever written at an offset: a cut that is not on disk yet may be undone by a power cut. */
  #ever: Item[][] = [];
  #durable = 0;
  /** Never cut below it. */
  #committed = 0;
  /** The log before it started anew, as long as that need not last. */
  #before: { now: (Item | undefined)[]; durable: number; newStart: number } | null = null;
  #epoch = 1;
  #count = 0;

  constructor(seed: number) {
    this.#seed = seed;
    this.#world = createVirtualWorld({ seed });
    this.#node = this.#world.addNode("n1");
  }

  async live(): Promise<void> {
    let failure: string | null = null;
    const onFailed = (reason: string): void => {
      failure = reason;
    };
    const { env, directory } = await openDirectory(this.#world, this.#node, onFailed, {
      segmentFilesOpenMax: 2,
    });
    const log = directory.openLog(key, topicId, { ...logConfig, isMadeLate: this.#seed % 2 === 0 });
    this.#check(log, env.codecs);
    log.setDurableListener(() => {
      this.#durable = Math.max(this.#durable, log.durableEnd);
      if (this.#before !== null && log.durableEnd >= this.#before.newStart) this.#before = null;
    });
    for (let step = 0; step < 80; step++) await this.#step(log, env.codecs);
    if (directory.openFiles.size > 2) throw new Error(`seed ${this.#seed}: ${directory.openFiles.size} open`);
    if (failure !== null) throw new Error(`seed ${this.#seed}: the directory failed: ${failure}`);
    await this.#end(directory);
    this.counts.crashes++;
  }

  async #step(log: PartitionLog, codecs: Codecs): Promise<void> {
    const { random } = this.#world;
    const kind = random.below(24);
    const { faults, usedBytes } = this.#node.disk;
    if (random.chance(0.03)) faults.capacityBytes = usedBytes + random.below(1_500);
    else if (random.chance(0.1)) faults.capacityBytes = 2 ** 40;
    if (kind < 12) this.#append(log, codecs);
    else if (kind < 14) this.#cut(log);
    else if (kind === 14 && random.chance(0.1)) this.#startAnew(log);
    else if (kind === 15 && log.durableEnd > log.startOffset && random.chance(0.3)) {
      log.raiseStart(log.startOffset + random.below(log.durableEnd - log.startOffset));
    } else if (kind === 16 && random.chance(0.3)) {
      const limits = { retentionMs: -1, retentionBytes: random.below(30_000) };
      log.raiseStart(log.startByRetention(limits, Math.min(this.#committed, log.durableEnd)));
    } else if (kind < 18) {
      this.#committed = Math.max(this.#committed, log.startOffset);
      if (log.durableEnd > this.#committed)
        this.#committed += random.below(log.durableEnd - this.#committed + 1);
      log.noteCommitted(this.#committed);
    } else if (kind === 18) this.#look(log);
    else await this.#world.runFor(random.chance(0.1) ? 1_500 : random.below(30));
  }

  async #end(directory: LogDirectory): Promise<void> {
    const { random } = this.#world;
    const how = random.below(3);
    this.#node.disk.faults.capacityBytes = 2 ** 40;
    if (how === 0) {
      await this.#world.run(directory.close(), { withinMs: 60_000 });
      this.#durable = this.#now.length;
      this.#before = null;
      this.counts.cleanStops++;
    }
    if (how === 1) this.#node.crash({ kind: "process" });
    else
      this.#node.crash({
        kind: "power",
        cutMode: random.pick(["lost", "prefix", "sectors", "kept"] as const),
      });
    this.#rot();
  }

  /** Nothing depends on the files beside the segments. */
  #rot(): void {
    const { random } = this.#world;
    if (random.chance(0.5)) return;
    const names = /\.(index|timeindex|snapshot)$|leader-epoch-checkpoint$|recovery-point-offset-checkpoint$/;
    const paths = this.#node.disk.files().filter(({ path, bytes }) => names.test(path) && bytes.length > 0);
    if (paths.length === 0) return;
    for (let left = 1 + random.below(3); left > 0; left--)
      if (this.#node.disk.rot(random.pick(paths).path) !== null) this.counts.rottenFiles++;
  }

  #append(log: PartitionLog, codecs: Codecs): void {
    const { random } = this.#world;
    if (random.chance(0.2)) this.#epoch++;
    const values = Array.from({ length: 1 + random.below(4) }, () =>
      `value ${this.#count++} `.padEnd(20 + random.below(200), "x"),
    );
    const timestamps = values.map(() => 1_000 + random.below(10_000));
    // A log that started anew may or may not remember those before it.
    const producerId = 10 * this.counts.newStarts + random.below(3);
    const last = this.#now.findLast((one) => one?.producerId === producerId);
    const baseSequence = last === undefined ? 0 : last.sequence + 1;
    const records = values.map((value, n) => ({
      key: null,
      value: Buffer.from(value),
      timestamp: timestamps[n]!,
      headers: [],
    }));
    const bytes = buildBatch({
      records,
      compression: "none",
      codecs,
      producerId,
      producerEpoch: 0,
      baseSequence,
    });
    const verdict = log.checkSequence(bytes, 0);
    if (verdict.kind !== "append") {
      const said = JSON.stringify(verdict);
      throw new Error(`seed ${this.#seed}: sequence ${baseSequence} of ${producerId} at ${log.end}: ${said}`);
    }
    const appended = this.#unlessFull(() => log.appendAsLeader(bytes, { leaderEpoch: this.#epoch }));
    if (appended === null) return;
    const { baseOffset, end } = appended;
    for (const [n, value] of values.entries()) {
      const item: Item = {
        ...{ value, epoch: this.#epoch, timestamp: timestamps[n]!, producerId },
        ...{ sequence: baseSequence + n, batch: { baseOffset, baseSequence, count: values.length } },
      };
      (this.#ever[this.#now.length] ??= []).push(item);
      this.#now.push(item);
    }
    if (end !== this.#now.length) throw new Error(`seed ${this.#seed}: end ${end}, not ${this.#now.length}`);
    log.requestSync();
  }

  /** Null: the disk was full, and the log must be as it was. */
  #unlessFull<T>(append: () => T): T | null {
    try {
      return append();
    } catch (error) {
      if (!(error instanceof DiskFullError)) throw error;
      this.counts.refusals++;
      return null;
    }
  }

  #cut(log: PartitionLog): void {
    const least = Math.max(this.#committed, log.startOffset);
    if (log.end <= least) return;
    // A batch that straddles the place goes as a whole, which must not hold what was committed.
    const offset = least + this.#world.random.below(log.end - least + 1);
    const base = this.#now[offset]?.batch.baseOffset ?? offset;
    if (base < least) return;
    log.truncateTo(offset);
    this.#now.length = log.end;
    this.#durable = Math.min(this.#durable, log.end);
    this.#epoch++;
    this.counts.cuts++;
  }

  /** As when a leader's log starts behind the end of this one. */
  #startAnew(log: PartitionLog): void {
    const newStart = log.end + 1 + this.#world.random.below(20);
    this.#before ??= { now: this.#now, durable: this.#durable, newStart };
    this.#before.newStart = newStart;
    log.truncateFullyAndStartAt(newStart);
    this.#now = new Array(newStart);
    this.#durable = 0;
    this.#committed = newStart;
    this.counts.newStarts++;
  }

  #check(log: PartitionLog, codecs: Codecs): void {
    const { newStart } = this.#before ?? {};
    if (this.#before !== null && log.startOffset < newStart!) {
      this.#now = this.#before.now;
      this.#durable = this.#before.durable;
      this.#committed = 0;
      this.counts.undoneStarts++;
    }
    this.#before = null;
    if (log.end < this.#durable) {
      throw new Error(`seed ${this.#seed}: the log ends at ${log.end}, ${this.#durable} were on disk`);
    }
    this.counts.recordsLost += Math.max(0, this.#now.length - log.end);
    const found = this.#now.slice(0, log.startOffset);
    for (let from = log.startOffset; from < log.end; ) {
      const bytes = log.read({ from, upTo: log.end, maxBytes: 2_000, minOneBatch: true });
      for (const one of readBatches(bytes, codecs)) {
        for (const { offset, value } of one.records) {
          if (offset < from) continue;
          found[offset] = this.#expect(log, offset, Buffer.from(value!).toString());
          from = offset + 1;
        }
      }
    }
    found.length = log.end;
    this.#now = found;
    this.#durable = Math.min(this.#durable, log.end);
    this.#committed = Math.min(this.#committed, log.end);
    checkProducers(log, this.#now, codecs);
    this.#look(log);
  }

  #look(log: PartitionLog): void {
    for (let left = 5; left > 0; left--) checkTimes(log, this.#now, this.#world.random);
    this.counts.lookups += 5;
  }

  #expect(log: PartitionLog, offset: number, value: string): Item {
    const allowed = offset < this.#durable ? [this.#now[offset]] : (this.#ever[offset] ?? []);
    const item = allowed.find((one) => one?.value === value);
    if (!item)
      throw new Error(`seed ${this.#seed}: offset ${offset} holds "${value}", not "${allowed[0]?.value}"`);
    if (log.epochAt(offset) !== item.epoch) {
      throw new Error(
        `seed ${this.#seed}: offset ${offset} is of epoch ${item.epoch}, not ${log.epochAt(offset)}`,
      );
    }
    this.counts.recordsChecked++;
    return item;
  }
}

type Codecs = Parameters<typeof readBatches>[1];
