// core: the layout of RenewDelegationToken (key 39) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_RenewDelegationToken
import type { RenewDelegationTokenRequest, RenewDelegationTokenResponse } from "../generated/messages.ts";
import { field, message } from "../schema.ts";

export const renewDelegationTokenRequest = message<RenewDelegationTokenRequest>(
  "RenewDelegationTokenRequest",
  { kind: "request", versions: "0-2", flexible: "2+" },
  [field("hmac", "bytes", "0+"), field("renewPeriodMs", "int64", "0+")],
);

export const renewDelegationTokenResponse = message<RenewDelegationTokenResponse>(
  "RenewDelegationTokenResponse",
  { kind: "response", versions: "0-2", flexible: "2+" },
  [
    field("errorCode", "int16", "0+"),
    field("expiryTimestampMs", "int64", "0+"),
    field("throttleTimeMs", "int32", "0+"),
  ],
);
