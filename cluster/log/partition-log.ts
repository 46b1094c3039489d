// shell: the log of one replica on segments: appends, reads, truncation, durability. The only implementation
// of ReplicaLog.
//
// Keeps true: offsets are consecutive over the segments; the epoch cache and the producer state say what the
// batches say; `durableEnd` never passes bytes or names that are not on stable storage, nor a cut of epochs.
import { assert } from "../../base/assert.ts";
import { DiskError, isDiskFull } from "../../base/disk-error.ts";
import { batch } from "../../proto/batch/header.ts";
import { walkBatches } from "../../proto/batch/walk.ts";
import { BrokerError } from "../../proto/errors.ts";
import { problemOfFollowing, stampBatches } from "./append-check.ts";
import { BrokenBatchError } from "./broken-batch.ts";
import { DiskFullError } from "./disk-full.ts";
import type { LogFolder } from "./log-folder.ts";
import { noteOutdated } from "./outdated.ts";
import type {
  AppendedRange,
  EpochEnd,
  LogConfig,
  ReadRange,
  ReplicaLog,
  SequenceVerdict,
  TimestampHit,
} from "./replica-log.ts";
import { outdatedSegments, type RetentionLimits } from "./retention.ts";
import { mustRoll } from "./roll-rule.ts";
import type { Segment } from "./segment.ts";
import { cutSegments, segmentHolding } from "./segment-list.ts";
import { findFirstAtOrAfter, findLatest, type TimeRange } from "./time-lookup.ts";
import { Unsynced } from "./unsynced.ts";

export class PartitionLog implements ReplicaLog {
  readonly #folder: LogFolder;
  #config: LogConfig;
  /** At least one; the last takes appends. */
  #segments: Segment[];
  #start: number;
  #durableEnd: number;
  /** Grows with every cut, so that what began before it does not speak for what came after. */
  cuts = 0;
  isClosed = false;
  readonly #unsynced: Unsynced;
  #hasRolled = false;
  /** An append found the disk full: nothing is appended before the cut of what it left lasts. */
  #mustTrim = false;
  /** What is below can never be cut. */
  #committedEnd = 0;
  #listener: (() => void) | null = null;
  #isClosedWhole = false;

  constructor(folder: LogFolder, config: LogConfig) {
    this.#folder = folder;
    this.#config = config;
    this.#segments = folder.segments;
    this.#start = folder.startOffset;
    this.#durableEnd = folder.isClean
      ? this.end
      : Math.min(this.end, Math.max(this.#start, folder.recoveryPoint));
    this.#active.pin();
    this.#unsynced = new Unsynced(folder);
  }

  get folder(): LogFolder {
    return this.#folder;
  }

  get config(): LogConfig {
    return this.#config;
  }

  /** In order, the last takes appends. Only for those who replace some of them. */
  get segments(): readonly Segment[] {
    return this.#segments;
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

  /** Everything below it is on stable storage and can never be cut: what breaks there is damage. */
  get recoveryPoint(): number {
    return Math.min(this.#durableEnd, this.#committedEnd);
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
    stampBatches(batches, { baseOffset, ...options });
    return this.#append(batches, { hot: true });
  }

  appendAsFollower(batches: Uint8Array): AppendedRange {
    const { codecs } = this.#folder.env;
    const { end, lastEpoch: epoch } = this;
    const { isGapless = false } = this.#config;
    const problem = problemOfFollowing(batches, { end, epoch, codecs, isGapless });
    if (problem !== null) throw new BrokerError("CORRUPT_MESSAGE", this.#say(problem));
    return this.#append(batches, { hot: false });
  }

  #append(batches: Uint8Array, options: { hot: boolean }): AppendedRange {
    const baseOffset = this.end;
    if (batches.length === 0) return { baseOffset, end: baseOffset };
    this.#folder.checkUsable();
    if (!this.hasRoom(batches.length)) throw this.#folder.full(`${batches.length} bytes were to be appended`);
    this.#guard(() => this.#write(batches, options));
    this.#folder.room.took(batches.length);
    this.#unsynced.written(this.#active);
    const nowMs = this.#folder.env.clock.wallMs();
    let next = baseOffset;
    for (const { at } of walkBatches(batches)) {
      // Where compaction left a gap, an epoch may have begun anywhere in it: early is safe, late is not.
      this.#folder.assignEpoch(batch.leaderEpoch(batches, at), next);
      this.#folder.producers.append(batches, at, nowMs);
      next = batch.nextOffset(batches, at);
    }
    return { baseOffset, end: this.end };
  }

  hasRoom(bytes: number): boolean {
    return !this.#mustTrim && this.#folder.room.has(bytes, this.#config.usesReserve === true);
  }

  #write(batches: Uint8Array, options: { hot: boolean }): void {
    this.#orFull(() => {
      if (mustRoll(this.#active, batches, this.#config)) this.#roll();
      this.#active.append(batches, options);
    });
  }

  #orFull(write: () => void): void {
    try {
      write();
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      // Until the cut of what it left lasts, a power cut could bring it back in place of what is appended
      // there next, in the same epoch: two records of one name.
      this.#mustTrim = true;
      this.#folder.room.wasFull();
      this.#unsynced.written(this.#active);
      this.requestSync();
      throw this.#folder.full(error.message);
    }
  }

  #roll(): void {
    const nowMs = this.#folder.env.clock.wallMs();
    this.#folder.producers.expire(nowMs - this.#config.producerExpirationMs);
    this.#folder.writeProducerSnapshot(this.end);
    const full = this.#active;
    this.#segments.push(this.#newSegment(this.end));
    this.#unsynced.names = true;
    this.#hasRolled = true;
    this.#folder.seal(full);
    full.unpin();
    // Whoever asks for no syncs gets one a segment, as with Kafka: the recovery point follows.
    this.requestSync();
  }

  checkSequence(batches: Uint8Array, at: number): SequenceVerdict {
    return this.#folder.producers.check(batches, at);
  }

  read(options: ReadRange): Uint8Array {
    const { from, upTo } = options;
    if (from < this.#start || from > this.end) {
      throw new BrokerError(
        "OFFSET_OUT_OF_RANGE",
        this.#say(`offset ${from} was asked for, it has [${this.#start}, ${this.end})`),
      );
    }
    if (from >= Math.min(upTo, this.end)) return new Uint8Array(0);
    return this.#guard(() => {
      const segment = segmentHolding(this.#segments, from);
      return segment.readBatches(segment.positionOf(from), options);
    });
  }

