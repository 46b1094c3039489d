// port: the records of __consumer_offsets that Ottla knows, as values. A value of null is a tombstone. Kafka
// numbers them by the version of their keys (given behind each); record-codec.ts has the bytes.
import type {
  ClassicGroupRecord,
  CommittedOffset,
  ConsumerMember,
  ResolvedRegex,
  SubscribedTopic,
  TopicPartitions,
} from "./group-state.ts";

/** 1 (0 is read too). */
export interface OffsetRecord {
  readonly kind: "offset";
  readonly groupId: string;
  readonly topic: string;
  readonly partition: number;
  readonly value: CommittedOffset | null;
}

/** 2 */
export interface ClassicRecord {
  readonly kind: "classicGroup";
  readonly groupId: string;
  readonly value: ClassicGroupRecord | null;
}

/** 3: a tombstone ends the group of the consumer protocol. */
export interface GroupEpochRecord {
  readonly kind: "groupEpoch";
  readonly groupId: string;
  readonly value: { readonly epoch: number } | null;
}

/** 4 */
export interface SubscribedTopicsRecord {
  readonly kind: "subscribedTopics";
  readonly groupId: string;
  readonly value: ReadonlyMap<string, SubscribedTopic> | null;
}

/** What a member says of itself. */
export type MemberFacts = Omit<
  ConsumerMember,
  "memberId" | "memberEpoch" | "previousMemberEpoch" | "state" | "assigned" | "pendingRevocation"
>;

/** 5 */
export interface MemberRecord {
  readonly kind: "member";
  readonly groupId: string;
  readonly memberId: string;
  readonly value: MemberFacts | null;
}

/** 6 */
export interface TargetEpochRecord {
  readonly kind: "targetEpoch";
  readonly groupId: string;
  readonly value: { readonly epoch: number } | null;
}

/** 7 */
export interface TargetRecord {
  readonly kind: "target";
  readonly groupId: string;
  readonly memberId: string;
  readonly value: TopicPartitions | null;
}

export type MemberPlace = Pick<
  ConsumerMember,
  "memberEpoch" | "previousMemberEpoch" | "state" | "assigned" | "pendingRevocation"
>;

/** 8: what the member has now. */
export interface CurrentRecord {
  readonly kind: "current";
  readonly groupId: string;
  readonly memberId: string;
  readonly value: MemberPlace | null;
}

/** 16 */
export interface RegexRecord {
  readonly kind: "regex";
  readonly groupId: string;
  readonly regex: string;
  readonly value: ResolvedRegex | null;
}

/** Of a kind that belongs to others (share groups), or that is newer than this release: left alone. */
export interface OtherRecord {
  readonly kind: "other";
}

export type WrittenRecord =
  | OffsetRecord
  | ClassicRecord
  | GroupEpochRecord
  | SubscribedTopicsRecord
  | MemberRecord
  | TargetEpochRecord
  | TargetRecord
  | CurrentRecord
  | RegexRecord;

export type GroupRecord = WrittenRecord | OtherRecord;
