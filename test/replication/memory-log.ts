// test: a ReplicaLog in memory with a page cache and a disk: what was not synced is lost, in whole or in
// part, when it crashes. Small and slow on purpose, so that it is easy to believe.
import type { Clock } from "../../base/ports/clock.ts";
import type {
  AppendedRange,
  EpochEnd,
  LogConfig,
  ReplicaLog,
  SequenceVerdict,
  TimestampHit,
} from "../../cluster/log/replica-log.ts";
import { batch } from "../../proto/batch/header.ts";
import { BrokerError } from "../../proto/errors.ts";

interface Stored {
  readonly base: number;
  readonly end: number;
  readonly epoch: number;
  readonly bytes: Uint8Array;
}

interface Contents {
  start: number;
  batches: Stored[];
  epochs: { epoch: number; start: number }[];
}

const copy = (from: Contents): Contents => ({
  start: from.start,
  batches: [...from.batches],
  epochs: [...from.epochs],
});

/** What survives: shared by all logs opened one after the other for one replica. */
export class MemoryDisk {
  synced: Contents = { start: 0, batches: [], epochs: [] };
}

export class MemoryLog implements ReplicaLog {
  readonly #disk: MemoryDisk;
  readonly #clock: Clock;
  readonly #syncMs: () => number;
  readonly #now: Contents;
  #syncing = false;
  #syncAgain = false;
  #cutUnsynced = false;
  #durableEnd: number;
  #listener: () => void = () => {};
  crashed = false;
  /** Set to make every call fail, as a failed directory does. */
  failed = false;

  constructor(disk: MemoryDisk, clock: Clock, syncMs: () => number) {
    this.#disk = disk;
    this.#clock = clock;
    this.#syncMs = syncMs;
    this.#now = copy(disk.synced);
    this.#durableEnd = this.end;
  }

  get startOffset(): number {
    return this.#now.start;
  }

  get end(): number {
    return this.#now.batches.at(-1)?.end ?? this.#now.start;
  }

  get durableEnd(): number {
    return this.#durableEnd;
  }

  get lastEpoch(): number {
    return this.#now.epochs.at(-1)?.epoch ?? -1;
  }

  get sizeBytes(): number {
    return this.#now.batches.reduce((sum, one) => sum + one.bytes.length, 0);
  }

