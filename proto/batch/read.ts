// core: opens batches and hands out their records, as a consumer, a replayed shard or a tool wants them.
// Keys, values and headers are views: into the bytes given for plain batches, into a buffer of their own for
// compressed ones.
import { limits } from "../../base/limits.ts";
import type { Codecs, CompressionName } from "../../base/ports/codecs.ts";
import { BrokerError, ProtocolError } from "../errors.ts";
import { compressionOf, plainRecords } from "./compression.ts";
import { batch } from "./header.ts";
import { RecordCursor, type RecordHeader } from "./record-cursor.ts";
import { verifyCrc, walkBatches } from "./walk.ts";

export interface ReadRecord {
  readonly offset: number;
  /** Milliseconds since 1970; of a batch with log append time, that time. */
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly RecordHeader[];
}

export interface BatchFacts {
  readonly baseOffset: number;
  readonly lastOffset: number;
  /** One past the last offset of the batch: where to read on. */
  readonly nextOffset: number;
  readonly leaderEpoch: number;
  readonly maxTimestamp: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly recordCount: number;
  readonly compression: CompressionName;
  readonly isLogAppendTime: boolean;
  readonly isTransactional: boolean;
  readonly isControl: boolean;
  /** Bytes of the whole batch as stored. */
  readonly byteLength: number;
}

export interface ReadBatch extends BatchFacts {
  readonly records: readonly ReadRecord[];
}

function checkMagic(bytes: Uint8Array, at: number): void {
  const magic = batch.magic(bytes, at);
  if (magic !== 2) {
    throw new BrokerError("UNSUPPORTED_FOR_MESSAGE_FORMAT", `the batch at ${at} has magic ${magic}, not 2`);
  }
}

/** The header of the whole batch at `at`. */
export function batchFacts(bytes: Uint8Array, at: number): BatchFacts {
  checkMagic(bytes, at);
  return {
    baseOffset: batch.baseOffset(bytes, at),
    lastOffset: batch.lastOffset(bytes, at),
    nextOffset: batch.nextOffset(bytes, at),
    leaderEpoch: batch.leaderEpoch(bytes, at),
    maxTimestamp: batch.maxTimestamp(bytes, at),
    producerId: batch.producerId(bytes, at),
    producerEpoch: batch.producerEpoch(bytes, at),
    baseSequence: batch.baseSequence(bytes, at),
    recordCount: batch.recordCount(bytes, at),
    compression: compressionOf(bytes, at),
    isLogAppendTime: batch.isLogAppendTime(bytes, at),
    isTransactional: batch.isTransactional(bytes, at),
    isControl: batch.isControl(bytes, at),
    byteLength: batch.byteLength(bytes, at),
  };
}

/**
 * The records of the whole batch at `at`. Throws ProtocolError, or BrokerError for what cannot be unpacked.
 */
export function readRecords(bytes: Uint8Array, at: number, codecs: Codecs): ReadRecord[] {
  checkMagic(bytes, at);
  const plain = plainRecords(bytes, at, codecs);
  const cursor = new RecordCursor(plain, 0, plain.length);
  const baseOffset = batch.baseOffset(bytes, at);
  const baseTimestamp = batch.baseTimestamp(bytes, at);
  const appendTime = batch.isLogAppendTime(bytes, at) ? batch.maxTimestamp(bytes, at) : null;
  const count = batch.recordCount(bytes, at);
  if (count < 0 || count > limits.recordsPerBatchMax) {
    throw new ProtocolError(
      `the batch at ${at} says ${count} records, of ${limits.recordsPerBatchMax} allowed`,
    );
  }
  const records: ReadRecord[] = [];
  for (let index = 0; index < count; index += 1) {
    cursor.next();
    records.push({
      offset: baseOffset + cursor.offsetDelta,
      timestamp: appendTime ?? baseTimestamp + cursor.timestampDelta,
      key: cursor.key(),
      value: cursor.value(),
      headers: cursor.headers(),
    });
  }
  if (!cursor.atEnd) throw new ProtocolError(`the batch at ${at} holds more than its ${count} records`);
  return records;
}

/**
 * The whole batches in `bytes`, one after the other; each is opened when it is asked for. What is cut off at
 * the end (a fetch may do that) is left out. Throws BrokerError CORRUPT_MESSAGE when a checksum does not fit.
 */
export function* readBatches(bytes: Uint8Array, codecs: Codecs): Generator<ReadBatch, void, undefined> {
  for (const { at } of walkBatches(bytes)) {
    const facts = batchFacts(bytes, at);
    if (!verifyCrc(bytes, at, codecs)) {
      throw new BrokerError(
        "CORRUPT_MESSAGE",
        `the batch of offset ${facts.baseOffset} has a wrong checksum`,
      );
    }
    yield { ...facts, records: readRecords(bytes, at, codecs) };
  }
}
