// core: the layout of DescribeClientQuotas (key 48) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_DescribeClientQuotas
import type { DescribeClientQuotasRequest, DescribeClientQuotasResponse } from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const describeClientQuotasRequest = message<DescribeClientQuotasRequest>(
  "DescribeClientQuotasRequest",
  { kind: "request", versions: "0-1", flexible: "1+" },
  [
    list("components", "ComponentData", "0+", [
      field("entityType", "string", "0+"),
      field("matchType", "int8", "0+"),
      field("match", "string", "0+; null 0+"),
    ]),
    field("strict", "bool", "0+"),
  ],
);

export const describeClientQuotasResponse = message<DescribeClientQuotasResponse>(
  "DescribeClientQuotasResponse",
  { kind: "response", versions: "0-1", flexible: "1+" },
  [
    field("throttleTimeMs", "int32", "0+"),
    field("errorCode", "int16", "0+"),
    field("errorMessage", "string", "0+; null 0+"),
    list("entries", "EntryData", "0+; null 0+", [
      list("entity", "EntityData", "0+", [
        field("entityType", "string", "0+"),
        field("entityName", "string", "0+; null 0+"),
      ]),
      list("values", "ValueData", "0+", [field("key", "string", "0+"), field("value", "float64", "0+")]),
    ]),
  ],
);
