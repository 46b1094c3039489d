// core: records of one partition that travel together: gathered, encoded once, numbered, and remembered until
// their fate is known.
import type { Codecs, CompressionName } from "../../base/ports/codecs.ts";
import { buildBatch, recordBytes } from "../../proto/batch/build.ts";
import { batchHeaderBytes, writeInt16, writeInt32, writeInt64 } from "../../proto/batch/header.ts";
import { renewCrc } from "../../proto/batch/walk.ts";
import { asError } from "../errors.ts";
import type { OnDelivered, Outgoing } from "./record.ts";

/** Who writes: sequence numbers count within it. */
export interface ProducerIdentity {
  readonly producerId: number;
  readonly epoch: number;
}

interface Waiting {
  readonly timestamp: number;
  readonly onDelivered: OnDelivered;
}

export class Batch {
  readonly topic: string;
  readonly partition: number;
  /** Monotonic; for linger. */
  readonly createdAtMs: number;
  readonly deadlineMs: number;
  /** Before compression, header included. */
  byteLength = batchHeaderBytes;
  recordCount = 0;
  /** What its records take of the producer's buffer. */
  reservedBytes = 0;
  /** Takes no more records. */
  isClosed = false;
  identity: ProducerIdentity | null = null;
  /** -1 until it is first sent. */
  sequence = -1;
  /** The connection on which it travels; null while it waits. */
  carrier: object | null = null;
  sentCount = 0;
  retryAtMs = 0;
  /** An attempt ended without the word that nothing was written. Never becomes false again. */
  mayHaveBeenWritten = false;
  /** Its records were reported as failed, but it may still travel. */
  isGivenUp = false;
  lastError: Error | null = null;
  #records: Outgoing[] = [];
  #waiting: Waiting[] = [];
  #encoded: Uint8Array | null = null;
  #encodedFor: { identity: ProducerIdentity | null; sequence: number } | null = null;

  constructor(place: { topic: string; partition: number }, createdAtMs: number, deadlineMs: number) {
    this.topic = place.topic;
    this.partition = place.partition;
    this.createdAtMs = createdAtMs;
    this.deadlineMs = deadlineMs;
  }

  /** Bytes that the record would add. */
  bytesOf(record: Outgoing): number {
    const base = this.#records[0]?.timestamp ?? record.timestamp;
    return recordBytes(record, base, this.recordCount);
  }

  add(record: Outgoing, bytes: number): void {
    this.#records.push(record);
    this.byteLength += bytes;
    this.reservedBytes += record.bytes;
    this.recordCount++;
  }

  /**
   * The batch as it goes out, for its present identity and sequence. A buffer once handed out never changes.
   */
  encode(codecs: Codecs, compression: CompressionName): Uint8Array {
    const { identity, sequence } = this;
    if (this.#encoded === null) {
      this.#encoded = buildBatch({
        records: this.#records,
        codecs,
        compression,
        producerId: identity?.producerId ?? -1,
        producerEpoch: identity?.epoch ?? -1,
        baseSequence: sequence,
      });
      // From here on only the reports are needed.
      this.#waiting = this.#records.map(({ timestamp, onDelivered }) => ({ timestamp, onDelivered }));
      this.#records = [];
    } else if (this.#encodedFor?.identity !== identity || this.#encodedFor.sequence !== sequence) {
      const renewed = Uint8Array.from(this.#encoded);
      writeInt64(renewed, 43, identity?.producerId ?? -1);
      writeInt16(renewed, 51, identity?.epoch ?? -1);
      writeInt32(renewed, 53, sequence);
      renewCrc(renewed, 0, codecs);
      this.#encoded = renewed;
    }
    this.#encodedFor = { identity, sequence };
    return this.#encoded;
  }

  /** `baseOffset` -1: not known. `appendTimeMs` -1: the records keep their own time. */
  reportSuccess(baseOffset: number, appendTimeMs: number, onThrow: (error: Error) => void): void {
    const { topic, partition } = this;
    const waiting = this.#takeWaiting();
    for (let index = 0; index < waiting.length; index++) {
      const { timestamp, onDelivered } = waiting[index]!;
      const offset = baseOffset < 0 ? -1 : baseOffset + index;
      const at = appendTimeMs < 0 ? timestamp : appendTimeMs;
      call(() => onDelivered(null, { topic, partition, offset, timestamp: at }), onThrow);
    }
  }

  reportFailure(error: Error, onThrow: (error: Error) => void): void {
    for (const { onDelivered } of this.#takeWaiting()) call(() => onDelivered(error, null), onThrow);
  }

  #takeWaiting(): readonly Waiting[] {
    const waiting = this.#encoded === null ? this.#records : this.#waiting;
    this.#records = [];
    this.#waiting = [];
    return waiting;
  }
}

/** A report that throws must not stop the others. */
function call(report: () => void, onThrow: (error: Error) => void): void {
  try {
    report();
  } catch (error) {
    onThrow(asError(error));
  }
}
