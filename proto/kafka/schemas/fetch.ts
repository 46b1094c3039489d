// core: the layout of Fetch (key 1) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_Fetch
import type { FetchRequest, FetchResponse } from "../generated/messages.ts";
import { field, list, message, struct } from "../schema.ts";

export const fetchRequest = message<FetchRequest>(
  "FetchRequest",
  { kind: "request", versions: "0-17", flexible: "12+" },
  [
    field("clusterId", "string", "12+; null 12+; tag 0; = null; ignorable"),
    field("replicaId", "int32", "0-14; = -1"),
    struct("replicaState", "ReplicaState", "15+; tag 1", [
      field("replicaId", "int32", "15+; = -1"),
      field("replicaEpoch", "int64", "15+; = -1"),
    ]),
    field("maxWaitMs", "int32", "0+"),
    field("minBytes", "int32", "0+"),
    field("maxBytes", "int32", "3+; = 2147483647; ignorable"),
    field("isolationLevel", "int8", "4+; ignorable"),
    field("sessionId", "int32", "7+; ignorable"),
    field("sessionEpoch", "int32", "7+; = -1; ignorable"),
    list("topics", "FetchTopic", "0+", [
      field("topic", "string", "0-12; ignorable"),
      field("topicId", "uuid", "13+; ignorable"),
      list("partitions", "FetchPartition", "0+", [
        field("partition", "int32", "0+"),
        field("currentLeaderEpoch", "int32", "9+; = -1; ignorable"),
        field("fetchOffset", "int64", "0+"),
        field("lastFetchedEpoch", "int32", "12+; = -1"),
        field("logStartOffset", "int64", "5+; = -1; ignorable"),
        field("partitionMaxBytes", "int32", "0+"),
        field("replicaDirectoryId", "uuid", "17+; tag 0; ignorable"),
      ]),
    ]),
    list("forgottenTopicsData", "ForgottenTopic", "7+", [
      field("topic", "string", "7-12; ignorable"),
      field("topicId", "uuid", "13+; ignorable"),
      field("partitions", "[]int32", "7+"),
    ]),
    field("rackId", "string", "11+; ignorable"),
  ],
);

export const fetchResponse = message<FetchResponse>(
  "FetchResponse",
  { kind: "response", versions: "0-17", flexible: "12+" },
  [
    field("throttleTimeMs", "int32", "1+; ignorable"),
    field("errorCode", "int16", "7+; ignorable"),
    field("sessionId", "int32", "7+"),
    list("responses", "FetchableTopicResponse", "0+", [
      field("topic", "string", "0-12; ignorable"),
      field("topicId", "uuid", "13+; ignorable"),
      list("partitions", "PartitionData", "0+", [
        field("partitionIndex", "int32", "0+"),
        field("errorCode", "int16", "0+"),
        field("highWatermark", "int64", "0+"),
        field("lastStableOffset", "int64", "4+; = -1; ignorable"),
        field("logStartOffset", "int64", "5+; = -1; ignorable"),
        struct("divergingEpoch", "EpochEndOffset", "12+; tag 0", [
          field("epoch", "int32", "12+; = -1"),
          field("endOffset", "int64", "12+; = -1"),
        ]),
        struct("currentLeader", "LeaderIdAndEpoch", "12+; tag 1", [
          field("leaderId", "int32", "12+; = -1"),
          field("leaderEpoch", "int32", "12+; = -1"),
        ]),
        struct("snapshotId", "SnapshotId", "12+; tag 2", [
          field("endOffset", "int64", "0+; = -1"),
          field("epoch", "int32", "0+; = -1"),
        ]),
        list("abortedTransactions", "AbortedTransaction", "4+; null 4+; ignorable", [
          field("producerId", "int64", "4+"),
          field("firstOffset", "int64", "4+"),
        ]),
        field("preferredReadReplica", "int32", "11+; = -1"),
        field("records", "records", "0+; null 0+"),
      ]),
    ]),
    list("nodeEndpoints", "NodeEndpoint", "16+; tag 0", [
      field("nodeId", "int32", "16+"),
      field("host", "string", "16+"),
      field("port", "int32", "16+"),
      field("rack", "string", "16+; null 16+; = null"),
    ]),
  ],
);
