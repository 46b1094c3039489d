// core: elections: who may ask for votes, who gets one, and when a candidate has won.
//
// Keeps true: a node gives one vote a term, and the vote is on disk before the answer leaves (its own
// included); nobody is elected whose log lacks a committed entry. A pre-vote asks "would you?" and changes
// nothing, so that a node cut off from the others does not disturb them with its term when it comes back.
// While a leader is heard, votes and pre-votes are refused, unless the leader itself asked for the election
// (transfer). Source: Raft paper 5.2, 5.4.1; dissertation 4.2.3, 9.6, 3.10.
import type { RaftMessage } from "../../../proto/peer/peer-api.ts";
import { isUpToDate } from "./log-facts.ts";
import { becomeCandidate, becomeFollower, becomeLeader, becomePreCandidate } from "./roles.ts";
import type { RaftState } from "./state.ts";
import { placesToAsk } from "./whereabouts.ts";

/** One tick of a node that does not lead. */
export function tickElection(state: RaftState): void {
  state.electionElapsed += 1;
  // A voter that is alone has nobody to wait for.
  const isAlone = state.isVoter && state.voterSet.majority === 1;
  if (state.electionElapsed < state.electionTimeout && !isAlone) return;
  if (state.mayCampaign) {
    startPreVote(state);
    return;
  }
  if (state.leaderId >= 0) becomeFollower(state, state.term, -1);
}

/**
 * The connection to the leader broke: most likely its process is gone. There is no use in waiting for the
 * whole timeout; if the leader lives, its next heartbeat puts all back.
 */
export function onLeaderUnreachable(state: RaftState, id: number): void {
  if (state.role !== "follower" || state.leaderId !== id || !state.mayCampaign) return;
  state.hurry();
  state.leaderIsCutOff = true;
}

/**
 * A voter greets this node, which has just begun and knows no leader. Once a majority has met there is
 * nothing to wait for: the first of them by id asks for pre-votes at once. If somebody leads, or its log is
 * behind, they are refused, and everybody's timeout goes on as it was.
 */
export function onMet(state: RaftState, message: RaftMessage): void {
  const { met, voterSet, nodeId } = state;
  if (met === null || state.role !== "follower" || state.leaderId >= 0) return;
  if (!state.isVoter || !state.mayCampaign || !voterSet.has(message.fromId, message.fromDirectoryId)) return;
  met.add(message.fromId);
  const present = voterSet.ids.filter((id) => id === nodeId || met.has(id));
  if (present.length >= voterSet.majority && Math.min(...present) === nodeId) startPreVote(state);
}

/**
 * A node that is no voter makes itself known until a leader is heard. One that takes itself for a voter asks
 * the voters it knows of by its pre-votes, and so all others here: it may have been removed while it was
 * away, and the leader be one that its log does not name.
 */
export function tickHello(state: RaftState): void {
  if (state.leaderId >= 0) return;
  state.heartbeatElapsed += 1;
  if (state.heartbeatElapsed < state.ticks.heartbeat) return;
  state.heartbeatElapsed = 0;
  const { isVoter, voterSet } = state;
  for (const id of placesToAsk(state)) {
    if (id === state.nodeId || (isVoter && voterSet.get(id) !== null)) continue;
    state.send({ kind: "hello", toId: id, term: state.term, granted: state.mayVote });
  }
}

function startPreVote(state: RaftState): void {
  if (state.lacksRoom) {
    // It could not write the entry that begins its term.
    becomeFollower(state, state.term, -1);
    return;
  }
  becomePreCandidate(state);
  if (count(state) >= state.voterSet.majority) startElection(state, { transfer: false });
  else askForVotes(state, { kind: "preVote", term: state.term + 1, transfer: false });
}

function startElection(state: RaftState, options: { transfer: boolean }): void {
  becomeCandidate(state);
  // The own vote counts once it is on disk (onPersisted), and the questions do not leave before.
  askForVotes(state, { kind: "vote", term: state.term, transfer: options.transfer });
}

function askForVotes(
  state: RaftState,
  ask: { kind: "vote" | "preVote"; term: number; transfer: boolean },
): void {
  const { end, epoch } = state.lastPoint();
  for (const id of state.voterSet.ids) {
    if (id === state.nodeId) continue;
    state.send({ ...ask, toId: id, previousEnd: end, previousEpoch: epoch });
  }
}

