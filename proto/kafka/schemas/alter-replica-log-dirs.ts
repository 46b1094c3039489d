// core: the layout of AlterReplicaLogDirs (key 34) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_AlterReplicaLogDirs
import type { AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse } from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const alterReplicaLogDirsRequest = message<AlterReplicaLogDirsRequest>(
  "AlterReplicaLogDirsRequest",
  { kind: "request", versions: "0-2", flexible: "2+" },
  [
    list("dirs", "AlterReplicaLogDir", "0+", [
      field("path", "string", "0+"),
      list("topics", "AlterReplicaLogDirTopic", "0+", [
        field("name", "string", "0+"),
        field("partitions", "[]int32", "0+"),
      ]),
    ]),
  ],
);

export const alterReplicaLogDirsResponse = message<AlterReplicaLogDirsResponse>(
  "AlterReplicaLogDirsResponse",
  { kind: "response", versions: "0-2", flexible: "2+" },
  [
    field("throttleTimeMs", "int32", "0+"),
    list("results", "AlterReplicaLogDirTopicResult", "0+", [
      field("topicName", "string", "0+"),
      list("partitions", "AlterReplicaLogDirPartitionResult", "0+", [
        field("partitionIndex", "int32", "0+"),
        field("errorCode", "int16", "0+"),
      ]),
    ]),
  ],
);
