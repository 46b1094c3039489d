// core: the layout of FindCoordinator (key 10) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_FindCoordinator
import type { FindCoordinatorRequest, FindCoordinatorResponse } from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const findCoordinatorRequest = message<FindCoordinatorRequest>(
  "FindCoordinatorRequest",
  { kind: "request", versions: "0-6", flexible: "3+" },
  [field("key", "string", "0-3"), field("keyType", "int8", "1+"), field("coordinatorKeys", "[]string", "4+")],
);

export const findCoordinatorResponse = message<FindCoordinatorResponse>(
  "FindCoordinatorResponse",
  { kind: "response", versions: "0-6", flexible: "3+" },
  [
    field("throttleTimeMs", "int32", "1+; ignorable"),
    field("errorCode", "int16", "0-3"),
    field("errorMessage", "string", "1-3; null 1-3; ignorable"),
    field("nodeId", "int32", "0-3"),
    field("host", "string", "0-3"),
    field("port", "int32", "0-3"),
    list("coordinators", "Coordinator", "4+", [
      field("key", "string", "4+"),
      field("nodeId", "int32", "4+"),
      field("host", "string", "4+"),
      field("port", "int32", "4+"),
      field("errorCode", "int16", "4+"),
      field("errorMessage", "string", "4+; null 4+; ignorable"),
    ]),
  ],
);
