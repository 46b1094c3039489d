// core: the layout of OffsetDelete (key 47) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_OffsetDelete
import type { OffsetDeleteRequest, OffsetDeleteResponse } from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const offsetDeleteRequest = message<OffsetDeleteRequest>(
  "OffsetDeleteRequest",
  { kind: "request", versions: "0", flexible: "none" },
  [
    field("groupId", "string", "0+"),
    list("topics", "OffsetDeleteRequestTopic", "0+", [
      field("name", "string", "0+"),
      list("partitions", "OffsetDeleteRequestPartition", "0+", [field("partitionIndex", "int32", "0+")]),
    ]),
  ],
);

export const offsetDeleteResponse = message<OffsetDeleteResponse>(
  "OffsetDeleteResponse",
  { kind: "response", versions: "0", flexible: "none" },
  [
    field("errorCode", "int16", "0+"),
    field("throttleTimeMs", "int32", "0+; ignorable"),
    list("topics", "OffsetDeleteResponseTopic", "0+", [
      field("name", "string", "0+"),
      list("partitions", "OffsetDeleteResponsePartition", "0+", [
        field("partitionIndex", "int32", "0+"),
        field("errorCode", "int16", "0+"),
      ]),
    ]),
  ],
);
