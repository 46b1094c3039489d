// core: what a consensus node tells of itself: for `cluster quorum`, readiness and tests.
import type { Uuid } from "../../../base/uuid.ts";
import type { Progress } from "../core/progress.ts";
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
  const isTwin = ({ id, directoryId }: Progress): boolean =>
    directoryId !== null && voterSet.get(id) !== null && !voterSet.has(id, directoryId);
  const follower = (id: number, place: { host: string; port: number } | null): FollowerStatus => {
    const known = state.progress.get(id);
    const isSelf = id === state.nodeId;
    // A voter that came back with another directory is an observer, beside the voter that it was.
    const isOther = place !== null && known !== undefined && isTwin(known);
    const progress = isOther ? undefined : known;
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
  const isObserver = (one: Progress): boolean => voterSet.get(one.id) === null || isTwin(one);
  const observers = [...state.progress.values()].filter(isObserver).map(({ id }) => id);
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
