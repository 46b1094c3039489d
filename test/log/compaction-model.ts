// test: a compacted log on a simulated disk, against plain arrays that say what was written: after any number
// of passes, cuts, new starts, and crashes at any operation, what is there was written at that offset, the
// last value of every key is there, and nothing that was deleted comes back.
import type { Codecs, CompressionName } from "../../base/ports/codecs.ts";
import type { CutMode } from "../../base/virtual/file-content.ts";
import type { VirtualNode } from "../../base/virtual/node.ts";
import { createVirtualWorld, type VirtualWorld } from "../../base/virtual/world.ts";
import { type CleaningReport, cleanLog } from "../../cluster/log/cleaning/clean-log.ts";
import type { CompactionPolicy } from "../../cluster/log/cleaning/cleanable.ts";
import { StepwiseWork } from "../../cluster/log/cleaning/stepwise-work.ts";
import type { LogDirectory } from "../../cluster/log/log-directory.ts";
import type { PartitionLog } from "../../cluster/log/partition-log.ts";
import { buildBatch } from "../../proto/batch/build.ts";
import { readBatches } from "../../proto/batch/read.ts";
import { countingDisk } from "./crash-disk.ts";
import { key, logConfig, openDirectory, topicId } from "./log-model.ts";

export const compression: readonly CompressionName[] = ["none", "gzip", "snappy", "lz4", "zstd"];

interface Written {
  readonly key: string;
  readonly value: string | null;
  readonly timestamp: number;
  readonly appendedMs: number;
}

export interface CompactionModelOptions {
  seed: number;
  policy?: Partial<CompactionPolicy>;
  mapBytes?: number;
  segmentBytes?: number;
}

export class CompactionModel {
  readonly world: VirtualWorld;
  readonly node: VirtualNode;
  readonly policy: CompactionPolicy;
  log!: PartitionLog;
  directory!: LogDirectory;
  /** By offset, of this history: a cut forgets. */
  written: Written[] = [];
  removed = 0;
  /** Called before every change of the disk. */
  onChange: (what: string) => void = () => {};
  codecs!: Codecs;
  #work!: StepwiseWork;
  readonly #mapBytes: number;
  readonly #segmentBytes: number;
  #count = 0;
  #sequences = new Map<number, number>();

  constructor(options: CompactionModelOptions) {
    this.world = createVirtualWorld({ seed: options.seed });
    this.node = this.world.addNode("n1");
    const { policy, mapBytes = 1e6, segmentBytes = 2_000 } = options;
    this.policy = { minDirtyRatio: 0, minLagMs: 0, maxLagMs: 1e15, deleteRetentionMs: 5_000, ...policy };
    this.#mapBytes = mapBytes;
    this.#segmentBytes = segmentBytes;
  }

