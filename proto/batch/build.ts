// core: makes a record batch (magic 2) from records. The size is computed first, so that the batch is written
// once, into a buffer that belongs to the caller.
import { assert } from "../../base/assert.ts";
import type { Codecs, CompressionName } from "../../base/ports/codecs.ts";
import { compressionId } from "./compression.ts";
import {
  batch,
  batchHeaderBytes,
  batchOverheadBytes,
  crcCoversFrom,
  writeInt16,
  writeInt32,
  writeInt64,
} from "./header.ts";
import type { RecordHeader } from "./record-cursor.ts";
import { varintBytes, writeVarint } from "./varint.ts";

export interface RecordToWrite {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly headers?: readonly RecordHeader[];
  /** Past the one before; the index by default. Gaps are what compaction leaves. */
  readonly offsetDelta?: number;
}

export interface BatchToBuild {
  /** At least one. */
  readonly records: readonly RecordToWrite[];
  readonly codecs: Codecs;
  readonly compression?: CompressionName;
  /** 0 by default: the leader sets it. */
  readonly baseOffset?: number;
  /** -1 by default: the leader sets it. */
  readonly leaderEpoch?: number;
  /** -1 by default: not idempotent. */
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
  readonly isTransactional?: boolean;
  readonly isControl?: boolean;
  /** With "logAppendTime" readers take the largest timestamp for all records. */
  readonly timestampType?: "createTime" | "logAppendTime";
}

function headerBytesOf(headers: readonly RecordHeader[] | undefined): number {
  if (headers === undefined || headers.length === 0) return 1;
  let bytes = varintBytes(headers.length);
  for (const { key, value } of headers) {
    const keyBytes = Buffer.byteLength(key, "utf8");
    bytes += varintBytes(keyBytes) + keyBytes;
    bytes += value === null ? 1 : varintBytes(value.length) + value.length;
  }
  return bytes;
}

function partBytes(part: Uint8Array | null): number {
  return part === null ? 1 : varintBytes(part.length) + part.length;
}

/** Bytes of a record after its length field. */
function bodyBytes(record: RecordToWrite, baseTimestamp: number, offsetDelta: number): number {
  return (
    1 +
    varintBytes(record.timestamp - baseTimestamp) +
    varintBytes(offsetDelta) +
    partBytes(record.key) +
    partBytes(record.value) +
    headerBytesOf(record.headers)
  );
}

/** Bytes a record adds to a plain batch, its length field included. */
export function recordBytes(record: RecordToWrite, baseTimestamp: number, offsetDelta: number): number {
  const bytes = bodyBytes(record, baseTimestamp, offsetDelta);
  return varintBytes(bytes) + bytes;
}

function writePart(into: Buffer, at: number, part: Uint8Array | null): number {
  if (part === null) return writeVarint(into, at, -1);
  const from = writeVarint(into, at, part.length);
  into.set(part, from);
  return from + part.length;
}

function writeRecord(
  into: Buffer,
  start: number,
  record: RecordToWrite,
  baseTimestamp: number,
  offsetDelta: number,
): number {
  let at = writeVarint(into, start, bodyBytes(record, baseTimestamp, offsetDelta));
  into[at++] = 0;
  at = writeVarint(into, at, record.timestamp - baseTimestamp);
  at = writeVarint(into, at, offsetDelta);
  at = writePart(into, at, record.key);
  at = writePart(into, at, record.value);
  const headers = record.headers ?? [];
  at = writeVarint(into, at, headers.length);
  for (const { key, value } of headers) {
    const keyBytes = Buffer.byteLength(key, "utf8");
    at = writeVarint(into, at, keyBytes);
    at += into.write(key, at, keyBytes, "utf8");
    at = writePart(into, at, value);
  }
  return at;
}

function checkRecords(records: readonly RecordToWrite[]): void {
  assert(records.length > 0, "a batch needs at least one record");
  let last = -1;
  for (let index = 0; index < records.length; index += 1) {
    const { timestamp, offsetDelta = index } = records[index]!;
    assert(Number.isSafeInteger(timestamp), `record ${index}: timestamp ${timestamp} is no whole number`);
    assert(offsetDelta > last, `record ${index}: offset delta ${offsetDelta} does not follow ${last}`);
    last = offsetDelta;
  }
}

function writeHeader(bytes: Buffer, given: BatchToBuild, maxTimestamp: number): void {
  const { records } = given;
  const attributes =
    compressionId(given.compression ?? "none") |
    (given.timestampType === "logAppendTime" ? 8 : 0) |
    (given.isTransactional ? 16 : 0) |
    (given.isControl ? 32 : 0);
  writeInt64(bytes, 0, given.baseOffset ?? 0);
  writeInt32(bytes, 8, bytes.length - batchOverheadBytes);
  writeInt32(bytes, 12, given.leaderEpoch ?? -1);
  bytes[16] = 2;
  writeInt16(bytes, 21, attributes);
  writeInt32(bytes, 23, records.at(-1)!.offsetDelta ?? records.length - 1);
  writeInt64(bytes, 27, records[0]!.timestamp);
  writeInt64(bytes, 35, maxTimestamp);
  writeInt64(bytes, 43, given.producerId ?? -1);
  writeInt16(bytes, 51, given.producerEpoch ?? -1);
  writeInt32(bytes, 53, given.baseSequence ?? -1);
  writeInt32(bytes, 57, records.length);
  batch.setCrc(bytes, 0, given.codecs.crc32c(bytes.subarray(crcCoversFrom)));
}

/** A whole batch in a fresh buffer. */
export function buildBatch(given: BatchToBuild): Uint8Array {
  const { records, codecs, compression = "none" } = given;
  checkRecords(records);
  const baseTimestamp = records[0]!.timestamp;
  let maxTimestamp = baseTimestamp;
  let recordsBytes = 0;
  for (let index = 0; index < records.length; index += 1) {
    const record = records[index]!;
    if (record.timestamp > maxTimestamp) maxTimestamp = record.timestamp;
    recordsBytes += recordBytes(record, baseTimestamp, record.offsetDelta ?? index);
  }
  const plainFrom = compression === "none" ? batchHeaderBytes : 0;
  let bytes: Buffer = Buffer.allocUnsafe(plainFrom + recordsBytes);
  let at = plainFrom;
  for (let index = 0; index < records.length; index += 1) {
    const record = records[index]!;
    at = writeRecord(bytes, at, record, baseTimestamp, record.offsetDelta ?? index);
  }
  assert(at === bytes.length, `a batch of ${bytes.length} bytes was written up to ${at}`);
  if (compression !== "none") {
    const packed = codecs.compress(compression, bytes);
    bytes = Buffer.allocUnsafe(batchHeaderBytes + packed.length);
    bytes.set(packed, batchHeaderBytes);
  }
  writeHeader(bytes, given, maxTimestamp);
  return bytes;
}
