// shell: what stands beside the segments of one log: topic id, epochs, producer snapshots; and the way to its
// directory.
//
// Keeps true at a start: what is read of a file is checked; what a crash may have brought back is not
// believed. Epochs and producer snapshots above the recovery point may be of batches that were cut, for a
// removal or replacement of theirs need not have lasted: they are made again from the batches. So epochs that
// an append brings need not be on disk before it counts: only before a recovery point above them is.
import { DiskError } from "../../base/disk-error.ts";
import type { DiskFile } from "../../base/ports/disk.ts";
import type { Env } from "../../base/ports/env.ts";
import type { Uuid } from "../../base/uuid.ts";
import { batch } from "../../proto/batch/header.ts";
import { BrokerError } from "../../proto/errors.ts";
import { readWholeFile, writeNewFile } from "./atomic-file.ts";
import { BrokenBatchError } from "./broken-batch.ts";
import type { DirectoryOffsets } from "./directory-offsets.ts";
import type { DiskFullError } from "./disk-full.ts";
import type { DiskRoom } from "./disk-room.ts";
import { digits, settleDoomedFiles } from "./doomed-files.ts";
import { EpochCache } from "./epoch-cache.ts";
import { EpochFile } from "./epoch-file.ts";
import type { HotBytes } from "./hot-bytes.ts";
import { LateRemoval } from "./late-removal.ts";
import type { OpenFiles } from "./open-files.ts";
import { ProducerState } from "./producer-state.ts";
import { LogDamagedError, type RecoveredSegments, type RecoveredTail, recoverSegments } from "./recovery.ts";
import type { LogConfig } from "./replica-log.ts";
import { Segment, type SegmentOptions, type WrittenSegment } from "./segment.ts";
import type { Syncable, SyncRounds } from "./sync-rounds.ts";

export type LogEnv = Pick<Env, "clock" | "disk" | "codecs" | "log" | "metrics">;

const snapshotsKept = 3;

/** What a log needs of the directory it lives in. */
export interface LogHome {
  readonly env: LogEnv;
  readonly rounds: SyncRounds;
  readonly openFiles: OpenFiles;
  readonly hotBytes: HotBytes;
  /** Throws BrokerError KAFKA_STORAGE_ERROR once the directory has failed. */
  checkUsable(): void;
  /** The error to throw; the directory has failed from now on. */
  failed(error: DiskError): BrokerError;
  /** The error to throw; nothing has failed, there is no room for now. */
  full(what: string): DiskFullError;
  readonly room: DiskRoom;
  /** Asks for a sync of this log again after a while. */
  syncLater(log: Syncable): void;
  /** Makes the folder, with the file that says of which topic it is. */
  makeFolder(folder: LogFolder): void;
  /** The folders made so far last, and what is in their metadata files. */
  syncNewFolders(): Promise<void>;
  readonly offsets: DirectoryOffsets;
  /** A read of the log met damage. */
  readDamage(folder: LogFolder, what: string): void;
  /** The log was cut to `end`. True: what a recovery point above it said is not so now, and it is lowered. */
  noteCut(folder: LogFolder, end: number): boolean;
  /** Brings the log starts noted so far to stable storage, and recovery points with them. */
  writeCheckpoints(): Promise<void>;
  /** The same, without waiting for it. */
  checkpointSoon(): void;
}

export interface FolderOptions {
  home: LogHome;
  path: string;
  name: string;
  topicId: Uuid;
  config: LogConfig;
  /** False: there is nothing of it on the disk, and will not be before it is written. */
  isMade: boolean;
  isClean: boolean;
  recoveryPoint: number;
  startOffset: number;
}

export class LogFolder {
  readonly path: string;
  readonly name: string;
  readonly topicId: Uuid;
  /** At least one; the last takes appends. */
  readonly segments: Segment[];
  /** Those that were read at the start: what they hold is perhaps in the page cache only. */
  readonly unsynced: ReadonlySet<Segment>;
  readonly tail: RecoveredTail;
  readonly isClean: boolean;
  readonly recoveryPoint: number;
  epochs: EpochCache;
  producers = new ProducerState();
  startOffset: number;
  readonly #home: LogHome;
  readonly #removal: LateRemoval;
  readonly #epochFile: EpochFile;
  #isMade: boolean;
  #isLetGo = false;
  /** Files beside the segments that were written and not synced. */
  #sidecars: DiskFile[] = [];

  constructor(options: FolderOptions) {
    this.#home = options.home;
    this.#removal = new LateRemoval(this.env.clock, (path) => this.#remove(path));
    this.path = options.path;
    this.name = options.name;
    this.topicId = options.topicId;
    this.isClean = options.isClean;
    this.recoveryPoint = options.recoveryPoint;
    this.startOffset = options.startOffset;
    this.#isMade = options.isMade;
    this.#epochFile = new EpochFile(this.env, options);
    this.epochs = new EpochCache();
    const { segments, read, tail } = this.#isMade ? this.#recover(options) : this.#empty(options);
    this.tail = tail;
    this.segments = segments;
    this.unsynced = read;
  }

