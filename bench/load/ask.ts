// adapter: one question to a broker over a connection of its own: which versions it knows, who leads what.
import { connect } from "node:net";
import { errorName } from "../../proto/errors.ts";
import { type ApiDefinition, apis } from "../../proto/kafka/apis.ts";
import { decodeResponse, encodeRequest } from "../../proto/kafka/frames.ts";
import type { Input } from "../../proto/kafka/schema.ts";

const answerMs = 10_000;

export async function ask<Req, Res>(
  address: string,
  api: ApiDefinition<Req, Res>,
  version: number,
  body: Input<Req>,
): Promise<Res> {
  const frame = encodeRequest({ api, version, correlationId: 1, clientId: "ottla-bench", body });
  return decodeResponse(api, version, await exchange(address, frame)).body;
}

function exchange(address: string, frame: Uint8Array): Promise<Uint8Array> {
  const colon = address.lastIndexOf(":");
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address.slice(0, colon), port: Number(address.slice(colon + 1)) });
    const chunks: Buffer[] = [];
    let have = 0;
    const fail = (reason: string): void => {
      socket.destroy();
      reject(new Error(`${address} did not answer: ${reason}`));
    };
    socket.setTimeout(answerMs, () => fail(`nothing within ${answerMs} ms`));
    socket.once("error", (error) => fail(error.message));
    socket.once("close", () => fail("it closed the connection"));
    socket.on("data", (chunk) => {
      chunks.push(chunk);
      have += chunk.length;
      if (have < 4) return;
      const all = Buffer.concat(chunks);
      if (have < 4 + all.readInt32BE(0)) return;
      resolve(all.subarray(4));
      socket.destroy();
    });
    socket.write(frame);
  });
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
