// core: a batch with some of its records left out, as compaction wants it. Base and last offset, sequence,
// producer, epochs and flags stay as they are; records keep their offsets and timestamps, so gaps appear.
//
// Sources: Kafka, MemoryRecords.filterTo, DefaultRecordBatch.writeEmptyHeader; KIP-534 (a delete horizon
// stands where the base timestamp was, and says so in bit 6 of the attributes).
import { limits } from "../../base/limits.ts";
import type { Codecs } from "../../base/ports/codecs.ts";
import { ProtocolError } from "../errors.ts";
import { compressionOf, plainRecords } from "./compression.ts";
import { batch, batchHeaderBytes, batchOverheadBytes, writeInt16, writeInt32, writeInt64 } from "./header.ts";
import { RecordCursor } from "./record-cursor.ts";
import { varintBytes, writeVarint } from "./varint.ts";
import { renewCrc } from "./walk.ts";

const compressionBits = 7;
const horizonBit = 64;
const baseTimestampAt = 27;
const recordCountAt = 57;

/** A record that stays; places are those in the plain records. */
interface Kept {
  readonly start: number;
  readonly end: number;
  readonly afterTimestampAt: number;
  readonly timestamp: number;
}

/** The records of one batch, opened: which are to be left out is decided while it is gone over. */
export class BatchFilter {
  readonly #bytes: Uint8Array;
  readonly #at: number;
  readonly #codecs: Codecs;
  readonly #plain: Uint8Array;
  readonly #kept: Kept[] = [];
  readonly recordCount: number;

  /** Throws ProtocolError, or BrokerError for what cannot be unpacked. */
  constructor(bytes: Uint8Array, at: number, codecs: Codecs) {
    this.#bytes = bytes;
    this.#at = at;
    this.#codecs = codecs;
    this.recordCount = batch.recordCount(bytes, at);
    if (this.recordCount < 0 || this.recordCount > limits.recordsPerBatchMax)
      throw new ProtocolError(`a batch says ${this.recordCount} records`);
    this.#plain = plainRecords(bytes, at, codecs);
  }

  get keptCount(): number {
    return this.#kept.length;
  }

  /** Goes over all records once; `keeps` looks at the one that the cursor stands on. */
  run(keeps: (record: RecordCursor, offset: number) => boolean): void {
    const cursor = new RecordCursor(this.#plain, 0, this.#plain.length);
    const baseOffset = batch.baseOffset(this.#bytes, this.#at);
    const baseTimestamp = batch.baseTimestamp(this.#bytes, this.#at);
    for (let left = this.recordCount; left > 0; left--) {
      cursor.next();
      if (!keeps(cursor, baseOffset + cursor.offsetDelta)) continue;
      const { recordAt: start, recordEnd: end, afterTimestampAt } = cursor;
      const timestamp = baseTimestamp + cursor.timestampDelta;
      this.#kept.push({ start, end, afterTimestampAt, timestamp });
    }
    if (!cursor.atEnd) throw new ProtocolError(`a batch holds more than its ${this.recordCount} records`);
  }

  /**
   * The batch with the records that were kept, of which there must be one. `horizonMs`: a new delete horizon;
   * null: as it was. The same bytes where nothing changes.
   */
  result(horizonMs: number | null): Uint8Array {
    const from = this.#bytes.subarray(this.#at, this.#at + batch.byteLength(this.#bytes, this.#at));
    if (horizonMs === null && this.#kept.length === this.recordCount) return from;
    const plain = horizonMs === null ? this.#slices() : this.#restamped(horizonMs);
    const name = compressionOf(from, 0);
    const packed = name === "none" ? plain : this.#codecs.compress(name, plain);
    const to = new Uint8Array(batchHeaderBytes + packed.length);
    to.set(from.subarray(0, batchHeaderBytes));
    to.set(packed, batchHeaderBytes);
    writeInt32(to, 8, to.length - batchOverheadBytes);
    writeInt32(to, recordCountAt, this.#kept.length);
    // With log append time it is the time of all records, whichever are left.
    if (!batch.isLogAppendTime(from, 0)) batch.setMaxTimestamp(to, 0, this.#latest());
    if (horizonMs !== null) {
      batch.setAttributes(to, 0, batch.attributes(to, 0) | horizonBit);
      writeInt64(to, baseTimestampAt, horizonMs);
    }
    renewCrc(to, 0, this.#codecs);
    return to;
  }

  #latest(): number {
    return this.#kept.reduce((latest, { timestamp }) => Math.max(latest, timestamp), -1);
  }

  #slices(): Uint8Array {
    const length = this.#kept.reduce((sum, { start, end }) => sum + end - start, 0);
    const plain = new Uint8Array(length);
    let at = 0;
    for (const { start, end } of this.#kept) {
      plain.set(this.#plain.subarray(start, end), at);
      at += end - start;
    }
    return plain;
  }

  /** Timestamps are told by what they are past the base timestamp, which is another now. */
  #restamped(baseTimestamp: number): Uint8Array {
    const bodyBytes = ({ end, afterTimestampAt, timestamp }: Kept): number =>
      1 + varintBytes(timestamp - baseTimestamp) + end - afterTimestampAt;
    let length = 0;
    for (const one of this.#kept) length += varintBytes(bodyBytes(one)) + bodyBytes(one);
    const plain = new Uint8Array(length);
    let at = 0;
    for (const one of this.#kept) {
      at = writeVarint(plain, at, bodyBytes(one));
      plain[at++] = 0;
      at = writeVarint(plain, at, one.timestamp - baseTimestamp);
      plain.set(this.#plain.subarray(one.afterTimestampAt, one.end), at);
      at += one.end - one.afterTimestampAt;
    }
    return plain;
  }
}

/** A batch of the same offsets, sequence, producer and latest timestamp that holds no records. */
export function emptiedBatch(bytes: Uint8Array, at: number, codecs: Codecs): Uint8Array {
  const to = new Uint8Array(batchHeaderBytes);
  to.set(bytes.subarray(at, at + batchHeaderBytes));
  writeInt32(to, 8, to.length - batchOverheadBytes);
  writeInt16(to, 21, batch.attributes(to, 0) & ~(compressionBits | horizonBit));
  writeInt64(to, baseTimestampAt, -1);
  writeInt32(to, recordCountAt, 0);
  renewCrc(to, 0, codecs);
  return to;
}
