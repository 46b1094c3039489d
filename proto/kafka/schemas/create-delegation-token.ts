// core: the layout of CreateDelegationToken (key 38) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_CreateDelegationToken
import type { CreateDelegationTokenRequest, CreateDelegationTokenResponse } from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const createDelegationTokenRequest = message<CreateDelegationTokenRequest>(
  "CreateDelegationTokenRequest",
  { kind: "request", versions: "0-3", flexible: "2+" },
  [
    field("ownerPrincipalType", "string", "3+; null 3+"),
    field("ownerPrincipalName", "string", "3+; null 3+"),
    list("renewers", "CreatableRenewers", "0+", [
      field("principalType", "string", "0+"),
      field("principalName", "string", "0+"),
    ]),
    field("maxLifetimeMs", "int64", "0+"),
  ],
);

export const createDelegationTokenResponse = message<CreateDelegationTokenResponse>(
  "CreateDelegationTokenResponse",
  { kind: "response", versions: "0-3", flexible: "2+" },
  [
    field("errorCode", "int16", "0+"),
    field("principalType", "string", "0+"),
    field("principalName", "string", "0+"),
    field("tokenRequesterPrincipalType", "string", "3+"),
    field("tokenRequesterPrincipalName", "string", "3+"),
    field("issueTimestampMs", "int64", "0+"),
    field("expiryTimestampMs", "int64", "0+"),
    field("maxTimestampMs", "int64", "0+"),
    field("tokenId", "string", "0+"),
    field("hmac", "bytes", "0+"),
    field("throttleTimeMs", "int32", "0+"),
  ],
);
