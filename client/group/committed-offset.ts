// port: offsets that a group commits, and as whom a member commits them.
import type { TopicPartition } from "./places.ts";

export interface OffsetCommit extends TopicPartition {
  /** Of the next record to be read. */
  readonly offset: number;
  /** A text of your own that is kept with it; at most 4096 bytes on a usual cluster. */
  readonly metadata?: string | null;
}

export interface CommittedOffset extends TopicPartition {
  readonly offset: number;
  /** Leader epoch of the record before; -1: not known. */
  readonly leaderEpoch: number;
  readonly metadata: string;
}

/** An offset on its way out. */
export interface CommitEntry extends OffsetCommit {
  readonly leaderEpoch: number;
}

/** As whom requests are made. */
export interface MemberIdentity {
  /** Empty: no member. */
  readonly memberId: string;
  /** -1: no member. */
  readonly generationOrMemberEpoch: number;
  readonly groupInstanceId: string | null;
  readonly protocol: "classic" | "consumer" | null;
}
