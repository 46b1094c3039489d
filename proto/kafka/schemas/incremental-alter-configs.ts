// core: the layout of IncrementalAlterConfigs (key 44) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_IncrementalAlterConfigs
import type {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const incrementalAlterConfigsRequest = message<IncrementalAlterConfigsRequest>(
  "IncrementalAlterConfigsRequest",
  { kind: "request", versions: "0-1", flexible: "1+" },
  [
    list("resources", "AlterConfigsResource", "0+", [
      field("resourceType", "int8", "0+"),
      field("resourceName", "string", "0+"),
      list("configs", "AlterableConfig", "0+", [
        field("name", "string", "0+"),
        field("configOperation", "int8", "0+"),
        field("value", "string", "0+; null 0+"),
      ]),
    ]),
    field("validateOnly", "bool", "0+"),
  ],
);

export const incrementalAlterConfigsResponse = message<IncrementalAlterConfigsResponse>(
  "IncrementalAlterConfigsResponse",
  { kind: "response", versions: "0-1", flexible: "1+" },
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
