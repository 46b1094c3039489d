// core: the layout of AlterUserScramCredentials (key 51) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_AlterUserScramCredentials
import type {
  AlterUserScramCredentialsRequest,
  AlterUserScramCredentialsResponse,
} from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const alterUserScramCredentialsRequest = message<AlterUserScramCredentialsRequest>(
  "AlterUserScramCredentialsRequest",
  { kind: "request", versions: "0", flexible: "0+" },
  [
    list("deletions", "ScramCredentialDeletion", "0+", [
      field("name", "string", "0+"),
      field("mechanism", "int8", "0+"),
    ]),
    list("upsertions", "ScramCredentialUpsertion", "0+", [
      field("name", "string", "0+"),
      field("mechanism", "int8", "0+"),
      field("iterations", "int32", "0+"),
      field("salt", "bytes", "0+"),
      field("saltedPassword", "bytes", "0+"),
    ]),
  ],
);

export const alterUserScramCredentialsResponse = message<AlterUserScramCredentialsResponse>(
  "AlterUserScramCredentialsResponse",
  { kind: "response", versions: "0", flexible: "0+" },
  [
    field("throttleTimeMs", "int32", "0+"),
    list("results", "AlterUserScramCredentialsResult", "0+", [
      field("user", "string", "0+"),
      field("errorCode", "int16", "0+"),
      field("errorMessage", "string", "0+; null 0+"),
    ]),
  ],
);
