// core: the layout of EndTxn (key 26) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_EndTxn
import type { EndTxnRequest, EndTxnResponse } from "../generated/messages.ts";
import { field, message } from "../schema.ts";

export const endTxnRequest = message<EndTxnRequest>(
  "EndTxnRequest",
  { kind: "request", versions: "0-5", flexible: "3+" },
  [
    field("transactionalId", "string", "0+"),
    field("producerId", "int64", "0+"),
    field("producerEpoch", "int16", "0+"),
    field("committed", "bool", "0+"),
  ],
);

export const endTxnResponse = message<EndTxnResponse>(
  "EndTxnResponse",
  { kind: "response", versions: "0-5", flexible: "3+" },
  [
    field("throttleTimeMs", "int32", "0+"),
    field("errorCode", "int16", "0+"),
    field("producerId", "int64", "5+; = -1; ignorable"),
    field("producerEpoch", "int16", "5+; = -1; ignorable"),
  ],
);
