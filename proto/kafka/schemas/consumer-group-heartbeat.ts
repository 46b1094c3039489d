// core: the layout of ConsumerGroupHeartbeat (key 68) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_ConsumerGroupHeartbeat
import type { ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse } from "../generated/messages.ts";
import { field, list, message, struct } from "../schema.ts";

export const consumerGroupHeartbeatRequest = message<ConsumerGroupHeartbeatRequest>(
  "ConsumerGroupHeartbeatRequest",
  { kind: "request", versions: "0-1", flexible: "0+" },
  [
    field("groupId", "string", "0+"),
    field("memberId", "string", "0+"),
    field("memberEpoch", "int32", "0+"),
    field("instanceId", "string", "0+; null 0+; = null"),
    field("rackId", "string", "0+; null 0+; = null"),
    field("rebalanceTimeoutMs", "int32", "0+; = -1"),
    field("subscribedTopicNames", "[]string", "0+; null 0+; = null"),
    field("subscribedTopicRegex", "string", "1+; null 1+; = null"),
    field("serverAssignor", "string", "0+; null 0+; = null"),
    list("topicPartitions", "TopicPartitions", "0+; null 0+; = null", [
      field("topicId", "uuid", "0+"),
      field("partitions", "[]int32", "0+"),
    ]),
  ],
);

export const consumerGroupHeartbeatResponse = message<ConsumerGroupHeartbeatResponse>(
  "ConsumerGroupHeartbeatResponse",
  { kind: "response", versions: "0-1", flexible: "0+" },
  [
    field("throttleTimeMs", "int32", "0+"),
    field("errorCode", "int16", "0+"),
    field("errorMessage", "string", "0+; null 0+; = null"),
    field("memberId", "string", "0+; null 0+; = null"),
    field("memberEpoch", "int32", "0+"),
    field("heartbeatIntervalMs", "int32", "0+"),
    struct("assignment", "Assignment", "0+; null 0+; = null", [
      list("topicPartitions", "TopicPartitions", "0+", [
        field("topicId", "uuid", "0+"),
        field("partitions", "[]int32", "0+"),
      ]),
    ]),
  ],
);
