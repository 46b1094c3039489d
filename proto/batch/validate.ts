// core: what a leader checks of a batch that a client produced, before a byte of it is written. It keeps
// true that every batch in a log is one that any Kafka client can read: whole, with the right checksum, with
// as many records as its header says, at consecutive offsets, within the bounds of its topic.
//
// It changes the batch only where the broker has the last word: the largest timestamp, and the mark for log
// append time, with the checksum made anew. Offsets and leader epoch are patched elsewhere, on appending.
//
// Source: Kafka's ProduceRequest.validateRecords, UnifiedLog.analyzeAndValidateRecords and LogValidator.
import { limits } from "../../base/limits.ts";
import type { Codecs } from "../../base/ports/codecs.ts";
import { BrokerError, type ErrorName, ProtocolError } from "../errors.ts";
import { compressionOf, plainRecords } from "./compression.ts";
import { batch, batchHeaderBytes, batchOverheadBytes } from "./header.ts";
import { RecordCursor } from "./record-cursor.ts";
import { renewCrc, verifyCrc } from "./walk.ts";

export interface ProducedRules {
  readonly codecs: Codecs;
  /** Largest batch, as it came (max.message.bytes). */
  readonly maxBytes: number;
  /** "header" trusts the client with what is inside the batch, and looks at none of its records. */
  readonly mode: "full" | "header";
  readonly timestampType: "createTime" | "logAppendTime";
  /** Milliseconds since 1970: the append time, and what the timestamp bounds are counted from. */
  readonly nowMs: number;
  /** How far before and after `nowMs` a timestamp may lie; without bound by default. */
  readonly timestampBeforeMaxMs?: number;
  readonly timestampAfterMaxMs?: number;
  /** The topic is compacted, so every record needs a key. */
  readonly needsKeys?: boolean;
  /** False for Produce before version 7, whose readers do not know zstd. True by default. */
  readonly allowsZstd?: boolean;
}

export interface ProducedFacts {
  readonly recordCount: number;
  /** The batch's largest timestamp as it stands now; the append time under log append time. */
  readonly maxTimestamp: number;
  /**
   * Offset of the first record with that timestamp, past the batch's first; the last record's under log
   * append time and in mode "header".
   */
  readonly maxTimestampOffsetDelta: number;
}

/** A batch refused for one of its records; Produce 8 and later says which. */
export class RecordRefused extends BrokerError {
  /** Counted from 0 within the batch. */
  readonly recordIndex: number;

  constructor(name: ErrorName, recordIndex: number, message: string) {
    super(name, message);
    this.recordIndex = recordIndex;
  }
}

function refuse(name: ErrorName, message: string): never {
  throw new BrokerError(name, message);
}

function checkEnvelope(bytes: Uint8Array, rules: ProducedRules): void {
  if (bytes.length === 0) refuse("INVALID_RECORD", "there is no batch; exactly one is needed");
  if (bytes.length < batchOverheadBytes + 5) {
    refuse("CORRUPT_MESSAGE", `${bytes.length} bytes are no batch; its header takes ${batchHeaderBytes}`);
  }
  const magic = batch.magic(bytes, 0);
  if (magic !== 2) refuse("INVALID_RECORD", `the batch has magic ${magic}; only magic 2 is accepted`);
  const byteLength = batch.byteLength(bytes, 0);
  if (byteLength < batchHeaderBytes || byteLength > bytes.length) {
    refuse("CORRUPT_MESSAGE", `the batch says it has ${byteLength} bytes, ${bytes.length} are here`);
  }
  if (byteLength < bytes.length) {
    const left = bytes.length - byteLength;
    refuse("INVALID_RECORD", `${left} bytes follow the batch; exactly one batch is accepted per partition`);
  }
  if (byteLength > rules.maxBytes) {
    refuse("MESSAGE_TOO_LARGE", `the batch has ${byteLength} bytes; max.message.bytes is ${rules.maxBytes}`);
  }
  if (!verifyCrc(bytes, 0, rules.codecs)) {
    refuse("CORRUPT_MESSAGE", `the batch's checksum ${batch.crc(bytes, 0)} does not fit its bytes`);
  }
}

function checkHeader(bytes: Uint8Array, rules: ProducedRules): void {
  const baseOffset = batch.baseOffset(bytes, 0);
  if (baseOffset !== 0) refuse("INVALID_RECORD", `the batch's base offset is ${baseOffset}; it must be 0`);
  const count = batch.recordCount(bytes, 0);
  if (count <= 0 || count > limits.recordsPerBatchMax) {
    refuse(
      "INVALID_RECORD",
      `the batch says ${count} records; 1 to ${limits.recordsPerBatchMax} are allowed`,
    );
  }
  const delta = batch.lastOffsetDelta(bytes, 0);
  if (delta !== count - 1) {
    refuse(
      "INVALID_RECORD",
      `the last offset delta is ${delta}; with ${count} records it must be ${count - 1}`,
    );
  }
  if (batch.isControl(bytes, 0)) refuse("INVALID_RECORD", "clients may not write control batches");
  if (batch.isLogAppendTime(bytes, 0)) {
    refuse("INVALID_TIMESTAMP", "the batch claims log append time, which only a broker may set");
  }
  const producerId = batch.producerId(bytes, 0);
  const sequence = batch.baseSequence(bytes, 0);
  if (producerId >= 0 && (sequence < 0 || batch.producerEpoch(bytes, 0) < 0)) {
    refuse("INVALID_RECORD", `producer ${producerId} gave no sequence number or epoch (${sequence})`);
  }
  if (producerId < 0 && batch.isTransactional(bytes, 0)) {
    refuse("INVALID_RECORD", "a transactional batch needs a producer id");
  }
  const compression = compressionOf(bytes, 0);
  if (compression === "zstd" && rules.allowsZstd === false) {
    refuse("UNSUPPORTED_COMPRESSION_TYPE", "zstd needs Produce version 7 or later");
  }
}

