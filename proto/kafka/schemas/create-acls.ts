// core: the layout of CreateAcls (key 30) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_CreateAcls
import type { CreateAclsRequest, CreateAclsResponse } from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const createAclsRequest = message<CreateAclsRequest>(
  "CreateAclsRequest",
  { kind: "request", versions: "0-3", flexible: "2+" },
  [
    list("creations", "AclCreation", "0+", [
      field("resourceType", "int8", "0+"),
      field("resourceName", "string", "0+"),
      field("resourcePatternType", "int8", "1+; = 3"),
      field("principal", "string", "0+"),
      field("host", "string", "0+"),
      field("operation", "int8", "0+"),
      field("permissionType", "int8", "0+"),
    ]),
  ],
);

export const createAclsResponse = message<CreateAclsResponse>(
  "CreateAclsResponse",
  { kind: "response", versions: "0-3", flexible: "2+" },
  [
    field("throttleTimeMs", "int32", "0+"),
    list("results", "AclCreationResult", "0+", [
      field("errorCode", "int16", "0+"),
      field("errorMessage", "string", "0+; null 0+"),
    ]),
  ],
);
