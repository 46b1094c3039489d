// core: batches on their way into a log. Those of this leader get their offsets and its epoch; of those that
// a leader sent, whether they come behind the log's end, in an epoch that is not older, as they were written.
// What a leader has compacted has gaps; that nothing was left out on the way is for whoever asked to see to.
import type { Codecs } from "../../base/ports/codecs.ts";
import { batch, crcCoversFrom } from "../../proto/batch/header.ts";
import { walkBatches } from "../../proto/batch/walk.ts";

/** Null when they can be appended to a log that ends at `end`, whose last record is of `epoch`. */
export function problemOfFollowing(
  batches: Uint8Array,
  log: { end: number; epoch: number; codecs: Codecs; isGapless: boolean },
): string | null {
  let next = log.end;
  let { epoch } = log;
  for (const { at, byteLength } of walkBatches(batches)) {
    const base = batch.baseOffset(batches, at);
    if (base < next || (log.isGapless && base > next)) return `a batch at offset ${base}, ${next} is next`;
    const leaderEpoch = batch.leaderEpoch(batches, at);
    if (leaderEpoch < epoch) return `a batch of epoch ${leaderEpoch} after ${epoch}`;
    const crc = log.codecs.crc32c(batches.subarray(at + crcCoversFrom, at + byteLength));
    if (crc !== batch.crc(batches, at)) return `a wrong CRC at offset ${base}`;
    next = batch.nextOffset(batches, at);
    epoch = leaderEpoch;
  }
  return null;
}

/** Patches base offsets, from `baseOffset` on, and the leader epoch in place. */
export function stampBatches(
  batches: Uint8Array,
  { baseOffset, leaderEpoch }: { baseOffset: number; leaderEpoch: number },
): void {
  let next = baseOffset;
  for (const { at } of walkBatches(batches)) {
    batch.setBaseOffset(batches, at, next);
    batch.setLeaderEpoch(batches, at, leaderEpoch);
    next = batch.nextOffset(batches, at);
  }
}
