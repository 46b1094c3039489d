// core: the sparse indexes of one segment, in the form their files have: by offset, where a batch stands; by
// time, the largest timestamp so far and the batch it is of. Searched in place, by halving.
//
//   offset entry  0 offset - base u32 | 4 position u32            one every index.interval.bytes
//   time entry    0 timestamp i64     | 8 offset - base u32       one with each offset entry, if later
//
// Keeps true: entries of both grow strictly; no record before a time entry was made is later than it. Source:
// Kafka's OffsetIndex and TimeIndex.
import { batch, readInt32, readInt64, writeInt32, writeInt64 } from "../../proto/batch/header.ts";

export const offsetEntryBytes = 8;
export const timeEntryBytes = 12;

export class SegmentIndex {
  readonly #baseOffset: number;
  readonly #intervalBytes: number;
  #offsets = new Entries(offsetEntryBytes);
  #times = new Entries(timeEntryBytes);
  /** -1 when no batch has one. */
  maxTimestamp = -1;
  /** Base offset of the first batch that has the largest timestamp. */
  maxTimestampOffset = -1;

  constructor(options: { baseOffset: number; intervalBytes: number }) {
    this.#baseOffset = options.baseOffset;
    this.#intervalBytes = options.intervalBytes;
  }

  /** From the entries of index files that were found sound, which it takes over. */
  static of(options: {
    baseOffset: number;
    intervalBytes: number;
    offsets: Uint8Array;
    times: Uint8Array;
  }): SegmentIndex {
    const index = new SegmentIndex(options);
    index.#offsets = new Entries(offsetEntryBytes, options.offsets);
    index.#times = new Entries(timeEntryBytes, options.times);
    index.#recallMax();
    return index;
  }

  get offsetBytes(): number {
    return this.#offsets.count * offsetEntryBytes;
  }

  get timeBytes(): number {
    return this.#times.count * timeEntryBytes;
  }

  get offsets(): Uint8Array {
    return this.#offsets.view();
  }

  get times(): Uint8Array {
    return this.#times.view();
  }

  /** Takes note of the batch at `at`, which stands at `position` of the segment. */
  note(bytes: Uint8Array, at: number, position: number): void {
    const offset = batch.baseOffset(bytes, at);
    const timestamp = batch.maxTimestamp(bytes, at);
    if (timestamp > this.maxTimestamp) {
      this.maxTimestamp = timestamp;
      this.maxTimestampOffset = offset;
    }
    const { count } = this.#offsets;
    if (count > 0 && position - this.#position(count - 1) < this.#intervalBytes) return;
    const entry = this.#offsets.push();
    writeInt32(this.#offsets.bytes, entry, offset - this.#baseOffset);
    writeInt32(this.#offsets.bytes, entry + 4, position);
    this.#noteTime();
  }

  /** For a segment that takes no more appends: the last time entry is then its largest timestamp. */
  seal(): void {
    this.#noteTime();
  }

  #noteTime(): void {
    const { count } = this.#times;
    if (this.maxTimestamp < 0 || (count > 0 && this.#timestamp(count - 1) >= this.maxTimestamp)) return;
    const entry = this.#times.push();
    writeInt64(this.#times.bytes, entry, this.maxTimestamp);
    writeInt32(this.#times.bytes, entry + 8, this.maxTimestampOffset - this.#baseOffset);
  }

  /** Position of the last entry at or before `offset`; 0 when there is none. */
  floor(offset: number): number {
    const found = lastOf(this.#offsets.count, (entry) => this.#offset(entry) <= offset);
    return found < 0 ? 0 : this.#position(found);
  }

  /** A position at or before the first batch with a timestamp of at least `timestamp`. */
  floorOfTimestamp(timestamp: number): number {
    const found = lastOf(this.#times.count, (entry) => this.#timestamp(entry) < timestamp);
    return found < 0 ? 0 : this.floor(this.#timeOffset(found));
  }

  /**
   * Forgets what stands at `position` and behind, from offset `end` on. Batches behind the last entry that
   * is left are not in the largest timestamp any more: note them again, from the position answered.
   */
  cut(position: number, end: number): number {
    while (this.#offsets.count > 0 && this.#position(this.#offsets.count - 1) >= position)
      this.#offsets.count--;
    while (this.#times.count > 0 && this.#timeOffset(this.#times.count - 1) >= end) this.#times.count--;
    this.#recallMax();
    return this.#offsets.count === 0 ? 0 : this.#position(this.#offsets.count - 1);
  }

  #recallMax(): void {
    const { count } = this.#times;
    this.maxTimestamp = count === 0 ? -1 : this.#timestamp(count - 1);
    this.maxTimestampOffset = count === 0 ? -1 : this.#timeOffset(count - 1);
  }

  #offset(entry: number): number {
    return this.#baseOffset + (readInt32(this.#offsets.bytes, entry * offsetEntryBytes) >>> 0);
  }

  #position(entry: number): number {
    return readInt32(this.#offsets.bytes, entry * offsetEntryBytes + 4) >>> 0;
  }

  #timestamp(entry: number): number {
    return readInt64(this.#times.bytes, entry * timeEntryBytes);
  }

  #timeOffset(entry: number): number {
    return this.#baseOffset + (readInt32(this.#times.bytes, entry * timeEntryBytes + 8) >>> 0);
  }
}

/** Says what is wrong with entries that should grow and stay within their segment; null when they do. */
export function unsoundEntries(
  offsets: Uint8Array,
  times: Uint8Array,
  segment: { bytes: number; offsets: number },
): string | null {
  let [offset, position, timestamp, timeOffset] = [-1, -1, -1, -1];
  for (let at = 0; at < offsets.length; at += offsetEntryBytes) {
    const [nextOffset, nextPosition] = [readInt32(offsets, at) >>> 0, readInt32(offsets, at + 4) >>> 0];
    if (nextOffset <= offset || nextPosition <= position) return `offset entry at ${at} does not grow`;
    [offset, position] = [nextOffset, nextPosition];
  }
  for (let at = 0; at < times.length; at += timeEntryBytes) {
    const [nextTimestamp, nextOffset] = [readInt64(times, at), readInt32(times, at + 8) >>> 0];
    if (nextTimestamp <= timestamp || nextOffset <= timeOffset) return `time entry at ${at} does not grow`;
    [timestamp, timeOffset] = [nextTimestamp, nextOffset];
  }
  if (position >= segment.bytes || offset >= segment.offsets || timeOffset >= segment.offsets)
    return "entries point behind the segment's end";
  return null;
}

/** The last of `count` entries that `holds`, where those that hold come first; -1 when none does. */
function lastOf(count: number, holds: (entry: number) => boolean): number {
  let low = 0;
  let high = count - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) low = middle + 1;
    else high = middle - 1;
  }
  return high;
}

/** Entries of one size, one behind the other, in bytes that grow. */
class Entries {
  bytes: Uint8Array;
  count: number;
  readonly #size: number;

  constructor(size: number, bytes: Uint8Array = new Uint8Array(0)) {
    this.#size = size;
    this.bytes = bytes;
    this.count = bytes.length / size;
  }

  view(): Uint8Array {
    return this.bytes.subarray(0, this.count * this.#size);
  }

  /** Room for one more; answers where it stands. */
  push(): number {
    const at = this.count++ * this.#size;
    if (at + this.#size > this.bytes.length) {
      const grown = new Uint8Array(Math.max(16 * this.#size, this.bytes.length * 2));
      grown.set(this.bytes);
      this.bytes = grown;
    }
    return at;
  }
}
