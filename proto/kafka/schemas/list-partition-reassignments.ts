// core: the layout of ListPartitionReassignments (key 46) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_ListPartitionReassignments
import type {
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse,
} from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const listPartitionReassignmentsRequest = message<ListPartitionReassignmentsRequest>(
  "ListPartitionReassignmentsRequest",
  { kind: "request", versions: "0", flexible: "0+" },
  [
    field("timeoutMs", "int32", "0+; = 60000"),
    list("topics", "ListPartitionReassignmentsTopics", "0+; null 0+; = null", [
      field("name", "string", "0+"),
      field("partitionIndexes", "[]int32", "0+"),
    ]),
  ],
);

export const listPartitionReassignmentsResponse = message<ListPartitionReassignmentsResponse>(
  "ListPartitionReassignmentsResponse",
  { kind: "response", versions: "0", flexible: "0+" },
  [
    field("throttleTimeMs", "int32", "0+"),
    field("errorCode", "int16", "0+"),
    field("errorMessage", "string", "0+; null 0+"),
    list("topics", "OngoingTopicReassignment", "0+", [
      field("name", "string", "0+"),
      list("partitions", "OngoingPartitionReassignment", "0+", [
        field("partitionIndex", "int32", "0+"),
        field("replicas", "[]int32", "0+"),
        field("addingReplicas", "[]int32", "0+"),
        field("removingReplicas", "[]int32", "0+"),
      ]),
    ]),
  ],
);
