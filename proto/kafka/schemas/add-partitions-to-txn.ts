// core: the layout of AddPartitionsToTxn (key 24) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_AddPartitionsToTxn
import type { AddPartitionsToTxnRequest, AddPartitionsToTxnResponse } from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

const addPartitionsToTxnTopicInRequest = [
  field("name", "string", "0+"),
  field("partitions", "[]int32", "0+"),
];

export const addPartitionsToTxnRequest = message<AddPartitionsToTxnRequest>(
  "AddPartitionsToTxnRequest",
  { kind: "request", versions: "0-5", flexible: "3+" },
  [
    list("transactions", "AddPartitionsToTxnTransaction", "4+", [
      field("transactionalId", "string", "4+"),
      field("producerId", "int64", "4+"),
      field("producerEpoch", "int16", "4+"),
      field("verifyOnly", "bool", "4+"),
      list("topics", "AddPartitionsToTxnTopic", "4+", addPartitionsToTxnTopicInRequest),
    ]),
    field("v3AndBelowTransactionalId", "string", "0-3"),
    field("v3AndBelowProducerId", "int64", "0-3"),
    field("v3AndBelowProducerEpoch", "int16", "0-3"),
    list("v3AndBelowTopics", "AddPartitionsToTxnTopic", "0-3", addPartitionsToTxnTopicInRequest),
  ],
);

const addPartitionsToTxnTopicResultInResponse = [
  field("name", "string", "0+"),
  list("resultsByPartition", "AddPartitionsToTxnPartitionResult", "0+", [
    field("partitionIndex", "int32", "0+"),
    field("partitionErrorCode", "int16", "0+"),
  ]),
];

export const addPartitionsToTxnResponse = message<AddPartitionsToTxnResponse>(
  "AddPartitionsToTxnResponse",
  { kind: "response", versions: "0-5", flexible: "3+" },
  [
    field("throttleTimeMs", "int32", "0+"),
    field("errorCode", "int16", "4+; ignorable"),
    list("resultsByTransaction", "AddPartitionsToTxnResult", "4+", [
      field("transactionalId", "string", "4+"),
      list("topicResults", "AddPartitionsToTxnTopicResult", "4+", addPartitionsToTxnTopicResultInResponse),
    ]),
    list(
      "resultsByTopicV3AndBelow",
      "AddPartitionsToTxnTopicResult",
      "0-3",
      addPartitionsToTxnTopicResultInResponse,
    ),
  ],
);
