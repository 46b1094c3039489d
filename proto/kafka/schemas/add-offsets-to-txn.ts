// core: the layout of AddOffsetsToTxn (key 25) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_AddOffsetsToTxn
import type { AddOffsetsToTxnRequest, AddOffsetsToTxnResponse } from "../generated/messages.ts";
import { field, message } from "../schema.ts";

export const addOffsetsToTxnRequest = message<AddOffsetsToTxnRequest>(
  "AddOffsetsToTxnRequest",
  { kind: "request", versions: "0-4", flexible: "3+" },
  [
    field("transactionalId", "string", "0+"),
    field("producerId", "int64", "0+"),
    field("producerEpoch", "int16", "0+"),
    field("groupId", "string", "0+"),
  ],
);

export const addOffsetsToTxnResponse = message<AddOffsetsToTxnResponse>(
  "AddOffsetsToTxnResponse",
  { kind: "response", versions: "0-4", flexible: "3+" },
  [field("throttleTimeMs", "int32", "0+"), field("errorCode", "int16", "0+")],
);
