// core: the layout of ListTransactions (key 66) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_ListTransactions
import type { ListTransactionsRequest, ListTransactionsResponse } from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const listTransactionsRequest = message<ListTransactionsRequest>(
  "ListTransactionsRequest",
  { kind: "request", versions: "0-1", flexible: "0+" },
  [
    field("stateFilters", "[]string", "0+"),
    field("producerIdFilters", "[]int64", "0+"),
    field("durationFilter", "int64", "1+; = -1"),
  ],
);

export const listTransactionsResponse = message<ListTransactionsResponse>(
  "ListTransactionsResponse",
  { kind: "response", versions: "0-1", flexible: "0+" },
  [
    field("throttleTimeMs", "int32", "0+"),
    field("errorCode", "int16", "0+"),
    field("unknownStateFilters", "[]string", "0+"),
    list("transactionStates", "TransactionState", "0+", [
      field("transactionalId", "string", "0+"),
      field("producerId", "int64", "0+"),
      field("transactionState", "string", "0+"),
    ]),
  ],
);
