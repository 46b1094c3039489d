// shell: one segment of a log: its file, its indexes, and where it stands. Knows bytes and offsets, not
// epochs or producers.
//
// A segment that is written (pinned) has its file open and its indexes in memory; once it is sealed they are
// in their files, and file and indexes are let go and fetched again as readers need them. Index files are
// worth nothing by themselves: what is damaged in them is made again from the segment.
import { isDiskFull } from "../../base/disk-error.ts";
import type { Codecs } from "../../base/ports/codecs.ts";
import type { Disk, DiskFile } from "../../base/ports/disk.ts";
import { batch, batchHeaderBytes, crcCoversFrom } from "../../proto/batch/header.ts";
import { walkBatches } from "../../proto/batch/walk.ts";
import { BrokenBatchError, brokenHeader } from "./broken-batch.ts";
import { digits, doomFile } from "./doomed-files.ts";
import { type HotBytes, HotTail } from "./hot-bytes.ts";
import { type IndexFooter, type IndexKind, indexFileBytes } from "./index-file.ts";
import { readIndexFooter, readSegmentIndex } from "./index-files.ts";
import type { OpenFile, OpenFiles } from "./open-files.ts";
import { RecentPositions } from "./recent-positions.ts";
import type { ReadRange } from "./replica-log.ts";
import { SegmentIndex, timeEntryBytes } from "./segment-index.ts";

const scanBytes = 256 * 1024;
const indexKinds: readonly IndexKind[] = ["index", "timeindex"];

export interface SegmentOptions {
  disk: Disk;
  codecs: Codecs;
  files: OpenFiles;
  folder: string;
  baseOffset: number;
  indexIntervalBytes: number;
  hotBytes: HotBytes;
  /** An index file that could not be used; it has been made again from the segment. */
  onIndexRebuilt(path: string, what: string): void;
  /** The file is about to be opened, and made if it is not there. */
  beforeOpen?(): void;
}

/** A segment that was written apart from its log, with the entries of its indexes. */
export interface WrittenSegment {
  readonly end: number;
  readonly size: number;
  readonly firstTimestamp: number;
  readonly maxTimestamp: number;
  readonly offsets: Uint8Array;
  readonly times: Uint8Array;
}

export class Segment implements OpenFile {
  readonly baseOffset: number;
  readonly path: string;
  /** One past the last offset. */
  end: number;
  size = 0;
  /** Timestamp of the first batch, -1 while empty: a segment rolls by record time. */
  firstTimestamp = -1;
  maxTimestamp = -1;
  readonly #options: SegmentOptions;
  readonly #stem: string;
  #index: SegmentIndex | null;
  /** The index files say what `#index` says. */
  #isIndexOnDisk = false;
  #file: DiskFile | null = null;
  #pins = 0;
  /** Bytes of an append that failed may stand behind `size`. */
  #isRagged = false;
  readonly #recent = new RecentPositions();
  /** Null before the first append that is kept. */
  #hot: HotTail | null = null;

  constructor(options: SegmentOptions) {
    this.#options = options;
    this.baseOffset = options.baseOffset;
    this.end = options.baseOffset;
    this.#stem = `${options.folder}/${digits(options.baseOffset)}`;
    this.path = `${this.#stem}.log`;
    this.#index = this.#newIndex();
  }

  get file(): DiskFile {
    this.#file ??= this.#open();
    if (this.#pins === 0) this.#options.files.used(this);
    return this.#file;
  }

  #open(): DiskFile {
    this.#options.beforeOpen?.();
    return this.#options.disk.open(this.path, { create: true });
  }

  get index(): SegmentIndex {
    this.#index ??= this.#fetchIndex();
    return this.#index;
  }

