// core: the layout of JoinGroup (key 11) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_JoinGroup
import type { JoinGroupRequest, JoinGroupResponse } from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const joinGroupRequest = message<JoinGroupRequest>(
  "JoinGroupRequest",
  { kind: "request", versions: "0-9", flexible: "6+" },
  [
    field("groupId", "string", "0+"),
    field("sessionTimeoutMs", "int32", "0+"),
    field("rebalanceTimeoutMs", "int32", "1+; = -1; ignorable"),
    field("memberId", "string", "0+"),
    field("groupInstanceId", "string", "5+; null 5+; = null"),
    field("protocolType", "string", "0+"),
    list("protocols", "JoinGroupRequestProtocol", "0+", [
      field("name", "string", "0+"),
      field("metadata", "bytes", "0+"),
    ]),
    field("reason", "string", "8+; null 8+; = null; ignorable"),
  ],
);

export const joinGroupResponse = message<JoinGroupResponse>(
  "JoinGroupResponse",
  { kind: "response", versions: "0-9", flexible: "6+" },
  [
    field("throttleTimeMs", "int32", "2+; ignorable"),
    field("errorCode", "int16", "0+"),
    field("generationId", "int32", "0+; = -1"),
    field("protocolType", "string", "7+; null 7+; = null; ignorable"),
    field("protocolName", "string", "0+; null 7+"),
    field("leader", "string", "0+"),
    field("skipAssignment", "bool", "9+"),
    field("memberId", "string", "0+"),
    list("members", "JoinGroupResponseMember", "0+", [
      field("memberId", "string", "0+"),
      field("groupInstanceId", "string", "5+; null 5+; = null; ignorable"),
      field("metadata", "bytes", "0+"),
    ]),
  ],
);
