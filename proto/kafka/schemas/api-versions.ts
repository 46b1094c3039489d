// core: the layout of ApiVersions (key 18) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_ApiVersions
import type { ApiVersionsRequest, ApiVersionsResponse } from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const apiVersionsRequest = message<ApiVersionsRequest>(
  "ApiVersionsRequest",
  { kind: "request", versions: "0-4", flexible: "3+" },
  [
    field("clientSoftwareName", "string", "3+; ignorable"),
    field("clientSoftwareVersion", "string", "3+; ignorable"),
  ],
);

export const apiVersionsResponse = message<ApiVersionsResponse>(
  "ApiVersionsResponse",
  { kind: "response", versions: "0-4", flexible: "3+" },
  [
    field("errorCode", "int16", "0+"),
    list("apiKeys", "ApiVersion", "0+", [
      field("apiKey", "int16", "0+"),
      field("minVersion", "int16", "0+"),
      field("maxVersion", "int16", "0+"),
    ]),
    field("throttleTimeMs", "int32", "1+; ignorable"),
    list("supportedFeatures", "SupportedFeatureKey", "3+; tag 0; ignorable", [
      field("name", "string", "3+"),
      field("minVersion", "int16", "3+"),
      field("maxVersion", "int16", "3+"),
    ]),
    field("finalizedFeaturesEpoch", "int64", "3+; tag 1; = -1; ignorable"),
    list("finalizedFeatures", "FinalizedFeatureKey", "3+; tag 2; ignorable", [
      field("name", "string", "3+"),
      field("maxVersionLevel", "int16", "3+"),
      field("minVersionLevel", "int16", "3+"),
    ]),
    field("zkMigrationReady", "bool", "3+; tag 3; ignorable"),
  ],
);
