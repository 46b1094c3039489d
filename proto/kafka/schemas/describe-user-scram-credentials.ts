// core: the layout of DescribeUserScramCredentials (key 50) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_DescribeUserScramCredentials
import type {
  DescribeUserScramCredentialsRequest,
  DescribeUserScramCredentialsResponse,
} from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const describeUserScramCredentialsRequest = message<DescribeUserScramCredentialsRequest>(
  "DescribeUserScramCredentialsRequest",
  { kind: "request", versions: "0", flexible: "0+" },
  [list("users", "UserName", "0+; null 0+", [field("name", "string", "0+")])],
);

export const describeUserScramCredentialsResponse = message<DescribeUserScramCredentialsResponse>(
  "DescribeUserScramCredentialsResponse",
  { kind: "response", versions: "0", flexible: "0+" },
  [
    field("throttleTimeMs", "int32", "0+"),
    field("errorCode", "int16", "0+"),
    field("errorMessage", "string", "0+; null 0+"),
    list("results", "DescribeUserScramCredentialsResult", "0+", [
      field("user", "string", "0+"),
      field("errorCode", "int16", "0+"),
      field("errorMessage", "string", "0+; null 0+"),
      list("credentialInfos", "CredentialInfo", "0+", [
        field("mechanism", "int8", "0+"),
        field("iterations", "int32", "0+"),
      ]),
    ]),
  ],
);
