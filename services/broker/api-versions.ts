// core: ApiVersions: what is offered, and nothing else.
import { ErrorCode } from "../../proto/errors.ts";
import { advertisedApiKeys } from "../../proto/kafka/advertised.ts";
import type { RequestOf, ResponseOf } from "../../proto/kafka/apis.ts";

// KIP-511.
const softwarePattern = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/;
const firstVersionWithSoftware = 3;

export function apiVersions(
  request: RequestOf<"ApiVersions">,
  options: { apiVersion: number },
): ResponseOf<"ApiVersions"> {
  const { clientSoftwareName: name, clientSoftwareVersion: version } = request;
  const isNamed = softwarePattern.test(name) && softwarePattern.test(version);
  const isRefused = options.apiVersion >= firstVersionWithSoftware && !isNamed;
  return {
    errorCode: isRefused ? ErrorCode.INVALID_REQUEST : ErrorCode.NONE,
    apiKeys: isRefused ? [] : [...advertisedApiKeys],
    throttleTimeMs: 0,
    supportedFeatures: [],
    finalizedFeaturesEpoch: -1,
    finalizedFeatures: [],
    zkMigrationReady: false,
  };
}
