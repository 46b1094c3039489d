// core: the layout of Heartbeat (key 12) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_Heartbeat
import type { HeartbeatRequest, HeartbeatResponse } from "../generated/messages.ts";
import { field, message } from "../schema.ts";

export const heartbeatRequest = message<HeartbeatRequest>(
  "HeartbeatRequest",
  { kind: "request", versions: "0-4", flexible: "4+" },
  [
    field("groupId", "string", "0+"),
    field("generationId", "int32", "0+"),
    field("memberId", "string", "0+"),
    field("groupInstanceId", "string", "3+; null 3+; = null"),
  ],
);

export const heartbeatResponse = message<HeartbeatResponse>(
  "HeartbeatResponse",
  { kind: "response", versions: "0-4", flexible: "4+" },
  [field("throttleTimeMs", "int32", "1+; ignorable"), field("errorCode", "int16", "0+")],
);
