// core: which version of a request to send: the highest that both ends have. The lower ends of this client's
// ranges are those of KIP-896; the upper ends are what the message tables know.
import type { ApiDefinition } from "../../proto/kafka/apis.ts";
import type { VersionRange } from "../../proto/kafka/schema.ts";
import { ClientError } from "../errors.ts";

/** Below these nothing is tried: older layouts lack what the client relies on. */
const lowest: Readonly<Record<string, number>> = { Produce: 3, Fetch: 4, ListOffsets: 1, Metadata: 4 };

/** What the broker said in its answer to ApiVersions, by API key. */
export type BrokerVersions = ReadonlyMap<number, VersionRange>;

/**
 * The version to send. `wanted` narrows the client's range. Throws ClientError UNSUPPORTED_BY_BROKER when the
 * ranges do not meet.
 */
export function chooseVersion(
  api: ApiDefinition,
  broker: BrokerVersions,
  wanted: Partial<VersionRange> = {},
): number {
  const min = Math.max(api.request.versions.min, lowest[api.name] ?? 0, wanted.min ?? 0);
  const max = Math.min(api.request.versions.max, wanted.max ?? Number.POSITIVE_INFINITY);
  const offered = broker.get(api.key);
  if (offered === undefined) {
    throw new ClientError("UNSUPPORTED_BY_BROKER", `${api.name}: the broker does not offer it`);
  }
  const version = Math.min(max, offered.max);
  if (version < min || version < offered.min) {
    throw new ClientError(
      "UNSUPPORTED_BY_BROKER",
      `${api.name}: the broker has versions ${offered.min} to ${offered.max}, this needs ${min} to ${max}`,
    );
  }
  return version;
}

export function offers(broker: BrokerVersions, api: ApiDefinition, version: number): boolean {
  const range = broker.get(api.key);
  return range !== undefined && version >= range.min && version <= range.max;
}
