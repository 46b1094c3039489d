// core: the layout of DescribeProducers (key 61) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_DescribeProducers
import type { DescribeProducersRequest, DescribeProducersResponse } from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const describeProducersRequest = message<DescribeProducersRequest>(
  "DescribeProducersRequest",
  { kind: "request", versions: "0", flexible: "0+" },
  [
    list("topics", "TopicRequest", "0+", [
      field("name", "string", "0+"),
      field("partitionIndexes", "[]int32", "0+"),
    ]),
  ],
);

export const describeProducersResponse = message<DescribeProducersResponse>(
  "DescribeProducersResponse",
  { kind: "response", versions: "0", flexible: "0+" },
  [
    field("throttleTimeMs", "int32", "0+"),
    list("topics", "TopicResponse", "0+", [
      field("name", "string", "0+"),
      list("partitions", "PartitionResponse", "0+", [
        field("partitionIndex", "int32", "0+"),
        field("errorCode", "int16", "0+"),
        field("errorMessage", "string", "0+; null 0+; = null"),
        list("activeProducers", "ProducerState", "0+", [
          field("producerId", "int64", "0+"),
          field("producerEpoch", "int32", "0+"),
          field("lastSequence", "int32", "0+; = -1"),
          field("lastTimestamp", "int64", "0+; = -1"),
          field("coordinatorEpoch", "int32", "0+"),
          field("currentTxnStartOffset", "int64", "0+; = -1"),
        ]),
      ]),
    ]),
  ],
);
