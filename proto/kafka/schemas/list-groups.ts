// core: the layout of ListGroups (key 16) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_ListGroups
import type { ListGroupsRequest, ListGroupsResponse } from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const listGroupsRequest = message<ListGroupsRequest>(
  "ListGroupsRequest",
  { kind: "request", versions: "0-5", flexible: "3+" },
  [field("statesFilter", "[]string", "4+"), field("typesFilter", "[]string", "5+")],
);

export const listGroupsResponse = message<ListGroupsResponse>(
  "ListGroupsResponse",
  { kind: "response", versions: "0-5", flexible: "3+" },
  [
    field("throttleTimeMs", "int32", "1+; ignorable"),
    field("errorCode", "int16", "0+"),
    list("groups", "ListedGroup", "0+", [
      field("groupId", "string", "0+"),
      field("protocolType", "string", "0+"),
      field("groupState", "string", "4+; ignorable"),
      field("groupType", "string", "5+; ignorable"),
    ]),
  ],
);
