// core: the layout of AlterClientQuotas (key 49) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_AlterClientQuotas
import type { AlterClientQuotasRequest, AlterClientQuotasResponse } from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const alterClientQuotasRequest = message<AlterClientQuotasRequest>(
  "AlterClientQuotasRequest",
  { kind: "request", versions: "0-1", flexible: "1+" },
  [
    list("entries", "EntryData", "0+", [
      list("entity", "EntityData", "0+", [
        field("entityType", "string", "0+"),
        field("entityName", "string", "0+; null 0+"),
      ]),
      list("ops", "OpData", "0+", [
        field("key", "string", "0+"),
        field("value", "float64", "0+"),
        field("remove", "bool", "0+"),
      ]),
    ]),
    field("validateOnly", "bool", "0+"),
  ],
);

export const alterClientQuotasResponse = message<AlterClientQuotasResponse>(
  "AlterClientQuotasResponse",
  { kind: "response", versions: "0-1", flexible: "1+" },
  [
    field("throttleTimeMs", "int32", "0+"),
    list("entries", "EntryData", "0+", [
      field("errorCode", "int16", "0+"),
      field("errorMessage", "string", "0+; null 0+"),
      list("entity", "EntityData", "0+", [
        field("entityType", "string", "0+"),
        field("entityName", "string", "0+; null 0+"),
      ]),
    ]),
  ],
);
