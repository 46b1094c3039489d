// core: the layout of WriteTxnMarkers (key 27) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_WriteTxnMarkers
import type { WriteTxnMarkersRequest, WriteTxnMarkersResponse } from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const writeTxnMarkersRequest = message<WriteTxnMarkersRequest>(
  "WriteTxnMarkersRequest",
  { kind: "request", versions: "0-1", flexible: "1+" },
  [
    list("markers", "WritableTxnMarker", "0+", [
      field("producerId", "int64", "0+"),
      field("producerEpoch", "int16", "0+"),
      field("transactionResult", "bool", "0+"),
      list("topics", "WritableTxnMarkerTopic", "0+", [
        field("name", "string", "0+"),
        field("partitionIndexes", "[]int32", "0+"),
      ]),
      field("coordinatorEpoch", "int32", "0+"),
    ]),
  ],
);

export const writeTxnMarkersResponse = message<WriteTxnMarkersResponse>(
  "WriteTxnMarkersResponse",
  { kind: "response", versions: "0-1", flexible: "1+" },
  [
    list("markers", "WritableTxnMarkerResult", "0+", [
      field("producerId", "int64", "0+"),
      list("topics", "WritableTxnMarkerTopicResult", "0+", [
        field("name", "string", "0+"),
        list("partitions", "WritableTxnMarkerPartitionResult", "0+", [
          field("partitionIndex", "int32", "0+"),
          field("errorCode", "int16", "0+"),
        ]),
      ]),
    ]),
  ],
);
