// core: the layout of the request and response headers, as tables (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#protocol_messages
import type { RequestHeader, ResponseHeader } from "../generated/messages.ts";
import { field, message } from "../schema.ts";

export const requestHeader = message<RequestHeader>(
  "RequestHeader",
  { kind: "header", versions: "0-2", flexible: "2+" },
  [
    field("requestApiKey", "int16", "0+"),
    field("requestApiVersion", "int16", "0+"),
    field("correlationId", "int32", "0+"),
    field("clientId", "string", "1+; null 1+; inflexible; ignorable"),
  ],
);

export const responseHeader = message<ResponseHeader>(
  "ResponseHeader",
  { kind: "header", versions: "0-1", flexible: "1+" },
  [field("correlationId", "int32", "0+")],
);
