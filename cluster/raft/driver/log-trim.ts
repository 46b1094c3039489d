// core: what of the metadata log goes once a snapshot covers it. The log is cut between batches only, since
// snapshots and appends end there.
import { batch } from "../../../proto/batch/header.ts";
import type { ReplicaLog } from "../../log/replica-log.ts";

const trailingOffsetsByDefault = 10_000;

/** Drops what the snapshot covers, but for some entries for followers that lag a little. */
export function trimLog(log: ReplicaLog, snapshotEnd: number, trailing = trailingOffsetsByDefault): void {
  const target = Math.max(log.startOffset, Math.min(snapshotEnd, log.end) - trailing);
  const start = batchBaseAt(log, target);
  if (start > log.startOffset) log.raiseStart(start);
}

/** Where the batch begins that holds `offset`; `offset` at the log's end. */
export function batchBaseAt(log: ReplicaLog, offset: number): number {
  if (offset >= log.end) return offset;
  const bytes = log.read({ from: offset, upTo: offset + 1, maxBytes: 1, minOneBatch: true });
  return batch.baseOffset(bytes, 0);
}
