// core: the layout of UpdateFeatures (key 57) in every version, as a table (see ../schema.ts).
// Source: https://kafka.apache.org/protocol#The_Messages_UpdateFeatures
import type { UpdateFeaturesRequest, UpdateFeaturesResponse } from "../generated/messages.ts";
import { field, list, message } from "../schema.ts";

export const updateFeaturesRequest = message<UpdateFeaturesRequest>(
  "UpdateFeaturesRequest",
  { kind: "request", versions: "0-2", flexible: "0+" },
  [
    field("timeoutMs", "int32", "0+; = 60000"),
    list("featureUpdates", "FeatureUpdateKey", "0+", [
      field("feature", "string", "0+"),
      field("maxVersionLevel", "int16", "0+"),
      field("allowDowngrade", "bool", "0"),
      field("upgradeType", "int8", "1+; = 1"),
    ]),
    field("validateOnly", "bool", "1+"),
  ],
);

export const updateFeaturesResponse = message<UpdateFeaturesResponse>(
  "UpdateFeaturesResponse",
  { kind: "response", versions: "0-2", flexible: "0+" },
  [
    field("throttleTimeMs", "int32", "0+"),
    field("errorCode", "int16", "0+"),
    field("errorMessage", "string", "0+; null 0+"),
    list("results", "UpdatableFeatureResult", "0-1; ignorable", [
      field("feature", "string", "0+"),
      field("errorCode", "int16", "0+"),
      field("errorMessage", "string", "0+; null 0+"),
    ]),
  ],
);
