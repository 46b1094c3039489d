// core: the layout of AlterConfigs (key 33) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_AlterConfigs
import type { AlterConfigsRequest, AlterConfigsResponse } from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const alterConfigsRequest = message<AlterConfigsRequest>(
  "AlterConfigsRequest",
  { kind: "request", versions: "0-2", flexible: "2+" },
  [
    list("resources", "AlterConfigsResource", "0+", [
      field("resourceType", "int8", "0+"),
      field("resourceName", "string", "0+"),
      list("configs", "AlterableConfig", "0+", [
        field("name", "string", "0+"),
        field("value", "string", "0+; null 0+"),
      ]),
    ]),
    field("validateOnly", "bool", "0+"),
  ],
);

export const alterConfigsResponse = message<AlterConfigsResponse>(
  "AlterConfigsResponse",
  { kind: "response", versions: "0-2", flexible: "2+" },
  [
    field("throttleTimeMs", "int32", "0+"),
    list("responses", "AlterConfigsResourceResponse", "0+", [
      field("errorCode", "int16", "0+"),
      field("errorMessage", "string", "0+; null 0+"),
      field("resourceType", "int8", "0+"),
      field("resourceName", "string", "0+"),
    ]),
  ],
);
