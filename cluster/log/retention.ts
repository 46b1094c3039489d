// core: which of the oldest segments of a log may go: those whose youngest record is too old, and those
// without which the log still has as many bytes as are to be kept. A segment goes as a whole, and only when
// all of it is committed.
//
// Age goes by the largest timestamp of the segment's records, whoever set it (CreateTime or LogAppendTime). A
// segment whose records have no timestamps has no age. Source: Kafka, UnifiedLog.deleteOldSegments.
export interface RetentionLimits {
  /** How long records are kept, ms; -1: for ever. */
  readonly retentionMs: number;
  /** Bytes that are kept at least; -1: all. */
  readonly retentionBytes: number;
}

interface SegmentFacts {
  readonly end: number;
  readonly size: number;
  readonly maxTimestamp: number;
}

/** How many segments may go, from the first on: by their age, and after those by the size of what is left. */
export interface Outdated {
  readonly byTime: number;
  readonly bySize: number;
}

export function outdatedSegments(
  segments: readonly SegmentFacts[],
  limits: RetentionLimits,
  { upTo, nowMs }: { upTo: number; nowMs: number },
): Outdated {
  const { retentionMs, retentionBytes } = limits;
  let committed = 0;
  while (committed < segments.length && isWholeBelow(segments[committed]!, upTo)) committed++;
  let byTime = 0;
  if (retentionMs >= 0) while (byTime < committed && isOld(segments[byTime]!, nowMs - retentionMs)) byTime++;
  let bySize = 0;
  let left = segments.slice(byTime).reduce((sum, { size }) => sum + size, 0);
  for (const { size } of retentionBytes < 0 ? [] : segments.slice(byTime, committed)) {
    if (left - size < retentionBytes) break;
    left -= size;
    bySize++;
  }
  return { byTime, bySize };
}

/** An empty segment has nothing that could go. */
function isWholeBelow({ end, size }: SegmentFacts, upTo: number): boolean {
  return size > 0 && end <= upTo;
}

function isOld({ maxTimestamp }: SegmentFacts, beforeMs: number): boolean {
  return maxTimestamp >= 0 && maxTimestamp < beforeMs;
}
