// core: the layout of DeleteRecords (key 21) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_DeleteRecords
import type { DeleteRecordsRequest, DeleteRecordsResponse } from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const deleteRecordsRequest = message<DeleteRecordsRequest>(
  "DeleteRecordsRequest",
  { kind: "request", versions: "0-2", flexible: "2+" },
  [
    list("topics", "DeleteRecordsTopic", "0+", [
      field("name", "string", "0+"),
      list("partitions", "DeleteRecordsPartition", "0+", [
        field("partitionIndex", "int32", "0+"),
        field("offset", "int64", "0+"),
      ]),
    ]),
    field("timeoutMs", "int32", "0+"),
  ],
);

export const deleteRecordsResponse = message<DeleteRecordsResponse>(
  "DeleteRecordsResponse",
  { kind: "response", versions: "0-2", flexible: "2+" },
  [
    field("throttleTimeMs", "int32", "0+"),
    list("topics", "DeleteRecordsTopicResult", "0+", [
      field("name", "string", "0+"),
      list("partitions", "DeleteRecordsPartitionResult", "0+", [
        field("partitionIndex", "int32", "0+"),
        field("lowWatermark", "int64", "0+"),
        field("errorCode", "int16", "0+"),
      ]),
    ]),
  ],
);
