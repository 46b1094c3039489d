// core: one node of the consensus group as a value machine: an event in, effects out (in the style of etcd's
// raft). The owner carries the effects out in order, right after the step, and steps again with what came of
// them. Time is ticks, randomness is handed in, the log is only read: the same events give the same effects.
//
// Keeps true: no message leaves before the term and vote that it depends on are on disk (it is held until the
// "persisted" event); what each rule keeps true stands in election.ts, replication.ts and following.ts.
// Source: Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm"; Ongaro's dissertation.
import { assert, unreachable } from "../../../base/assert.ts";
import type { RaftMessage } from "../../../proto/peer/peer-api.ts";
import {
  onAskedForVote,
  onBallot,
  onLeaderUnreachable,
  onMet,
  onPersisted,
  onTimeoutNow,
  tickElection,
  tickHello,
} from "./election.ts";
import { answerOldLeader, onAppend, onFollowerAppended, onFollowerDurable } from "./following.ts";
import { isFromLeader, whyForeign } from "./messages.ts";
import {
  advanceCommit,
  hear,
  onAppended,
  onAppendReply,
  onHello,
  onUnreachable,
  sendEntries,
  tickLeader,
} from "./replication.ts";
import { becomeFollower } from "./roles.ts";
import { onSnapshotDamaged, onSnapshotPiece, onSnapshotReceived } from "./snapshot-receiving.ts";
import { onSnapshotReply, onSnapshotUnavailable } from "./snapshot-sending.ts";
import { RaftState } from "./state.ts";
import { onNoRoom, startTransfer } from "./transfer.ts";
import { onChangeVoters } from "./voter-changes.ts";
import type { VoterSet } from "./voters.ts";
import { forgetOldHint, onToldVoters, tellVoters } from "./whereabouts.ts";
import type { RaftCoreOptions, RaftEffect, RaftEvent } from "./words.ts";

export class RaftCore {
  /** For status and tests; only steps change it. */
  readonly state: RaftState;

  constructor(options: RaftCoreOptions) {
    this.state = new RaftState(options);
  }

  /** Takes proposals of `term`: established as leader, and not handing leadership over. */
  accepts(term: number): boolean {
    const { state } = this;
    return state.isEstablished && state.term === term && state.transfer === null;
  }

  /** For a snapshot up to `end`: the voters that the log names; null when only the configuration does. */
  recordedVotersAt(end: number): VoterSet | null {
    return this.state.voters.recordedAt(end);
  }

  /** The first message on a stream. */
  hello(toId: number): RaftMessage {
    const { state } = this;
    return state.message({ kind: "hello", toId, term: state.term, granted: state.mayVote });
  }

  step(event: RaftEvent): RaftEffect[] {
    this.take(event);
    forgetOldHint(this.state);
    return this.state.finishStep();
  }

  private take(event: RaftEvent): void {
    const { state } = this;
    switch (event.kind) {
      case "tick":
        this.tick();
        break;
      case "message":
        this.receive(event.message);
        break;
      case "propose":
        this.propose(event.term, event.batches);
        break;
      case "appended":
        onAppended(state, event);
        break;
      case "appendedAsFollower":
        onFollowerAppended(state, event.append);
        break;
      case "noRoom":
        onNoRoom(state);
        break;
      case "room":
        state.lacksRoom = false;
        break;
      case "durable":
        if (state.role === "leader") advanceCommit(state);
        else onFollowerDurable(state);
        break;
      case "persisted":
        onPersisted(state, event.number);
        break;
      case "snapshotSaved":
        this.snapshotSaved(event);
        break;
      case "snapshotReceived":
        onSnapshotReceived(state, event);
        break;
      case "snapshotDamaged":
        onSnapshotDamaged(state);
        break;
      case "snapshotUnavailable":
        onSnapshotUnavailable(state, event.to);
        break;
      case "unreachable":
        onUnreachable(state, event.id);
        onLeaderUnreachable(state, event.id);
        break;
      case "transfer":
        startTransfer(state);
        break;
      case "changeVoters":
        onChangeVoters(state, event);
        break;
      default:
        unreachable(event);
    }
  }

