// core: what a reset of offsets would do, partition by partition. Keeps true: no group is put outside of what
// the log holds, from its start to its end; where that changes what was asked for, the row says so.
import type { ResetTarget } from "./reset-target.ts";

/** What is known of one partition. */
export interface ResetFacts {
  readonly topic: string;
  readonly partition: number;
  /** -1: nothing is committed. */
  readonly committed: number;
  readonly logStart: number;
  readonly logEnd: number;
  /** The first record of the time asked for, or the offset in the file; -1: none. */
  readonly found: number;
}

export interface ResetRow {
  readonly topic: string;
  readonly partition: number;
  /** Null: nothing is committed. */
  readonly now: number | null;
  /** Null: it stays as it is. */
  readonly new: number | null;
  /** Null: one of the two is not there. */
  readonly difference: number | null;
  readonly note: string;
}

export function planReset(target: ResetTarget, partitions: readonly ResetFacts[]): ResetRow[] {
  return partitions.map((facts) => {
    const { topic, partition, committed, logStart, logEnd } = facts;
    const now = committed < 0 ? null : committed;
    const { offset, note } = wanted(target, facts);
    if (offset === null) return { topic, partition, now, new: null, difference: null, note };
    const to = Math.min(logEnd, Math.max(logStart, offset));
    const notes = [note, clipping(offset, to, facts)].filter((each) => each !== "");
    const difference = now === null ? null : to - now;
    return { topic, partition, now, new: to, difference, note: notes.join("; ") };
  });
}

function wanted(target: ResetTarget, facts: ResetFacts): { offset: number | null; note: string } {
  const { committed, logStart, logEnd, found } = facts;
  switch (target.kind) {
    case "earliest":
      return { offset: logStart, note: "" };
    case "latest":
      return { offset: logEnd, note: "" };
    case "current":
      if (committed >= 0) return { offset: committed, note: "" };
      return { offset: logEnd, note: "nothing committed: the end" };
    case "offset":
      return { offset: target.offset, note: "" };
    case "shift":
      if (committed >= 0) return { offset: committed + target.by, note: "" };
      return { offset: null, note: "nothing committed: left alone" };
    case "time":
      return found < 0 ? { offset: logEnd, note: "no record so late: the end" } : { offset: found, note: "" };
    case "file":
      return { offset: found, note: "" };
  }
}

function clipping(asked: number, to: number, { logStart, logEnd }: ResetFacts): string {
  if (asked === to) return "";
  return asked < to
    ? `the log begins at ${logStart}, not ${asked}`
    : `the log ends at ${logEnd}, not ${asked}`;
}
