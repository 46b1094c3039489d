// port: the words of the consensus core: what may happen to it (events), what it asks its owner to do
// (effects), and how it sees the log. Everything the core knows comes in through here.
import type { Codecs } from "../../../base/ports/codecs.ts";
import type { Uuid } from "../../../base/uuid.ts";
import type { ErrorName } from "../../../proto/errors.ts";
import type { RaftMessage } from "../../../proto/peer/peer-api.ts";
import type { EpochEnd } from "../../log/replica-log.ts";

/** The core's view of the log: it reads, its owner writes. A ReplicaLog is one as it stands. */
export interface RaftLogView {
  readonly startOffset: number;
  readonly end: number;
  /** Everything below it is on stable storage. */
  readonly durableEnd: number;
  endOfEpoch(epoch: number): EpochEnd;
  epochAt(offset: number): number;
  read(options: { from: number; upTo: number; maxBytes: number; minOneBatch: boolean }): Uint8Array;
}

/** Whom this node voted for in its term. */
export interface Vote {
  readonly id: number;
  readonly directoryId: Uuid;
}

/** What must be on disk before any message that depends on it leaves (Raft paper, figure 2). */
export interface HardState {
  readonly term: number;
  readonly vote: Vote | null;
}

/** A voter is (id, directory id): the same id with another directory is another node, and no voter. */
export interface Voter {
  readonly id: number;
  /** Null: not bound yet; whoever has the id is taken for it (see voters.ts). */
  readonly directoryId: Uuid | null;
  readonly host: string;
  readonly port: number;
}

/** One step from one voter set to the next; more than one at a time could give two sets without overlap. */
export type VoterChange =
  /** `ticksMax`: how long the node may take to catch up. */
  | { kind: "add"; voter: Voter & { readonly directoryId: Uuid }; ticksMax: number }
  | { kind: "remove"; id: number; directoryId: Uuid };

/** Why a change of the voters was not made, or may not have been. */
export interface VoterRefusal {
  readonly error: ErrorName;
  readonly text: string;
}

/** End (exclusive) of what a snapshot covers, and the epoch of the last record in it. */
export interface SnapshotMark {
  readonly end: number;
  readonly epoch: number;
}

export interface RaftTicks {
  /** Least ticks without a leader before an election; the real number is drawn from [this, twice this). */
  readonly election: number;
  readonly heartbeat: number;
  /** Least ticks between campaigns while nobody leads, or the leader is cut off; more are drawn. */
  readonly seek: number;
}

export interface RaftCoreOptions {
  readonly nodeId: number;
  readonly directoryId: Uuid;
  readonly clusterId: string;
  readonly ticks: RaftTicks;
  readonly log: RaftLogView;
  readonly codecs: Codecs;
  /** A whole number, uniform in [0, below). */
  readonly random: (below: number) => number;
  /** As read from disk. */
  readonly hardState: HardState;
  /** Voters by configuration, used while neither log nor snapshot says who they are. */
  readonly configuredVoters: readonly Voter[];
  /** Whether it can lead, so that it may be made a voter; true if not given. */
  readonly mayVote?: boolean;
  /** The latest snapshot (end 0: none), and the voters it names (null: none). */
  readonly snapshot: SnapshotMark;
  readonly snapshotVoters: readonly Voter[] | null;
}

export type RaftEvent =
  /** One tick of the owner's clock; late ticks count once. */
  | { kind: "tick" }
  | { kind: "message"; message: RaftMessage }
  /** Whole record batches to append under this node's leadership of `term`. */
  | { kind: "propose"; term: number; batches: Uint8Array }
  /** An "appendAsLeader" effect was carried out; batches went to [baseOffset, end). */
  | { kind: "appended"; baseOffset: number; end: number; content: LeaderContent }
  /** An "appendAsFollower" effect was carried out. */
  | { kind: "appendedAsFollower"; append: FollowerAppend }
  /** The disk has no room for what was to be appended: nothing of it is in the log. */
  | { kind: "noRoom" }
  /** There is room again. */
  | { kind: "room" }
  /** The log's durable end rose. */
  | { kind: "durable" }
  /** The hard state of the "persist" effect with this number (or a later one) is on disk. */
  | { kind: "persisted"; number: number }
  /** This node made a snapshot of its own applied state. */
  | { kind: "snapshotSaved"; end: number; epoch: number }
  /** The snapshot whose last piece was stored is whole, checked and on disk. */
  | { kind: "snapshotReceived"; end: number; epoch: number; voters: readonly Voter[] | null }
  /** ... or it was damaged and thrown away. */
  | { kind: "snapshotDamaged"; end: number; epoch: number }
  /** A piece that was to be sent is not there any more. */
  | { kind: "snapshotUnavailable"; to: number }
  /** The way to this node broke: what was in flight to it may be lost. */
  | { kind: "unreachable"; id: number }
  /** Hand leadership to the most caught-up voter (Raft dissertation, 3.10). */
  | { kind: "transfer" }
  /** Add or remove a voter; "voterChangeEnded" with the same number tells what became of it. */
  | { kind: "changeVoters"; number: number; change: VoterChange };

/** Batches of a leader that are new to this log, and what is so once they are in it. */
export interface FollowerAppend {
  readonly batches: Uint8Array;
  readonly term: number;
  /** End up to which the two logs agree then. */
  readonly agreedEnd: number;
  /** The leader's commit end. */
  readonly commitEnd: number;
}

/** What a leader appends; control batches are built by the owner, who knows the time. */
export type LeaderContent =
  | { kind: "batches"; batches: Uint8Array }
  | { kind: "leaderChange"; voters: readonly number[]; granting: readonly number[] }
  | { kind: "voters"; voters: readonly Voter[] };

/** To be carried out in order, right after the step; log effects before any further step. */
export type RaftEffect =
  | { kind: "send"; message: RaftMessage }
  | { kind: "persist"; number: number; hardState: HardState }
  | { kind: "truncate"; to: number }
  /** Append, then step "appendedAsFollower". */
  | { kind: "appendAsFollower"; append: FollowerAppend }
  /** Append, then step "appended"; or, in either role, "noRoom". */
  | { kind: "appendAsLeader"; term: number; content: LeaderContent }
  /** Everything below `end` is committed. */
  | { kind: "commit"; end: number }
  /** This node leads in `term` and all entries of older terms were committed before this effect. */
  | { kind: "leading"; term: number }
  /** It led, or had won the election, in `term`, and does no longer. */
  | { kind: "notLeading"; term: number }
  /** Another leader is known, or none (-1). */
  | { kind: "leader"; leaderId: number; term: number }
  /** Read this piece of the snapshot, fill `payload` and `lastPiece` in and send. */
  | { kind: "sendPiece"; message: RaftMessage }
  /** Keep this piece; with the last one, check and store the snapshot, then step snapshotReceived/Damaged. */
  | { kind: "storePiece"; end: number; epoch: number; position: number; payload: Uint8Array; last: boolean }
  /** Throw the log away, start it anew at `end`, and give the stored snapshot to the state machine. */
  | { kind: "installSnapshot"; end: number; epoch: number }
  /** No voter could take over, or the one chosen did not in time. */
  | { kind: "transferFailed" }
  /** A change of the voters was committed (null), or it was refused or lost. */
  | { kind: "voterChangeEnded"; number: number; refusal: VoterRefusal | null }
  | { kind: "note"; level: "info" | "warn" | "error"; text: string; fields: Record<string, unknown> };
