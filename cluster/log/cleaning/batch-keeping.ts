// core: what compaction keeps of one batch after the other.
//
// Keeps true: the last record of each key stays, or if it is a tombstone, until its horizon has passed;
// nothing at or behind the end of the map goes; a batch that stays keeps its offsets and sequence. The last
// batch of a producer and the last of what becomes one segment stay, if need be empty: the one so that a
// producer is still told from others, the other so that segments go on where the one before ends.
//
// Source: Kafka, Cleaner.cleanInto and shouldRetainRecord; KIP-534.
import type { Codecs } from "../../../base/ports/codecs.ts";
import { BatchFilter, emptiedBatch } from "../../../proto/batch/filter.ts";
import { batch } from "../../../proto/batch/header.ts";
import { readRecords } from "../../../proto/batch/read.ts";
import type { RecordCursor } from "../../../proto/batch/record-cursor.ts";
import type { OffsetMap } from "./offset-map.ts";
import { MarkWatch, markOf, type TransactionScan } from "./transactions.ts";

/** What is known of a producer that may write again. */
export interface ActiveProducer {
  readonly id: number;
  readonly epoch: number;
  /** Of its last batch with data; -1: it has none. */
  readonly lastOffset: number;
}

export interface KeepingStats {
  batchesRead: number;
  batchesKept: number;
  recordsRead: number;
  recordsKept: number;
  /** Tombstones that went because their time was over. */
  tombstonesGone: number;
  /** Records without a key, which have no place in a compacted log. */
  withoutKey: number;
}

export function noStats(): KeepingStats {
  return { batchesRead: 0, batchesKept: 0, recordsRead: 0, recordsKept: 0, tombstonesGone: 0, withoutKey: 0 };
}

export interface KeepingOptions {
  readonly map: OffsetMap;
  /** What is at or behind it is not in the map. */
  readonly mapEnd: number;
  readonly transactions: TransactionScan;
  readonly producers: readonly ActiveProducer[];
  readonly nowMs: number;
  readonly deleteRetentionMs: number;
  readonly codecs: Codecs;
}

export class BatchKeeping {
  readonly #options: KeepingOptions;
  readonly #producers: ReadonlyMap<number, ActiveProducer>;
  readonly #marks = new MarkWatch();
  stats = noStats();

  constructor(options: KeepingOptions) {
    this.#options = options;
    this.#producers = new Map(options.producers.map((one) => [one.id, one]));
  }

  /**
   * What is left of the batch at `at`, which is the next in the log; the same bytes if nothing changed, null
   * if nothing is left. `isLast`: of what becomes one segment. Throws ProtocolError or BrokerError for
   * records that cannot be read.
   */
  keep(bytes: Uint8Array, at: number, isLast: boolean): Uint8Array | null {
    const { nowMs, deleteRetentionMs, codecs } = this.#options;
    const { stats } = this;
    const isControl = batch.isControl(bytes, at);
    const isIdle = this.#isIdle(bytes, at, isControl);
    const horizonMs = batch.hasDeleteHorizon(bytes, at) ? batch.baseTimestamp(bytes, at) : null;
    const isOver = horizonMs !== null && horizonMs <= nowMs;
    const filter = new BatchFilter(bytes, at, codecs);
    stats.batchesRead++;
    if (!isControl) stats.recordsRead += filter.recordCount;
    let needsHorizon = isControl && isIdle;
    if (!isIdle || (isControl && !isOver)) {
      filter.run((record, offset) => {
        const keeps = isControl || this.#keeps(record, offset, isOver);
        if (keeps && !isControl && record.valueLength < 0) needsHorizon = true;
        return keeps;
      });
    }
    if (filter.keptCount > 0) {
      stats.batchesKept++;
      if (!isControl) stats.recordsKept += filter.keptCount;
      // Beyond what can be told exactly it is as good as for ever.
      const newMs = Math.min(nowMs + deleteRetentionMs, Number.MAX_SAFE_INTEGER);
      return filter.result(needsHorizon && horizonMs === null ? newMs : null);
    }
    if (!isLast && !this.#isLastOfProducer(bytes, at, isControl)) return null;
    stats.batchesKept++;
    if (filter.recordCount === 0) return bytes.subarray(at, at + batch.byteLength(bytes, at));
    return emptiedBatch(bytes, at, codecs);
  }

  /** Data of an aborted transaction, or a mark of one that has no data any more. */
  #isIdle(bytes: Uint8Array, at: number, isControl: boolean): boolean {
    if (isControl) {
      const mark = markOf(readRecords(bytes, at, this.#options.codecs));
      return this.#marks.isIdle(bytes, at, mark);
    }
    this.#marks.sawData(bytes, at);
    return this.#options.transactions.isAborted(bytes, at);
  }

  #keeps(record: RecordCursor, offset: number, isOver: boolean): boolean {
    const { map, mapEnd } = this.#options;
    if (offset >= mapEnd) return true;
    if (record.keyLength < 0) {
      this.stats.withoutKey++;
      return false;
    }
    if (offset < map.get(record.bytes, record.keyAt, record.keyLength)) return false;
    if (record.valueLength >= 0 || !isOver) return true;
    this.stats.tombstonesGone++;
    return false;
  }

  #isLastOfProducer(bytes: Uint8Array, at: number, isControl: boolean): boolean {
    const known = this.#producers.get(batch.producerId(bytes, at));
    if (known === undefined) return false;
    if (known.lastOffset >= 0) return batch.lastOffset(bytes, at) === known.lastOffset;
    return isControl && batch.producerEpoch(bytes, at) === known.epoch;
  }
}
