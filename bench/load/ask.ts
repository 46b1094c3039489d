// adapter: one question to a broker over a connection of its own: which versions it knows, who leads what.
import { errorName } from "../../proto/errors.ts";
import { type ApiDefinition, apis } from "../../proto/kafka/apis.ts";
import type { Input } from "../../proto/kafka/schema.ts";
import { Wire } from "./wire.ts";

const answerMs = 10_000;

export async function ask<Req, Res>(
  address: string,
  api: ApiDefinition<Req, Res>,
  version: number,
  body: Input<Req>,
): Promise<Res> {
  const wire = await Wire.open(address, answerMs);
  const timer = setTimeout(() => wire.close(), answerMs);
  try {
    return await wire.ask(api, version, body);
  } finally {
    clearTimeout(timer);
    wire.close();
  }
}

/** The highest version of an API that both ends know; throws when there is none in `range`. */
export async function agreeOnVersion(
  address: string,
  api: ApiDefinition,
  range: { min: number; max: number },
): Promise<number> {
  const { apiKeys } = await ask(address, apis.ApiVersions, 0, {});
  const known = apiKeys.find(({ apiKey }) => apiKey === api.key);
  const version = Math.min(range.max, known?.maxVersion ?? -1);
  if (known !== undefined && version >= Math.max(range.min, known.minVersion)) return version;
  throw new Error(
    `${address} knows ${api.name} in versions ${known?.minVersion}-${known?.maxVersion}; ` +
      `the load generator speaks ${range.min}-${range.max}`,
  );
}

/** The address of the leader of each partition, by partition. Throws while one has none. */
export async function leadersOf(bootstrap: string, topic: string): Promise<string[]> {
  const address = bootstrap.split(",")[0]!;
  const { brokers, topics } = await ask(address, apis.Metadata, 7, { topics: [{ name: topic }] });
  const addressOf = new Map(brokers.map(({ nodeId, host, port }) => [nodeId, `${host}:${port}`]));
  const found = topics[0];
  if (found === undefined || found.errorCode !== 0) {
    throw new Error(`topic "${topic}" is not to be had: ${errorName(found?.errorCode ?? -1)}`);
  }
  const leaders: string[] = [];
  for (const { partitionIndex, leaderId } of found.partitions) {
    const leader = addressOf.get(leaderId);
    if (leader === undefined) throw new Error(`partition ${partitionIndex} of "${topic}" has no leader`);
    leaders[partitionIndex] = leader;
  }
  return leaders;
}
