// core: voters added and removed while running, one at a time.
//
//   add:     catch up, round by round --> record in the log --> committed     remove: record --> committed
//            (an observer so far)         (in use from here)
//
// Keeps true: two voter sets that follow each other differ by one voter, so that every majority of one meets
// every majority of the other. Hence a change begins only when the one before is committed, and only when
// this leader has committed an entry of its own term: else an uncommitted change of an older leader, which
// this one's log lacks, could come back and be two steps away (the flaw of the first single-server
// algorithm).
// A set is in use as soon as its record is in the log, and with a record that is cut the former one is back
// (voters.ts). A leader that removes itself leads on until that is committed, without counting itself.
//
// A node becomes a voter only when it has nearly everything, lest the others wait for it: it copies the log
// in rounds, each up to where the log ended as the round began, and is taken once a round was shorter than an
// election timeout. Source: Raft dissertation 4.1, 4.2.1, 4.2.2; Ongaro, "bug in single-server membership
// changes" (raft-dev, 2015); KIP-853.
import { limits } from "../../../base/limits.ts";
import { becomeFollower } from "./roles.ts";
import type { PendingVoterChange, RaftState } from "./state.ts";
import { startTransfer } from "./transfer.ts";
import type { VoterSet } from "./voters.ts";
import type { VoterChange, VoterRefusal } from "./words.ts";

const roundsMax = 10;

export function onChangeVoters(state: RaftState, asked: { number: number; change: VoterChange }): void {
  const { number, change } = asked;
  const refusal = whyNotNow(state) ?? (change.kind === "add" ? whyNotAdd(state, change) : null);
  if (refusal !== null) {
    state.emit({ kind: "voterChangeEnded", number, refusal });
    return;
  }
  const roundEnd = state.log.end;
  state.voterChange = { number, change, ticks: 0, round: 1, roundTicks: 0, roundEnd, recordEnd: null };
  if (change.kind === "remove") remove(state, change);
  else catchUp(state);
}

/** Whatever it is. */
function whyNotNow(state: RaftState): VoterRefusal | null {
  if (state.role !== "leader" || !state.isEstablished || state.transfer !== null) {
    return {
      error: "NOT_CONTROLLER",
      text: `node ${state.nodeId} does not lead the metadata log, or not yet`,
    };
  }
  if (!state.voters.isRecorded) {
    const unknown = state.voterSet.voters.filter(
      ({ id, directoryId }) => directoryId === null && (state.progress.get(id)?.directoryId ?? null) === null,
    );
    const ids = unknown.map(({ id }) => id).join(", ");
    const text = `the directories of the configured voters are not recorded yet; not heard so far: ${ids}`;
    return { error: "REQUEST_TIMED_OUT", text };
  }
  if (state.voterChange !== null || !state.voters.isCommitted(state.commitEnd)) {
    const text = "another change of the voters is under way; only one is made at a time";
    return { error: "REQUEST_TIMED_OUT", text };
  }
  return null;
}

// ---- Adding ----

function whyNotAdd(state: RaftState, change: VoterChange & { kind: "add" }): VoterRefusal | null {
  const { id, directoryId } = change.voter;
  const present = state.voterSet.get(id);
  if (present !== null) {
    const text = `node ${id} is a voter already, with directory ${present.directoryId}`;
    const isSame = present.directoryId === directoryId;
    const remedy = isSame ? "" : "; remove that voter first, then add the node with its new directory";
    return { error: "DUPLICATE_VOTER", text: text + remedy };
  }
  if (state.voterSet.voters.length >= limits.raftVotersMax) {
    const text = `there are ${limits.raftVotersMax} voters already, and more are not allowed`;
    return { error: "INVALID_REQUEST", text };
  }
  return null;
}

/** Is it as far as it must be? */
function catchUp(state: RaftState): void {
  const pending = state.voterChange;
  if (pending === null || pending.change.kind !== "add" || pending.recordEnd !== null) return;
  const { voter } = pending.change;
  const progress = state.progress.get(voter.id);
  if (state.transfer !== null) {
    end(state, { error: "NOT_CONTROLLER", text: "leadership is being handed over" });
  } else if (progress === undefined || !state.isReachable(progress)) {
    return;
  } else if (progress.directoryId !== voter.directoryId) {
    const text = `node ${voter.id} follows with directory ${progress.directoryId}, not ${voter.directoryId}`;
    end(state, { error: "INVALID_VOTER_KEY", text });
  } else if (!progress.mayVote) {
    const text = `node ${voter.id} cannot vote: its process.roles has no controller`;
    end(state, { error: "INVALID_REQUEST", text });
  } else if (progress.match >= pending.roundEnd) {
    endRound(state, pending, voter.id);
  }
}