  private propose(term: number, batches: Uint8Array): void {
    const { state } = this;
    if (!state.isEstablished || state.term !== term) return;
    state.emit({ kind: "appendAsLeader", term, content: { kind: "batches", batches } });
  }

  private tick(): void {
    const { state } = this;
    if (state.role === "leader") {
      tickLeader(state);
      return;
    }
    tickElection(state);
    tickHello(state);
  }

  private snapshotSaved(mark: { end: number; epoch: number }): void {
    const { state } = this;
    const { end, epoch } = mark;
    assert(
      end <= state.commitEnd,
      `a snapshot up to ${end} should be committed; commit end ${state.commitEnd}`,
    );
    if (end <= state.snapshot.end) return;
    state.snapshot = { end, epoch };
    state.voters.fold(end);
  }

  private receive(message: RaftMessage): void {
    const { state } = this;
    const why = whyForeign(message, state);
    if (why !== null) {
      const fields = { kind: message.kind, from: message.fromId };
      state.note("warn", `ignoring a message: ${why}`, fields);
    } else if (message.kind === "vote" || message.kind === "preVote") {
      // It judges the term by itself, which must not change before it was judged.
      onAskedForVote(state, message);
      const isVoter = state.voterSet.has(message.fromId, message.fromDirectoryId);
      if (message.kind === "preVote" && !isVoter) this.lookedFor(message);
    } else if (message.kind === "hello") {
      this.lookedFor(message);
      onMet(state, message);
    } else if (message.kind === "voters") {
      onToldVoters(state, message);
    } else {
      this.receiveInTerm(message);
    }
  }

  /** A stream began, or a node looks for the leader; one that was removed may do so by asking for votes. */
  private lookedFor(message: RaftMessage): void {
    const { state } = this;
    if (state.role === "leader") onHello(state, message);
    else tellVoters(state, message.fromId);
  }

  private receiveInTerm(message: RaftMessage): void {
    const { state } = this;
    if (message.term < state.term) {
      if (message.kind === "append" || message.kind === "snapshot") answerOldLeader(state, message);
      return;
    }
    const isPromise = message.kind === "preVoteReply" && message.granted;
    if (message.term > state.term && !isPromise) {
      becomeFollower(state, message.term, isFromLeader(message) ? message.fromId : -1);
    }
    this.dispatch(message);
  }

  /** Of the present term. */
  private dispatch(message: RaftMessage): void {
    const { state } = this;
    if (isFromLeader(message)) this.hearLeader(message);
    switch (message.kind) {
      case "append":
        onAppend(state, message);
        break;
      case "snapshot":
        onSnapshotPiece(state, message);
        break;
      case "timeoutNow":
        onTimeoutNow(state, message);
        break;
      case "voteReply":
      case "preVoteReply":
        onBallot(state, message);
        break;
      case "appendReply":
        onAppendReply(state, message);
        break;
      case "snapshotReply":
        this.snapshotAnswered(message);
        break;
    }
  }

  private snapshotAnswered(message: RaftMessage): void {
    const { state } = this;
    const progress = state.role === "leader" ? hear(state, message) : null;
    if (progress === null) return;
    const isDone = onSnapshotReply(state, progress, message);
    if (message.granted) advanceCommit(state);
    if (isDone) sendEntries(state, progress, { evenEmpty: true });
  }

  private hearLeader(message: RaftMessage): void {
    const { state } = this;
    assert(
      state.role !== "leader",
      `node ${message.fromId} should not lead in term ${state.term} as node ${state.nodeId} does`,
    );
    if (state.role !== "follower" || state.leaderId !== message.fromId) {
      assert(
        state.leaderId < 0 || state.leaderId === message.fromId,
        `term ${state.term} should have one leader, not ${state.leaderId} and ${message.fromId}`,
      );
      becomeFollower(state, state.term, message.fromId);
    }
    state.electionElapsed = 0;
    state.heartbeatElapsed = 0;
    state.leaderIsCutOff = false;
  }
}
