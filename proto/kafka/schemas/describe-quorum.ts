// core: the layout of DescribeQuorum (key 55) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_DescribeQuorum
import type { DescribeQuorumRequest, DescribeQuorumResponse } from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const describeQuorumRequest = message<DescribeQuorumRequest>(
  "DescribeQuorumRequest",
  { kind: "request", versions: "0-2", flexible: "0+" },
  [
    list("topics", "TopicData", "0+", [
      field("topicName", "string", "0+"),
      list("partitions", "PartitionData", "0+", [field("partitionIndex", "int32", "0+")]),
    ]),
  ],
);

const replicaStateInResponse = [
  field("replicaId", "int32", "0+"),
  field("replicaDirectoryId", "uuid", "2+"),
  field("logEndOffset", "int64", "0+"),
  field("lastFetchTimestamp", "int64", "1+; = -1; ignorable"),
  field("lastCaughtUpTimestamp", "int64", "1+; = -1; ignorable"),
];

export const describeQuorumResponse = message<DescribeQuorumResponse>(
  "DescribeQuorumResponse",
  { kind: "response", versions: "0-2", flexible: "0+" },
  [
    field("errorCode", "int16", "0+"),
    field("errorMessage", "string", "2+; null 2+; ignorable"),
    list("topics", "TopicData", "0+", [
      field("topicName", "string", "0+"),
      list("partitions", "PartitionData", "0+", [
        field("partitionIndex", "int32", "0+"),
        field("errorCode", "int16", "0+"),
        field("errorMessage", "string", "2+; null 2+; ignorable"),
        field("leaderId", "int32", "0+"),
        field("leaderEpoch", "int32", "0+"),
        field("highWatermark", "int64", "0+"),
        list("currentVoters", "ReplicaState", "0+", replicaStateInResponse),
        list("observers", "ReplicaState", "0+", replicaStateInResponse),
      ]),
    ]),
    list("nodes", "Node", "2+", [
      field("nodeId", "int32", "2+"),
      list("listeners", "Listener", "2+", [
        field("name", "string", "2+"),
        field("host", "string", "2+"),
        field("port", "uint16", "2+"),
      ]),
    ]),
  ],
);
