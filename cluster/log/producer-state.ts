// core: what each idempotent producer wrote last, so that a batch that was sent twice is written once. Five
// batches are remembered a producer, as many as it may have in flight.
//
// Sources: KIP-98; Kafka's ProducerStateEntry and ProducerAppendInfo (kafka-protocol semantics 1 to 4 and
// 17).
import { limits } from "../../base/limits.ts";
import {
  batch,
  readInt16,
  readInt32,
  readInt64,
  writeInt16,
  writeInt32,
  writeInt64,
} from "../../proto/batch/header.ts";
import { ErrorCode } from "../../proto/errors.ts";
import type { SequenceVerdict } from "./replica-log.ts";

const batchesRemembered = 5;
const sequences = 0x8000_0000;
const snapshotVersion = 2;
const snapshotHeadBytes = 10;
const producerBytes = 19;
const batchBytes = 24;

interface WrittenBatch {
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly lastOffset: number;
  readonly offsetDelta: number;
  readonly timestamp: number;
}

interface ProducerEntry {
  epoch: number;
  /** Oldest first. */
  batches: WrittenBatch[];
  lastSeenMs: number;
}

export class ProducerState {
  #entries = new Map<number, ProducerEntry>();

  get size(): number {
    return this.#entries.size;
  }

  check(bytes: Uint8Array, at: number): SequenceVerdict {
    const id = batch.producerId(bytes, at);
    if (id < 0) return { kind: "append" };
    const epoch = batch.producerEpoch(bytes, at);
    const first = batch.baseSequence(bytes, at);
    const last = lastSequenceOf(bytes, at);
    const known = this.#entries.get(id);
    if (known === undefined) return { kind: "append" };
    if (epoch < known.epoch) {
      const message = `producer ${id}: epoch ${known.epoch} has written since and fences epoch ${epoch}`;
      return { kind: "refuse", errorCode: ErrorCode.INVALID_PRODUCER_EPOCH, message };
    }
    if (epoch > known.epoch) {
      if (first === 0) return { kind: "append" };
      const message = `producer ${id} starts epoch ${epoch} with sequence ${first}; it should start with 0`;
      return { kind: "refuse", errorCode: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, message };
    }
    // The last: a leader that began anew behind what retention removed may have taken it once more.
    const twin = known.batches.findLast((one) => one.firstSequence === first && one.lastSequence === last);
    if (twin !== undefined) {
      const { lastOffset, offsetDelta, timestamp } = twin;
      return { kind: "duplicate", baseOffset: lastOffset - offsetDelta, lastOffset, timestamp };
    }
    const expected = known.batches.length === 0 ? 0 : (known.batches.at(-1)!.lastSequence + 1) % sequences;
    if (known.batches.length === 0 || first === expected) return { kind: "append" };
    const message = `producer ${id} epoch ${epoch} sent sequence ${first}; ${expected} should come next`;
    return { kind: "refuse", errorCode: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, message };
  }

  /**
   * Takes note of a batch that was appended, with its offsets in place. `seenMs` (unix ms) is when this
   * process saw it: record timestamps may be of another century and say nothing about whether the producer is
   * still there.
   */
  append(bytes: Uint8Array, at: number, seenMs: number): void {
    const id = batch.producerId(bytes, at);
    if (id < 0) return;
    const epoch = batch.producerEpoch(bytes, at);
    const timestamp = batch.maxTimestamp(bytes, at);
    let entry = this.#entries.get(id);
    if (entry === undefined || epoch > entry.epoch) {
      entry = { epoch, batches: [], lastSeenMs: seenMs };
      this.#entries.delete(id);
      this.#entries.set(id, entry);
      this.#bound();
    }
    entry.lastSeenMs = Math.max(entry.lastSeenMs, seenMs);
    if (batch.isControl(bytes, at)) return;
    entry.batches.push({
      firstSequence: batch.baseSequence(bytes, at),
      lastSequence: lastSequenceOf(bytes, at),
      lastOffset: batch.lastOffset(bytes, at),
      offsetDelta: batch.lastOffsetDelta(bytes, at),
      timestamp,
    });
    if (entry.batches.length > batchesRemembered) entry.batches.shift();
  }

