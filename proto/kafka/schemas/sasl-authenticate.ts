// core: the layout of SaslAuthenticate (key 36) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_SaslAuthenticate
import type { SaslAuthenticateRequest, SaslAuthenticateResponse } from "../generated/messages.ts";
import { field, message } from "../schema.ts";

export const saslAuthenticateRequest = message<SaslAuthenticateRequest>(
  "SaslAuthenticateRequest",
  { kind: "request", versions: "0-2", flexible: "2+" },
  [field("authBytes", "bytes", "0+")],
);

export const saslAuthenticateResponse = message<SaslAuthenticateResponse>(
  "SaslAuthenticateResponse",
  { kind: "response", versions: "0-2", flexible: "2+" },
  [
    field("errorCode", "int16", "0+"),
    field("errorMessage", "string", "0+; null 0+"),
    field("authBytes", "bytes", "0+"),
    field("sessionLifetimeMs", "int64", "1+; ignorable"),
  ],
);
