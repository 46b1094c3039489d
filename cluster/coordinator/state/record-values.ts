// core: the values of group records, between what they mean (group-state.ts) and the fields of Kafka's
// messages. What is read is copied out of the bytes: it outlives them. (A slice of a Buffer is no copy.)
import type { Uuid } from "../../../base/uuid.ts";
import type {
  ConsumerGroupCurrentMemberAssignmentValue,
  ConsumerGroupMemberMetadataValue,
  ConsumerGroupPartitionMetadataValue,
  ConsumerGroupRegularExpressionValue,
  GroupMetadataValue,
  OffsetCommitValue,
} from "../../../proto/kafka/generated/messages.ts";
import type { Input } from "../../../proto/kafka/schema.ts";
import type { MemberFacts, MemberPlace } from "./group-records.ts";
import type {
  ClassicGroupRecord,
  CommittedOffset,
  ResolvedRegex,
  SubscribedTopic,
  TopicPartitions,
} from "./group-state.ts";

export function offsetFields(value: CommittedOffset): Input<OffsetCommitValue> {
  const { offset, leaderEpoch, metadata, committedAtMs, expiresAtMs } = value;
  const common = { offset, metadata, commitTimestamp: committedAtMs };
  return expiresAtMs >= 0 ? { ...common, expireTimestamp: expiresAtMs } : { ...common, leaderEpoch };
}

export function toOffset(fields: OffsetCommitValue): CommittedOffset {
  const { offset, leaderEpoch, metadata, commitTimestamp, expireTimestamp } = fields;
  return { offset, leaderEpoch, metadata, committedAtMs: commitTimestamp, expiresAtMs: expireTimestamp };
}

export function classicFields(value: ClassicGroupRecord): Input<GroupMetadataValue> {
  const { protocolType, generation, protocol, leader, stateSinceMs, members } = value;
  return {
    ...{ protocolType, generation, protocol, leader, currentStateTimestamp: stateSinceMs },
    members: members.map(({ rebalanceTimeoutMs, sessionTimeoutMs, ...member }) => ({
      ...member,
      rebalanceTimeout: rebalanceTimeoutMs,
      sessionTimeout: sessionTimeoutMs,
    })),
  };
}

export function toClassic(fields: GroupMetadataValue): ClassicGroupRecord {
  const { protocolType, generation, protocol, leader, currentStateTimestamp, members } = fields;
  return {
    ...{ protocolType, generation, protocol, leader, stateSinceMs: currentStateTimestamp },
    members: members.map(({ rebalanceTimeout, sessionTimeout, subscription, assignment, ...member }) => ({
      ...member,
      rebalanceTimeoutMs: rebalanceTimeout < 0 ? sessionTimeout : rebalanceTimeout,
      sessionTimeoutMs: sessionTimeout,
      subscription: new Uint8Array(subscription),
      assignment: new Uint8Array(assignment),
    })),
  };
}

export function topicsFields(
  value: ReadonlyMap<string, SubscribedTopic>,
): Input<ConsumerGroupPartitionMetadataValue> {
  return {
    topics: [...value].map(([topicName, { topicId, partitions }]) => ({
      ...{ topicId, topicName, numPartitions: partitions, partitionMetadata: [] },
    })),
  };
}

export function toTopics({
  topics,
}: ConsumerGroupPartitionMetadataValue): ReadonlyMap<string, SubscribedTopic> {
  return new Map(
    topics.map(({ topicId, topicName, numPartitions: partitions }) => [topicName, { topicId, partitions }]),
  );
}

export function memberFields(value: MemberFacts): Input<ConsumerGroupMemberMetadataValue> {
  const { classic, subscribedTopicNames, ...facts } = value;
  const classicMemberMetadata =
    classic === null
      ? null
      : { sessionTimeoutMs: classic.sessionTimeoutMs, supportedProtocols: classic.protocols };
  return { ...facts, subscribedTopicNames, classicMemberMetadata };
}

export function toMember(fields: ConsumerGroupMemberMetadataValue): MemberFacts {
  const { classicMemberMetadata: classic, ...facts } = fields;
  if (classic === null) return { ...facts, classic };
  const protocols = classic.supportedProtocols.map(({ name, metadata }) => ({
    ...{ name, metadata: new Uint8Array(metadata) },
  }));
  return { ...facts, classic: { sessionTimeoutMs: classic.sessionTimeoutMs, protocols } };
}

interface PartitionsField {
  topicId: Uuid;
  partitions: number[];
}

export function partitionsFields(value: TopicPartitions): PartitionsField[] {
  return [...value].map(([topicId, partitions]) => ({ topicId, partitions: [...partitions] }));
}

export function toPartitions(fields: readonly PartitionsField[]): TopicPartitions {
  return new Map(
    fields.map(({ topicId, partitions }) => [topicId, partitions.sort((one, other) => one - other)]),
  );
}

export function placeFields(value: MemberPlace): Input<ConsumerGroupCurrentMemberAssignmentValue> {
  const { memberEpoch, previousMemberEpoch, state, assigned, pendingRevocation } = value;
  return {
    ...{ memberEpoch, previousMemberEpoch, state },
    assignedPartitions: partitionsFields(assigned),
    partitionsPendingRevocation: partitionsFields(pendingRevocation),
  };
}

export function toPlace(fields: ConsumerGroupCurrentMemberAssignmentValue): MemberPlace {
  const { memberEpoch, previousMemberEpoch, state } = fields;
  return {
    ...{ memberEpoch, previousMemberEpoch, state },
    assigned: toPartitions(fields.assignedPartitions),
    pendingRevocation: toPartitions(fields.partitionsPendingRevocation),
  };
}

export function regexFields(value: ResolvedRegex): Input<ConsumerGroupRegularExpressionValue> {
  const { topics, version, resolvedAtMs } = value;
  return { topics: [...topics], version, timestamp: resolvedAtMs };
}

export function toRegex(fields: ConsumerGroupRegularExpressionValue): ResolvedRegex {
  const { topics, version, timestamp } = fields;
  return { topics, version, resolvedAtMs: timestamp };
}
