// core: the layout of Metadata (key 3) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_Metadata
import type { MetadataRequest, MetadataResponse } from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const metadataRequest = message<MetadataRequest>(
  "MetadataRequest",
  { kind: "request", versions: "0-12", flexible: "9+" },
  [
    list("topics", "MetadataRequestTopic", "0+; null 1+", [
      field("topicId", "uuid", "10+; ignorable"),
      field("name", "string", "0+; null 10+"),
    ]),
    field("allowAutoTopicCreation", "bool", "4+; = true"),
    field("includeClusterAuthorizedOperations", "bool", "8-10"),
    field("includeTopicAuthorizedOperations", "bool", "8+"),
  ],
);

export const metadataResponse = message<MetadataResponse>(
  "MetadataResponse",
  { kind: "response", versions: "0-12", flexible: "9+" },
  [
    field("throttleTimeMs", "int32", "3+; ignorable"),
    list("brokers", "MetadataResponseBroker", "0+", [
      field("nodeId", "int32", "0+"),
      field("host", "string", "0+"),
      field("port", "int32", "0+"),
      field("rack", "string", "1+; null 1+; = null; ignorable"),
    ]),
    field("clusterId", "string", "2+; null 2+; = null; ignorable"),
    field("controllerId", "int32", "1+; = -1; ignorable"),
    list("topics", "MetadataResponseTopic", "0+", [
      field("errorCode", "int16", "0+"),
      field("name", "string", "0+; null 12+"),
      field("topicId", "uuid", "10+; ignorable"),
      field("isInternal", "bool", "1+; ignorable"),
      list("partitions", "MetadataResponsePartition", "0+", [
        field("errorCode", "int16", "0+"),
        field("partitionIndex", "int32", "0+"),
        field("leaderId", "int32", "0+"),
        field("leaderEpoch", "int32", "7+; = -1; ignorable"),
        field("replicaNodes", "[]int32", "0+"),
        field("isrNodes", "[]int32", "0+"),
        field("offlineReplicas", "[]int32", "5+; ignorable"),
      ]),
      field("topicAuthorizedOperations", "int32", "8+; = -2147483648"),
    ]),
    field("clusterAuthorizedOperations", "int32", "8-10; = -2147483648"),
  ],
);
