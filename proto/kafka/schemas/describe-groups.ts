// core: the layout of DescribeGroups (key 15) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_DescribeGroups
import type { DescribeGroupsRequest, DescribeGroupsResponse } from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const describeGroupsRequest = message<DescribeGroupsRequest>(
  "DescribeGroupsRequest",
  { kind: "request", versions: "0-5", flexible: "5+" },
  [field("groups", "[]string", "0+"), field("includeAuthorizedOperations", "bool", "3+")],
);

export const describeGroupsResponse = message<DescribeGroupsResponse>(
  "DescribeGroupsResponse",
  { kind: "response", versions: "0-5", flexible: "5+" },
  [
    field("throttleTimeMs", "int32", "1+; ignorable"),
    list("groups", "DescribedGroup", "0+", [
      field("errorCode", "int16", "0+"),
      field("groupId", "string", "0+"),
      field("groupState", "string", "0+"),
      field("protocolType", "string", "0+"),
      field("protocolData", "string", "0+"),
      list("members", "DescribedGroupMember", "0+", [
        field("memberId", "string", "0+"),
        field("groupInstanceId", "string", "4+; null 4+; = null; ignorable"),
        field("clientId", "string", "0+"),
        field("clientHost", "string", "0+"),
        field("memberMetadata", "bytes", "0+"),
        field("memberAssignment", "bytes", "0+"),
      ]),
      field("authorizedOperations", "int32", "3+; = -2147483648"),
    ]),
  ],
);