function endRound(state: RaftState, pending: PendingVoterChange, id: number): void {
  if (pending.roundTicks < state.ticks.election) {
    append(state, state.voterSet.with((pending.change as VoterChange & { kind: "add" }).voter));
    return;
  }
  if (pending.round >= roundsMax) {
    const text = `node ${id} does not catch up with the metadata log: ${roundsMax} rounds were all too slow`;
    end(state, { error: "REQUEST_TIMED_OUT", text });
    return;
  }
  pending.round += 1;
  pending.roundTicks = 0;
  pending.roundEnd = state.log.end;
}

function tickCatchUp(state: RaftState): void {
  const pending = state.voterChange;
  if (pending === null || pending.change.kind !== "add" || pending.recordEnd !== null) return;
  pending.ticks += 1;
  pending.roundTicks += 1;
  catchUp(state);
  if (state.voterChange !== pending || pending.recordEnd !== null) return;
  const { voter, ticksMax } = pending.change;
  if (pending.ticks < ticksMax) return;
  const progress = state.progress.get(voter.id);
  const isFollowing = progress !== undefined && state.isReachable(progress);
  const so = isFollowing
    ? `it holds the log up to ${progress.match}, and should up to ${pending.roundEnd}`
    : "it does not follow the metadata log; start it, with these voters in controller.quorum.voters";
  const text = `node ${voter.id} (directory ${voter.directoryId}) did not catch up in time: ${so}`;
  end(state, { error: "REQUEST_TIMED_OUT", text });
}

// ---- Removing ----

function remove(state: RaftState, { id, directoryId }: VoterChange & { kind: "remove" }): void {
  const present = state.voterSet.get(id);
  if (present === null || present.directoryId !== directoryId) {
    const so =
      present === null
        ? `the voters are ${state.voterSet.ids.join(", ")}`
        : `voter ${id} has directory ${present.directoryId}`;
    end(state, {
      error: "VOTER_NOT_FOUND",
      text: `there is no voter ${id} with directory ${directoryId}: ${so}`,
    });
  } else if (state.voterSet.voters.length === 1) {
    end(state, { error: "INVALID_REQUEST", text: `voter ${id} is the only one; add another first` });
  } else {
    append(state, state.voterSet.without(id));
  }
}

// ---- Both ----

function append(state: RaftState, set: VoterSet): void {
  const heard = set.voters.filter(({ id }) => {
    const progress = state.progress.get(id);
    return id === state.nodeId || (progress !== undefined && state.isReachable(progress));
  });
  if (heard.length < set.majority) {
    // It could never be committed, nor anything after it.
    const text = `of the voters ${set.ids.join(", ")} that this would leave, only ${heard.length} are heard`;
    end(state, { error: "INVALID_REQUEST", text: `${text}; a majority must be` });
    return;
  }
  state.emit({ kind: "appendAsLeader", term: state.term, content: { kind: "voters", voters: set.voters } });
}

/** The record is in this leader's log. */
export function onVotersAppended(state: RaftState, recordEnd: number): void {
  if (state.voterChange !== null) state.voterChange.recordEnd = recordEnd;
}

/** More is committed. */
export function onVotersCommitted(state: RaftState): void {
  const recordEnd = state.voterChange?.recordEnd ?? null;
  if (recordEnd !== null && recordEnd <= state.commitEnd) end(state, null);
}

function end(state: RaftState, refusal: VoterRefusal | null): void {
  const { number } = state.voterChange!;
  state.voterChange = null;
  state.emit({ kind: "voterChangeEnded", number, refusal });
}

/**
 * One tick of a leader. A leader that is no voter any more, for certain, hands over, and if nobody takes over
 * it ends its term all the same.
 */
export function tickVoters(state: RaftState): void {
  tickCatchUp(state);
  if (state.isVoter || !state.isEstablished || !state.voters.isCommitted(state.commitEnd)) return;
  if (state.transfer !== null) return;
  if (!state.isRetiring) {
    state.isRetiring = true;
    state.note("info", "this node is no voter any more: it hands leadership over");
    startTransfer(state);
  }
  if (state.transfer === null) becomeFollower(state, state.term, -1);
}
