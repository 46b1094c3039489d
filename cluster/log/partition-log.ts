// shell: the log of one replica on segments: appends, reads, truncation, durability. The only implementation
// of ReplicaLog.
//
// Keeps true: offsets are consecutive over the segments; the epoch cache and the producer state say what the
// batches say; `durableEnd` never passes bytes, names or epochs that are not on stable storage.
import { assert } from "../../base/assert.ts";
import { DiskError } from "../../base/disk-error.ts";
import { batch, batchHeaderBytes } from "../../proto/batch/header.ts";
import { readRecords } from "../../proto/batch/read.ts";
import { walkBatches } from "../../proto/batch/walk.ts";
import { BrokerError } from "../../proto/errors.ts";
import type { LogFolder } from "./log-folder.ts";
import type {
  AppendedRange,
  EpochEnd,
  LogConfig,
  ReplicaLog,
  SequenceVerdict,
  TimestampHit,
} from "./replica-log.ts";
import type { Segment } from "./segment.ts";

const offsetsPerSegmentMax = 0x7fff_ffff;

export class PartitionLog implements ReplicaLog {
  readonly #folder: LogFolder;
  #config: LogConfig;
  /** At least one; the last takes appends. */
  #segments: Segment[];
  #start: number;
  #durableEnd: number;
  /** Grows with every cut, so that a round that began before it does not speak for what came after. */
  #cuts = 0;
  #dirtySegments = new Set<Segment>();
  #namesDirty = true;
  #epochsDirty = false;
  #listener: (() => void) | null = null;
  #closed = false;

  constructor(folder: LogFolder, config: LogConfig) {
    this.#folder = folder;
    this.#config = config;
    this.#segments = folder.segments;
    this.#start = folder.startOffset;
    this.#durableEnd = folder.isClean
      ? this.end
      : Math.min(this.end, Math.max(this.#start, folder.recoveryPoint));
    // What the crashed process left in the page cache may not be on disk yet.
    if (!folder.isClean) for (const segment of this.#segments) this.#dirtySegments.add(segment);
  }

  get startOffset(): number {
    return this.#start;
  }

  get end(): number {
    return this.#active.end;
  }

  get durableEnd(): number {
    return this.#durableEnd;
  }

  get lastEpoch(): number {
    return this.#folder.epochs.last;
  }

  get sizeBytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.size, 0);
  }

  get #active(): Segment {
    return this.#segments.at(-1)!;
  }

  appendAsLeader(batches: Uint8Array, options: { leaderEpoch: number }): AppendedRange {
    const baseOffset = this.end;
    let next = baseOffset;
    for (const { at } of walkBatches(batches)) {
      batch.setBaseOffset(batches, at, next);
      batch.setLeaderEpoch(batches, at, options.leaderEpoch);
      next = batch.nextOffset(batches, at);
    }
    return this.#append(batches);
  }

