// core: records of __consumer_offsets for share groups (KIP-932), as tables.
// A key starts with an int16, its version; the version says which kind of record it is.
import type {
  ShareGroupCurrentMemberAssignmentKey,
  ShareGroupCurrentMemberAssignmentValue,
  ShareGroupMemberMetadataKey,
  ShareGroupMemberMetadataValue,
  ShareGroupMetadataKey,
  ShareGroupMetadataValue,
  ShareGroupPartitionMetadataKey,
  ShareGroupPartitionMetadataValue,
  ShareGroupStatePartitionMetadataKey,
  ShareGroupStatePartitionMetadataValue,
  ShareGroupTargetAssignmentMemberKey,
  ShareGroupTargetAssignmentMemberValue,
  ShareGroupTargetAssignmentMetadataKey,
  ShareGroupTargetAssignmentMetadataValue,
} from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const shareGroupCurrentMemberAssignmentKey = message<ShareGroupCurrentMemberAssignmentKey>(
  "ShareGroupCurrentMemberAssignmentKey",
  { kind: "data", versions: "14", flexible: "none" },
  [field("groupId", "string", "14"), field("memberId", "string", "14")],
);

export const shareGroupCurrentMemberAssignmentValue = message<ShareGroupCurrentMemberAssignmentValue>(
  "ShareGroupCurrentMemberAssignmentValue",
  { kind: "data", versions: "0", flexible: "0+" },
  [
    field("memberEpoch", "int32", "0+"),
    field("previousMemberEpoch", "int32", "0+"),
    field("state", "int8", "0+"),
    list("assignedPartitions", "TopicPartitions", "0+", [
      field("topicId", "uuid", "0+"),
      field("partitions", "[]int32", "0+"),
    ]),
  ],
);

export const shareGroupMemberMetadataKey = message<ShareGroupMemberMetadataKey>(
  "ShareGroupMemberMetadataKey",
  { kind: "data", versions: "10", flexible: "none" },
  [field("groupId", "string", "10"), field("memberId", "string", "10")],
);

export const shareGroupMemberMetadataValue = message<ShareGroupMemberMetadataValue>(
  "ShareGroupMemberMetadataValue",
  { kind: "data", versions: "0", flexible: "0+" },
  [
    field("rackId", "string", "0+; null 0+"),
    field("clientId", "string", "0+"),
    field("clientHost", "string", "0+"),
    field("subscribedTopicNames", "[]string", "0+"),
  ],
);

export const shareGroupMetadataKey = message<ShareGroupMetadataKey>(
  "ShareGroupMetadataKey",
  { kind: "data", versions: "11", flexible: "none" },
  [field("groupId", "string", "11")],
);

export const shareGroupMetadataValue = message<ShareGroupMetadataValue>(
  "ShareGroupMetadataValue",
  { kind: "data", versions: "0", flexible: "0+" },
  [field("epoch", "int32", "0+")],
);

export const shareGroupPartitionMetadataKey = message<ShareGroupPartitionMetadataKey>(
  "ShareGroupPartitionMetadataKey",
  { kind: "data", versions: "9", flexible: "none" },
  [field("groupId", "string", "9")],
);

export const shareGroupPartitionMetadataValue = message<ShareGroupPartitionMetadataValue>(
  "ShareGroupPartitionMetadataValue",
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

export const shareGroupStatePartitionMetadataKey = message<ShareGroupStatePartitionMetadataKey>(
  "ShareGroupStatePartitionMetadataKey",
  { kind: "data", versions: "15", flexible: "none" },
  [field("groupId", "string", "15")],
);

export const shareGroupStatePartitionMetadataValue = message<ShareGroupStatePartitionMetadataValue>(
  "ShareGroupStatePartitionMetadataValue",
  { kind: "data", versions: "0", flexible: "0+" },
  [
    list("initializedTopics", "TopicPartitionsInfo", "0+", [
      field("topicId", "uuid", "0+"),
      field("topicName", "string", "0+"),
      field("partitions", "[]int32", "0+"),
    ]),
    list("deletingTopics", "TopicInfo", "0+", [
      field("topicId", "uuid", "0+"),
      field("topicName", "string", "0+"),
    ]),
  ],
);

export const shareGroupTargetAssignmentMemberKey = message<ShareGroupTargetAssignmentMemberKey>(
  "ShareGroupTargetAssignmentMemberKey",
  { kind: "data", versions: "13", flexible: "none" },
  [field("groupId", "string", "13"), field("memberId", "string", "13")],
);

export const shareGroupTargetAssignmentMemberValue = message<ShareGroupTargetAssignmentMemberValue>(
  "ShareGroupTargetAssignmentMemberValue",
  { kind: "data", versions: "0", flexible: "0+" },
  [
    list("topicPartitions", "TopicPartition", "0+", [
      field("topicId", "uuid", "0+"),
      field("partitions", "[]int32", "0+"),
    ]),
  ],
);

export const shareGroupTargetAssignmentMetadataKey = message<ShareGroupTargetAssignmentMetadataKey>(
  "ShareGroupTargetAssignmentMetadataKey",
  { kind: "data", versions: "12", flexible: "none" },
  [field("groupId", "string", "12")],
);

export const shareGroupTargetAssignmentMetadataValue = message<ShareGroupTargetAssignmentMetadataValue>(
  "ShareGroupTargetAssignmentMetadataValue",
  { kind: "data", versions: "0", flexible: "0+" },
  [field("assignmentEpoch", "int32", "0+")],
);
