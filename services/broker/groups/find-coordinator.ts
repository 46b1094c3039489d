// shell: FindCoordinator: which broker coordinates a group: the leader of the partition of __consumer_offsets
// that the group belongs to. The topic is made when it is asked for first.
//
// Source: kafka-protocol FindCoordinator; KIP-699 (many keys in one request).

import { offsetsTopic } from "../../../cluster/coordinator/group-coordinator.ts";
import { shardOf } from "../../../cluster/coordinator/state/group-table.ts";
import type { TopicImage } from "../../../cluster/metadata/image.ts";
import type { RequestContext } from "../../../proto/broker-api.ts";
import { BrokerError, ErrorCode } from "../../../proto/errors.ts";
import { apis, type RequestOf, type ResponseOf } from "../../../proto/kafka/apis.ts";
import { brokerAddress, isAlive } from "../brokers.ts";
import { seen, toController } from "../forwarding.ts";
import type { BrokerPorts } from "../ports.ts";
import { topicByName } from "../topics.ts";
import { checkGroupId } from "./group-ids.ts";

type Request = RequestOf<"FindCoordinator">;
type Response = ResponseOf<"FindCoordinator">;
type Found = Response["coordinators"][number];

const groupKeyType = 0;
const firstVersionWithManyKeys = 4;
const createTimeoutMs = 5_000;
const seenWithinMs = 2_000;
const createApiVersion = 7;

export async function findCoordinator(
  ports: BrokerPorts,
  request: Request,
  context: RequestContext,
): Promise<Response> {
  const isBatched = context.apiVersion >= firstVersionWithManyKeys;
  const keys = isBatched ? request.coordinatorKeys : [request.key];
  const coordinators: Found[] = [];
  // Made at the first key that needs it, and not tried again for each of the others.
  let made: Promise<TopicImage> | null = null;
  const offsetsTopicOf = async (): Promise<TopicImage> => {
    const known = topicByName(ports.metadata.image, offsetsTopic);
    if (known !== undefined) return known;
    made ??= create(ports, context);
    return await made;
  };
  for (const key of keys)
    coordinators.push(await find({ ports, context, offsetsTopicOf }, { key, keyType: request.keyType }));
  const [first] = coordinators;
  const { errorCode, errorMessage, nodeId, host, port } = first ?? nobody("", ErrorCode.INVALID_REQUEST, "");
  return {
    throttleTimeMs: 0,
    ...{ errorCode, errorMessage, nodeId, host, port },
    coordinators: isBatched ? coordinators : [],
  };
}

interface Asked {
  readonly ports: BrokerPorts;
  readonly context: RequestContext;
  /** Rejects with COORDINATOR_NOT_AVAILABLE. */
  offsetsTopicOf(): Promise<TopicImage>;
}

async function find(
  { ports, context, offsetsTopicOf }: Asked,
  { key, keyType }: { key: string; keyType: number },
): Promise<Found> {
  try {
    if (keyType !== groupKeyType) {
      const text = `there are coordinators of groups (key type 0) here only, not of key type ${keyType}`;
      throw new BrokerError("INVALID_REQUEST", text);
    }
    checkGroupId(key);
    const topic = await offsetsTopicOf();
    const { leader } = topic.partitions[shardOf(key, topic.partitions.length)]!;
    const broker = ports.metadata.image.brokers.get(leader);
    const address = broker === undefined ? null : brokerAddress(broker, context.listenerName);
    if (address === null || !isAlive(ports.metadata.image, leader))
      throw new BrokerError("COORDINATOR_NOT_AVAILABLE", `nobody leads the partition of group "${key}" now`);
    const { nodeId, host, port } = address;
    return { key, nodeId, host, port, errorCode: ErrorCode.NONE, errorMessage: null };
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    return nobody(key, error.code, error.message);
  }
}

function nobody(key: string, errorCode: number, errorMessage: string): Found {
  return { key, nodeId: -1, host: "", port: -1, errorCode, errorMessage };
}

/**
 * How many brokers the cluster has, or will have: where nodes are both broker and controller, the voters that
 * have not registered yet count, or the first to ask while a cluster starts would have the offsets of all
 * groups kept once for ever.
 */
function brokersOf({ metadata, config }: BrokerPorts): number {
  const registered = metadata.image.brokers.size;
  return Math.max(1, registered, config.isController ? config.voters.length : 0);
}

/** Throws COORDINATOR_NOT_AVAILABLE while it is not there yet: the client asks again. */
async function create(ports: BrokerPorts, { clientId }: RequestContext): Promise<TopicImage> {
  const { values } = ports.config;
  const replicationFactor = Math.min(values.need("offsets.topic.replication.factor"), brokersOf(ports));
  const request = {
    topics: [
      {
        name: offsetsTopic,
        numPartitions: values.need("offsets.topic.num.partitions"),
        replicationFactor,
        configs: [
          { name: "cleanup.policy", value: "compact" },
          { name: "compression.type", value: "producer" },
          { name: "segment.bytes", value: String(values.need("offsets.topic.segment.bytes")) },
        ],
      },
    ],
    timeoutMs: createTimeoutMs,
    validateOnly: false,
  };
  const context = { apiVersion: createApiVersion, clientId };
  const timeoutMs = createTimeoutMs;
  const answer = await toController(ports, apis.CreateTopics, { request, context, timeoutMs });
  const [made] = answer.topics;
  const isThere = made?.errorCode === ErrorCode.NONE || made?.errorCode === ErrorCode.TOPIC_ALREADY_EXISTS;
  if (isThere) await seen(ports, (image) => topicByName(image, offsetsTopic) !== undefined, seenWithinMs);
  const topic = topicByName(ports.metadata.image, offsetsTopic);
  if (topic !== undefined) return topic;
  const why = made?.errorMessage ?? "it is being made";
  throw new BrokerError("COORDINATOR_NOT_AVAILABLE", `${offsetsTopic} is not there yet: ${why}`);
}
