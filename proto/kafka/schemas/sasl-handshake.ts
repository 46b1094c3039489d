// core: the layout of SaslHandshake (key 17) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_SaslHandshake
import type { SaslHandshakeRequest, SaslHandshakeResponse } from "../generated/messages.ts";
import { field, message } from "../schema.ts";

export const saslHandshakeRequest = message<SaslHandshakeRequest>(
  "SaslHandshakeRequest",
  { kind: "request", versions: "0-1", flexible: "none" },
  [field("mechanism", "string", "0+")],
);

export const saslHandshakeResponse = message<SaslHandshakeResponse>(
  "SaslHandshakeResponse",
  { kind: "response", versions: "0-1", flexible: "none" },
  [field("errorCode", "int16", "0+"), field("mechanisms", "[]string", "0+")],
);
