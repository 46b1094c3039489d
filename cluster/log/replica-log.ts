// port: what raft and replication may do with one log. cluster/log implements it on segments; nothing else
// does.
//
// Offsets grow, with gaps where compaction was; ends are exclusive. Appends and reads are synchronous (the
// page cache), stable storage is not. Every method may find the directory failed: it then throws BrokerError
// KAFKA_STORAGE_ERROR, and the directory stays failed. An append may also find the disk full: it then throws
// DiskFullError, nothing of it is in the log, and it can be tried again.

import type { RetentionLimits } from "./retention.ts";

export interface AppendedRange {
  baseOffset: number;
  /** One past the last offset appended. */
  end: number;
}

export interface EpochEnd {
  /** The largest epoch in the log that is <= the one asked for; -1 when there is none. */
  epoch: number;
  /** Where that epoch ends: the start of the next epoch, or the log end. -1 when `epoch` is -1. */
  end: number;
}

export interface TimestampHit {
  offset: number;
  timestamp: number;
  leaderEpoch: number;
}

/** What the producer state says of a batch that a client wants to append. */
export type SequenceVerdict =
  | { kind: "append" }
  /** Written before: the same answer again. */
  | { kind: "duplicate"; baseOffset: number; lastOffset: number; timestamp: number }
  /** OUT_OF_ORDER_SEQUENCE_NUMBER, INVALID_PRODUCER_EPOCH, ... */
  | { kind: "refuse"; errorCode: number; message: string };

export interface LogConfig {
  segmentBytes: number;
  segmentMs: number;
  indexIntervalBytes: number;
  /** Largest index of a segment; no limit by default. */
  indexBytesMax?: number;
  maxMessageBytes: number;
  /** How long the file of a segment stays after the segment was removed, ms; 0 by default. */
  fileDeleteDelayMs?: number;
  /** Inactivity after which a producer's state may be forgotten, ms. */
  producerExpirationMs: number;
  /** It may use the room that is kept back from records: consensus must go on while data cannot. */
  usesReserve?: boolean;
  /** It is never compacted: a batch that leaves a gap is refused. */
  isGapless?: boolean;
  /** A new log has no folder before its first write, which may be long in coming. */
  isMadeLate?: boolean;
}

export interface ReadRange {
  from: number;
  upTo: number;
  maxBytes: number;
  minOneBatch: boolean;
  /** Where the bytes may be put; what does not fit gets a buffer of its own, and so does all without it. */
  into?: Uint8Array;
}

export interface ReplicaLog {
  readonly startOffset: number;
  readonly end: number;
  /** Everything below it is on stable storage. At most `end`. */
  readonly durableEnd: number;
  /** Leader epoch of the last record; -1 when the log is empty and no epoch was assigned. */
  readonly lastEpoch: number;
  readonly sizeBytes: number;

  /**
   * Appends whole batches (validated before) at the end: patches base offset and leader epoch IN PLACE in
   * `batches`, which the log has finished with when it returns. Updates epochs, indexes and producer state.
   */
  appendAsLeader(batches: Uint8Array, options: { leaderEpoch: number }): AppendedRange;
  /**
   * Appends whole batches that carry their offsets and epochs. The first base offset must be `end`, or behind
   * it where their log was compacted; CRCs are checked.
   */
  appendAsFollower(batches: Uint8Array): AppendedRange;
  /**
   * The verdict on the batch at `at` of `batches`, without changing anything. Not idempotent (producer id
   * -1): "append".
   */
  checkSequence(batches: Uint8Array, at: number): SequenceVerdict;

  /**
   * Whole batches, the first one the batch that contains `from`, up to the batch that reaches `upTo`
   * (exclusive) and at most `maxBytes`; with `minOneBatch` the first batch comes whole even if it is larger.
   * Empty when from >= upTo. Owned by the caller, or in the room it gave. Throws BrokerError
   * OFFSET_OUT_OF_RANGE when from < startOffset or from > end.
   */
  read(options: ReadRange): Uint8Array;

  /** Whether `bytes` more could be appended now; by the best knowledge, not a promise. */
  hasRoom?(bytes: number): boolean;

  /**
   * Notes that `epoch` starts at `startOffset` (a new leader does so at its log end). On stable storage with
   * the next sync.
   */
  assignEpoch(epoch: number, startOffset: number): void;
  endOfEpoch(epoch: number): EpochEnd;
  /** The leader epoch of the record at `offset`; -1 when it is not in the log. */
  epochAt(offset: number): number;

  /**
   * Cuts to `end` = offset (a batch that straddles it is cut as a whole). The cut lasts once a later `sync`
   * reported durable.
   */
  truncateTo(offset: number): void;
  /** Throws everything away and starts anew, empty, at `offset`. */
  truncateFullyAndStartAt(offset: number): void;
  /**
   * Where the log should start, of what is below `upTo`; its start, when nothing may go. Closes the last
   * segment if all of it may go.
   */
  startByRetention(limits: RetentionLimits, upTo: number): number;
  /** Raises the start (retention, DeleteRecords, snapshots); whole segments below it are removed. */
  raiseStart(offset: number): void;

  /**
   * What is below `end` will never be cut (committed by consensus, below the high watermark): once it is on
   * stable storage too, recovery takes what is broken there for damage, never for a torn tail.
   */
  noteCommitted?(end: number): void;

  /**
   * Asks for all that was appended so far to be brought to stable storage by the next fsync round. Cheap;
   * call it after every append.
   */
  requestSync(): void;
  /** Called (from a fresh turn) each time `durableEnd` rose. One listener. */
  setDurableListener(listener: () => void): void;

  /** First record with timestamp >= `timestamp` below `upTo`; null when there is none. */
  findTimestamp(timestamp: number, options: { upTo: number }): TimestampHit | null;
  /** The record with the largest timestamp below `upTo`. */
  findMaxTimestamp(options: { upTo: number }): TimestampHit | null;

  setConfig(config: LogConfig): void;
  /** Writes producer snapshot and indexes and closes the files, synced. For a clean stop. */
  close(): Promise<void>;
}
