// core: the leader's side of replication: what is sent to whom, how far all have got, and what is committed.
//
// Keeps true: an entry is committed when a majority of the voters, the leader by its own disk like the
// others, hold it on stable storage, and it, or one after it, is of the leader's own term (Raft paper 5.4.2:
// entries of older terms are never committed by counting). Older entries are exposed with it, not before.
// Voters are bound and changed only after that (voter-changes.ts).
import { assert } from "../../../base/assert.ts";
import { limits } from "../../../base/limits.ts";
import type { RaftMessage } from "../../../proto/peer/peer-api.ts";
import { agreementWith, spansOf } from "./log-facts.ts";
import { noBytes } from "./messages.ts";
import { Progress } from "./progress.ts";
import { becomeFollower } from "./roles.ts";
import { startSnapshot, tickSnapshot } from "./snapshot-sending.ts";
import type { RaftState } from "./state.ts";
import { advanceTransfer, tickTransfer } from "./transfer.ts";
import { onVotersAppended, onVotersCommitted, tickVoters } from "./voter-changes.ts";
import { VoterSet } from "./voters.ts";
import type { LeaderContent } from "./words.ts";

/** An observer that said nothing for so many election timeouts is forgotten. */
const observerSilenceTimeouts = 5;

export function tickLeader(state: RaftState): void {
  state.electionElapsed += 1;
  state.heartbeatElapsed += 1;
  tickTransfer(state);
  if (state.electionElapsed >= state.ticks.election) {
    state.electionElapsed = 0;
    if (!hasQuorum(state)) {
      state.note("warn", "no majority of voters was heard for an election timeout: stepping down");
      becomeFollower(state, state.term, -1);
      return;
    }
  }
  forgetSilentObservers(state);
  tickVoters(state);
  if (state.role !== "leader") return;
  for (const progress of state.progress.values()) tickSnapshot(state, progress);
  if (state.heartbeatElapsed < state.ticks.heartbeat) return;
  state.heartbeatElapsed = 0;
  for (const progress of state.progress.values()) heartbeat(state, progress);
}

/** Answers whether a majority was heard since the last time, and begins anew. */
function hasQuorum(state: RaftState): boolean {
  let heard = state.isVoter ? 1 : 0;
  for (const progress of state.progress.values()) {
    if (progress.isActive && state.counts(progress)) heard += 1;
    progress.isActive = false;
  }
  return heard >= state.voterSet.majority;
}

function forgetSilentObservers(state: RaftState): void {
  const ticksMax = observerSilenceTimeouts * state.ticks.election;
  for (const progress of state.progress.values()) {
    progress.ticksSilent += 1;
    if (progress.ticksSilent <= ticksMax || state.voterSet.get(progress.id) !== null) continue;
    state.progress.delete(progress.id);
    state.note("info", "forgetting a silent observer", { id: progress.id });
  }
}

// ---- Sending ----

function heartbeat(state: RaftState, progress: Progress): void {
  if (progress.state === "snapshot") {
    sendAreYouThere(state, progress);
  } else if (state.canSendFrom(progress.next)) {
    sendOne(state, progress, noBytes);
  } else {
    // The log's start has passed the point where a probe was under way: no answer to that helps.
    progress.isPaused = false;
    sendEntries(state, progress, { evenEmpty: true });
  }
}

/**
 * Sends all that the window allows. `evenEmpty`: at least one message, for what it says besides entries. A
 * node that lags behind the start of the log gets a snapshot.
 */
export function sendEntries(state: RaftState, progress: Progress, options: { evenEmpty: boolean }): void {
  let mustSend = options.evenEmpty;
  for (;;) {
    if (progress.state === "snapshot" || (progress.state === "probe" && progress.isPaused)) return;
    if (!state.canSendFrom(progress.next)) {
      if (state.isReachable(progress)) startSnapshot(state, progress);
      else if (mustSend) sendAreYouThere(state, progress);
      return;
    }
    const { next } = progress;
    const { log } = state;
    const maxBytes = limits.raftMessageBytesMax;
    const hasMore = next < log.end && (progress.state === "probe" || progress.isWindowOpen);
    const payload = hasMore ? log.read({ from: next, upTo: log.end, maxBytes, minOneBatch: true }) : noBytes;
    if (payload.length === 0 && !mustSend) return;
    mustSend = false;
    sendOne(state, progress, payload);
    if (payload.length === 0) return;
    if (progress.state === "probe") progress.isPaused = true;
    else progress.sent(endOf(payload, next), payload.length);
  }
}