  async open(): Promise<void> {
    const real = this.node.start();
    const env = { ...real, disk: countingDisk(real.disk, (what) => this.onChange(what)) };
    const { directory } = await openDirectory(this.world, this.node, () => {}, { env });
    this.directory = directory;
    this.codecs = env.codecs;
    this.log = directory.openLog(key, topicId, { ...logConfig, segmentBytes: this.#segmentBytes });
    this.#work = new StepwiseWork(env);
  }

  /** Batches of a few records over a few keys, some of them tombstones, some by idempotent producers. */
  append(batches: number, keys = 6): void {
    const { random } = this.world;
    for (let left = batches; left > 0; left--) {
      const appendedMs = this.directory.env.clock.wallMs();
      const records = Array.from({ length: 1 + random.below(4) }, () => ({
        key: `key-${random.below(keys)}`,
        value: random.chance(0.2) ? null : `${this.#count++} `.padEnd(10 + random.below(150), "v"),
        timestamp: appendedMs - random.below(1_000),
        appendedMs,
      }));
      const producer = random.chance(0.5) ? random.below(3) : -1;
      const sequence = this.#sequences.get(producer) ?? 0;
      const bytes = buildBatch({
        codecs: this.codecs,
        compression: random.pick(compression),
        records: records.map((one) => ({
          key: Buffer.from(one.key),
          value: one.value === null ? null : Buffer.from(one.value),
          timestamp: one.timestamp,
          headers: random.chance(0.2) ? [{ key: "h", value: Buffer.from("x") }] : [],
        })),
        ...(producer < 0 ? {} : { producerId: producer, producerEpoch: 0, baseSequence: sequence }),
      });
      if (producer >= 0) this.#sequences.set(producer, sequence + records.length);
      this.log.appendAsLeader(bytes, { leaderEpoch: 1 + Math.floor(this.written.length / 40) });
      this.written.push(...records);
    }
    this.log.requestSync();
  }

  /** All that was appended lasts, and is committed. */
  async settle(): Promise<void> {
    await this.world.runFor(100);
    this.directory.setHighWatermark(key, this.log.end);
    await this.world.run(this.directory.writeCheckpoints(), { withinMs: 5_000 });
  }

  clean(): Promise<CleaningReport> {
    const { policy } = this;
    const secret = [1, 2, 3, 4] as const;
    return cleanLog(this.log, { work: this.#work, policy, mapBytes: this.#mapBytes, secret });
  }

  runClean(): Promise<CleaningReport> {
    return this.world.run(this.clean(), { withinMs: 60_000 });
  }

  async crash(cutMode: CutMode): Promise<void> {
    this.onChange = () => {};
    this.node.crash({ kind: "power", cutMode });
    await this.open();
  }

  /** Offsets and what they hold, as a reader finds them. */
  read(): Map<number, { key: string; value: string | null; timestamp: number }> {
    const { log } = this;
    const found = new Map<number, { key: string; value: string | null; timestamp: number }>();
    let last = -1;
    for (let from = log.startOffset; from < log.end; ) {
      const bytes = log.read({ from, upTo: log.end, maxBytes: 3_000, minOneBatch: true });
      if (bytes.length === 0) throw new Error(`reading from ${from} gave nothing`);
      for (const one of readBatches(bytes, this.codecs)) {
        for (const { offset, key: name, value, timestamp } of one.records) {
          if (offset <= last) throw new Error(`offset ${offset} comes after ${last}`);
          last = offset;
          if (offset < log.startOffset) continue;
          const text = value === null ? null : Buffer.from(value).toString();
          found.set(offset, { key: Buffer.from(name!).toString(), value: text, timestamp });
        }
        from = Math.max(from, one.nextOffset);
      }
    }
    return found;
  }

  /** Throws when the log breaks a promise. `end`: it must reach so far. */
  check(end: number): void {
    const { log, written } = this;
    if (log.end < end) throw new Error(`the log ends at ${log.end}, not at ${end}`);
    written.length = Math.min(written.length, log.end);
    const found = this.read();
    for (const [offset, one] of found) {
      const should = written[offset];
      const isSame = should?.key === one.key && should.value === one.value;
      if (!isSame || should.timestamp !== one.timestamp)
        throw new Error(`offset ${offset} holds ${JSON.stringify(one)}, not ${JSON.stringify(should)}`);
    }
    const last = new Map<string, number>();
    written.forEach((one, offset) => void (offset >= log.startOffset && last.set(one.key, offset)));
    const nowMs = this.directory.env.clock.wallMs();
    for (const [name, offset] of last) {
      if (found.has(offset)) continue;
      const { value, appendedMs } = written[offset]!;
      if (value !== null) throw new Error(`${name}: the last value, at ${offset}, is gone`);
      if (nowMs < appendedMs + this.policy.deleteRetentionMs)
        throw new Error(`${name}: its tombstone at ${offset} went too early`);
      const back = [...found].find(([, one]) => one.key === name);
      if (back !== undefined) throw new Error(`${name}: deleted at ${offset}, ${back[0]} is there again`);
    }
    this.removed = Math.max(this.removed, log.end - log.startOffset - found.size);
  }

  /** Of each key at most one record is left in the part that was cleaned. */
  checkIsClean(): void {
    const seen = new Map<string, number>();
    for (const [offset, one] of this.read()) {
      if (offset >= this.log.folder.cleanedEnd) return;
      const before = seen.get(one.key);
      if (before !== undefined) throw new Error(`${one.key} is at ${before} and at ${offset}`);
      seen.set(one.key, offset);
    }
  }
}
