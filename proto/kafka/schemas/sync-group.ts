// core: the layout of SyncGroup (key 14) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_SyncGroup
import type { SyncGroupRequest, SyncGroupResponse } from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const syncGroupRequest = message<SyncGroupRequest>(
  "SyncGroupRequest",
  { kind: "request", versions: "0-5", flexible: "4+" },
  [
    field("groupId", "string", "0+"),
    field("generationId", "int32", "0+"),
    field("memberId", "string", "0+"),
    field("groupInstanceId", "string", "3+; null 3+; = null"),
    field("protocolType", "string", "5+; null 5+; = null; ignorable"),
    field("protocolName", "string", "5+; null 5+; = null; ignorable"),
    list("assignments", "SyncGroupRequestAssignment", "0+", [
      field("memberId", "string", "0+"),
      field("assignment", "bytes", "0+"),
    ]),
  ],
);

export const syncGroupResponse = message<SyncGroupResponse>(
  "SyncGroupResponse",
  { kind: "response", versions: "0-5", flexible: "4+" },
  [
    field("throttleTimeMs", "int32", "1+; ignorable"),
    field("errorCode", "int16", "0+"),
    field("protocolType", "string", "5+; null 5+; = null; ignorable"),
    field("protocolName", "string", "5+; null 5+; = null; ignorable"),
    field("assignment", "bytes", "0+"),
  ],
);
