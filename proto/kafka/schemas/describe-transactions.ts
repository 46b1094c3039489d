// core: the layout of DescribeTransactions (key 65) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_DescribeTransactions
import type { DescribeTransactionsRequest, DescribeTransactionsResponse } from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const describeTransactionsRequest = message<DescribeTransactionsRequest>(
  "DescribeTransactionsRequest",
  { kind: "request", versions: "0", flexible: "0+" },
  [field("transactionalIds", "[]string", "0+")],
);

export const describeTransactionsResponse = message<DescribeTransactionsResponse>(
  "DescribeTransactionsResponse",
  { kind: "response", versions: "0", flexible: "0+" },
  [
    field("throttleTimeMs", "int32", "0+"),
    list("transactionStates", "TransactionState", "0+", [
      field("errorCode", "int16", "0+"),
      field("transactionalId", "string", "0+"),
      field("transactionState", "string", "0+"),
      field("transactionTimeoutMs", "int32", "0+"),
      field("transactionStartTimeMs", "int64", "0+"),
      field("producerId", "int64", "0+"),
      field("producerEpoch", "int16", "0+"),
      list("topics", "TopicData", "0+", [
        field("topic", "string", "0+"),
        field("partitions", "[]int32", "0+"),
      ]),
    ]),
  ],
);
