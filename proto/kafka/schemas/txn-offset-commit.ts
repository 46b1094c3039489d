// core: the layout of TxnOffsetCommit (key 28) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_TxnOffsetCommit
import type { TxnOffsetCommitRequest, TxnOffsetCommitResponse } from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const txnOffsetCommitRequest = message<TxnOffsetCommitRequest>(
  "TxnOffsetCommitRequest",
  { kind: "request", versions: "0-5", flexible: "3+" },
  [
    field("transactionalId", "string", "0+"),
    field("groupId", "string", "0+"),
    field("producerId", "int64", "0+"),
    field("producerEpoch", "int16", "0+"),
    field("generationId", "int32", "3+; = -1"),
    field("memberId", "string", "3+"),
    field("groupInstanceId", "string", "3+; null 3+; = null"),
    list("topics", "TxnOffsetCommitRequestTopic", "0+", [
      field("name", "string", "0+"),
      list("partitions", "TxnOffsetCommitRequestPartition", "0+", [
        field("partitionIndex", "int32", "0+"),
        field("committedOffset", "int64", "0+"),
        field("committedLeaderEpoch", "int32", "2+; = -1; ignorable"),
        field("committedMetadata", "string", "0+; null 0+"),
      ]),
    ]),
  ],
);

export const txnOffsetCommitResponse = message<TxnOffsetCommitResponse>(
  "TxnOffsetCommitResponse",
  { kind: "response", versions: "0-5", flexible: "3+" },
  [
    field("throttleTimeMs", "int32", "0+"),
    list("topics", "TxnOffsetCommitResponseTopic", "0+", [
      field("name", "string", "0+"),
      list("partitions", "TxnOffsetCommitResponsePartition", "0+", [
        field("partitionIndex", "int32", "0+"),
        field("errorCode", "int16", "0+"),
      ]),
    ]),
  ],
);