  #empty({ config }: FolderOptions): RecoveredSegments {
    const segment = new Segment({ ...this.#segmentOptions(config.indexIntervalBytes), baseOffset: 0 });
    return {
      segments: [segment],
      read: new Set(),
      tail: { cutBytes: 0, cutBatches: 0, cutAt: -1, what: "" },
    };
  }

  #recover(options: FolderOptions): RecoveredSegments {
    const { recoveryPoint, isClean } = options;
    const { indexIntervalBytes } = options.config;
    const startOffset = settleDoomedFiles(this.env.disk, this.path, options.startOffset);
    const epochs = this.#epochFile.read(startOffset);
    if (epochs !== null) this.epochs = epochs;
    if (!isClean) this.epochs.cutEnd(recoveryPoint);
    const recovered = recoverSegments({
      ...this.#segmentOptions(indexIntervalBytes),
      ...{ recoveryPoint, startOffset, isClean, believesIndexes: epochs !== null },
      onBatch: (bytes, at, behind) => this.epochs.assign(batch.leaderEpoch(bytes, at), behind),
    });
    const { segments, read } = recovered;
    // The start lasts, the segment made for it did not, or nothing of what stood above it: it starts anew.
    if ((segments.at(-1)?.end ?? -1) < startOffset) {
      for (const old of segments.splice(0)) old.remove();
      read.clear();
      segments.push(this.newSegment(startOffset, indexIntervalBytes));
    }
    this.startOffset = Math.max(startOffset, segments[0]!.baseOffset);
    this.epochs.cutEnd(segments.at(-1)!.end);
    this.epochs.cutStart(this.startOffset);
    this.#damaged(segments, () => {
      for (const segment of segments.slice(0, -1)) if (read.has(segment)) this.seal(segment);
      segments.at(-1)!.dropIndexFiles();
      this.#dropSnapshots((offset) => !isClean && offset > recoveryPoint);
      this.rebuildProducers(segments);
    });
    return recovered;
  }

  /** There is something of it on the disk. */
  get isMade(): boolean {
    return this.#isMade;
  }

  /** Before anything is written in it. Throws DiskError, or DiskFullError; it is tried again then. */
  make(): void {
    if (this.#isMade) return;
    this.#home.makeFolder(this);
    this.#isMade = true;
  }

  get env(): LogEnv {
    return this.#home.env;
  }

  get rounds(): SyncRounds {
    return this.#home.rounds;
  }

  checkUsable(): void {
    this.#home.checkUsable();
  }

  failed(error: DiskError): BrokerError {
    return this.#home.failed(error);
  }

  full(what: string): DiskFullError {
    return this.#home.full(what);
  }

  get room(): DiskRoom {
    return this.#home.room;
  }

  syncLater(log: Syncable): void {
    this.#home.syncLater(log);
  }

  setStart(offset: number): void {
    this.startOffset = offset;
    this.#home.offsets.set("start", this.name, offset);
  }

  /** True: the new recovery point has to last before what is written over the cut counts. */
  noteCut(end: number): boolean {
    return this.#home.noteCut(this, end);
  }

  writeCheckpoints(): Promise<void> {
    return this.#home.writeCheckpoints();
  }

  checkpointSoon(): void {
    this.#home.checkpointSoon();
  }

  /**
   * Bytes of a log that was taken for sound have rotted, or were changed by others. A disk that gives back
   * other bytes than it was given has failed; what it gave is marked, and set aside at the next start.
   */
  damaged({ path: file, position, what }: BrokenBatchError): BrokerError {
    const { log, metrics } = this.env;
    metrics.counter("ottla_log_broken_reads_total", "Reads that met a damaged batch").add(1);
    log.error({ log: this.name, file, position, what }, "a batch of a log is damaged; it is not served");
    const text = `log ${this.name}: ${file} at position ${position}: ${what}`;
    this.#home.readDamage(this, text);
    return new BrokerError("CORRUPT_MESSAGE", text);
  }

  #segmentOptions(indexIntervalBytes: number): Omit<SegmentOptions, "baseOffset"> {
    const { disk, codecs, log } = this.env;
    return {
      ...{ disk, codecs, indexIntervalBytes, files: this.#home.openFiles, folder: this.path },
      hotBytes: this.#home.hotBytes,
      onIndexRebuilt: (file, what) => log.warn({ log: this.name, file, what }, "made an index again"),
      beforeOpen: () => this.make(),
    };
  }

  newSegment(baseOffset: number, indexIntervalBytes: number): Segment {
    const segment = new Segment({ ...this.#segmentOptions(indexIntervalBytes), baseOffset });
    segment.file.truncate(0);
    return segment;
  }

  /** The segment that has taken the place of others, in the file of the first. */
  replacement(baseOffset: number, indexIntervalBytes: number, written: WrittenSegment): Segment {
    const segment = new Segment({ ...this.#segmentOptions(indexIntervalBytes), baseOffset });
    segment.adopt(written);
    return segment;
  }

  get cleanedEnd(): number {
    return this.#home.offsets.get("cleaner", this.name);
  }

  /** The cleaned segments up to there are on stable storage, with their names. */
  noteCleaned(end: number): void {
    this.#home.offsets.set("cleaner", this.name, end);
  }

  removeLater(path: string, delayMs: number): void {
    this.#removal.add(path, delayMs);
  }

  /** Removes no more: the folder is being closed, or will be removed as a whole. */
  letGo(): void {
    this.#isLetGo = true;
    this.#removal.stop();
  }

  #remove(path: string): void {
    try {
      if (this.env.disk.exists(path)) this.env.disk.remove(path);
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      this.failed(error);
    }
  }

  /** Writes the segment's index files; they are synced with the next `takeSidecars`. */
  seal(segment: Segment): void {
    this.#sidecars.push(...segment.seal());
  }

  /** The same for the last segment of a log that is closed, with a snapshot of its producers. */
  sealWhole(last: Segment): void {
    this.writeProducerSnapshot(last.end);
    this.seal(last);
  }

  /** Files that the caller must sync and close. */
  takeSidecars(): DiskFile[] {
    const files = this.#sidecars;
    this.#sidecars = [];
    return files;
  }

  // ---- Epochs ----

  /** The file follows before a recovery point above it is written down. */
  assignEpoch(epoch: number, startOffset: number): void {
    if (this.epochs.assign(epoch, startOffset)) this.#epochFile.isBehind = true;
  }

  /** The file lacks epochs that the log has. */
  get areEpochsBehind(): boolean {
    return this.#epochFile.isBehind;
  }

  /** Brings the file up to what it lacks; nothing comes of it once the log is deleted. */
  async catchUpEpochs(): Promise<void> {
    try {
      await this.writeEpochs();
    } catch (error) {
      if (!this.#isLetGo) throw error;
    }
  }

  async writeEpochs(): Promise<void> {
    this.make();
    await this.#epochFile.write(() => this.epochs);
  }

  async syncNames(): Promise<void> {
    await Promise.all([this.#home.syncNewFolders(), this.env.disk.syncDirectory(this.path)]);
  }

  // ---- Producers ----

  /**
   * A snapshot that is damaged or missing after a crash is made again from the batches; so it is where there
   * is no room for it.
   */
  writeProducerSnapshot(offset: number): void {
    this.make();
    const { disk, codecs } = this.env;
    const bytes = this.producers.toBytes((part) => codecs.crc32c(part));
    const file = writeNewFile(disk, `${this.path}/${digits(offset)}.snapshot`, bytes);
    if (file === null) return;
    this.#sidecars.push(file);
    const kept = new Set(this.#snapshots().slice(-snapshotsKept));
    this.#dropSnapshots((old) => !kept.has(old));
  }

  #snapshots(): number[] {
    return this.env.disk
      .list(this.path)
      .filter((name) => /^\d{20}\.snapshot$/.test(name))
      .map((name) => Number(name.slice(0, 20)));
  }

  #dropSnapshots(isDropped: (offset: number) => boolean): void {
    for (const offset of this.#snapshots())
      if (isDropped(offset)) this.env.disk.remove(`${this.path}/${digits(offset)}.snapshot`);
  }

  /**
   * The newest snapshot within the segments, and every batch after it. One from before them lacks what came
   * in between, and would take a producer's next batch for one out of order.
   */
  rebuildProducers(segments: readonly Segment[]): void {
    const { disk, codecs, clock } = this.env;
    const end = segments.at(-1)!.end;
    const nowMs = clock.wallMs();
    this.producers = new ProducerState();
    let from = segments[0]!.baseOffset;
    this.#dropSnapshots((offset) => offset > end || offset < from);
    for (const offset of this.#snapshots().reverse()) {
      const bytes = readWholeFile(disk, `${this.path}/${digits(offset)}.snapshot`);
      const state = bytes && ProducerState.fromBytes(bytes, nowMs, (part) => codecs.crc32c(part));
      if (!state) continue;
      this.producers = state;
      from = offset;
      break;
    }
    for (const segment of segments) {
      if (segment.end <= from) continue;
      for (const { bytes, at } of segment.headers(segment.positionOf(from)))
        this.producers.append(bytes, at, nowMs);
    }
  }

  /** For a log that starts anew: no epochs, no producers. */
  forgetAll(): void {
    this.epochs = new EpochCache();
    this.producers = new ProducerState();
    this.#dropSnapshots(() => true);
  }

  #damaged(segments: readonly Segment[], run: () => void): void {
    try {
      run();
    } catch (error) {
      if (!(error instanceof BrokenBatchError)) throw error;
      const { path: file, position, what } = error;
      const offset = segments.find(({ path }) => path === file)?.baseOffset ?? this.startOffset;
      throw new LogDamagedError({ folder: this.path, offset, file, position, what });
    }
  }
}
