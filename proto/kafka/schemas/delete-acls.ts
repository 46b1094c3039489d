// core: the layout of DeleteAcls (key 31) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_DeleteAcls
import type { DeleteAclsRequest, DeleteAclsResponse } from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const deleteAclsRequest = message<DeleteAclsRequest>(
  "DeleteAclsRequest",
  { kind: "request", versions: "0-3", flexible: "2+" },
  [
    list("filters", "DeleteAclsFilter", "0+", [
      field("resourceTypeFilter", "int8", "0+"),
      field("resourceNameFilter", "string", "0+; null 0+"),
      field("patternTypeFilter", "int8", "1+; = 3"),
      field("principalFilter", "string", "0+; null 0+"),
      field("hostFilter", "string", "0+; null 0+"),
      field("operation", "int8", "0+"),
      field("permissionType", "int8", "0+"),
    ]),
  ],
);

export const deleteAclsResponse = message<DeleteAclsResponse>(
  "DeleteAclsResponse",
  { kind: "response", versions: "0-3", flexible: "2+" },
  [
    field("throttleTimeMs", "int32", "0+"),
    list("filterResults", "DeleteAclsFilterResult", "0+", [
      field("errorCode", "int16", "0+"),
      field("errorMessage", "string", "0+; null 0+"),
      list("matchingAcls", "DeleteAclsMatchingAcl", "0+", [
        field("errorCode", "int16", "0+"),
        field("errorMessage", "string", "0+; null 0+"),
        field("resourceType", "int8", "0+"),
        field("resourceName", "string", "0+"),
        field("patternType", "int8", "1+; = 3"),
        field("principal", "string", "0+"),
        field("host", "string", "0+"),
        field("operation", "int8", "0+"),
        field("permissionType", "int8", "0+"),
      ]),
    ]),
  ],
);
