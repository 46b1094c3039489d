// core: the layout of LeaveGroup (key 13) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_LeaveGroup
import type { LeaveGroupRequest, LeaveGroupResponse } from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const leaveGroupRequest = message<LeaveGroupRequest>(
  "LeaveGroupRequest",
  { kind: "request", versions: "0-5", flexible: "4+" },
  [
    field("groupId", "string", "0+"),
    field("memberId", "string", "0-2"),
    list("members", "MemberIdentity", "3+", [
      field("memberId", "string", "3+"),
      field("groupInstanceId", "string", "3+; null 3+; = null"),
      field("reason", "string", "5+; null 5+; = null; ignorable"),
    ]),
  ],
);

export const leaveGroupResponse = message<LeaveGroupResponse>(
  "LeaveGroupResponse",
  { kind: "response", versions: "0-5", flexible: "4+" },
  [
    field("throttleTimeMs", "int32", "1+; ignorable"),
    field("errorCode", "int16", "0+"),
    list("members", "MemberResponse", "3+", [
      field("memberId", "string", "3+"),
      field("groupInstanceId", "string", "3+; null 3+"),
      field("errorCode", "int16", "3+"),
    ]),
  ],
);
