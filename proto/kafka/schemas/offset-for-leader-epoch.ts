// core: the layout of OffsetForLeaderEpoch (key 23) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_OffsetForLeaderEpoch
import type { OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse } from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const offsetForLeaderEpochRequest = message<OffsetForLeaderEpochRequest>(
  "OffsetForLeaderEpochRequest",
  { kind: "request", versions: "0-4", flexible: "4+" },
  [
    field("replicaId", "int32", "3+; = -2; ignorable"),
    list("topics", "OffsetForLeaderTopic", "0+", [
      field("topic", "string", "0+"),
      list("partitions", "OffsetForLeaderPartition", "0+", [
        field("partition", "int32", "0+"),
        field("currentLeaderEpoch", "int32", "2+; = -1; ignorable"),
        field("leaderEpoch", "int32", "0+"),
      ]),
    ]),
  ],
);

export const offsetForLeaderEpochResponse = message<OffsetForLeaderEpochResponse>(
  "OffsetForLeaderEpochResponse",
  { kind: "response", versions: "0-4", flexible: "4+" },
  [
    field("throttleTimeMs", "int32", "2+; ignorable"),
    list("topics", "OffsetForLeaderTopicResult", "0+", [
      field("topic", "string", "0+"),
      list("partitions", "EpochEndOffset", "0+", [
        field("errorCode", "int16", "0+"),
        field("partition", "int32", "0+"),
        field("leaderEpoch", "int32", "1+; = -1; ignorable"),
        field("endOffset", "int64", "0+; = -1"),
      ]),
    ]),
  ],
);
