// core: the layout of AssignReplicasToDirs (key 73) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_AssignReplicasToDirs
import type { AssignReplicasToDirsRequest, AssignReplicasToDirsResponse } from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const assignReplicasToDirsRequest = message<AssignReplicasToDirsRequest>(
  "AssignReplicasToDirsRequest",
  { kind: "request", versions: "0", flexible: "0+" },
  [
    field("brokerId", "int32", "0+"),
    field("brokerEpoch", "int64", "0+; = -1"),
    list("directories", "DirectoryData", "0+", [
      field("id", "uuid", "0+"),
      list("topics", "TopicData", "0+", [
        field("topicId", "uuid", "0+"),
        list("partitions", "PartitionData", "0+", [field("partitionIndex", "int32", "0+")]),
      ]),
    ]),
  ],
);

export const assignReplicasToDirsResponse = message<AssignReplicasToDirsResponse>(
  "AssignReplicasToDirsResponse",
  { kind: "response", versions: "0", flexible: "0+" },
  [
    field("throttleTimeMs", "int32", "0+"),
    field("errorCode", "int16", "0+"),
    list("directories", "DirectoryData", "0+", [
      field("id", "uuid", "0+"),
      list("topics", "TopicData", "0+", [
        field("topicId", "uuid", "0+"),
        list("partitions", "PartitionData", "0+", [
          field("partitionIndex", "int32", "0+"),
          field("errorCode", "int16", "0+"),
        ]),
      ]),
    ]),
  ],
);
