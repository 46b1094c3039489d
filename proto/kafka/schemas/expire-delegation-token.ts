// core: the layout of ExpireDelegationToken (key 40) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_ExpireDelegationToken
import type { ExpireDelegationTokenRequest, ExpireDelegationTokenResponse } from "../generated/messages.ts";
import { field, message } from "../schema.ts";

export const expireDelegationTokenRequest = message<ExpireDelegationTokenRequest>(
  "ExpireDelegationTokenRequest",
  { kind: "request", versions: "0-2", flexible: "2+" },
  [field("hmac", "bytes", "0+"), field("expiryTimePeriodMs", "int64", "0+")],
);

export const expireDelegationTokenResponse = message<ExpireDelegationTokenResponse>(
  "ExpireDelegationTokenResponse",
  { kind: "response", versions: "0-2", flexible: "2+" },
  [
    field("errorCode", "int16", "0+"),
    field("expiryTimestampMs", "int64", "0+"),
    field("throttleTimeMs", "int32", "0+"),
  ],
);