  /** Those that were seen after this moment, unix ms, and where the last data of each ends; -1: none. */
  activeSince(sinceMs: number): { id: number; epoch: number; lastOffset: number }[] {
    const found: { id: number; epoch: number; lastOffset: number }[] = [];
    for (const [id, { epoch, batches, lastSeenMs }] of this.#entries)
      if (lastSeenMs >= sinceMs) found.push({ id, epoch, lastOffset: batches.at(-1)?.lastOffset ?? -1 });
    return found;
  }

  /** Forgets producers that were last seen before this moment, unix ms. */
  expire(beforeMs: number): void {
    for (const [id, entry] of this.#entries) if (entry.lastSeenMs < beforeMs) this.#entries.delete(id);
  }

  clear(): void {
    this.#entries.clear();
  }

  /** The oldest producer goes when there are too many: its next batch is taken as that of a new one. */
  #bound(): void {
    if (this.#entries.size <= limits.producersPerPartitionMax) return;
    const oldest = this.#entries.keys().next().value;
    if (oldest !== undefined) this.#entries.delete(oldest);
  }

  /**
   * The snapshot file: version i16, CRC-32C of what follows u32, count i32, then per producer id i64, epoch
   * i16, last seen i64 (unix ms), count of batches i8, and per batch last sequence i32, last offset i64,
   * offset delta i32, timestamp i64. Kafka's (version 1) keeps one batch a producer; ours keeps all that are
   * remembered, so that a restart forgets none that a client may send again.
   */
  toBytes(crc32c: (bytes: Uint8Array) => number): Uint8Array {
    let length = snapshotHeadBytes;
    for (const { batches } of this.#entries.values()) length += producerBytes + batches.length * batchBytes;
    const bytes = new Uint8Array(length);
    writeInt16(bytes, 0, snapshotVersion);
    writeInt32(bytes, 6, this.#entries.size);
    let at = snapshotHeadBytes;
    for (const [id, entry] of this.#entries) {
      writeInt64(bytes, at, id);
      writeInt16(bytes, at + 8, entry.epoch);
      writeInt64(bytes, at + 10, entry.lastSeenMs);
      bytes[at + 18] = entry.batches.length;
      at += producerBytes;
      for (const one of entry.batches) {
        writeInt32(bytes, at, one.lastSequence);
        writeInt64(bytes, at + 4, one.lastOffset);
        writeInt32(bytes, at + 12, one.offsetDelta);
        writeInt64(bytes, at + 16, one.timestamp);
        at += batchBytes;
      }
    }
    writeInt32(bytes, 2, crc32c(bytes.subarray(6)) | 0);
    return bytes;
  }

  /** Null when the bytes are damaged or of another version: the state is then rebuilt from the log. */
  static fromBytes(
    bytes: Uint8Array,
    nowMs: number,
    crc32c: (bytes: Uint8Array) => number,
  ): ProducerState | null {
    if (bytes.length < snapshotHeadBytes || readInt16(bytes, 0) !== snapshotVersion) return null;
    if (readInt32(bytes, 2) >>> 0 !== crc32c(bytes.subarray(6))) return null;
    const state = new ProducerState();
    let at = snapshotHeadBytes;
    for (let left = readInt32(bytes, 6); left > 0; left--) {
      if (at + producerBytes > bytes.length) return null;
      const count = bytes[at + 18]!;
      const end = at + producerBytes + count * batchBytes;
      if (count > batchesRemembered || end > bytes.length) return null;
      const batches: WrittenBatch[] = [];
      for (let each = at + producerBytes; each < end; each += batchBytes)
        batches.push(readBatch(bytes, each));
      const lastSeenMs = Math.min(nowMs, readInt64(bytes, at + 10));
      state.#entries.set(readInt64(bytes, at), { epoch: readInt16(bytes, at + 8), batches, lastSeenMs });
      at = end;
    }
    return at === bytes.length ? state : null;
  }
}

function readBatch(bytes: Uint8Array, at: number): WrittenBatch {
  const lastSequence = readInt32(bytes, at);
  const offsetDelta = readInt32(bytes, at + 12);
  return {
    firstSequence: (lastSequence - offsetDelta + sequences) % sequences,
    lastSequence,
    lastOffset: readInt64(bytes, at + 4),
    offsetDelta,
    timestamp: readInt64(bytes, at + 16),
  };
}

function lastSequenceOf(bytes: Uint8Array, at: number): number {
  return (batch.baseSequence(bytes, at) + batch.lastOffsetDelta(bytes, at)) % sequences;
}
