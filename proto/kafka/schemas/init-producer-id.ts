// core: the layout of InitProducerId (key 22) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_InitProducerId
import type { InitProducerIdRequest, InitProducerIdResponse } from "../generated/messages.ts";
import { field, message } from "../schema.ts";

export const initProducerIdRequest = message<InitProducerIdRequest>(
  "InitProducerIdRequest",
  { kind: "request", versions: "0-5", flexible: "2+" },
  [
    field("transactionalId", "string", "0+; null 0+"),
    field("transactionTimeoutMs", "int32", "0+"),
    field("producerId", "int64", "3+; = -1"),
    field("producerEpoch", "int16", "3+; = -1"),
  ],
);

export const initProducerIdResponse = message<InitProducerIdResponse>(
  "InitProducerIdResponse",
  { kind: "response", versions: "0-5", flexible: "2+" },
  [
    field("throttleTimeMs", "int32", "0+; ignorable"),
    field("errorCode", "int16", "0+"),
    field("producerId", "int64", "0+; = -1"),
    field("producerEpoch", "int16", "0+"),
  ],
);
