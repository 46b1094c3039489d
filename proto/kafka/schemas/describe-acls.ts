// core: the layout of DescribeAcls (key 29) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_DescribeAcls
import type { DescribeAclsRequest, DescribeAclsResponse } from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const describeAclsRequest = message<DescribeAclsRequest>(
  "DescribeAclsRequest",
  { kind: "request", versions: "0-3", flexible: "2+" },
  [
    field("resourceTypeFilter", "int8", "0+"),
    field("resourceNameFilter", "string", "0+; null 0+"),
    field("patternTypeFilter", "int8", "1+; = 3"),
    field("principalFilter", "string", "0+; null 0+"),
    field("hostFilter", "string", "0+; null 0+"),
    field("operation", "int8", "0+"),
    field("permissionType", "int8", "0+"),
  ],
);

export const describeAclsResponse = message<DescribeAclsResponse>(
  "DescribeAclsResponse",
  { kind: "response", versions: "0-3", flexible: "2+" },
  [
    field("throttleTimeMs", "int32", "0+"),
    field("errorCode", "int16", "0+"),
    field("errorMessage", "string", "0+; null 0+"),
    list("resources", "DescribeAclsResource", "0+", [
      field("resourceType", "int8", "0+"),
      field("resourceName", "string", "0+"),
      field("patternType", "int8", "1+; = 3"),
      list("acls", "AclDescription", "0+", [
        field("principal", "string", "0+"),
        field("host", "string", "0+"),
        field("operation", "int8", "0+"),
        field("permissionType", "int8", "0+"),
      ]),
    ]),
  ],
);
