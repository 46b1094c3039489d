// core: records of __consumer_offsets for offsets and classic groups, as tables.
// A key starts with an int16, its version; the version says which kind of record it is.
import type {
  GroupMetadataKey,
  GroupMetadataValue,
  OffsetCommitKey,
  OffsetCommitValue,
} from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const offsetCommitKey = message<OffsetCommitKey>(
  "OffsetCommitKey",
  { kind: "data", versions: "0-1", flexible: "none" },
  [field("group", "string", "0-1"), field("topic", "string", "0-1"), field("partition", "int32", "0-1")],
);

export const offsetCommitValue = message<OffsetCommitValue>(
  "OffsetCommitValue",
  { kind: "data", versions: "0-4", flexible: "4+" },
  [
    field("offset", "int64", "0+"),
    field("leaderEpoch", "int32", "3+; = -1; ignorable"),
    field("metadata", "string", "0+"),
    field("commitTimestamp", "int64", "0+"),
    field("expireTimestamp", "int64", "1; = -1; ignorable"),
  ],
);

export const groupMetadataKey = message<GroupMetadataKey>(
  "GroupMetadataKey",
  { kind: "data", versions: "2", flexible: "none" },
  [field("group", "string", "2")],
);

export const groupMetadataValue = message<GroupMetadataValue>(
  "GroupMetadataValue",
  { kind: "data", versions: "0-4", flexible: "4+" },
  [
    field("protocolType", "string", "0+"),
    field("generation", "int32", "0+"),
    field("protocol", "string", "0+; null 0+"),
    field("leader", "string", "0+; null 0+"),
    field("currentStateTimestamp", "int64", "2+; = -1; ignorable"),
    list("members", "MemberMetadata", "0+", [
      field("memberId", "string", "0+"),
      field("groupInstanceId", "string", "3+; null 3+; = null; ignorable"),
      field("clientId", "string", "0+"),
      field("clientHost", "string", "0+"),
      field("rebalanceTimeout", "int32", "1+; = -1; ignorable"),
      field("sessionTimeout", "int32", "0+"),
      field("subscription", "bytes", "0+"),
      field("assignment", "bytes", "0+"),
    ]),
  ],
);
