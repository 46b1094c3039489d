// shell: finds records of a log by time. The time indexes say which segment to look into, so that one segment
// is read, however many there are.
import type { Codecs } from "../../base/ports/codecs.ts";
import { batch, batchHeaderBytes } from "../../proto/batch/header.ts";
import { readRecords } from "../../proto/batch/read.ts";
import type { TimestampHit } from "./replica-log.ts";
import type { Segment } from "./segment.ts";

/** The part of a log that is looked at: offsets [start, upTo). */
export interface TimeRange {
  readonly segments: readonly Segment[];
  readonly start: number;
  readonly upTo: number;
  readonly codecs: Codecs;
}

/** First record with timestamp >= `timestamp`. */
export function findFirstAtOrAfter(range: TimeRange, timestamp: number): TimestampHit | null {
  for (const segment of range.segments) {
    if (segment.maxTimestamp < timestamp) continue;
    for (const { position, bytes, at } of segment.headers(segment.index.floorOfTimestamp(timestamp))) {
      if (batch.baseOffset(bytes, at) >= range.upTo) return null;
      if (batch.maxTimestamp(bytes, at) < timestamp || batch.nextOffset(bytes, at) <= range.start) continue;
      const length = batch.byteLength(bytes, at);
      const hit = recordsIn(range, segment, position, length).find((one) => one.timestamp >= timestamp);
      if (hit !== undefined) return hit.offset < range.upTo ? hit : null;
    }
  }
  return null;
}

/**
 * The first of the records with the largest timestamp. A segment's largest timestamp may be of a record that
 * compaction has removed since: it is a bound, and what is there is looked for.
 */
export function findLatest(range: TimeRange): TimestampHit | null {
  const { start, upTo } = range;
  const bounds = range.segments
    .filter((one) => one.end > start && one.baseOffset < upTo && !one.isEmpty)
    .map((segment) => ({ segment, timestamp: segment.maxTimestamp }))
    .sort((one, other) => other.timestamp - one.timestamp);
  let best: TimestampHit | null = null;
  for (const { segment, timestamp } of bounds) {
    // Of those that come equal the first counts.
    const isBetter = best === null || timestamp > best.timestamp;
    const mayBeFirst = best !== null && timestamp === best.timestamp && segment.baseOffset < best.offset;
    if (!isBetter && !mayBeFirst) continue;
    const fast = latestIn(range, segment, segment.index.floorOfTimestamp(timestamp));
    const hit: TimestampHit | null = fast?.timestamp === timestamp ? fast : latestIn(range, segment, 0);
    if (hit === null) continue;
    const { timestamp: latest, offset } = hit;
    if (best === null || latest > best.timestamp || (latest === best.timestamp && offset < best.offset))
      best = hit;
  }
  return best;
}

/** The first of the latest records of a segment, of its batches from `position` on that are in the range. */
function latestIn(range: TimeRange, segment: Segment, position: number): TimestampHit | null {
  let best: TimestampHit | null = null;
  for (const header of segment.headers(position)) {
    const { bytes, at } = header;
    if (batch.baseOffset(bytes, at) >= range.upTo) break;
    if (batch.nextOffset(bytes, at) <= range.start) continue;
    if (best !== null && batch.maxTimestamp(bytes, at) <= best.timestamp) continue;
    const length = batch.byteLength(bytes, at);
    for (const one of recordsIn(range, segment, header.position, length)) {
      if (one.offset < range.upTo && (best === null || one.timestamp > best.timestamp)) best = one;
    }
  }
  return best;
}

/** The records of one batch that the log still has. */
function recordsIn(range: TimeRange, segment: Segment, position: number, length: number): TimestampHit[] {
  const bytes = segment.read(position, length);
  if (bytes.length < batchHeaderBytes) return [];
  const leaderEpoch = batch.leaderEpoch(bytes, 0);
  const hits: TimestampHit[] = [];
  for (const { offset, timestamp } of readRecords(bytes, 0, range.codecs))
    if (offset >= range.start) hits.push({ offset, timestamp, leaderEpoch });
  return hits;
}