  /** More than one of its index files can have, whatever they were made with. */
  get indexBytesMax(): number {
    const perEntry = Math.max(batchHeaderBytes, this.#options.indexIntervalBytes);
    return timeEntryBytes * (1 + Math.ceil(this.size / perEntry));
  }

  get isEmpty(): boolean {
    return this.size === 0;
  }

  /** It is written to, or waits for a sync. */
  get isPinned(): boolean {
    return this.#pins > 0;
  }

  /** Keeps the file open until as many calls of `unpin`. */
  pin(): void {
    if (this.#pins++ === 0) this.#options.files.forget(this);
  }

  unpin(): void {
    this.#pins--;
    if (this.#pins === 0 && this.#file !== null) this.#options.files.used(this);
  }

  letGo(): void {
    this.#hot = null;
    this.#file?.close();
    this.#file = null;
    if (this.#isIndexOnDisk) this.#index = null;
  }

  /**
   * Appends whole batches that carry their offsets. When it throws, nothing of them is in the segment. `hot`:
   * they are likely to be read soon.
   */
  append(bytes: Uint8Array, { hot }: { hot: boolean }): void {
    const position = this.size;
    this.trim();
    try {
      this.file.writeAt([bytes], position);
    } catch (error) {
      this.#isRagged = true;
      if (!isDiskFull(error)) throw error;
      this.trim();
      throw error;
    }
    if (hot) {
      this.#hot ??= new HotTail(this.#options.hotBytes);
      this.#hot.appended(bytes, position);
    }
    for (let at = 0; at < bytes.length; at += batch.byteLength(bytes, at))
      this.note(bytes, at, position + at);
  }

  /** Takes a batch at `position` of the file into account. */
  note(bytes: Uint8Array, at: number, position: number): void {
    if (position === 0) this.firstTimestamp = batch.maxTimestamp(bytes, at);
    this.#recent.note(this.end, position);
    this.index.note(bytes, at, position);
    this.maxTimestamp = this.index.maxTimestamp;
    this.size = position + batch.byteLength(bytes, at);
    this.end = batch.nextOffset(bytes, at);
  }

  /** Cuts off what an append that failed has left behind the end, if it has. */
  trim(): void {
    if (!this.#isRagged) return;
    this.file.truncate(this.size);
    this.#isRagged = false;
  }

  /**
   * Position of the batch that contains `offset` (or of the first one after it); `size` when there is none.
   */
  positionOf(offset: number): number {
    const known = this.#recent.of(offset);
    if (known >= 0) return known;
    for (const { position, bytes, at } of this.headers(this.index.floor(offset))) {
      if (batch.nextOffset(bytes, at) > offset) return position;
    }
    return this.size;
  }

  /**
   * Where the batches before the one at `position` end: what a log that is cut there ends at. Compaction may
   * have left a gap between the two.
   */
  endBefore(position: number): number {
    let end = this.baseOffset;
    if (position === 0) return end;
    const from =
      position < this.size ? this.index.floor(this.#baseAt(position) - 1) : this.index.floor(this.end - 1);
    for (const header of this.headers(from)) {
      if (header.position >= position) break;
      end = batch.nextOffset(header.bytes, header.at);
    }
    return end;
  }

  #baseAt(position: number): number {
    for (const { bytes, at } of this.headers(position)) return batch.baseOffset(bytes, at);
    return this.end;
  }

  /** Headers of the batches from `position` on. Throws BrokenBatchError where there should be one. */
  *headers(position: number): Generator<{ position: number; bytes: Uint8Array; at: number }> {
    const until = this.size;
    const chunk = new Uint8Array(Math.min(scanBytes, Math.max(0, until - position)));
    let chunkAt = position;
    let have = 0;
    let next = this.baseOffset;
    while (position < until) {
      if (position < chunkAt || position + batchHeaderBytes > chunkAt + have) {
        chunkAt = position;
        have = this.file.readAt(chunk, position);
        if (have < batchHeaderBytes) throw new BrokenBatchError(this.path, position, "the file ends there");
      }
      const at = position - chunkAt;
      const broken = brokenHeader(chunk, at, { room: until - position, next });
      if (broken !== null) throw new BrokenBatchError(this.path, position, broken);
      const length = batch.byteLength(chunk, at);
      next = batch.nextOffset(chunk, at);
      yield { position, bytes: chunk, at };
      position += length;
    }
  }

  read(position: number, length: number, into?: Uint8Array): Uint8Array {
    const fits = into !== undefined && length <= into.length;
    // Not zeroed: only what the file gave is handed out. Not of a pool: it may be held for long.
    const bytes = fits ? into.subarray(0, length) : Buffer.allocUnsafeSlow(length);
    const have = this.file.readAt(bytes, position);
    return have === length ? bytes : bytes.subarray(0, have);
  }

  /** Whole batches from `begin` on, up to the one that reaches `upTo`, within `maxBytes`. */
  readBatches(begin: number, wanted: Omit<ReadRange, "from">): Uint8Array {
    const { upTo, maxBytes, minOneBatch, into } = wanted;
    const room = this.size - begin;
    // What is wanted as a rule, so that one call brings it; headers are looked at in memory.
    const atFirst = Math.min(room, Math.max(maxBytes, batchHeaderBytes));
    let hot = this.#hot?.read(begin, atFirst, into) ?? null;
    let bytes = hot ?? this.read(begin, atFirst, into);
    let stop = 0;
    let next = this.baseOffset;
    while (stop < room && stop < maxBytes + (minOneBatch ? 1 : 0)) {
      if (bytes.length - stop < batchHeaderBytes) {
        if (stop > 0) break;
        throw new BrokenBatchError(this.path, begin, "the file ends there");
      }
      const broken = brokenHeader(bytes, stop, { room: room - stop, next });
      if (broken !== null) throw new BrokenBatchError(this.path, begin + stop, broken);
      const length = batch.byteLength(bytes, stop);
      if (batch.baseOffset(bytes, stop) >= upTo) break;
      if (stop + length > maxBytes && !(minOneBatch && stop === 0)) break;
      if (stop + length > bytes.length) {
        hot = null;
        bytes = this.read(begin, length);
      }
      if (stop + length > bytes.length)
        throw new BrokenBatchError(this.path, begin + stop, "the file ends within it");
      next = batch.nextOffset(bytes, stop);
      stop += length;
    }
    const whole = bytes.subarray(0, stop);
    const sound = hot === null ? this.#sound(whole, begin) : whole;
    if (sound.length === stop && stop > 0) this.#recent.note(next, begin + stop);
    return sound;
  }

  /**
   * The batches before the first whose checksum is wrong: bytes that rotted on the disk are handed to nobody.
   * Throws BrokenBatchError when the first is.
   */
  #sound(bytes: Uint8Array, begin: number): Uint8Array {
    const { codecs } = this.#options;
    for (const { at, byteLength } of walkBatches(bytes)) {
      if (codecs.crc32c(bytes.subarray(at + crcCoversFrom, at + byteLength)) === batch.crc(bytes, at))
        continue;
      if (at === 0) throw new BrokenBatchError(this.path, begin, "its CRC is wrong");
      return bytes.subarray(0, at);
    }
    return bytes;
  }

  /** Cuts everything from `position` on; the next offset is then `end`. It can be written again. */
  cut(position: number, end: number): void {
    const { index } = this;
    this.dropIndexFiles();
    this.#recent.forget();
    this.#hot = null;
    this.file.truncate(position);
    this.#isRagged = false;
    this.size = position;
    this.end = end;
    for (const header of this.headers(index.cut(position, end)))
      index.note(header.bytes, header.at, header.position);
    this.maxTimestamp = index.maxTimestamp;
    if (position === 0) this.firstTimestamp = -1;
  }

  // ---- Index files ----

  /**
   * Writes the index files, for a segment that takes no more appends; answers those that wait for a sync,
   * open. Without room on the disk there are none, and the index stays in memory.
   */
  seal(): DiskFile[] {
    this.index.seal();
    const { disk, codecs } = this.#options;
    const files: DiskFile[] = [];
    const { baseOffset, end, size: segmentBytes, firstTimestamp, maxTimestamp } = this;
    try {
      for (const kind of indexKinds) {
        const entries = kind === "index" ? this.index.offsets : this.index.times;
        const about = { baseOffset, end, segmentBytes, firstTimestamp, maxTimestamp };
        const bytes = indexFileBytes(kind, entries, about, (part) => codecs.crc32c(part));
        const file = disk.open(`${this.#stem}.${kind}`, { create: true });
        files.push(file);
        file.truncate(0);
        file.writeAt([bytes], 0);
      }
    } catch (error) {
      for (const file of files) file.close();
      if (!isDiskFull(error)) throw error;
      return [];
    }
    this.#isIndexOnDisk = true;
    return files;
  }

  /** What the index files claim about this segment; null when they are missing or damaged. */
  footer(): IndexFooter | null {
    return readIndexFooter(this.#options, this.#stem);
  }

  /** Takes over what its index files claim, unread: the caller has found that they can be believed. */
  believe(footer: IndexFooter): void {
    this.size = footer.segmentBytes;
    this.end = footer.end;
    this.firstTimestamp = footer.firstTimestamp;
    this.maxTimestamp = footer.maxTimestamp;
    this.#index = null;
    this.#isIndexOnDisk = true;
  }

  /** Takes over what was written for it elsewhere, whole and synced, into the file that is its own now. */
  adopt({ offsets, times, ...facts }: WrittenSegment): void {
    this.size = facts.size;
    this.end = facts.end;
    this.firstTimestamp = facts.firstTimestamp;
    this.maxTimestamp = facts.maxTimestamp;
    const { baseOffset, indexIntervalBytes: intervalBytes } = this.#options;
    this.#index = SegmentIndex.of({ baseOffset, intervalBytes, offsets, times });
  }

  /** Before the segment is written again: they would speak for bytes that are no more. */
  dropIndexFiles(): void {
    this.#index = this.index;
    this.#isIndexOnDisk = false;
    this.#removeFiles(indexKinds);
  }

  #removeFiles(kinds: readonly string[]): void {
    const { disk } = this.#options;
    for (const kind of kinds) if (disk.exists(`${this.#stem}.${kind}`)) disk.remove(`${this.#stem}.${kind}`);
  }

  #fetchIndex(): SegmentIndex {
    const found = readSegmentIndex(this.#options, this.#stem, this);
    if (typeof found !== "string") return found;
    this.#options.onIndexRebuilt(this.path, found);
    this.#isIndexOnDisk = false;
    const index = this.#newIndex();
    for (const { bytes, at, position } of this.headers(0)) index.note(bytes, at, position);
    return index;
  }

  #newIndex(): SegmentIndex {
    const { baseOffset, indexIntervalBytes: intervalBytes } = this.#options;
    return new SegmentIndex({ baseOffset, intervalBytes });
  }

  close(): void {
    this.#options.files.forget(this);
    this.#file?.close();
    this.#file = null;
  }

  remove(): void {
    this.close();
    this.#removeFiles(["log", ...indexKinds]);
  }

  /** It is the log's no more, which starts at `start` now; answers where its file is until that lasts. */
  doom(start: number): string {
    // One that was never written has no file yet, and there must be one to rename.
    this.#file ??= this.#open();
    this.close();
    this.#removeFiles(indexKinds);
    return doomFile(this.#options.disk, this.path, start);
  }
}
