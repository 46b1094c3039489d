// core: everything one node of the consensus group keeps in mind, and the few moves that every rule uses: to
// send, to ask for effects, to know who votes. Contains no rule of Raft itself.
import { assert } from "../../../base/assert.ts";
import { limits } from "../../../base/limits.ts";
import type { Codecs } from "../../../base/ports/codecs.ts";
import { batch } from "../../../proto/batch/header.ts";
import { walkBatches } from "../../../proto/batch/walk.ts";
import type { RaftMessage } from "../../../proto/peer/peer-api.ts";
import { epochBefore, type LogPoint, lastPoint } from "./log-facts.ts";
import { type MessageFields, makeMessage } from "./messages.ts";
import type { Progress } from "./progress.ts";
import { VoterHistory, VoterSet } from "./voters.ts";
import { votersInBatch } from "./voters-record.ts";
import type {
  RaftCoreOptions,
  RaftEffect,
  RaftLogView,
  RaftTicks,
  SnapshotMark,
  Vote,
  Voter,
  VoterChange,
} from "./words.ts";

export type Role = "follower" | "preCandidate" | "candidate" | "leader";

/** A change of the voters that this leader was asked for and that has not ended. */
export interface PendingVoterChange {
  readonly number: number;
  readonly change: VoterChange;
  ticks: number;
  /** Adding: rounds of catching up (voter-changes.ts). */
  round: number;
  roundTicks: number;
  roundEnd: number;
  /** Its record is in the log up to here; null: not yet. */
  recordEnd: number | null;
}

/** Where other nodes say that the voters are, as of what they know to be committed. */
export interface VoterHint {
  readonly commitEnd: number;
  readonly voters: readonly Voter[];
}

export interface LeaderTransfer {
  readonly target: number;
  ticks: number;
  /** timeoutNow was sent. */
  isAsked: boolean;
}

/** A snapshot that is coming in, piece by piece, from one node. */
export interface SnapshotReceiving extends SnapshotMark {
  readonly fromId: number;
  readonly fromDirectoryId: string;
  position: number;
  /** The last piece is being checked and stored. */
  isWhole: boolean;
  /** Of the last piece, to answer it later. */
  round: number;
}

export class RaftState {
  readonly nodeId: number;
  readonly directoryId: string;
  readonly clusterId: string;
  readonly ticks: RaftTicks;
  readonly log: RaftLogView;
  readonly codecs: Codecs;
  private readonly random: (below: number) => number;

  role: Role = "follower";
  term: number;
  vote: Vote | null;
  /** -1: not known. */
  leaderId = -1;
  snapshot: SnapshotMark;
  commitEnd: number;
  readonly voters: VoterHistory;

  /** Follower: ticks since a leader was heard or a vote given. Leader: since the quorum was checked. */
  electionElapsed = 0;
  electionTimeout = 0;
  /** How often this node has campaigned since it last heard a leader. */
  campaigns = 0;
  /** Voters that greeted this node since it began; null once a leader was heard, or it campaigned. */
  met: Set<number> | null = new Set();
  /** The way to the leader broke, and it was not heard since. */
  leaderIsCutOff = false;
  heartbeatElapsed = 0;
  /** The disk took no append: until it has room, this node leaves leading to others. */
  lacksRoom = false;

  /** Hard states handed out to be persisted are numbered; those up to `persistedNumber` are on disk. */
  persistNumber = 0;
  persistedNumber = 0;
  private held: { number: number; message: RaftMessage }[] = [];

  /** Candidate and pre-candidate: who answered what. */
  readonly ballots = new Map<number, boolean>();

  /** Leader: the others, voters and observers. */
  readonly progress = new Map<number, Progress>();
  /** Leader: number of the last append or snapshot message of this term. */
  round = 0;
  /** Leader: end of the entry that begins its term; null until it was appended. */
  termEntryEnd: number | null = null;
  /** Leader: the entry of its own term is committed. */
  isEstablished = false;
  /** Leader: a Voters record is on its way into the log. */
  isBinding = false;
  transfer: LeaderTransfer | null = null;
  /** Leader: the one change of voters under way. */
  voterChange: PendingVoterChange | null = null;
  /** Leader: it was removed from the voters, and has begun to hand over. */
  isRetiring = false;

  /** No leader: who else may know one. */
  hint: VoterHint | null = null;
  readonly configuredIds: readonly number[];
  readonly mayVote: boolean;

  /** Follower: end up to which its log is known to agree with that of the leader of `term`. */
  agreedEnd = 0;
  /** Follower: the durable end it last told that leader. */
  acknowledgedEnd = 0;
  /** Follower: round of the last append, for answers that come late. */
  lastRound = 0;
  receiving: SnapshotReceiving | null = null;

  private effects: RaftEffect[] = [];
  private outbox: RaftMessage[] = [];
  private persisted: { term: number; vote: Vote | null };

  constructor(options: RaftCoreOptions) {
    this.nodeId = options.nodeId;
    this.directoryId = options.directoryId;
    this.clusterId = options.clusterId;
    this.ticks = options.ticks;
    this.log = options.log;
    this.codecs = options.codecs;
    this.random = options.random;
    this.mayVote = options.mayVote ?? true;
    this.configuredIds = options.configuredVoters.map(({ id }) => id);
    this.snapshot = options.snapshot;
    this.commitEnd = options.snapshot.end;
    this.agreedEnd = this.commitEnd;
    const recorded = options.snapshotVoters;
    this.voters = new VoterHistory(new VoterSet(recorded ?? options.configuredVoters), recorded !== null);
    this.findVoters();
    const lastEpoch = this.lastPoint().epoch;
    const { term, vote } = options.hardState;
    // An entry of a term may be on disk before the term is. Nothing was answered in that term then.
    const isBehind = lastEpoch > term;
    this.term = isBehind ? lastEpoch : term;
    this.vote = isBehind ? null : vote;
    this.persisted = options.hardState;
    this.resetElection();
    this.hurry();
  }

