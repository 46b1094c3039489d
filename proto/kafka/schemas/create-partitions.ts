// core: the layout of CreatePartitions (key 37) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_CreatePartitions
import type { CreatePartitionsRequest, CreatePartitionsResponse } from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const createPartitionsRequest = message<CreatePartitionsRequest>(
  "CreatePartitionsRequest",
  { kind: "request", versions: "0-3", flexible: "2+" },
  [
    list("topics", "CreatePartitionsTopic", "0+", [
      field("name", "string", "0+"),
      field("count", "int32", "0+"),
      list("assignments", "CreatePartitionsAssignment", "0+; null 0+", [field("brokerIds", "[]int32", "0+")]),
    ]),
    field("timeoutMs", "int32", "0+"),
    field("validateOnly", "bool", "0+"),
  ],
);

export const createPartitionsResponse = message<CreatePartitionsResponse>(
  "CreatePartitionsResponse",
  { kind: "response", versions: "0-3", flexible: "2+" },
  [
    field("throttleTimeMs", "int32", "0+"),
    list("results", "CreatePartitionsTopicResult", "0+", [
      field("name", "string", "0+"),
      field("errorCode", "int16", "0+"),
      field("errorMessage", "string", "0+; null 0+; = null"),
    ]),
  ],
);
