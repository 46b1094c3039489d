// core: the layout of AlterPartitionReassignments (key 45) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_AlterPartitionReassignments
import type {
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse,
} from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const alterPartitionReassignmentsRequest = message<AlterPartitionReassignmentsRequest>(
  "AlterPartitionReassignmentsRequest",
  { kind: "request", versions: "0", flexible: "0+" },
  [
    field("timeoutMs", "int32", "0+; = 60000"),
    list("topics", "ReassignableTopic", "0+", [
      field("name", "string", "0+"),
      list("partitions", "ReassignablePartition", "0+", [
        field("partitionIndex", "int32", "0+"),
        field("replicas", "[]int32", "0+; null 0+; = null"),
      ]),
    ]),
  ],
);

export const alterPartitionReassignmentsResponse = message<AlterPartitionReassignmentsResponse>(
  "AlterPartitionReassignmentsResponse",
  { kind: "response", versions: "0", flexible: "0+" },
  [
    field("throttleTimeMs", "int32", "0+"),
    field("errorCode", "int16", "0+"),
    field("errorMessage", "string", "0+; null 0+"),
    list("responses", "ReassignableTopicResponse", "0+", [
      field("name", "string", "0+"),
      list("partitions", "ReassignablePartitionResponse", "0+", [
        field("partitionIndex", "int32", "0+"),
        field("errorCode", "int16", "0+"),
        field("errorMessage", "string", "0+; null 0+"),
      ]),
    ]),
  ],
);
