// core: the layout of UnregisterBroker (key 64) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_UnregisterBroker
import type { UnregisterBrokerRequest, UnregisterBrokerResponse } from "../generated/messages.ts";
import { field, message } from "../schema.ts";

export const unregisterBrokerRequest = message<UnregisterBrokerRequest>(
  "UnregisterBrokerRequest",
  { kind: "request", versions: "0", flexible: "0+" },
  [field("brokerId", "int32", "0+")],
);

export const unregisterBrokerResponse = message<UnregisterBrokerResponse>(
  "UnregisterBrokerResponse",
  { kind: "response", versions: "0", flexible: "0+" },
  [
    field("throttleTimeMs", "int32", "0+"),
    field("errorCode", "int16", "0+"),
    field("errorMessage", "string", "0+; null 0+"),
  ],
);
