// core: the layout of ConsumerGroupDescribe (key 69) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_ConsumerGroupDescribe
import type { ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse } from "../generated/messages.ts";
import { field, list, message, struct } from "../schema.ts";

export const consumerGroupDescribeRequest = message<ConsumerGroupDescribeRequest>(
  "ConsumerGroupDescribeRequest",
  { kind: "request", versions: "0-1", flexible: "0+" },
  [field("groupIds", "[]string", "0+"), field("includeAuthorizedOperations", "bool", "0+")],
);

const assignmentInResponse = [
  list("topicPartitions", "TopicPartitions", "0+", [
    field("topicId", "uuid", "0+"),
    field("topicName", "string", "0+"),
    field("partitions", "[]int32", "0+"),
  ]),
];

export const consumerGroupDescribeResponse = message<ConsumerGroupDescribeResponse>(
  "ConsumerGroupDescribeResponse",
  { kind: "response", versions: "0-1", flexible: "0+" },
  [
    field("throttleTimeMs", "int32", "0+"),
    list("groups", "DescribedGroup", "0+", [
      field("errorCode", "int16", "0+"),
      field("errorMessage", "string", "0+; null 0+; = null"),
      field("groupId", "string", "0+"),
      field("groupState", "string", "0+"),
      field("groupEpoch", "int32", "0+"),
      field("assignmentEpoch", "int32", "0+"),
      field("assignorName", "string", "0+"),
      list("members", "Member", "0+", [
        field("memberId", "string", "0+"),
        field("instanceId", "string", "0+; null 0+; = null"),
        field("rackId", "string", "0+; null 0+; = null"),
        field("memberEpoch", "int32", "0+"),
        field("clientId", "string", "0+"),
        field("clientHost", "string", "0+"),
        field("subscribedTopicNames", "[]string", "0+"),
        field("subscribedTopicRegex", "string", "0+; null 0+; = null"),
        struct("assignment", "Assignment", "0+", assignmentInResponse),
        struct("targetAssignment", "Assignment", "0+", assignmentInResponse),
        field("memberType", "int8", "1+; = -1; ignorable"),
      ]),
      field("authorizedOperations", "int32", "0+; = -2147483648"),
    ]),
  ],
);
