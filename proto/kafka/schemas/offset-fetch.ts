// core: the layout of OffsetFetch (key 9) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_OffsetFetch
import type { OffsetFetchRequest, OffsetFetchResponse } from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const offsetFetchRequest = message<OffsetFetchRequest>(
  "OffsetFetchRequest",
  { kind: "request", versions: "0-9", flexible: "6+" },
  [
    field("groupId", "string", "0-7"),
    list("topics", "OffsetFetchRequestTopic", "0-7; null 2-7", [
      field("name", "string", "0-7"),
      field("partitionIndexes", "[]int32", "0-7"),
    ]),
    list("groups", "OffsetFetchRequestGroup", "8+", [
      field("groupId", "string", "8+"),
      field("memberId", "string", "9+; null 9+; = null; ignorable"),
      field("memberEpoch", "int32", "9+; = -1; ignorable"),
      list("topics", "OffsetFetchRequestTopics", "8+; null 8+", [
        field("name", "string", "8+"),
        field("partitionIndexes", "[]int32", "8+"),
      ]),
    ]),
    field("requireStable", "bool", "7+"),
  ],
);

export const offsetFetchResponse = message<OffsetFetchResponse>(
  "OffsetFetchResponse",
  { kind: "response", versions: "0-9", flexible: "6+" },
  [
    field("throttleTimeMs", "int32", "3+; ignorable"),
    list("topics", "OffsetFetchResponseTopic", "0-7", [
      field("name", "string", "0-7"),
      list("partitions", "OffsetFetchResponsePartition", "0-7", [
        field("partitionIndex", "int32", "0-7"),
        field("committedOffset", "int64", "0-7"),
        field("committedLeaderEpoch", "int32", "5-7; = -1; ignorable"),
        field("metadata", "string", "0-7; null 0-7"),
        field("errorCode", "int16", "0-7"),
      ]),
    ]),
    field("errorCode", "int16", "2-7; ignorable"),
    list("groups", "OffsetFetchResponseGroup", "8+", [
      field("groupId", "string", "8+"),
      list("topics", "OffsetFetchResponseTopics", "8+", [
        field("name", "string", "8+"),
        list("partitions", "OffsetFetchResponsePartitions", "8+", [
          field("partitionIndex", "int32", "8+"),
          field("committedOffset", "int64", "8+"),
          field("committedLeaderEpoch", "int32", "8+; = -1; ignorable"),
          field("metadata", "string", "8+; null 8+"),
          field("errorCode", "int16", "8+"),
        ]),
      ]),
      field("errorCode", "int16", "8+"),
    ]),
  ],
);
