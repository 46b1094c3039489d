// core: the layout of DescribeDelegationToken (key 41) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_DescribeDelegationToken
import type {
  DescribeDelegationTokenRequest,
  DescribeDelegationTokenResponse,
} from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const describeDelegationTokenRequest = message<DescribeDelegationTokenRequest>(
  "DescribeDelegationTokenRequest",
  { kind: "request", versions: "0-3", flexible: "2+" },
  [
    list("owners", "DescribeDelegationTokenOwner", "0+; null 0+", [
      field("principalType", "string", "0+"),
      field("principalName", "string", "0+"),
    ]),
  ],
);

export const describeDelegationTokenResponse = message<DescribeDelegationTokenResponse>(
  "DescribeDelegationTokenResponse",
  { kind: "response", versions: "0-3", flexible: "2+" },
  [
    field("errorCode", "int16", "0+"),
    list("tokens", "DescribedDelegationToken", "0+", [
      field("principalType", "string", "0+"),
      field("principalName", "string", "0+"),
      field("tokenRequesterPrincipalType", "string", "3+"),
      field("tokenRequesterPrincipalName", "string", "3+"),
      field("issueTimestamp", "int64", "0+"),
      field("expiryTimestamp", "int64", "0+"),
      field("maxTimestamp", "int64", "0+"),
      field("tokenId", "string", "0+"),
      field("hmac", "bytes", "0+"),
      list("renewers", "DescribedDelegationTokenRenewer", "0+", [
        field("principalType", "string", "0+"),
        field("principalName", "string", "0+"),
      ]),
    ]),
    field("throttleTimeMs", "int32", "0+"),
  ],
);
