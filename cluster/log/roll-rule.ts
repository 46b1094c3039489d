// core: when a log begins a new segment: before batches that would make the present one too large, too old or
// too long for its index.
//
// Source: Kafka, LogSegment.shouldRoll (segment.bytes, segment.ms, segment.index.bytes).
import { batch } from "../../proto/batch/header.ts";
import type { LogConfig } from "./replica-log.ts";
import { offsetEntryBytes, timeEntryBytes } from "./segment-index.ts";

/** What the rule looks at of the segment that is written to. */
export interface RollingSegment {
  readonly isEmpty: boolean;
  readonly baseOffset: number;
  readonly end: number;
  readonly size: number;
  /** Of its first record, ms; -1: none. */
  readonly firstTimestamp: number;
  readonly index: { readonly offsetBytes: number; readonly timeBytes: number };
}

const offsetsPerSegmentMax = 0x7fff_ffff;

export function mustRoll(segment: RollingSegment, batches: Uint8Array, config: LogConfig): boolean {
  if (segment.isEmpty) return false;
  // By the time of records, not of the clock: a log that is written anew rolls where it did.
  const isOld =
    segment.firstTimestamp >= 0 && batch.maxTimestamp(batches, 0) - segment.firstTimestamp > config.segmentMs;
  const isFull = segment.size + batches.length > config.segmentBytes;
  return isOld || isFull || isIndexFull(segment, config) || isTooLong(segment);
}

function isIndexFull(
  { index }: RollingSegment,
  { indexBytesMax = Number.MAX_SAFE_INTEGER }: LogConfig,
): boolean {
  return (
    index.offsetBytes + offsetEntryBytes > indexBytesMax || index.timeBytes + timeEntryBytes > indexBytesMax
  );
}

function isTooLong(segment: RollingSegment): boolean {
  return segment.end - segment.baseOffset > offsetsPerSegmentMax - 1_000_000;
}
