// shell: one segment of a log: its file, a sparse index in memory, and where it stands. Knows bytes and
// offsets, not epochs or producers.
import type { Disk, DiskFile } from "../../base/ports/disk.ts";
import { batch, batchHeaderBytes } from "../../proto/batch/header.ts";
import { SparseIndex } from "./sparse-index.ts";

const scanBytes = 256 * 1024;

export function segmentName(baseOffset: number): string {
  return String(baseOffset).padStart(20, "0");
}

export class Segment {
  readonly baseOffset: number;
  readonly path: string;
  readonly index: SparseIndex;
  /** One past the last offset. */
  end: number;
  size = 0;
  /** Timestamp of the first batch, -1 while empty: a segment rolls by record time. */
  firstTimestamp = -1;
  maxTimestamp = -1;
  readonly #disk: Disk;
  #file: DiskFile | null = null;

  constructor(options: { disk: Disk; folder: string; baseOffset: number; indexIntervalBytes: number }) {
    this.#disk = options.disk;
    this.baseOffset = options.baseOffset;
    this.end = options.baseOffset;
    this.path = `${options.folder}/${segmentName(options.baseOffset)}.log`;
    this.index = new SparseIndex(options.indexIntervalBytes);
  }

  get file(): DiskFile {
    this.#file ??= this.#disk.open(this.path, { create: true });
    return this.#file;
  }

  get isEmpty(): boolean {
    return this.size === 0;
  }

  /** Appends whole batches that carry their offsets. When it throws, nothing of them is in the segment. */
  append(bytes: Uint8Array): void {
    const position = this.size;
    try {
      this.file.writeAt([bytes], position);
    } catch (error) {
      this.#undo(position);
      throw error;
    }
    for (let at = 0; at < bytes.length; at += batch.byteLength(bytes, at))
      this.note(bytes, at, position + at);
  }

  /** Takes a batch at `position` of the file into account. */
  note(bytes: Uint8Array, at: number, position: number): void {
    const timestamp = batch.maxTimestamp(bytes, at);
    if (this.firstTimestamp < 0) this.firstTimestamp = timestamp;
    this.maxTimestamp = Math.max(this.maxTimestamp, timestamp);
    this.index.add({ offset: batch.baseOffset(bytes, at), position, maxTimestamp: this.maxTimestamp });
    this.size = position + batch.byteLength(bytes, at);
    this.end = batch.nextOffset(bytes, at);
  }

  #undo(size: number): void {
    try {
      this.file.truncate(size);
    } catch {
      // The bytes behind `size` are ignored and overwritten by what comes next.
    }
  }

  /**
   * Position of the batch that contains `offset` (or of the first one after it); `size` when there is none.
   */
  positionOf(offset: number): number {
    for (const { position, bytes, at } of this.headers(this.index.floor(offset))) {
      if (batch.nextOffset(bytes, at) > offset) return position;
    }
    return this.size;
  }

  /** Headers of the batches from `position` on, up to `until`. */
  *headers(
    position: number,
    until: number = this.size,
  ): Generator<{ position: number; bytes: Uint8Array; at: number }> {
    const chunk = new Uint8Array(Math.min(scanBytes, Math.max(0, until - position)));
    let chunkAt = position;
    let have = 0;
    while (position + batchHeaderBytes <= until) {
      if (position < chunkAt || position + batchHeaderBytes > chunkAt + have) {
        chunkAt = position;
        have = this.file.readAt(chunk, position);
        if (have < batchHeaderBytes) return;
      }
      const at = position - chunkAt;
      const length = batch.byteLength(chunk, at);
      if (length < batchHeaderBytes) return;
      yield { position, bytes: chunk, at };
      position += length;
    }
  }

  read(position: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    const have = this.file.readAt(bytes, position);
    return have === length ? bytes : bytes.subarray(0, have);
  }

  /** Cuts everything from `position` on; the next offset is then `end`. */
  cut(position: number, end: number): void {
    this.file.truncate(position);
    this.size = position;
    this.end = end;
    this.index.cut(position);
    this.maxTimestamp = this.index.maxTimestampBefore();
    for (const { bytes, at } of this.headers(this.index.floor(Number.MAX_SAFE_INTEGER))) {
      this.maxTimestamp = Math.max(this.maxTimestamp, batch.maxTimestamp(bytes, at));
    }
    if (position === 0) this.firstTimestamp = -1;
  }

  close(): void {
    this.#file?.close();
    this.#file = null;
  }

  remove(): void {
    this.close();
    if (this.#disk.exists(this.path)) this.#disk.remove(this.path);
  }
}