function endOf(payload: Uint8Array, from: number): number {
  const last = spansOf(payload, from)?.at(-1);
  assert(last !== undefined, `the log should give whole batches from ${from} on`);
  return last.next;
}

function sendOne(state: RaftState, progress: Progress, payload: Uint8Array): void {
  const previousEpoch = state.epochBefore(progress.next);
  assert(previousEpoch !== null, `the epoch before ${progress.next} should be known`);
  progress.toldCommitEnd = state.commitEnd;
  state.send({
    kind: "append",
    toId: progress.id,
    term: state.term,
    previousEnd: progress.next,
    previousEpoch,
    payload,
    commitEnd: state.commitEnd,
    round: ++state.round,
  });
}

/** An append that fits every log. */
function sendAreYouThere(state: RaftState, progress: Progress): void {
  state.send({
    kind: "append",
    toId: progress.id,
    term: state.term,
    previousEpoch: -1,
    commitEnd: state.commitEnd,
    round: ++state.round,
  });
}

function broadcast(state: RaftState, options: { evenEmpty: boolean }): void {
  for (const progress of state.progress.values()) sendEntries(state, progress, options);
}

// ---- The leader's own log ----

/** What this leader wrote is in its log. */
export function onAppended(
  state: RaftState,
  appended: { baseOffset: number; end: number; content: LeaderContent },
): void {
  const { baseOffset, end, content } = appended;
  if (content.kind === "voters") state.voters.add(baseOffset, new VoterSet(content.voters));
  if (state.role !== "leader") return;
  if (content.kind === "leaderChange") state.termEntryEnd = end;
  if (content.kind === "voters") {
    state.isBinding = false;
    onVotersAppended(state, end);
    for (const { id, directoryId } of content.voters) {
      if (id === state.nodeId || state.progress.has(id)) continue;
      state.progress.set(id, new Progress(id, directoryId, state.log.end));
    }
  }
  broadcast(state, { evenEmpty: content.kind === "leaderChange" });
  advanceCommit(state);
}

// ---- What is committed ----

export function advanceCommit(state: RaftState): void {
  const { voters, majority } = state.voterSet;
  const ends = voters.map(({ id }) => durableEndOf(state, id)).sort((a, b) => b - a);
  const end = ends[majority - 1] ?? 0;
  if (end <= state.commitEnd || state.epochBefore(end) !== state.term) return;
  state.commitEnd = end;
  state.emit({ kind: "commit", end });
  onVotersCommitted(state);
  if (!state.isEstablished) {
    assert(
      state.termEntryEnd !== null && state.termEntryEnd <= end,
      `term ${state.term} began before ${end}`,
    );
    state.isEstablished = true;
    state.emit({ kind: "leading", term: state.term });
  }
  broadcast(state, { evenEmpty: true });
  bindVoters(state);
}

function durableEndOf(state: RaftState, id: number): number {
  if (id === state.nodeId) return state.isVoter ? state.log.durableEnd : 0;
  const progress = state.progress.get(id);
  return progress !== undefined && state.counts(progress) ? progress.match : 0;
}

/** Ends the bootstrap window: see voters.ts. */
function bindVoters(state: RaftState): void {
  if (state.voters.isRecorded || state.isBinding || !state.isEstablished) return;
  const voters = state.voterSet.voters.map((voter) => {
    const heard =
      voter.id === state.nodeId ? state.directoryId : (state.progress.get(voter.id)?.directoryId ?? null);
    return { ...voter, directoryId: voter.directoryId ?? heard };
  });
  if (voters.some((voter) => voter.directoryId === null)) return;
  state.isBinding = true;
  state.emit({ kind: "appendAsLeader", term: state.term, content: { kind: "voters", voters } });
}

