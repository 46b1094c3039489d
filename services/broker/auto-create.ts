// shell: topics that a client asks for by Metadata, and that are not there: made, where the client and this
// broker's settings allow it, before the answer.
//
// Source: KIP-361; Kafka, AutoTopicCreationManager. Like there, the answer does not wait for the leaders for
// long: the client asks again.
import type { RequestContext } from "../../proto/broker-api.ts";
import { BrokerError, ErrorCode } from "../../proto/errors.ts";
import { apis, type RequestOf } from "../../proto/kafka/apis.ts";
import { dynamicText } from "../config/dynamic-settings.ts";
import { seen, toController } from "./forwarding.ts";
import { knowsCluster } from "./own-registration.ts";
import type { BrokerPorts } from "./ports.ts";
import { isInternalTopic, isValidTopicName, topicByName } from "./topics.ts";

const timeoutMs = 5_000;
const seenWithinMs = 1_000;
/** Made by one request at most; what is left comes with the next. */
const topicsPerRequestMax = 100;
const apiVersion = 7;

/** Makes what is missing and may be made; the request is then answered as if it had been there. */
export async function withMissingTopics(
  ports: BrokerPorts,
  request: RequestOf<"Metadata">,
  context: RequestContext,
): Promise<RequestOf<"Metadata">> {
  if (!request.allowAutoTopicCreation || request.topics === null) return request;
  const { image } = ports.metadata;
  if (!knowsCluster(ports, image)) return request;
  const missing = request.topics
    .map(({ name }) => name)
    .filter((name) => name !== null && isMissing(ports, name))
    .slice(0, topicsPerRequestMax) as string[];
  if (missing.length === 0) return request;
  const config = { nodeId: ports.nodeId, values: ports.config.values };
  if (dynamicText(config, image, "auto.create.topics.enable")?.toLowerCase() !== "true") return request;
  await create(ports, [...new Set(missing)], context);
  return request;
}

function isMissing({ metadata }: BrokerPorts, name: string): boolean {
  return isValidTopicName(name) && !isInternalTopic(name) && topicByName(metadata.image, name) === undefined;
}

async function create(ports: BrokerPorts, names: readonly string[], context: RequestContext): Promise<void> {
  const topics = names.map((name) => ({ name, numPartitions: -1, replicationFactor: -1 }));
  const request = { topics, timeoutMs, validateOnly: false };
  const { clientId } = context;
  try {
    const answer = await toController(ports, apis.CreateTopics, {
      request,
      context: { apiVersion, clientId },
      timeoutMs,
    });
    const made = answer.topics
      .filter(({ errorCode: code }) => code === ErrorCode.NONE || code === ErrorCode.TOPIC_ALREADY_EXISTS)
      .map(({ name }) => name);
    const isThere = (): boolean =>
      made.every((name) => topicByName(ports.metadata.image, name) !== undefined);
    await seen(ports, isThere, seenWithinMs);
  } catch (error) {
    // The answer says that the topic is not there, and the client asks again.
    if (!(error instanceof BrokerError)) throw error;
  }
}