  /** The process dies. `keepsCache`: the machine lives on and with it the page cache. */
  crash(options: { keepsCache: boolean; keepsPart: () => number }): void {
    this.crashed = true;
    if (options.keepsCache) {
      this.#disk.synced = copy(this.#now);
      return;
    }
    if (this.#cutUnsynced) return;
    // Some of what was not synced may have reached the disk all the same, from the front.
    const from = this.#disk.synced.batches.length;
    const kept = from + Math.floor((this.#now.batches.length - from + 1) * options.keepsPart());
    const contents = copy(this.#now);
    contents.batches.length = Math.min(contents.batches.length, Math.max(from, kept));
    const end = contents.batches.at(-1)?.end ?? contents.start;
    contents.epochs = contents.epochs.filter((one) => one.start < end);
    this.#disk.synced = contents;
  }

  #check(): void {
    if (this.failed) throw new BrokerError("KAFKA_STORAGE_ERROR", "the directory failed");
  }

  startByRetention(): number {
    return this.startOffset;
  }

  appendAsLeader(bytes: Uint8Array, options: { leaderEpoch: number }): AppendedRange {
    this.#check();
    const baseOffset = this.end;
    for (let at = 0; at < bytes.length; at += batch.byteLength(bytes, at)) {
      batch.setBaseOffset(bytes, at, at === 0 ? baseOffset : this.end);
      batch.setLeaderEpoch(bytes, at, options.leaderEpoch);
      this.#append(bytes.slice(at, at + batch.byteLength(bytes, at)));
    }
    return { baseOffset, end: this.end };
  }

  appendAsFollower(bytes: Uint8Array): AppendedRange {
    this.#check();
    const baseOffset = this.end;
    for (let at = 0; at < bytes.length; at += batch.byteLength(bytes, at)) {
      if (batch.baseOffset(bytes, at) !== this.end)
        throw new Error(`append at ${batch.baseOffset(bytes, at)}, the log ends at ${this.end}`);
      this.#append(bytes.slice(at, at + batch.byteLength(bytes, at)));
    }
    return { baseOffset, end: this.end };
  }

  #append(bytes: Uint8Array): void {
    const base = batch.baseOffset(bytes, 0);
    const epoch = batch.leaderEpoch(bytes, 0);
    if (epoch < this.lastEpoch) throw new Error(`append of epoch ${epoch} after ${this.lastEpoch}`);
    if (epoch > this.lastEpoch) this.#now.epochs.push({ epoch, start: base });
    this.#now.batches.push({ base, end: batch.nextOffset(bytes, 0), epoch, bytes });
  }

  checkSequence(bytes: Uint8Array, at: number): SequenceVerdict {
    const producerId = batch.producerId(bytes, at);
    if (producerId < 0) return { kind: "append" };
    const sequence = batch.baseSequence(bytes, at);
    const own = this.#now.batches.filter((one) => batch.producerId(one.bytes, 0) === producerId);
    const found = own.find((one) => batch.baseSequence(one.bytes, 0) === sequence);
    if (found !== undefined)
      return { kind: "duplicate", baseOffset: found.base, lastOffset: found.end - 1, timestamp: -1 };
    const last = own.at(-1);
    if (last === undefined) return { kind: "append" };
    const next = batch.baseSequence(last.bytes, 0) + batch.recordCount(last.bytes, 0);
    if (sequence === next) return { kind: "append" };
    return { kind: "refuse", errorCode: 45, message: `sequence ${sequence}, expected ${next}` };
  }

  read(options: { from: number; upTo: number; maxBytes: number; minOneBatch: boolean }): Uint8Array {
    this.#check();
    const { from, upTo, maxBytes, minOneBatch } = options;
    if (from < this.startOffset || from > this.end)
      throw new BrokerError("OFFSET_OUT_OF_RANGE", `${from} is not in [${this.startOffset}, ${this.end}]`);
    const taken: Uint8Array[] = [];
    let bytes = 0;
    for (const one of this.#now.batches) {
      if (one.end <= from) continue;
      if (one.base >= upTo) break;
      if (bytes + one.bytes.length > maxBytes && !(minOneBatch && taken.length === 0)) break;
      taken.push(one.bytes);
      bytes += one.bytes.length;
    }
    return new Uint8Array(Buffer.concat(taken));
  }

  assignEpoch(epoch: number, startOffset: number): void {
    this.#now.epochs.push({ epoch, start: startOffset });
  }

  endOfEpoch(epoch: number): EpochEnd {
    const { epochs } = this.#now;
    const at = epochs.findLastIndex((one) => one.epoch <= epoch);
    if (at < 0) return { epoch: -1, end: -1 };
    return { epoch: epochs[at]!.epoch, end: epochs[at + 1]?.start ?? this.end };
  }

  epochAt(offset: number): number {
    return this.#now.batches.find((one) => one.base <= offset && offset < one.end)?.epoch ?? -1;
  }

  truncateTo(offset: number): void {
    this.#check();
    const { batches } = this.#now;
    while (batches.length > 0 && batches.at(-1)!.end > offset) batches.pop();
    this.#now.epochs = this.#now.epochs.filter((one) => one.start < this.end);
    this.#durableEnd = Math.min(this.#durableEnd, this.end);
    this.#cutUnsynced = true;
  }

  truncateFullyAndStartAt(offset: number): void {
    this.#check();
    this.#now.batches = [];
    this.#now.epochs = [];
    this.#now.start = offset;
    this.#durableEnd = offset;
    this.#cutUnsynced = true;
  }

  raiseStart(offset: number): void {
    this.#now.start = Math.max(this.#now.start, offset);
    this.#now.batches = this.#now.batches.filter((one) => one.end > this.#now.start);
    if (this.end < offset) this.#now.batches = [];
    this.#durableEnd = Math.max(this.#durableEnd, this.#now.start);
    this.#cutUnsynced = true;
  }

  requestSync(): void {
    if (this.#syncing) {
      this.#syncAgain = true;
      return;
    }
    this.#syncing = true;
    this.#syncAgain = false;
    const contents = copy(this.#now);
    this.#cutUnsynced = false;
    this.#clock.after(this.#syncMs(), () => {
      if (this.crashed) return;
      this.#syncing = false;
      this.#disk.synced = contents;
      const before = this.#durableEnd;
      this.#durableEnd = this.#agreesUpTo(contents);
      if (this.#syncAgain) this.requestSync();
      if (this.#durableEnd > before) this.#listener();
    });
  }

  /** How far the disk holds what the cache holds. */
  #agreesUpTo(disk: Contents): number {
    let end = this.#now.start;
    for (const one of this.#now.batches) {
      if (!disk.batches.includes(one)) break;
      end = one.end;
    }
    return end;
  }

  setDurableListener(listener: () => void): void {
    this.#listener = listener;
  }

  findTimestamp(timestamp: number, options: { upTo: number }): TimestampHit | null {
    for (const one of this.#now.batches) {
      if (one.base >= options.upTo) break;
      const found = batch.maxTimestamp(one.bytes, 0);
      if (found >= timestamp) return { offset: one.base, timestamp: found, leaderEpoch: one.epoch };
    }
    return null;
  }

  findMaxTimestamp(options: { upTo: number }): TimestampHit | null {
    let best: TimestampHit | null = null;
    for (const one of this.#now.batches) {
      if (one.base >= options.upTo) break;
      const timestamp = batch.maxTimestamp(one.bytes, 0);
      if (best === null || timestamp > best.timestamp)
        best = { offset: one.base, timestamp, leaderEpoch: one.epoch };
    }
    return best;
  }

  setConfig(_config: LogConfig): void {}

  async close(): Promise<void> {}
}
