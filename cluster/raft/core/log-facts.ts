// core: what the consensus rules ask of a log together with the snapshot before it: the epoch at a point,
// which of two logs is more up to date, and how far two logs can agree at most. Changes nothing.
import { assert } from "../../../base/assert.ts";
import { batch } from "../../../proto/batch/header.ts";
import { wholeBatchBytes } from "../../../proto/batch/walk.ts";
import type { RaftLogView, SnapshotMark } from "./words.ts";

/** A point in a log: everything below `end`, whose last record has `epoch` (-1: there is none). */
export interface LogPoint {
  readonly end: number;
  readonly epoch: number;
}

/** One batch within a payload. */
export interface BatchSpan {
  readonly at: number;
  readonly base: number;
  readonly next: number;
  readonly epoch: number;
}

/** Epoch of the record just before `end`; -1 before the first of all; null when this node cannot tell. */
export function epochBefore(log: RaftLogView, snapshot: SnapshotMark, end: number): number | null {
  if (end === 0) return -1;
  if (end === snapshot.end) return snapshot.epoch;
  if (end <= log.startOffset || end > log.end) return null;
  const epoch = log.epochAt(end - 1);
  return epoch < 0 ? null : epoch;
}

export function lastPoint(log: RaftLogView, snapshot: SnapshotMark): LogPoint {
  const epoch = epochBefore(log, snapshot, log.end);
  assert(epoch !== null, `the epoch at the log's end ${log.end} (start ${log.startOffset}) should be known`);
  return { end: log.end, epoch };
}

/** Raft paper 5.4.1: later epoch, or same epoch and at least as long. */
export function isUpToDate(candidate: LogPoint, own: LogPoint): boolean {
  return candidate.epoch > own.epoch || (candidate.epoch === own.epoch && candidate.end >= own.end);
}

/**
 * For a follower that does not have `asked`: the point up to which its log may agree with one that has it,
 * since nothing of a later epoch, and nothing beyond, can.
 */
export function largestAgreement(log: RaftLogView, snapshot: SnapshotMark, asked: LogPoint): LogPoint {
  const { epoch, end } = log.endOfEpoch(asked.epoch);
  // Nothing of that age in the log: what the snapshot covers was committed, so every leader has it.
  if (epoch < 0 || end <= snapshot.end)
    return { end: snapshot.end, epoch: snapshot.end > 0 ? snapshot.epoch : -1 };
  return { end: Math.min(end, asked.end), epoch };
}

/**
 * For a leader: where a follower's log, whose largest possible agreement is `hint`, can agree with this one.
 * One leader wrote all of an epoch, so two logs that both have it agree up to where the shorter ends it. 0
 * when they part before the start of this log: the follower needs the snapshot.
 */
export function agreementWith(log: RaftLogView, snapshot: SnapshotMark, hint: LogPoint): number {
  const own = log.endOfEpoch(hint.epoch);
  if (own.epoch >= 0) return Math.min(hint.end, own.end);
  const reachesSnapshot = hint.epoch >= snapshot.epoch && hint.end >= snapshot.end;
  return reachesSnapshot && snapshot.end === log.startOffset ? snapshot.end : 0;
}

/** The batches of a payload; null when they are not whole, or do not follow each other from `from` on. */
export function spansOf(payload: Uint8Array, from: number): BatchSpan[] | null {
  const spans: BatchSpan[] = [];
  let expected = from;
  let epochBeforeIt = -1;
  for (let at = 0; at < payload.length; ) {
    const byteLength = wholeBatchBytes(payload, at);
    if (byteLength === 0) return null;
    const base = batch.baseOffset(payload, at);
    const next = batch.nextOffset(payload, at);
    const epoch = batch.leaderEpoch(payload, at);
    if (base !== expected || next <= base || epoch < epochBeforeIt || epoch < 0) return null;
    spans.push({ at, base, next, epoch });
    expected = next;
    epochBeforeIt = epoch;
    at += byteLength;
  }
  return spans;
}
