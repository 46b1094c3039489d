// core: what a consensus node tells of itself: for `cluster quorum`, readiness and tests.
import type { Uuid } from "../../../base/uuid.ts";
import type { RaftState, Role } from "../core/state.ts";

export interface FollowerStatus {
  readonly id: number;
  /** Null: not bound or not heard yet. */
  readonly directoryId: Uuid | null;
  /** Null for observers. */
  readonly host: string | null;
  readonly port: number | null;
  /** End of what it holds on disk; -1: this node does not lead and cannot know. */
  readonly matchEnd: number;
  /** Heard within an election timeout; false too where this node cannot know. */
  readonly isReachable: boolean;
  /** "self", "unknown" where this node does not lead, or how the leader sends to it. */
  readonly state: "self" | "unknown" | "probe" | "replicate" | "snapshot";
}

export interface RaftStatus {
  readonly nodeId: number;
  readonly role: Role;
  /** This node votes: it is in the voter set with its directory. */
  readonly isVoter: boolean;
  readonly term: number;
  /** -1: not known. */
  readonly leaderId: number;
  readonly commitEnd: number;
  readonly appliedEnd: number;
  readonly logStart: number;
  readonly logEnd: number;
  readonly durableEnd: number;
  readonly snapshotEnd: number;
  /** The voters' directory ids are in the log, not just in the configuration. */
  readonly votersAreRecorded: boolean;
  readonly voters: readonly FollowerStatus[];
  readonly observers: readonly FollowerStatus[];
}

export function statusOf(state: RaftState, appliedEnd: number): RaftStatus {
  const { log, voterSet } = state;
  const follower = (id: number, place: { host: string; port: number } | null): FollowerStatus => {
    const progress = state.progress.get(id);
    const isSelf = id === state.nodeId;
    return {
      id,
      directoryId: isSelf
        ? state.directoryId
        : (progress?.directoryId ?? voterSet.get(id)?.directoryId ?? null),
      host: place?.host ?? null,
      port: place?.port ?? null,
      matchEnd: isSelf ? log.durableEnd : (progress?.match ?? -1),
      isReachable: isSelf || (progress !== undefined && state.isReachable(progress)),
      state: isSelf ? "self" : (progress?.state ?? "unknown"),
    };
  };
  const observers = [...state.progress.keys()].filter((id) => voterSet.get(id) === null);
  return {
    nodeId: state.nodeId,
    role: state.role,
    isVoter: state.isVoter,
    term: state.term,
    leaderId: state.leaderId,
    commitEnd: state.commitEnd,
    appliedEnd,
    logStart: log.startOffset,
    logEnd: log.end,
    durableEnd: log.durableEnd,
    snapshotEnd: state.snapshot.end,
    votersAreRecorded: state.voters.isRecorded,
    voters: voterSet.voters.map((voter) => follower(voter.id, voter)),
    observers: observers.map((id) => follower(id, null)),
  };
}