function checkTimestamp(timestamp: number, index: number, rules: ProducedRules): void {
  if (timestamp === -1) return;
  const { nowMs, timestampBeforeMaxMs = Infinity, timestampAfterMaxMs = Infinity } = rules;
  const isWhole = Number.isSafeInteger(timestamp) && timestamp >= 0;
  if (!isWhole || timestamp < nowMs - timestampBeforeMaxMs || timestamp > nowMs + timestampAfterMaxMs) {
    throw new RecordRefused(
      "INVALID_TIMESTAMP",
      index,
      `record ${index} has timestamp ${timestamp}; ${nowMs - timestampBeforeMaxMs} to ` +
        `${nowMs + timestampAfterMaxMs} are allowed`,
    );
  }
}

interface Largest {
  timestamp: number;
  offsetDelta: number;
}

/** Goes over all records; answers the largest timestamp among them. */
function checkRecords(bytes: Uint8Array, rules: ProducedRules): Largest {
  const count = batch.recordCount(bytes, 0);
  const baseTimestamp = batch.baseTimestamp(bytes, 0);
  const plain = plainRecords(bytes, 0, rules.codecs);
  const cursor = new RecordCursor(plain, 0, plain.length);
  const checksTimestamps = rules.timestampType === "createTime";
  const largest = { timestamp: -1, offsetDelta: 0 };
  for (let index = 0; index < count; index += 1) {
    cursor.next();
    if (cursor.offsetDelta !== index) {
      throw new RecordRefused(
        "INVALID_RECORD",
        index,
        `record ${index} has offset delta ${cursor.offsetDelta}; they must be consecutive from 0`,
      );
    }
    if (rules.needsKeys && cursor.keyLength < 0) {
      throw new RecordRefused("INVALID_RECORD", index, `record ${index} has no key; the topic is compacted`);
    }
    const timestamp = baseTimestamp + cursor.timestampDelta;
    if (checksTimestamps) checkTimestamp(timestamp, index, rules);
    if (timestamp > largest.timestamp) {
      largest.timestamp = timestamp;
      largest.offsetDelta = index;
    }
  }
  if (!cursor.atEnd) refuse("INVALID_RECORD", `the batch holds more than the ${count} records it says`);
  return largest;
}

function checkRecordsSafely(bytes: Uint8Array, rules: ProducedRules): Largest {
  try {
    return checkRecords(bytes, rules);
  } catch (error) {
    if (error instanceof ProtocolError) refuse("INVALID_RECORD", error.message);
    throw error;
  }
}

/** Sets the timestamps the broker answers for; the checksum is made anew only if something changed. */
function stampTimestamps(bytes: Uint8Array, rules: ProducedRules, maxTimestamp: number): void {
  const isAppendTime = rules.timestampType === "logAppendTime";
  if (!isAppendTime && batch.maxTimestamp(bytes, 0) === maxTimestamp) return;
  if (isAppendTime) batch.setAttributes(bytes, 0, batch.attributes(bytes, 0) | 8);
  batch.setMaxTimestamp(bytes, 0, maxTimestamp);
  renewCrc(bytes, 0, rules.codecs);
}

/**
 * Checks `bytes`, which must be exactly one batch, and may change its timestamps in place. Throws
 * BrokerError: CORRUPT_MESSAGE, MESSAGE_TOO_LARGE, INVALID_RECORD, INVALID_TIMESTAMP or
 * UNSUPPORTED_COMPRESSION_TYPE; as RecordRefused where one record is to blame.
 */
export function validateProduced(bytes: Uint8Array, rules: ProducedRules): ProducedFacts {
  checkEnvelope(bytes, rules);
  checkHeader(bytes, rules);
  const recordCount = batch.recordCount(bytes, 0);
  let maxTimestamp = batch.maxTimestamp(bytes, 0);
  let maxTimestampOffsetDelta = recordCount - 1;
  if (rules.mode === "full") {
    const largest = checkRecordsSafely(bytes, rules);
    maxTimestamp = largest.timestamp;
    maxTimestampOffsetDelta = largest.offsetDelta;
  } else if (rules.timestampType === "createTime") {
    checkTimestamp(maxTimestamp, recordCount - 1, rules);
    checkTimestamp(batch.baseTimestamp(bytes, 0), 0, rules);
  }
  if (rules.timestampType === "logAppendTime") {
    maxTimestamp = rules.nowMs;
    maxTimestampOffsetDelta = recordCount - 1;
  }
  stampTimestamps(bytes, rules, maxTimestamp);
  return { recordCount, maxTimestamp, maxTimestampOffsetDelta };
}
