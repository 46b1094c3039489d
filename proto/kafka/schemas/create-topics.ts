// core: the layout of CreateTopics (key 19) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_CreateTopics
import type { CreateTopicsRequest, CreateTopicsResponse } from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const createTopicsRequest = message<CreateTopicsRequest>(
  "CreateTopicsRequest",
  { kind: "request", versions: "0-7", flexible: "5+" },
  [
    list("topics", "CreatableTopic", "0+", [
      field("name", "string", "0+"),
      field("numPartitions", "int32", "0+"),
      field("replicationFactor", "int16", "0+"),
      list("assignments", "CreatableReplicaAssignment", "0+", [
        field("partitionIndex", "int32", "0+"),
        field("brokerIds", "[]int32", "0+"),
      ]),
      list("configs", "CreatableTopicConfig", "0+", [
        field("name", "string", "0+"),
        field("value", "string", "0+; null 0+"),
      ]),
    ]),
    field("timeoutMs", "int32", "0+; = 60000"),
    field("validateOnly", "bool", "1+"),
  ],
);

export const createTopicsResponse = message<CreateTopicsResponse>(
  "CreateTopicsResponse",
  { kind: "response", versions: "0-7", flexible: "5+" },
  [
    field("throttleTimeMs", "int32", "2+; ignorable"),
    list("topics", "CreatableTopicResult", "0+", [
      field("name", "string", "0+"),
      field("topicId", "uuid", "7+; ignorable"),
      field("errorCode", "int16", "0+"),
      field("errorMessage", "string", "1+; null 0+; ignorable"),
      field("topicConfigErrorCode", "int16", "5+; tag 0; ignorable"),
      field("numPartitions", "int32", "5+; = -1; ignorable"),
      field("replicationFactor", "int16", "5+; = -1; ignorable"),
      list("configs", "CreatableTopicConfigs", "5+; null 5+; ignorable", [
        field("name", "string", "5+"),
        field("value", "string", "5+; null 5+"),
        field("readOnly", "bool", "5+"),
        field("configSource", "int8", "5+; = -1; ignorable"),
        field("isSensitive", "bool", "5+"),
      ]),
    ]),
  ],
);