/** The own vote counts like any other: of a node that is a voter. */
function count(state: RaftState): number {
  const granted = [...state.ballots].filter(([id, isGranted]) => isGranted && id !== state.nodeId).length;
  return granted + (state.isVoter && state.ballots.get(state.nodeId) === true ? 1 : 0);
}

/** Term and vote as they are now have reached the disk. */
export function onPersisted(state: RaftState, number: number): void {
  state.persistedUpTo(number);
  const isDurable = state.persistNumber === state.persistedNumber;
  if (state.role !== "candidate" || !isDurable) return;
  state.ballots.set(state.nodeId, true);
  if (count(state) >= state.voterSet.majority) becomeLeader(state);
}

/** A vote or pre-vote is asked for, of any term. */
export function onAskedForVote(state: RaftState, message: RaftMessage): void {
  const isPreVote = message.kind === "preVote";
  // Stickiness: a leader that is heard is not abandoned, and its term is not disturbed.
  if (message.term >= state.term && state.hearsLeader && !message.transfer) {
    if (isPreVote) answer(state, message, false);
    return;
  }
  if (message.term > state.term && !isPreVote) becomeFollower(state, message.term, -1);
  const isGranted = mayVoteFor(state, message);
  answer(state, message, isGranted);
  if (isPreVote || !isGranted) return;
  state.electionElapsed = 0;
  state.vote ??= { id: message.fromId, directoryId: message.fromDirectoryId };
}

function mayVoteFor(state: RaftState, message: RaftMessage): boolean {
  const { fromId, fromDirectoryId, term } = message;
  const { voterSet, nodeId } = state;
  if (term < state.term) return false;
  // Whoever asks may hold a record by which this node is a voter, and need its vote to be elected at all: so
  // it votes though its own log does not say so; the candidate counts by what its log says
  // (dissertation 4.1).
  // Only in place of another directory it never votes.
  if (voterSet.get(nodeId) !== null && !state.isVoter) return false;
  const own = state.lastPoint();
  const asked = { end: message.previousEnd, epoch: message.previousEpoch };
  // A voter that comes back with another directory has forgotten its votes and its log, unless it holds a
  // record that this node lacks.
  const isTwin = voterSet.get(fromId) !== null && !voterSet.has(fromId, fromDirectoryId);
  if (isTwin && isUpToDate(own, asked)) return false;
  const { vote } = state;
  const isSame = vote !== null && vote.id === fromId && vote.directoryId === fromDirectoryId;
  const isFree = vote === null && state.leaderId < 0;
  const isLater = message.kind === "preVote" && term > state.term;
  if (!isSame && !isFree && !isLater) return false;
  return isUpToDate(asked, own);
}

function answer(state: RaftState, message: RaftMessage, granted: boolean): void {
  const kind = message.kind === "preVote" ? "preVoteReply" : "voteReply";
  // A granted pre-vote speaks of the term that it was asked for; everything else of the own.
  const term = granted ? message.term : state.term;
  state.send({ kind, toId: message.fromId, term, granted });
}

/** Of the present term, or of the next for a granted pre-vote. */
export function onBallot(state: RaftState, message: RaftMessage): void {
  const isPre = message.kind === "preVoteReply";
  if (state.role !== (isPre ? "preCandidate" : "candidate")) return;
  if (isPre && message.granted && message.term !== state.term + 1) return;
  if (!state.voterSet.has(message.fromId, message.fromDirectoryId)) return;
  state.ballots.set(message.fromId, message.granted);
  const { majority, voters } = state.voterSet;
  if (count(state) >= majority) {
    if (isPre) startElection(state, { transfer: false });
    else becomeLeader(state);
    return;
  }
  const refused = [...state.ballots.values()].filter((isGranted) => !isGranted).length;
  if (refused > voters.length - majority) becomeFollower(state, state.term, -1);
}

/** The leader wants this node to take over now. */
export function onTimeoutNow(state: RaftState, message: RaftMessage): void {
  if (!state.isVoter || state.role === "leader" || state.role === "candidate") return;
  if (state.lacksRoom) return;
  state.note("info", "asked by the leader to take over", { leaderId: message.fromId });
  startElection(state, { transfer: true });
}
