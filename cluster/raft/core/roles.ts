// core: the changes of role, each a whole one: whatever belonged to the old role is gone afterwards.
//
//              timeout            majority of pre-votes          majority of votes
//   follower ----------> preCandidate ---------------> candidate ----------------> leader
//      ^  ^------------------'  leader heard               |                          |
//      |  ^------------------------------------------------'                          |
//      '---------------------- higher term, or no majority heard --------------------'
//
// Source: Raft paper 5.2; pre-vote and check-quorum: Raft dissertation 9.6 and 6.2.
import { assert } from "../../../base/assert.ts";
import { Progress } from "./progress.ts";
import type { RaftState } from "./state.ts";
import type { VoterRefusal } from "./words.ts";

export function becomeFollower(state: RaftState, term: number, leaderId: number): void {
  assert(term >= state.term, `term ${term} should not go back from ${state.term}`);
  leaveRole(state);
  if (term > state.term) {
    state.term = term;
    state.vote = null;
    // Nothing is known to agree with a new leader's log but what is committed.
    state.agreedEnd = state.commitEnd;
    state.acknowledgedEnd = 0;
    state.lastRound = 0;
  }
  state.role = "follower";
  setLeader(state, leaderId);
  if (leaderId >= 0) {
    state.campaigns = 0;
    state.met = null;
  }
  state.resetElection();
}

export function becomePreCandidate(state: RaftState): void {
  leaveRole(state);
  state.role = "preCandidate";
  state.met = null;
  setLeader(state, -1);
  state.resetElection();
  state.campaigns += 1;
  state.hurry();
  state.ballots.set(state.nodeId, true);
}

export function becomeCandidate(state: RaftState): void {
  leaveRole(state);
  state.role = "candidate";
  state.term += 1;
  state.vote = { id: state.nodeId, directoryId: state.directoryId };
  setLeader(state, -1);
  state.resetElection();
  state.hurry();
  state.agreedEnd = state.commitEnd;
  state.acknowledgedEnd = 0;
  state.lastRound = 0;
}

export function becomeLeader(state: RaftState): void {
  assert(state.role === "candidate", `a ${state.role} should not become leader`);
  const granting = [...state.ballots].filter(([, isGranted]) => isGranted).map(([id]) => id);
  leaveRole(state);
  state.role = "leader";
  state.campaigns = 0;
  state.resetElection();
  state.heartbeatElapsed = 0;
  state.round = 0;
  for (const { id, directoryId } of state.voterSet.voters) {
    // Followers most likely hold all that this leader holds; if not, they say so.
    if (id !== state.nodeId) state.progress.set(id, new Progress(id, directoryId, state.log.end));
  }
  setLeader(state, state.nodeId);
  const content = { kind: "leaderChange", voters: state.voterSet.ids, granting: granting.sort() } as const;
  state.emit({ kind: "appendAsLeader", term: state.term, content });
}

function setLeader(state: RaftState, leaderId: number): void {
  if (state.leaderId === leaderId) return;
  state.leaderId = leaderId;
  state.emit({ kind: "leader", leaderId, term: state.term });
}

function leaveRole(state: RaftState): void {
  state.ballots.clear();
  if (state.role !== "leader") return;
  state.emit({ kind: "notLeading", term: state.term });
  if (state.transfer !== null) state.transfer = null;
  loseVoterChange(state);
  state.progress.clear();
  state.termEntryEnd = null;
  state.isEstablished = false;
  state.isBinding = false;
  state.isRetiring = false;
}

/** Whoever asked for it must look whether it was made. */
function loseVoterChange(state: RaftState): void {
  const { voterChange } = state;
  if (voterChange === null) return;
  state.voterChange = null;
  const { number, recordEnd } = voterChange;
  const refusal: VoterRefusal =
    recordEnd === null
      ? { error: "NOT_CONTROLLER", text: "leadership was lost before the change began" }
      : {
          error: "REQUEST_TIMED_OUT",
          text: "leadership was lost before the change was committed; it may have been made or not",
        };
  state.emit({ kind: "voterChangeEnded", number, refusal });
}
