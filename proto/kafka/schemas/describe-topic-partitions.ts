// core: the layout of DescribeTopicPartitions (key 75) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_DescribeTopicPartitions
import type {
  DescribeTopicPartitionsRequest,
  DescribeTopicPartitionsResponse,
} from "../generated/messages.ts";
import { field, list, message, struct } from "../schema.ts";

export const describeTopicPartitionsRequest = message<DescribeTopicPartitionsRequest>(
  "DescribeTopicPartitionsRequest",
  { kind: "request", versions: "0", flexible: "0+" },
  [
    list("topics", "TopicRequest", "0+", [field("name", "string", "0+")]),
    field("responsePartitionLimit", "int32", "0+; = 2000"),
    struct("cursor", "Cursor", "0+; null 0+; = null", [
      field("topicName", "string", "0+"),
      field("partitionIndex", "int32", "0+"),
    ]),
  ],
);

export const describeTopicPartitionsResponse = message<DescribeTopicPartitionsResponse>(
  "DescribeTopicPartitionsResponse",
  { kind: "response", versions: "0", flexible: "0+" },
  [
    field("throttleTimeMs", "int32", "0+; ignorable"),
    list("topics", "DescribeTopicPartitionsResponseTopic", "0+", [
      field("errorCode", "int16", "0+"),
      field("name", "string", "0+; null 0+"),
      field("topicId", "uuid", "0+; ignorable"),
      field("isInternal", "bool", "0+; ignorable"),
      list("partitions", "DescribeTopicPartitionsResponsePartition", "0+", [
        field("errorCode", "int16", "0+"),
        field("partitionIndex", "int32", "0+"),
        field("leaderId", "int32", "0+"),
        field("leaderEpoch", "int32", "0+; = -1; ignorable"),
        field("replicaNodes", "[]int32", "0+"),
        field("isrNodes", "[]int32", "0+"),
        field("eligibleLeaderReplicas", "[]int32", "0+; null 0+; = null"),
        field("lastKnownElr", "[]int32", "0+; null 0+; = null"),
        field("offlineReplicas", "[]int32", "0+; ignorable"),
      ]),
      field("topicAuthorizedOperations", "int32", "0+; = -2147483648"),
    ]),
    struct("nextCursor", "Cursor", "0+; null 0+; = null", [
      field("topicName", "string", "0+"),
      field("partitionIndex", "int32", "0+"),
    ]),
  ],
);
