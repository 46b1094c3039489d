// core: the layout of DeleteGroups (key 42) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_DeleteGroups
import type { DeleteGroupsRequest, DeleteGroupsResponse } from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const deleteGroupsRequest = message<DeleteGroupsRequest>(
  "DeleteGroupsRequest",
  { kind: "request", versions: "0-2", flexible: "2+" },
  [field("groupsNames", "[]string", "0+")],
);

export const deleteGroupsResponse = message<DeleteGroupsResponse>(
  "DeleteGroupsResponse",
  { kind: "response", versions: "0-2", flexible: "2+" },
  [
    field("throttleTimeMs", "int32", "0+"),
    list("results", "DeletableGroupResult", "0+", [
      field("groupId", "string", "0+"),
      field("errorCode", "int16", "0+"),
    ]),
  ],
);
