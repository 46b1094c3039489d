// core: records of __transaction_state, as tables.
// Keys and values start with an int16, their version.
import type { TransactionLogKey, TransactionLogValue } from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const transactionLogKey = message<TransactionLogKey>(
  "TransactionLogKey",
  { kind: "data", versions: "0", flexible: "none" },
  [field("transactionalId", "string", "0")],
);

export const transactionLogValue = message<TransactionLogValue>(
  "TransactionLogValue",
  { kind: "data", versions: "0-1", flexible: "1+" },
  [
    field("producerId", "int64", "0+"),
    field("previousProducerId", "int64", "1+; tag 0; = -1"),
    field("nextProducerId", "int64", "1+; tag 1; = -1"),
    field("producerEpoch", "int16", "0+"),
    field("transactionTimeoutMs", "int32", "0+"),
    field("transactionStatus", "int8", "0+"),
    list("transactionPartitions", "PartitionsSchema", "0+; null 0+", [
      field("topic", "string", "0+"),
      field("partitionIds", "[]int32", "0+"),
    ]),
    field("transactionLastUpdateTimestampMs", "int64", "0+"),
    field("transactionStartTimestampMs", "int64", "0+"),
    field("clientTransactionVersion", "int16", "1+; tag 2"),
  ],
);
