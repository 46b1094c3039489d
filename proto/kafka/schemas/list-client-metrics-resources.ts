// core: the layout of ListClientMetricsResources (key 74) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_ListClientMetricsResources
import type {
  ListClientMetricsResourcesRequest,
  ListClientMetricsResourcesResponse,
} from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const listClientMetricsResourcesRequest = message<ListClientMetricsResourcesRequest>(
  "ListClientMetricsResourcesRequest",
  { kind: "request", versions: "0", flexible: "0+" },
  [],
);

export const listClientMetricsResourcesResponse = message<ListClientMetricsResourcesResponse>(
  "ListClientMetricsResourcesResponse",
  { kind: "response", versions: "0", flexible: "0+" },
  [
    field("throttleTimeMs", "int32", "0+"),
    field("errorCode", "int16", "0+"),
    list("clientMetricsResources", "ClientMetricsResource", "0+", [field("name", "string", "0+")]),
  ],
);
