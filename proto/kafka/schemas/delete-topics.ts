// core: the layout of DeleteTopics (key 20) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_DeleteTopics
import type { DeleteTopicsRequest, DeleteTopicsResponse } from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const deleteTopicsRequest = message<DeleteTopicsRequest>(
  "DeleteTopicsRequest",
  { kind: "request", versions: "0-6", flexible: "4+" },
  [
    list("topics", "DeleteTopicState", "6+", [
      field("name", "string", "6+; null 6+; = null"),
      field("topicId", "uuid", "6+"),
    ]),
    field("topicNames", "[]string", "0-5; ignorable"),
    field("timeoutMs", "int32", "0+"),
  ],
);

export const deleteTopicsResponse = message<DeleteTopicsResponse>(
  "DeleteTopicsResponse",
  { kind: "response", versions: "0-6", flexible: "4+" },
  [
    field("throttleTimeMs", "int32", "1+; ignorable"),
    list("responses", "DeletableTopicResult", "0+", [
      field("name", "string", "0+; null 6+"),
      field("topicId", "uuid", "6+; ignorable"),
      field("errorCode", "int16", "0+"),
      field("errorMessage", "string", "5+; null 5+; = null; ignorable"),
    ]),
  ],
);
