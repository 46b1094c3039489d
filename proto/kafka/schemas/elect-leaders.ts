// core: the layout of ElectLeaders (key 43) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_ElectLeaders
import type { ElectLeadersRequest, ElectLeadersResponse } from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const electLeadersRequest = message<ElectLeadersRequest>(
  "ElectLeadersRequest",
  { kind: "request", versions: "0-2", flexible: "2+" },
  [
    field("electionType", "int8", "1+"),
    list("topicPartitions", "TopicPartitions", "0+; null 0+", [
      field("topic", "string", "0+"),
      field("partitions", "[]int32", "0+"),
    ]),
    field("timeoutMs", "int32", "0+; = 60000"),
  ],
);

export const electLeadersResponse = message<ElectLeadersResponse>(
  "ElectLeadersResponse",
  { kind: "response", versions: "0-2", flexible: "2+" },
  [
    field("throttleTimeMs", "int32", "0+"),
    field("errorCode", "int16", "1+"),
    list("replicaElectionResults", "ReplicaElectionResult", "0+", [
      field("topic", "string", "0+"),
      list("partitionResult", "PartitionResult", "0+", [
        field("partitionId", "int32", "0+"),
        field("errorCode", "int16", "0+"),
        field("errorMessage", "string", "0+; null 0+"),
      ]),
    ]),
  ],
);
