// core: where two logs of one partition part, found by leader epochs and never by high watermarks.
//
// One leader writes in one epoch, so a record is named by (leader epoch, offset): two logs that agree on that
// pair at one place agree on all before it. The leader compares the epoch of the follower's last record with
// its own epochs; the follower cuts to where the two may still agree, and asks again. Each round cuts at
// least one epoch or one record, so the rounds end.
//
// Sources: KIP-101, KIP-279, Kafka's AbstractFetcherThread.getOffsetTruncationState.
import type { ReplicaLog } from "../log/replica-log.ts";

type EpochsOf = Pick<ReplicaLog, "startOffset" | "end" | "endOfEpoch" | "epochAt">;

export type PositionVerdict =
  | { kind: "agrees" }
  | { kind: "diverges"; epoch: number; end: number }
  /** The position is outside the leader's log, or shares no epoch with it. */
  | { kind: "outOfRange" };

/** The leader epoch of the last record; -1 when the log holds none. */
export function epochOfLastRecord(log: EpochsOf): number {
  return log.end > log.startOffset ? log.epochAt(log.end - 1) : -1;
}

/**
 * What the leader says to a follower whose log ends at `readOffset` with a record of `lastEpoch` (-1: empty).
 */
export function judgePosition(leader: EpochsOf, readOffset: number, lastEpoch: number): PositionVerdict {
  if (readOffset < leader.startOffset) return { kind: "outOfRange" };
  if (lastEpoch < 0) return readOffset > leader.end ? { kind: "outOfRange" } : { kind: "agrees" };
  const found = leader.endOfEpoch(lastEpoch);
  // Also where the leader's log starts just there, and has nothing to compare: the follower's records may
  // have been cut on every other replica, and it could lead before it has raised its start.
  if (found.epoch < 0) return { kind: "outOfRange" };
  if (found.epoch === lastEpoch && found.end >= readOffset) return { kind: "agrees" };
  return { kind: "diverges", epoch: found.epoch, end: found.end };
}

/**
 * Where a follower cuts when the leader says its largest epoch up to the follower's last one ends at `end`.
 */
export function cutForDivergence(follower: EpochsOf, epoch: number, end: number): number {
  const own = follower.endOfEpoch(epoch);
  // All our records are of epochs the leader never had.
  const cut = own.epoch < 0 ? follower.startOffset : Math.min(own.end, end);
  return Math.max(follower.startOffset, Math.min(cut, follower.end));
}

export type RangeRepair = { kind: "startAnewAt"; offset: number } | { kind: "cutTo"; offset: number };

/** What a follower does when its position is outside the leader's log [leaderStart, leaderEnd). */
export function repairOutOfRange(
  follower: Pick<ReplicaLog, "startOffset" | "end">,
  leaderStart: number,
  leaderEnd: number,
): RangeRepair {
  if (follower.end > leaderEnd && leaderEnd > follower.startOffset)
    return { kind: "cutTo", offset: leaderEnd };
  // Below the leader's start; or inside its range with no epoch in common: nothing here can be vouched for.
  return { kind: "startAnewAt", offset: leaderStart };
}
