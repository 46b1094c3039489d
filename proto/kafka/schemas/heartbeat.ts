// core: the layout of Heartbeat (key 12) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_Heartbeat
//
// Two tagged fields are Ottla's own, with numbers far from Kafka's: a client that asks is told when the
// broker wants to hear of it again. Whoever does not know them passes over them, as over every tag; brokers
// send theirs only to clients that ask.
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
    field("asksForInterval", "bool", "4+; tag 10000; ignorable; = false"),
  ],
);

export const heartbeatResponse = message<HeartbeatResponse>(
  "HeartbeatResponse",
  { kind: "response", versions: "0-4", flexible: "4+" },
  [
    field("throttleTimeMs", "int32", "1+; ignorable"),
    field("errorCode", "int16", "0+"),
    field("heartbeatIntervalMs", "int32", "4+; tag 10000; ignorable; = 0"),
  ],
);