  // ---- Who votes ----

  get voterSet(): VoterSet {
    return this.voters.latest;
  }

  get isVoter(): boolean {
    return this.voterSet.has(this.nodeId, this.directoryId);
  }

  /**
   * A voter, or one that is removed by a record which is perhaps not committed: nobody else may have that
   * record, and then nobody else can be elected (Raft dissertation 4.2.2).
   */
  get mayCampaign(): boolean {
    if (!this.mayVote) return false;
    if (this.isVoter) return true;
    const { voters, commitEnd, nodeId, directoryId } = this;
    return !voters.isCommitted(commitEnd) && voters.committed(commitEnd).has(nodeId, directoryId);
  }

  /** Whether what this node says counts: it is a voter and speaks from the voter's directory. */
  counts(progress: Progress): boolean {
    return progress.directoryId !== null && this.voterSet.has(progress.id, progress.directoryId);
  }

  /** Heard within an election timeout. */
  isReachable(progress: Progress): boolean {
    return progress.isHeard && progress.ticksSilent < this.ticks.election;
  }

  // ---- The log ----

  lastPoint(): LogPoint {
    return lastPoint(this.log, this.snapshot);
  }

  epochBefore(end: number): number | null {
    return epochBefore(this.log, this.snapshot, end);
  }

  /** Whether the log holds everything from `from` on, and knows what comes before it. */
  canSendFrom(from: number): boolean {
    return from >= this.log.startOffset && this.epochBefore(from) !== null;
  }

  noteVoters(bytes: Uint8Array, at: number, offset: number): void {
    const voters = votersInBatch(bytes, at, this.codecs);
    if (voters !== null) this.voters.add(offset, new VoterSet(voters));
  }

  // ---- Time ----

  resetElection(): void {
    this.electionElapsed = 0;
    this.leaderIsCutOff = false;
    this.electionTimeout = this.ticks.election + this.random(this.ticks.election);
  }

  /**
   * Nobody leads, as far as this node knows: it asks for pre-votes, which disturb nobody, soon, at a random
   * moment; the less soon the more often that led to nothing, up to the usual timeout.
   */
  hurry(): void {
    const { heartbeat, seek } = this.ticks;
    const ticks = seek + this.random(2 * heartbeat * 2 ** Math.min(8, this.campaigns));
    this.electionElapsed = Math.max(this.electionElapsed, this.electionTimeout - ticks);
  }

  /** A leader was heard within the least election timeout; so nobody else should become one. */
  get hearsLeader(): boolean {
    if (this.role === "leader") return true;
    if (this.leaderIsCutOff) return false;
    return this.leaderId >= 0 && this.electionElapsed < this.ticks.election;
  }

  // ---- Effects ----

  emit(effect: RaftEffect): void {
    this.effects.push(effect);
  }

  note(level: "info" | "warn" | "error", text: string, fields: Record<string, unknown> = {}): void {
    this.effects.push({ kind: "note", level, text, fields: { term: this.term, ...fields } });
  }

  /** Leaves once the present term and vote are on disk. */
  send(fields: MessageFields): void {
    this.outbox.push(this.message(fields));
  }

  message(fields: MessageFields): RaftMessage {
    return makeMessage(this, fields);
  }

  /** The hard state with this number is on disk: what waited for it may leave. */
  persistedUpTo(number: number): void {
    this.persistedNumber = Math.max(this.persistedNumber, number);
    const { held } = this;
    this.held = held.filter((one) => one.number > this.persistedNumber);
    for (const { number: needed, message } of held) {
      // What was to be said in a term that is over is no longer worth saying.
      if (needed <= this.persistedNumber && message.term >= this.term) {
        this.effects.push({ kind: "send", message });
      }
    }
  }

  /** The effects of the step that ends here, in the order in which they must be carried out. */
  finishStep(): RaftEffect[] {
    const { persisted, term, vote } = this;
    if (persisted.term !== term || persisted.vote !== vote) {
      this.persisted = { term, vote };
      this.effects.push({ kind: "persist", number: ++this.persistNumber, hardState: this.persisted });
    }
    for (const message of this.outbox) {
      if (this.persistNumber <= this.persistedNumber) this.effects.push({ kind: "send", message });
      else if (this.held.length < limits.raftMessagesHeldMax) {
        this.held.push({ number: this.persistNumber, message });
      }
    }
    this.outbox = [];
    const { effects } = this;
    this.effects = [];
    return effects;
  }

  /** At start: Voters records that the snapshot does not cover. */
  private findVoters(): void {
    const { log } = this;
    for (let from = Math.max(log.startOffset, this.snapshot.end); from < log.end; ) {
      const maxBytes = limits.raftMessageBytesMax;
      const bytes = log.read({ from, upTo: log.end, maxBytes, minOneBatch: true });
      assert(bytes.length > 0, `the log should hold a batch at ${from}: it ends at ${log.end}`);
      for (const { at } of walkBatches(bytes)) {
        this.noteVoters(bytes, at, batch.baseOffset(bytes, at));
        from = batch.nextOffset(bytes, at);
      }
    }
  }
}
