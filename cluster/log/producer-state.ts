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
const snapshotVersion = 1;
const entryBytes = 46;

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
      const message =
        `producer ${id} has epoch ${epoch}; epoch ${known.epoch} has written since and ` + `fences it`;
      return { kind: "refuse", errorCode: ErrorCode.INVALID_PRODUCER_EPOCH, message };
    }
    if (epoch > known.epoch) {
      if (first === 0) return { kind: "append" };
      const message = `producer ${id} starts epoch ${epoch} with sequence ${first}; it should start with 0`;
      return { kind: "refuse", errorCode: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, message };
    }
    const twin = known.batches.find((one) => one.firstSequence === first && one.lastSequence === last);
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
   * Kafka's snapshot format: version, CRC-32C of what follows, count, entries. It keeps the last batch of
   * each producer; the others are forgotten by a restart that does not replay them.
   */
  toBytes(crc32c: (bytes: Uint8Array) => number): Uint8Array {
    const bytes = new Uint8Array(10 + this.#entries.size * entryBytes);
    writeInt16(bytes, 0, snapshotVersion);
    writeInt32(bytes, 6, this.#entries.size);
    let at = 10;
    for (const [id, entry] of this.#entries) {
      const last = entry.batches.at(-1);
      writeInt64(bytes, at, id);
      writeInt16(bytes, at + 8, entry.epoch);
      writeInt32(bytes, at + 10, last?.lastSequence ?? -1);
      writeInt64(bytes, at + 14, last?.lastOffset ?? -1);
      writeInt32(bytes, at + 22, last?.offsetDelta ?? 0);
      writeInt64(bytes, at + 26, last?.timestamp ?? -1);
      writeInt32(bytes, at + 34, -1);
      writeInt64(bytes, at + 38, -1);
      at += entryBytes;
    }
    writeInt32(bytes, 2, crc32c(bytes.subarray(6)) | 0);
    return bytes;
  }

  /** Null when the bytes are damaged or of another version: the state is then rebuilt from the log. */
  static fromBytes(
    bytes: Uint8Array,
    seenMs: number,
    crc32c: (bytes: Uint8Array) => number,
  ): ProducerState | null {
    if (bytes.length < 10 || readInt16(bytes, 0) !== snapshotVersion) return null;
    const count = readInt32(bytes, 6);
    if (count < 0 || bytes.length !== 10 + count * entryBytes) return null;
    if (readInt32(bytes, 2) >>> 0 !== crc32c(bytes.subarray(6))) return null;
    const state = new ProducerState();
    for (let at = 10; at < bytes.length; at += entryBytes) {
      const lastSequence = readInt32(bytes, at + 10);
      const offsetDelta = readInt32(bytes, at + 22);
      const timestamp = readInt64(bytes, at + 26);
      const lastOffset = readInt64(bytes, at + 14);
      const firstSequence = (lastSequence - offsetDelta + sequences) % sequences;
      const batches =
        lastSequence < 0 ? [] : [{ firstSequence, lastSequence, lastOffset, offsetDelta, timestamp }];
      state.#entries.set(readInt64(bytes, at), {
        epoch: readInt16(bytes, at + 8),
        batches,
        lastSeenMs: seenMs,
      });
    }
    return state;
  }
}

function lastSequenceOf(bytes: Uint8Array, at: number): number {
  return (batch.baseSequence(bytes, at) + batch.lastOffsetDelta(bytes, at)) % sequences;
}
