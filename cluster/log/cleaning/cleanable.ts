// core: which part of a compacted log may be cleaned, and whether it is worth it by now.
//
//   start ........ firstDirty ................ end ............ log end
//   was cleaned    each key's last value       is not touched: not committed or not on disk, too young, or in
//                  is found here               the segment that is written to
//
// Source: Kafka, LogCleanerManager.cleanableOffsets and LogToClean.

export interface CompactionPolicy {
  /** Part of the log that must be dirty (min.cleanable.dirty.ratio). */
  readonly minDirtyRatio: number;
  /** What is younger is not touched, ms (min.compaction.lag.ms). */
  readonly minLagMs: number;
  /** What is dirty for longer is cleaned whatever the ratio is, ms (max.compaction.lag.ms). */
  readonly maxLagMs: number;
  /** How long tombstones stay once they were cleaned first, ms (delete.retention.ms). */
  readonly deleteRetentionMs: number;
}

interface SegmentFacts {
  readonly baseOffset: number;
  readonly end: number;
  readonly size: number;
  readonly firstTimestamp: number;
  readonly maxTimestamp: number;
}

export interface LogFacts {
  readonly segments: readonly SegmentFacts[];
  readonly start: number;
  /** What is below lasts and can never be cut. */
  readonly stableEnd: number;
  /** Where the part that was cleaned ends, as it was noted; 0: nowhere. */
  readonly cleanedEnd: number;
  readonly nowMs: number;
}

export interface Cleanable {
  readonly firstDirty: number;
  /** Exclusive; `firstDirty` when there is nothing to do. */
  readonly end: number;
  readonly cleanBytes: number;
  readonly dirtyBytes: number;
  /** dirty / (clean + dirty); 0 when there is nothing to do. */
  readonly dirtyRatio: number;
  /** It has waited longer than max.compaction.lag.ms. */
  readonly isOverdue: boolean;
}

export function cleanableOf(log: LogFacts, policy: CompactionPolicy): Cleanable {
  const logEnd = log.segments.at(-1)!.end;
  const isNoted = log.cleanedEnd >= log.start && log.cleanedEnd <= logEnd;
  const firstDirty = isNoted ? log.cleanedEnd : log.start;
  const sealed = log.segments.slice(0, -1);
  const dirty = sealed.filter(({ end }) => end > firstDirty);
  const end = Math.max(firstDirty, endOf(dirty, log, policy) ?? firstDirty);
  const cleanBytes = sum(sealed.filter((one) => one.end <= firstDirty && one.end > log.start));
  const toClean = dirty.filter((one) => one.end <= end);
  const dirtyBytes = sum(toClean);
  const oldest = toClean.find(({ firstTimestamp }) => firstTimestamp >= 0)?.firstTimestamp ?? log.nowMs;
  return {
    ...{ firstDirty, end, cleanBytes, dirtyBytes },
    dirtyRatio: dirtyBytes === 0 ? 0 : dirtyBytes / (cleanBytes + dirtyBytes),
    isOverdue: dirtyBytes > 0 && log.nowMs - oldest > policy.maxLagMs,
  };
}

export function isWorthIt(
  { dirtyRatio, dirtyBytes, isOverdue }: Cleanable,
  policy: CompactionPolicy,
): boolean {
  return dirtyBytes > 0 && (isOverdue || dirtyRatio > policy.minDirtyRatio);
}

/** Whole segments only: up to the first that is too young, or not all of which is stable. */
function endOf(
  dirty: readonly SegmentFacts[],
  { stableEnd, nowMs }: LogFacts,
  { minLagMs }: CompactionPolicy,
) {
  let end: number | null = null;
  for (const segment of dirty) {
    const isYoung = minLagMs > 0 && segment.maxTimestamp > nowMs - minLagMs;
    if (segment.end > stableEnd || isYoung) break;
    ({ end } = segment);
  }
  return end;
}

function sum(segments: readonly SegmentFacts[]): number {
  return segments.reduce((bytes, { size }) => bytes + size, 0);
}

/** What one segment made of several may be. */
export interface GroupLimits {
  readonly segmentBytes: number;
  readonly indexBytesMax: number;
}

/** Offsets in an index are told by 32 bits past the segment's first. */
const offsetsMax = 0x7fff_ffff;

/** Neighbours that fit into one segment together. Source: Kafka, Cleaner.groupSegmentsBySize. */
export function groupSegments<One extends SegmentFacts & { readonly indexBytes: number }>(
  segments: readonly One[],
  limits: GroupLimits,
): One[][] {
  const groups: One[][] = [];
  let bytes = 0;
  let indexBytes = 0;
  for (const one of segments) {
    const group = groups.at(-1);
    bytes += one.size;
    indexBytes += one.indexBytes;
    const fits =
      group !== undefined &&
      bytes <= limits.segmentBytes &&
      indexBytes <= limits.indexBytesMax &&
      one.end - group[0]!.baseOffset <= offsetsMax;
    if (fits) group.push(one);
    else {
      groups.push([one]);
      bytes = one.size;
      indexBytes = one.indexBytes;
    }
  }
  return groups;
}
