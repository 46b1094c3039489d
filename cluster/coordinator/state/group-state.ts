// port: what the records of one partition of __consumer_offsets say, as values: groups, their members and
// their committed offsets. Immutable: two views of it exist at once (cluster/machine), and the next state
// shares with the last what did not change.
//
// What is not in the log is not here: sessions, who waits for a rebalance to end (classic/, sessions/).
import type { Uuid } from "../../../base/uuid.ts";

export interface CommittedOffset {
  readonly offset: number;
  /** Of the last record that was processed; -1: the client did not say. */
  readonly leaderEpoch: number;
  readonly metadata: string;
  /** Unix ms. */
  readonly committedAtMs: number;
  /** Unix ms; -1: by the settings of the broker. */
  readonly expiresAtMs: number;
}

/** By topic name and partition. */
export type Offsets = ReadonlyMap<string, ReadonlyMap<number, CommittedOffset>>;

export interface ClassicMemberRecord {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly rebalanceTimeoutMs: number;
  readonly sessionTimeoutMs: number;
  readonly subscription: Uint8Array;
  readonly assignment: Uint8Array;
}

/** A group of the classic protocol as it was when its last generation became stable, or empty. */
export interface ClassicGroupRecord {
  readonly protocolType: string;
  readonly generation: number;
  /** Null: the group is empty. */
  readonly protocol: string | null;
  readonly leader: string | null;
  /** Since when, unix ms; -1: not known. Offsets of an empty group expire by it. */
  readonly stateSinceMs: number;
  readonly members: readonly ClassicMemberRecord[];
}

/** Partition numbers by topic id, in rising order, none twice. */
export type TopicPartitions = ReadonlyMap<Uuid, readonly number[]>;

/** Numbers as Kafka keeps them in records of type 8. */
export const memberState = {
  stable: 0,
  /** It has to give up partitions, and to say so, before it gets others. */
  unrevokedPartitions: 1,
  /** What it is to get is still with others. */
  unreleasedPartitions: 2,
} as const;

export interface ClassicSide {
  readonly sessionTimeoutMs: number;
  readonly protocols: readonly { readonly name: string; readonly metadata: Uint8Array }[];
}

/** A member of a group of the consumer protocol (KIP-848), or a classic one in such a group. */
export interface ConsumerMember {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly rackId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly subscribedTopicNames: readonly string[];
  readonly subscribedTopicRegex: string | null;
  readonly rebalanceTimeoutMs: number;
  readonly serverAssignor: string | null;
  /** Of a member that speaks the classic protocol in this group; else null. */
  readonly classic: ClassicSide | null;
  readonly memberEpoch: number;
  readonly previousMemberEpoch: number;
  /** One of `memberState`. */
  readonly state: number;
  readonly assigned: TopicPartitions;
  readonly pendingRevocation: TopicPartitions;
}

export interface SubscribedTopic {
  readonly topicId: Uuid;
  readonly partitions: number;
}

export interface ResolvedRegex {
  /** Names it matched, sorted. */
  readonly topics: readonly string[];
  /** End of the metadata on which it was resolved. */
  readonly version: number;
  /** Unix ms. */
  readonly resolvedAtMs: number;
}

export interface ConsumerGroupRecord {
  readonly epoch: number;
  readonly members: ReadonlyMap<string, ConsumerMember>;
  /** Topics as they were when the epoch was raised last, by name. */
  readonly topics: ReadonlyMap<string, SubscribedTopic>;
  /** Epoch the target assignment was made for. */
  readonly targetEpoch: number;
  readonly target: ReadonlyMap<string, TopicPartitions>;
  readonly regexes: ReadonlyMap<string, ResolvedRegex>;
}

export interface GroupState {
  readonly groupId: string;
  /** At most one of the two is there; none: offsets only. */
  readonly classic: ClassicGroupRecord | null;
  readonly consumer: ConsumerGroupRecord | null;
  readonly offsets: Offsets;
}