  appendAsFollower(batches: Uint8Array): AppendedRange {
    let next = this.end;
    let epoch = this.lastEpoch;
    for (const { at, byteLength } of walkBatches(batches)) {
      const base = batch.baseOffset(batches, at);
      if (base !== next)
        throw new BrokerError("CORRUPT_MESSAGE", this.#say(`a batch at offset ${base}, ${next} is next`));
      if (batch.leaderEpoch(batches, at) < epoch) {
        throw new BrokerError(
          "CORRUPT_MESSAGE",
          this.#say(`a batch of epoch ${batch.leaderEpoch(batches, at)} after ${epoch}`),
        );
      }
      const crc = this.#folder.env.codecs.crc32c(batches.subarray(at + 21, at + byteLength));
      if (crc !== batch.crc(batches, at))
        throw new BrokerError("CORRUPT_MESSAGE", this.#say(`a wrong CRC at offset ${base}`));
      next = batch.nextOffset(batches, at);
      epoch = batch.leaderEpoch(batches, at);
    }
    return this.#append(batches);
  }

  #append(batches: Uint8Array): AppendedRange {
    const baseOffset = this.end;
    if (batches.length === 0) return { baseOffset, end: baseOffset };
    this.#guard(() => {
      this.#rollFor(batches);
      this.#active.append(batches);
    });
    this.#dirtySegments.add(this.#active);
    const nowMs = this.#folder.env.clock.wallMs();
    for (const { at } of walkBatches(batches)) this.#learn(batches, at, nowMs);
    return { baseOffset, end: this.end };
  }

  #learn(bytes: Uint8Array, at: number, nowMs: number): void {
    if (this.#folder.epochs.assign(batch.leaderEpoch(bytes, at), batch.baseOffset(bytes, at)))
      this.#epochsDirty = true;
    this.#folder.producers.append(bytes, at, nowMs);
  }

  #rollFor(batches: Uint8Array): void {
    const segment = this.#active;
    if (segment.isEmpty) return;
    const isOld =
      segment.firstTimestamp >= 0 &&
      batch.maxTimestamp(batches, 0) - segment.firstTimestamp > this.#config.segmentMs;
    const isFull = segment.size + batches.length > this.#config.segmentBytes;
    if (isOld || isFull || this.end - segment.baseOffset > offsetsPerSegmentMax - 1_000_000) this.#roll();
  }

  #roll(): void {
    const nowMs = this.#folder.env.clock.wallMs();
    this.#folder.producers.expire(nowMs - this.#config.producerExpirationMs);
    this.#folder.writeProducerSnapshot(this.end);
    const next = this.#folder.newSegment(this.end, this.#config.indexIntervalBytes);
    this.#segments.push(next);
    this.#namesDirty = true;
  }

  checkSequence(batches: Uint8Array, at: number): SequenceVerdict {
    return this.#folder.producers.check(batches, at);
  }

  read(options: { from: number; upTo: number; maxBytes: number; minOneBatch: boolean }): Uint8Array {
    const { from, upTo, maxBytes, minOneBatch } = options;
    if (from < this.#start || from > this.end) {
      throw new BrokerError(
        "OFFSET_OUT_OF_RANGE",
        this.#say(`offset ${from} was asked for, it has [${this.#start}, ${this.end})`),
      );
    }
    if (from >= Math.min(upTo, this.end)) return new Uint8Array(0);
    return this.#guard(() => {
      const segment = this.#segmentOf(from);
      const begin = segment.positionOf(from);
      let stop = begin;
      for (const { position, bytes, at } of segment.headers(begin)) {
        const length = batch.byteLength(bytes, at);
        if (batch.baseOffset(bytes, at) >= upTo) break;
        if (position + length - begin > maxBytes && !(minOneBatch && position === begin)) break;
        stop = position + length;
        if (stop - begin >= maxBytes) break;
      }
      return segment.read(begin, stop - begin);
    });
  }

  #segmentOf(offset: number): Segment {
    let low = 0;
    let high = this.#segments.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#segments[middle]!.baseOffset <= offset) low = middle;
      else high = middle - 1;
    }
    return this.#segments[low]!;
  }

  assignEpoch(epoch: number, startOffset: number): void {
    if (this.#folder.epochs.assign(epoch, startOffset)) this.#epochsDirty = true;
  }

  endOfEpoch(epoch: number): EpochEnd {
    return this.#folder.epochs.endOf(epoch, this.end);
  }

  epochAt(offset: number): number {
    return offset < this.#start || offset >= this.end ? -1 : this.#folder.epochs.epochAt(offset);
  }

  truncateTo(offset: number): void {
    if (offset < this.end) this.#cut(offset);
    // An epoch in which this replica led and wrote nothing goes too.
    if (this.#folder.epochs.cutEnd(Math.min(offset, this.end))) this.#epochsDirty = true;
    if (this.#epochsDirty) this.requestSync();
  }

  #cut(offset: number): void {
    assert(offset >= this.#start, this.#say(`cut to ${offset}, it starts at ${this.#start}`));
    this.#cuts++;
    this.#guard(() => {
      // From the last to the first, so that a crash in between leaves no hole.
      while (this.#segments.length > 1 && this.#active.baseOffset >= offset) {
        const gone = this.#segments.pop()!;
        this.#dirtySegments.delete(gone);
        gone.remove();
        this.#namesDirty = true;
      }
      const segment = this.#active;
      const position = segment.positionOf(offset);
      segment.cut(position, this.#baseOf(segment, position));
      this.#dirtySegments.add(segment);
      this.#folder.rebuildProducers(this.#segments);
    });
    this.#durableEnd = Math.min(this.#durableEnd, this.end);
    this.requestSync();
  }

  /** Where the batch starts that contains `offset`: a batch is cut as a whole. */
  #baseOf(segment: Segment, position: number): number {
    for (const { bytes, at } of segment.headers(position)) return batch.baseOffset(bytes, at);
    return segment.end;
  }

  truncateFullyAndStartAt(offset: number): void {
    this.#cuts++;
    this.#guard(() => {
      for (const segment of this.#segments.toReversed()) segment.remove();
      this.#dirtySegments.clear();
      this.#folder.forgetAll();
      this.#segments.splice(
        0,
        this.#segments.length,
        this.#folder.newSegment(offset, this.#config.indexIntervalBytes),
      );
    });
    this.#namesDirty = true;
    this.#epochsDirty = true;
    this.#start = offset;
    this.#durableEnd = Math.min(this.#durableEnd, offset);
    this.#folder.setStart(offset);
    this.requestSync();
  }

  raiseStart(offset: number): void {
    if (offset <= this.#start) return;
    assert(offset <= this.end, this.#say(`start raised to ${offset}, it ends at ${this.end}`));
    this.#start = offset;
    this.#folder.setStart(offset);
    if (this.#folder.epochs.cutStart(offset)) this.#epochsDirty = true;
    this.#guard(() => {
      while (this.#segments.length > 1 && this.#segments[1]!.baseOffset <= offset) {
        const gone = this.#segments.shift()!;
        this.#dirtySegments.delete(gone);
        gone.remove();
        this.#namesDirty = true;
      }
    });
    this.requestSync();
  }

  requestSync(): void {
    this.#folder.rounds.request(this);
  }

  setDurableListener(listener: () => void): void {
    this.#listener = listener;
  }

  /**
   * One round of the directory: everything appended before the call is on stable storage when it resolves.
   */
  async syncNow(): Promise<void> {
    if (this.#closed) return;
    const { end } = this;
    const cuts = this.#cuts;
    const files = [...this.#dirtySegments].map((segment) => segment.file);
    this.#dirtySegments.clear();
    const names = this.#namesDirty;
    const epochs = this.#epochsDirty;
    this.#namesDirty = false;
    this.#epochsDirty = false;
    try {
      await Promise.all(files.map((file) => file.sync()));
      if (epochs && !this.#closed) await this.#folder.writeEpochs();
      if (names && !this.#closed) await this.#folder.syncNames();
    } catch (error) {
      // A log that was deleted meanwhile has no files to sync any more.
      if (!this.#closed) throw error;
    }
    if (this.#closed) return;
    if (this.#cuts !== cuts) return this.requestSync();
    if (end <= this.#durableEnd) return;
    this.#durableEnd = end;
    this.#listener?.();
  }

  findTimestamp(timestamp: number, options: { upTo: number }): TimestampHit | null {
    for (const segment of this.#segments) {
      if (segment.maxTimestamp < timestamp) continue;
      for (const { position, bytes, at } of segment.headers(segment.index.floorOfTimestamp(timestamp))) {
        if (batch.maxTimestamp(bytes, at) < timestamp || batch.nextOffset(bytes, at) <= this.#start) continue;
        const hit = this.#firstRecord(
          segment,
          position,
          batch.byteLength(bytes, at),
          (time) => time >= timestamp,
        );
        if (hit !== null) return hit.offset < options.upTo ? hit : null;
      }
    }
    return null;
  }

  findMaxTimestamp(options: { upTo: number }): TimestampHit | null {
    let best: { segment: Segment; position: number; length: number; timestamp: number } | null = null;
    for (const segment of this.#segments) {
      if (best !== null && segment.maxTimestamp <= best.timestamp) continue;
      for (const { position, bytes, at } of segment.headers(0)) {
        if (batch.nextOffset(bytes, at) > options.upTo) break;
        const timestamp = batch.maxTimestamp(bytes, at);
        if (best === null || timestamp > best.timestamp) {
          best = { segment, position, length: batch.byteLength(bytes, at), timestamp };
        }
      }
    }
    if (best === null) return null;
    const { timestamp } = best;
    return this.#firstRecord(best.segment, best.position, best.length, (time) => time === timestamp);
  }

  #firstRecord(
    segment: Segment,
    position: number,
    length: number,
    matches: (timestamp: number) => boolean,
  ): TimestampHit | null {
    const bytes = segment.read(position, length);
    if (bytes.length < batchHeaderBytes) return null;
    for (const record of readRecords(bytes, 0, this.#folder.env.codecs)) {
      if (record.offset < this.#start || !matches(record.timestamp)) continue;
      return { offset: record.offset, timestamp: record.timestamp, leaderEpoch: batch.leaderEpoch(bytes, 0) };
    }
    return null;
  }

  setConfig(config: LogConfig): void {
    this.#config = config;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#epochsDirty = true;
    this.#namesDirty = true;
    this.#guard(() => this.#folder.writeProducerSnapshot(this.end));
    await this.syncNow();
    this.#closed = true;
    for (const segment of this.#segments) segment.close();
  }

  /** Lets go of the files without a last word, for a log that is being deleted. */
  abandon(): void {
    this.#closed = true;
    for (const segment of this.#segments) segment.close();
  }

  #guard<T>(run: () => T): T {
    this.#folder.checkUsable();
    try {
      return run();
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      throw this.#folder.failed(error);
    }
  }

  #say(what: string): string {
    return `log ${this.#folder.path}: ${what}`;
  }
}
