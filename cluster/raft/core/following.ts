// core: the follower's side of replication (observers follow just the same).
//
// Keeps true: nothing below the commit end is ever cut; entries are cut only where the leader's differ; the
// leader is told of durable ends only, so entries are answered when the disk has them, not before.
// `agreedEnd` is how far this log is known to be the leader's; what is committed of it is min(leader's commit
// end, agreedEnd). Source: Raft paper 5.3; finding where logs part by epoch: KIP-101, KIP-595.
import { assert } from "../../../base/assert.ts";
import { batch } from "../../../proto/batch/header.ts";
import { walkBatches } from "../../../proto/batch/walk.ts";
import type { RaftMessage } from "../../../proto/peer/peer-api.ts";
import { type BatchSpan, largestAgreement, spansOf } from "./log-facts.ts";
import type { RaftState } from "./state.ts";
import type { FollowerAppend } from "./words.ts";

/** Of the present term, from its leader. */
export function onAppend(state: RaftState, message: RaftMessage): void {
  const spans = spansOf(message.payload, message.previousEnd);
  if (spans === null || spans.some(({ epoch }) => epoch > message.term)) {
    state.note("warn", "ignoring an append whose batches do not follow each other", { from: message.fromId });
    return;
  }
  state.lastRound = Math.max(state.lastRound, message.round);
  // What is committed here is in the leader's log too, so there is nothing to compare below it.
  const isOld = message.previousEnd < state.commitEnd;
  const fresh = isOld ? spans.filter(({ next }) => next > state.commitEnd) : spans;
  const from = isOld ? state.commitEnd : message.previousEnd;
  if (isOld && fresh.length > 0 && fresh[0]!.base !== from) {
    state.note("warn", "ignoring an append with a batch across the commit end", { from: message.fromId });
    return;
  }
  if (!isOld && state.epochBefore(from) !== message.previousEpoch) {
    refuse(state, message);
    return;
  }
  const agreed = fresh.at(-1)?.next ?? from;
  const firstNew = fresh.find((span) => !holds(state, span));
  if (firstNew !== undefined) {
    take(state, message, { first: firstNew, agreedEnd: agreed });
    return;
  }
  agree(state, agreed, message.commitEnd);
  acknowledge(state);
}

function agree(state: RaftState, agreedEnd: number, leaderCommitEnd: number): void {
  state.agreedEnd = Math.max(state.agreedEnd, agreedEnd);
  follow(state, leaderCommitEnd);
}

function holds(state: RaftState, { next, epoch }: BatchSpan): boolean {
  return next <= state.log.end && state.epochBefore(next) === epoch;
}

/**
 * Puts everything from `first` on into the log, in place of what differs. What follows from it is so once the
 * log has taken it (onFollowerAppended): a full disk takes nothing, and the leader sends it again.
 */
function take(
  state: RaftState,
  message: RaftMessage,
  { first, agreedEnd }: { first: BatchSpan; agreedEnd: number },
): void {
  const { end } = state.log;
  if (first.base < end) {
    const { base } = first;
    assert(
      base >= state.commitEnd && base >= state.agreedEnd,
      `a leader of term ${state.term} should not change what is committed: ` +
        `cut to ${base}, commit end ${state.commitEnd}, agreed end ${state.agreedEnd}, log end ${end}`,
    );
    state.voters.truncate(base);
    state.emit({ kind: "truncate", to: base });
    state.note("info", "cutting entries that the leader does not have", { from: base, logEnd: end });
  }
  const { commitEnd, term } = message;
  const batches = message.payload.subarray(first.at);
  state.emit({ kind: "appendAsFollower", append: { batches, term, agreedEnd, commitEnd } });
}

/** New entries are in the log; they are answered when they are on disk (onFollowerDurable). */
export function onFollowerAppended(state: RaftState, append: FollowerAppend): void {
  assert(append.term === state.term, `entries of term ${append.term} came into term ${state.term}`);
  for (const { at } of walkBatches(append.batches))
    state.noteVoters(append.batches, at, batch.baseOffset(append.batches, at));
  agree(state, append.agreedEnd, append.commitEnd);
}

function refuse(state: RaftState, message: RaftMessage): void {
  const asked = { end: message.previousEnd, epoch: message.previousEpoch };
  const hint = largestAgreement(state.log, state.snapshot, asked);
  state.send({
    kind: "appendReply",
    toId: message.fromId,
    term: state.term,
    round: message.round,
    previousEnd: hint.end,
    previousEpoch: hint.epoch,
  });
}

/** Takes over what the leader says is committed, as far as this log is known to agree with the leader's. */
function follow(state: RaftState, leaderCommitEnd: number): void {
  const end = Math.min(leaderCommitEnd, state.agreedEnd);
  if (end <= state.commitEnd) return;
  state.commitEnd = end;
  state.emit({ kind: "commit", end });
}

/** Newer than every refusal of a round seen before, even when messages overtook each other. */
function acknowledge(state: RaftState): void {
  const { agreedEnd } = state;
  state.acknowledgedEnd = Math.min(state.log.durableEnd, agreedEnd);
  state.send({
    kind: "appendReply",
    toId: state.leaderId,
    term: state.term,
    round: state.lastRound,
    granted: true,
    durableEnd: state.acknowledgedEnd,
    previousEnd: agreedEnd,
  });
}

/** The disk has more than it had. */
export function onFollowerDurable(state: RaftState): void {
  if (state.role !== "follower" || state.leaderId < 0) return;
  if (Math.min(state.log.durableEnd, state.agreedEnd) > state.acknowledgedEnd) {
    acknowledge(state);
  }
}

/** Of an older term: its sender does not know that the times have changed. */
export function answerOldLeader(state: RaftState, message: RaftMessage): void {
  state.send({ kind: "appendReply", toId: message.fromId, term: state.term, round: message.round });
}
