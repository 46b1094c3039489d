// core: the layout of DescribeConfigs (key 32) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_DescribeConfigs
import type { DescribeConfigsRequest, DescribeConfigsResponse } from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const describeConfigsRequest = message<DescribeConfigsRequest>(
  "DescribeConfigsRequest",
  { kind: "request", versions: "0-4", flexible: "4+" },
  [
    list("resources", "DescribeConfigsResource", "0+", [
      field("resourceType", "int8", "0+"),
      field("resourceName", "string", "0+"),
      field("configurationKeys", "[]string", "0+; null 0+"),
    ]),
    field("includeSynonyms", "bool", "1+"),
    field("includeDocumentation", "bool", "3+"),
  ],
);

export const describeConfigsResponse = message<DescribeConfigsResponse>(
  "DescribeConfigsResponse",
  { kind: "response", versions: "0-4", flexible: "4+" },
  [
    field("throttleTimeMs", "int32", "0+"),
    list("results", "DescribeConfigsResult", "0+", [
      field("errorCode", "int16", "0+"),
      field("errorMessage", "string", "0+; null 0+"),
      field("resourceType", "int8", "0+"),
      field("resourceName", "string", "0+"),
      list("configs", "DescribeConfigsResourceResult", "0+", [
        field("name", "string", "0+"),
        field("value", "string", "0+; null 0+"),
        field("readOnly", "bool", "0+"),
        field("isDefault", "bool", "0"),
        field("configSource", "int8", "1+; = -1; ignorable"),
        field("isSensitive", "bool", "0+"),
        list("synonyms", "DescribeConfigsSynonym", "1+; ignorable", [
          field("name", "string", "1+"),
          field("value", "string", "1+; null 0+"),
          field("source", "int8", "1+"),
        ]),
        field("configType", "int8", "3+; ignorable"),
        field("documentation", "string", "3+; null 0+; ignorable"),
      ]),
    ]),
  ],
);
