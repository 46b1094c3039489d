// core: the layout of OffsetCommit (key 8) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_OffsetCommit
import type { OffsetCommitRequest, OffsetCommitResponse } from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const offsetCommitRequest = message<OffsetCommitRequest>(
  "OffsetCommitRequest",
  { kind: "request", versions: "0-9", flexible: "8+" },
  [
    field("groupId", "string", "0+"),
    field("generationIdOrMemberEpoch", "int32", "1+; = -1; ignorable"),
    field("memberId", "string", "1+; ignorable"),
    field("groupInstanceId", "string", "7+; null 7+; = null"),
    field("retentionTimeMs", "int64", "2-4; = -1; ignorable"),
    list("topics", "OffsetCommitRequestTopic", "0+", [
      field("name", "string", "0+"),
      list("partitions", "OffsetCommitRequestPartition", "0+", [
        field("partitionIndex", "int32", "0+"),
        field("committedOffset", "int64", "0+"),
        field("committedLeaderEpoch", "int32", "6+; = -1; ignorable"),
        field("commitTimestamp", "int64", "1; = -1"),
        field("committedMetadata", "string", "0+; null 0+"),
      ]),
    ]),
  ],
);

export const offsetCommitResponse = message<OffsetCommitResponse>(
  "OffsetCommitResponse",
  { kind: "response", versions: "0-9", flexible: "8+" },
  [
    field("throttleTimeMs", "int32", "3+; ignorable"),
    list("topics", "OffsetCommitResponseTopic", "0+", [
      field("name", "string", "0+"),
      list("partitions", "OffsetCommitResponsePartition", "0+", [
        field("partitionIndex", "int32", "0+"),
        field("errorCode", "int16", "0+"),
      ]),
    ]),
  ],
);