// ---- Answers ----

/** Something came from a node; answers what is known of it, null if it is a stranger. */
export function hear(state: RaftState, message: RaftMessage): Progress | null {
  const progress = state.progress.get(message.fromId);
  if (progress === undefined) return null;
  progress.ticksSilent = 0;
  progress.isHeard = true;
  if (progress.speaksFrom(message.fromDirectoryId)) {
    const fields = { id: progress.id, directoryId: message.fromDirectoryId };
    state.note("warn", "a node came back with another directory", fields);
  }
  return progress;
}

/** A stream from this node began, or it is no voter and looks for the leader. */
export function onHello(state: RaftState, message: RaftMessage): void {
  if (state.role !== "leader") return;
  const isKnown = state.progress.has(message.fromId);
  if (!isKnown) {
    if (state.progress.size >= limits.raftObserversMax) return;
    const { fromId, fromDirectoryId } = message;
    state.progress.set(fromId, new Progress(fromId, fromDirectoryId, state.log.end));
    state.note("info", "an observer follows", { id: fromId, directoryId: fromDirectoryId });
  }
  const progress = hear(state, message)!;
  if (message.kind === "hello") progress.mayVote = message.granted || state.counts(progress);
  // Whatever was under way to it before this stream may be lost.
  if (progress.state === "replicate") progress.probe(progress.match);
  else progress.isPaused = false;
  sendEntries(state, progress, { evenEmpty: true });
  bindVoters(state);
}

/** The way to a node broke: what is in flight to it may never arrive. */
export function onUnreachable(state: RaftState, id: number): void {
  const progress = state.progress.get(id);
  if (progress?.state === "replicate") progress.probe(progress.match);
}

/** Of this leader's term. */
export function onAppendReply(state: RaftState, message: RaftMessage): void {
  const progress = state.role === "leader" ? hear(state, message) : null;
  if (progress === null) return;
  progress.isActive = true;
  if (message.granted) onAccepted(state, progress, message);
  else onRefused(state, progress, message);
  bindVoters(state);
}

function onAccepted(state: RaftState, progress: Progress, message: RaftMessage): void {
  const { durableEnd, previousEnd: agreedEnd, round } = message;
  const { end } = state.log;
  assert(
    durableEnd <= agreedEnd && agreedEnd <= end,
    `node ${progress.id} should agree within the log: ${durableEnd} <= ${agreedEnd} <= ${end}`,
  );
  progress.acknowledged(durableEnd, state.round);
  progress.refusalsFromRound = Math.max(progress.refusalsFromRound, round + 1);
  if (progress.state === "probe") progress.replicate(Math.max(agreedEnd, progress.match));
  else if (progress.state === "snapshot" && progress.match >= progress.sending!.end) {
    progress.probe(progress.match);
  }
  advanceCommit(state);
  sendEntries(state, progress, { evenEmpty: progress.toldCommitEnd < state.commitEnd });
  advanceTransfer(state, progress);
}

function onRefused(state: RaftState, progress: Progress, message: RaftMessage): void {
  if (progress.state === "snapshot" || message.round < progress.refusalsFromRound) return;
  const hint = { end: message.previousEnd, epoch: message.previousEpoch };
  // A refusal that was overtaken by what the node acknowledged since says nothing.
  if (hint.end < progress.match && message.round > progress.matchRound) {
    const fields = { id: progress.id, acknowledgedEnd: progress.match, end: hint.end };
    state.note("error", "a node no longer holds what it had on disk; its storage lost data", fields);
    progress.match = hint.end;
  }
  const next = Math.max(progress.match, agreementWith(state.log, state.snapshot, hint));
  progress.refusalsFromRound = state.round + 1;
  progress.probe(next);
  sendEntries(state, progress, { evenEmpty: true });
}