  assignEpoch(epoch: number, startOffset: number): void {
    this.#folder.assignEpoch(epoch, startOffset);
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
    if (this.#folder.epochs.cutEnd(Math.min(offset, this.end))) this.#unsynced.epochs = true;
    if (this.#unsynced.epochs) this.requestSync();
  }

  #cut(offset: number): void {
    assert(offset >= this.#start, this.#say(`cut to ${offset}, it starts at ${this.#start}`));
    this.cuts++;
    this.#guard(() => {
      this.#unsynced.written(cutSegments(this.#segments, offset, (gone) => this.#unsynced.forget(gone)));
      this.#folder.rebuildProducers(this.#segments);
    });
    // Those of segments, of index files, of producer snapshots.
    this.#unsynced.names = true;
    this.#committedEnd = Math.min(this.#committedEnd, this.end);
    if (this.#folder.noteCut(this.end)) this.#unsynced.start = true;
    this.#durableEnd = Math.min(this.#durableEnd, this.end);
    this.requestSync();
  }

  truncateFullyAndStartAt(offset: number): void {
    this.cuts++;
    this.#guard(() => {
      // A disk that fails on the way leaves the old ones: there is always one.
      this.#unsynced.doom(this.#segments, offset, 0);
      this.#folder.forgetAll();
      this.#segments = [this.#newSegment(offset)];
    });
    this.#unsynced.names = this.#unsynced.epochs = this.#unsynced.start = true;
    this.#start = offset;
    this.#durableEnd = Math.min(this.#durableEnd, offset);
    this.#committedEnd = Math.min(this.#committedEnd, offset);
    this.#folder.noteCut(offset);
    this.#folder.setStart(offset);
    this.requestSync();
  }

  raiseStart(offset: number): void {
    if (offset <= this.#start) return;
    assert(offset <= this.end, this.#say(`start raised to ${offset}, it ends at ${this.end}`));
    this.#start = offset;
    this.#folder.setStart(offset);
    if (this.#folder.epochs.cutStart(offset)) this.#unsynced.epochs = true;
    this.#unsynced.start = true;
    const kept = this.#segments.findLastIndex(({ baseOffset }) => baseOffset <= offset);
    const delayMs = this.#config.fileDeleteDelayMs ?? 0;
    this.#guard(() => this.#unsynced.doom(this.#segments.splice(0, Math.max(0, kept)), offset, delayMs));
    this.requestSync();
  }

  startByRetention(limits: RetentionLimits, upTo: number): number {
    const nowMs = this.#folder.env.clock.wallMs();
    const { byTime, bySize } = outdatedSegments(this.#segments, limits, { upTo, nowMs });
    const isAll = byTime + bySize === this.#segments.length;
    // The last segment goes only once there is another; where that finds no room, all before it go.
    const count = isAll && !this.#tryRoll() ? byTime + bySize - 1 : byTime + bySize;
    if (count === 0) return this.#start;
    noteOutdated(this.#folder, this.#segments.slice(0, Math.min(byTime, count)), "time");
    noteOutdated(this.#folder, this.#segments.slice(byTime, count), "size");
    return Math.max(this.#start, this.#segments[count]!.baseOffset);
  }

  #tryRoll(): boolean {
    try {
      this.#guard(() => this.#orFull(() => this.#roll()));
      return true;
    } catch (error) {
      if (!(error instanceof DiskFullError)) throw error;
      return false;
    }
  }

  requestSync(): void {
    this.#folder.rounds.request(this);
  }

  setDurableListener(listener: () => void): void {
    this.#listener = listener;
  }

  /**
   * One round of the directory: everything appended before the call is on stable storage when it resolves,
   * unless the disk is too full to write down what stands beside it.
   */
  async syncNow(): Promise<void> {
    if (this.isClosed) return;
    const { end } = this;
    const cuts = this.cuts;
    const hasRolled = this.#hasRolled;
    this.#hasRolled = false;
    const isWhole = await this.#sync();
    if (this.isClosed) return;
    if (hasRolled) this.#folder.checkpointSoon();
    if (!isWhole) return this.#folder.syncLater(this);
    if (this.cuts !== cuts) return this.requestSync();
    if (end > this.#durableEnd) {
      this.#durableEnd = end;
      this.#listener?.();
    }
  }

  /** False: for want of room not everything is on stable storage. */
  async #sync(): Promise<boolean> {
    const mustTrim = this.#mustTrim;
    try {
      if (mustTrim) this.#active.trim();
      const isWhole = await this.#unsynced.sync(() => this.isClosed);
      if (mustTrim && isWhole) this.#mustTrim = false;
      return isWhole;
    } catch (error) {
      if (isDiskFull(error)) return false;
      // A log that was deleted meanwhile has no files to sync any more.
      if (!this.isClosed) throw error;
      return true;
    }
  }

  #newSegment(baseOffset: number): Segment {
    const segment = this.#folder.newSegment(baseOffset, this.#config.indexIntervalBytes);
    segment.pin();
    return segment;
  }

  /** Neighbours, none of them the last or waiting for a sync, give way to what was made of them. */
  replaceSegments(old: readonly Segment[], by: Segment): void {
    this.#segments.splice(this.#segments.indexOf(old[0]!), old.length, by);
    for (const one of old) one.close();
  }

  findTimestamp(timestamp: number, { upTo }: { upTo: number }): TimestampHit | null {
    return this.#guard(() => findFirstAtOrAfter(this.#timeRange(upTo), timestamp));
  }

  findMaxTimestamp({ upTo }: { upTo: number }): TimestampHit | null {
    return this.#guard(() => findLatest(this.#timeRange(upTo)));
  }

  #timeRange(upTo: number): TimeRange {
    return { segments: this.#segments, start: this.#start, upTo, codecs: this.#folder.env.codecs };
  }

  noteCommitted(end: number): void {
    this.#committedEnd = Math.max(this.#committedEnd, Math.min(end, this.end));
  }

  setConfig(config: LogConfig): void {
    this.#config = config;
  }

  /** Closed, with everything on stable storage as a clean stop leaves it. */
  get isClosedWhole(): boolean {
    return this.#isClosedWhole;
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    if (this.#folder.isMade) {
      this.#unsynced.epochs = this.#unsynced.names = true;
      this.#guard(() => this.#folder.sealWhole(this.#active));
    }
    this.#isClosedWhole = await this.#sync();
    if (this.#isClosedWhole) this.#durableEnd = this.end;
    this.abandon();
  }

  /** Lets go of the files without a last word, for a log that is being deleted. */
  abandon(): void {
    this.isClosed = true;
    this.#folder.letGo();
    for (const segment of this.#segments) segment.close();
    for (const file of this.#folder.takeSidecars()) file.close();
  }

  #guard<T>(run: () => T): T {
    this.#folder.checkUsable();
    try {
      return run();
    } catch (error) {
      if (error instanceof BrokenBatchError) throw this.#folder.damaged(error);
      if (!(error instanceof DiskError)) throw error;
      throw this.#folder.failed(error);
    }
  }

  #say(what: string): string {
    return `log ${this.#folder.path}: ${what}`;
  }
}
