// shell: lets go of the beginning of the metadata log that a snapshot stands for.
import { batch } from "../../../proto/batch/header.ts";
import type { ReplicaLog } from "../../log/replica-log.ts";

/** Drops what the snapshot covers, but for `trailing` entries for followers that lag a little. */
export function trimLog(log: ReplicaLog, options: { snapshotEnd: number; trailing: number }): void {
  const { snapshotEnd, trailing } = options;
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
