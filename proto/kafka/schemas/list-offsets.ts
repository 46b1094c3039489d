// core: the layout of ListOffsets (key 2) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_ListOffsets
import type { ListOffsetsRequest, ListOffsetsResponse } from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const listOffsetsRequest = message<ListOffsetsRequest>(
  "ListOffsetsRequest",
  { kind: "request", versions: "0-10", flexible: "6+" },
  [
    field("replicaId", "int32", "0+"),
    field("isolationLevel", "int8", "2+"),
    list("topics", "ListOffsetsTopic", "0+", [
      field("name", "string", "0+"),
      list("partitions", "ListOffsetsPartition", "0+", [
        field("partitionIndex", "int32", "0+"),
        field("currentLeaderEpoch", "int32", "4+; = -1; ignorable"),
        field("timestamp", "int64", "0+"),
        field("maxNumOffsets", "int32", "0; = 1"),
      ]),
    ]),
    field("timeoutMs", "int32", "10+; ignorable"),
  ],
);

export const listOffsetsResponse = message<ListOffsetsResponse>(
  "ListOffsetsResponse",
  { kind: "response", versions: "0-10", flexible: "6+" },
  [
    field("throttleTimeMs", "int32", "2+; ignorable"),
    list("topics", "ListOffsetsTopicResponse", "0+", [
      field("name", "string", "0+"),
      list("partitions", "ListOffsetsPartitionResponse", "0+", [
        field("partitionIndex", "int32", "0+"),
        field("errorCode", "int16", "0+"),
        field("oldStyleOffsets", "[]int64", "0"),
        field("timestamp", "int64", "1+; = -1"),
        field("offset", "int64", "1+; = -1"),
        field("leaderEpoch", "int32", "4+; = -1"),
      ]),
    ]),
  ],
);
