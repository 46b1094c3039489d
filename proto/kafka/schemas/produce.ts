// core: the layout of Produce (key 0) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_Produce
import type { ProduceRequest, ProduceResponse } from "../generated/messages.ts";
import { field, list, message, struct } from "../schema.ts";

export const produceRequest = message<ProduceRequest>(
  "ProduceRequest",
  { kind: "request", versions: "0-12", flexible: "9+" },
  [
    field("transactionalId", "string", "3+; null 3+; = null"),
    field("acks", "int16", "0+"),
    field("timeoutMs", "int32", "0+"),
    list("topicData", "TopicProduceData", "0+", [
      field("name", "string", "0+"),
      list("partitionData", "PartitionProduceData", "0+", [
        field("index", "int32", "0+"),
        field("records", "records", "0+; null 0+"),
      ]),
    ]),
  ],
);

export const produceResponse = message<ProduceResponse>(
  "ProduceResponse",
  { kind: "response", versions: "0-12", flexible: "9+" },
  [
    list("responses", "TopicProduceResponse", "0+", [
      field("name", "string", "0+"),
      list("partitionResponses", "PartitionProduceResponse", "0+", [
        field("index", "int32", "0+"),
        field("errorCode", "int16", "0+"),
        field("baseOffset", "int64", "0+"),
        field("logAppendTimeMs", "int64", "2+; = -1; ignorable"),
        field("logStartOffset", "int64", "5+; = -1; ignorable"),
        list("recordErrors", "BatchIndexAndErrorMessage", "8+; ignorable", [
          field("batchIndex", "int32", "8+"),
          field("batchIndexErrorMessage", "string", "8+; null 8+; = null"),
        ]),
        field("errorMessage", "string", "8+; null 8+; = null; ignorable"),
        struct("currentLeader", "LeaderIdAndEpoch", "10+; tag 0", [
          field("leaderId", "int32", "10+; = -1"),
          field("leaderEpoch", "int32", "10+; = -1"),
        ]),
      ]),
    ]),
    field("throttleTimeMs", "int32", "1+; ignorable"),
    list("nodeEndpoints", "NodeEndpoint", "10+; tag 0", [
      field("nodeId", "int32", "10+"),
      field("host", "string", "10+"),
      field("port", "int32", "10+"),
      field("rack", "string", "10+; null 10+; = null"),
    ]),
  ],
);
