// core: records of __consumer_offsets for groups of the new protocol (KIP-848), as tables.
// A key starts with an int16, its version; the version says which kind of record it is.
import type {
  ConsumerGroupCurrentMemberAssignmentKey,
  ConsumerGroupCurrentMemberAssignmentValue,
  ConsumerGroupMemberMetadataKey,
  ConsumerGroupMemberMetadataValue,
  ConsumerGroupMetadataKey,
  ConsumerGroupMetadataValue,
  ConsumerGroupPartitionMetadataKey,
  ConsumerGroupPartitionMetadataValue,
  ConsumerGroupRegularExpressionKey,
  ConsumerGroupRegularExpressionValue,
  ConsumerGroupTargetAssignmentMemberKey,
  ConsumerGroupTargetAssignmentMemberValue,
  ConsumerGroupTargetAssignmentMetadataKey,
  ConsumerGroupTargetAssignmentMetadataValue,
} from "../generated/messages.ts";
import { field, list, message, struct } from "../schema.ts";

export const consumerGroupCurrentMemberAssignmentKey = message<ConsumerGroupCurrentMemberAssignmentKey>(
  "ConsumerGroupCurrentMemberAssignmentKey",
  { kind: "data", versions: "8", flexible: "none" },
  [field("groupId", "string", "8"), field("memberId", "string", "8")],
);

const consumerGroupCurrentMemberAssignmentValueTopicPartitionsFields = [
  field("topicId", "uuid", "0+"),
  field("partitions", "[]int32", "0+"),
];

export const consumerGroupCurrentMemberAssignmentValue = message<ConsumerGroupCurrentMemberAssignmentValue>(
  "ConsumerGroupCurrentMemberAssignmentValue",
  { kind: "data", versions: "0", flexible: "0+" },
  [
    field("memberEpoch", "int32", "0+"),
    field("previousMemberEpoch", "int32", "0+"),
    field("state", "int8", "0+"),
    list(
      "assignedPartitions",
      "TopicPartitions",
      "0+",
      consumerGroupCurrentMemberAssignmentValueTopicPartitionsFields,
    ),
    list(
      "partitionsPendingRevocation",
      "TopicPartitions",
      "0+",
      consumerGroupCurrentMemberAssignmentValueTopicPartitionsFields,
    ),
  ],
);

export const consumerGroupMemberMetadataKey = message<ConsumerGroupMemberMetadataKey>(
  "ConsumerGroupMemberMetadataKey",
  { kind: "data", versions: "5", flexible: "none" },
  [field("groupId", "string", "5"), field("memberId", "string", "5")],
);

export const consumerGroupMemberMetadataValue = message<ConsumerGroupMemberMetadataValue>(
  "ConsumerGroupMemberMetadataValue",
  { kind: "data", versions: "0", flexible: "0+" },
  [
    field("instanceId", "string", "0+; null 0+"),
    field("rackId", "string", "0+; null 0+"),
    field("clientId", "string", "0+"),
    field("clientHost", "string", "0+"),
    field("subscribedTopicNames", "[]string", "0+"),
    field("subscribedTopicRegex", "string", "0+; null 0+"),
    field("rebalanceTimeoutMs", "int32", "0+; = -1"),
    field("serverAssignor", "string", "0+; null 0+"),
    struct("classicMemberMetadata", "ClassicMemberMetadata", "0+; null 0+; tag 0; = null", [
      field("sessionTimeoutMs", "int32", "0+"),
      list("supportedProtocols", "ClassicProtocol", "0+", [
        field("name", "string", "0+"),
        field("metadata", "bytes", "0+"),
      ]),
    ]),
  ],
);

export const consumerGroupMetadataKey = message<ConsumerGroupMetadataKey>(
  "ConsumerGroupMetadataKey",
  { kind: "data", versions: "3", flexible: "none" },
  [field("groupId", "string", "3")],
);

export const consumerGroupMetadataValue = message<ConsumerGroupMetadataValue>(
  "ConsumerGroupMetadataValue",
  { kind: "data", versions: "0", flexible: "0+" },
  [field("epoch", "int32", "0+")],
);

export const consumerGroupPartitionMetadataKey = message<ConsumerGroupPartitionMetadataKey>(
  "ConsumerGroupPartitionMetadataKey",
  { kind: "data", versions: "4", flexible: "none" },
  [field("groupId", "string", "4")],
);

export const consumerGroupPartitionMetadataValue = message<ConsumerGroupPartitionMetadataValue>(
  "ConsumerGroupPartitionMetadataValue",
  { kind: "data", versions: "0", flexible: "0+" },
  [
    list("topics", "TopicMetadata", "0+", [
      field("topicId", "uuid", "0+"),
      field("topicName", "string", "0+"),
      field("numPartitions", "int32", "0+"),
      list("partitionMetadata", "PartitionMetadata", "0+", [
        field("partition", "int32", "0+"),
        field("racks", "[]string", "0+"),
      ]),
    ]),
  ],
);

export const consumerGroupRegularExpressionKey = message<ConsumerGroupRegularExpressionKey>(
  "ConsumerGroupRegularExpressionKey",
  { kind: "data", versions: "16", flexible: "none" },
  [field("groupId", "string", "16"), field("regularExpression", "string", "16")],
);

export const consumerGroupRegularExpressionValue = message<ConsumerGroupRegularExpressionValue>(
  "ConsumerGroupRegularExpressionValue",
  { kind: "data", versions: "0", flexible: "0+" },
  [field("topics", "[]string", "0+"), field("version", "int64", "0+"), field("timestamp", "int64", "0+")],
);

export const consumerGroupTargetAssignmentMemberKey = message<ConsumerGroupTargetAssignmentMemberKey>(
  "ConsumerGroupTargetAssignmentMemberKey",
  { kind: "data", versions: "7", flexible: "none" },
  [field("groupId", "string", "7"), field("memberId", "string", "7")],
);

export const consumerGroupTargetAssignmentMemberValue = message<ConsumerGroupTargetAssignmentMemberValue>(
  "ConsumerGroupTargetAssignmentMemberValue",
  { kind: "data", versions: "0", flexible: "0+" },
  [
    list("topicPartitions", "TopicPartition", "0+", [
      field("topicId", "uuid", "0+"),
      field("partitions", "[]int32", "0+"),
    ]),
  ],
);

export const consumerGroupTargetAssignmentMetadataKey = message<ConsumerGroupTargetAssignmentMetadataKey>(
  "ConsumerGroupTargetAssignmentMetadataKey",
  { kind: "data", versions: "6", flexible: "none" },
  [field("groupId", "string", "6")],
);

export const consumerGroupTargetAssignmentMetadataValue = message<ConsumerGroupTargetAssignmentMetadataValue>(
  "ConsumerGroupTargetAssignmentMetadataValue",
  { kind: "data", versions: "0", flexible: "0+" },
  [field("assignmentEpoch", "int32", "0+")],
);
