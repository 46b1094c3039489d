// core: Metadata: brokers, topics and leaders, from the image this broker has applied.
//
// Source: kafka-protocol Metadata; KIP-516 (topic ids).
// Brokers are named by the listener that the request came in on.
import { zeroUuid } from "../../base/uuid.ts";
import type { MetadataImage, PartitionImage, TopicImage } from "../../cluster/metadata/image.ts";
import type { RequestContext } from "../../proto/broker-api.ts";
import { BrokerError, ErrorCode } from "../../proto/errors.ts";
import type { RequestOf, ResponseOf } from "../../proto/kafka/apis.ts";
import { allClusterOperations, allTopicOperations, operationsNotAsked } from "./authorized-operations.ts";
import { aliveBrokers, brokerAddress, controllerForClients, isAlive } from "./brokers.ts";
import { knowsCluster } from "./own-registration.ts";
import { expectedError } from "./partitions.ts";
import type { BrokerPorts } from "./ports.ts";
import { isInternalTopic, isValidTopicName, needTopicById, needTopicByName } from "./topics.ts";

type Request = RequestOf<"Metadata">;
type Response = ResponseOf<"Metadata">;
type Topic = Response["topics"][number];
type AskedTopic = NonNullable<Request["topics"]>[number];

export function metadata(ports: BrokerPorts, request: Request, context: RequestContext): Response {
  const { image } = ports.metadata;
  const brokers = aliveBrokers(image, context.listenerName);
  const isKnown = knowsCluster(ports, image);
  const asked = { image, isKnown, listenerName: context.listenerName, ...request };
  const topics =
    request.topics === null
      ? [...image.topics.values()].map((topic) => describeTopic(asked, topic))
      : request.topics.map((topic) => lookUp(asked, topic));
  const wantsOperations = request.includeClusterAuthorizedOperations;
  return {
    throttleTimeMs: 0,
    brokers,
    clusterId: ports.clusterId,
    controllerId: controllerForClients(brokers, ports.nodeId),
    topics,
    clusterAuthorizedOperations: wantsOperations ? allClusterOperations : operationsNotAsked,
  };
}

interface Asked {
  readonly image: MetadataImage;
  /** Whether what is not in the image is not there. */
  readonly isKnown: boolean;
  readonly listenerName: string;
  readonly includeTopicAuthorizedOperations: boolean;
}

function lookUp(asked: Asked, { topicId, name }: AskedTopic): Topic {
  try {
    const topic = name === null ? needTopicById(asked.image, topicId) : needNamed(asked.image, name);
    return describeTopic(asked, topic);
  } catch (error) {
    return {
      errorCode: notFound(asked, expectedError(error).code),
      name,
      topicId: name === null ? topicId : zeroUuid,
      isInternal: false,
      partitions: [],
      topicAuthorizedOperations: operationsNotAsked,
    };
  }
}

/** A client takes a topic that is not there for gone; one that has no leader yet it asks for again. */
function notFound({ isKnown }: Asked, code: number): number {
  const isMissing = code === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION || code === ErrorCode.UNKNOWN_TOPIC_ID;
  return isMissing && !isKnown ? ErrorCode.LEADER_NOT_AVAILABLE : code;
}

function needNamed(image: MetadataImage, name: string): TopicImage {
  if (isValidTopicName(name)) return needTopicByName(image, name);
  throw new BrokerError("INVALID_TOPIC_EXCEPTION", `"${name.slice(0, 300)}" cannot be a topic's name`);
}

function describeTopic(asked: Asked, topic: TopicImage): Topic {
  return {
    errorCode: ErrorCode.NONE,
    name: topic.name,
    topicId: topic.topicId,
    isInternal: isInternalTopic(topic.name),
    partitions: topic.partitions.map((partition) => describePartition(asked, partition)),
    topicAuthorizedOperations: asked.includeTopicAuthorizedOperations
      ? allTopicOperations
      : operationsNotAsked,
  };
}

export function describePartition(
  asked: Pick<Asked, "image" | "listenerName">,
  partition: PartitionImage,
): Topic["partitions"][number] {
  const { image, listenerName } = asked;
  const { leader, replicas } = partition;
  const broker = isAlive(image, leader) ? image.brokers.get(leader) : undefined;
  const isReachable = broker !== undefined && brokerAddress(broker, listenerName) !== null;
  let errorCode: number = ErrorCode.NONE;
  if (broker === undefined) errorCode = ErrorCode.LEADER_NOT_AVAILABLE;
  else if (!isReachable) errorCode = ErrorCode.LISTENER_NOT_FOUND;
  return {
    errorCode,
    partitionIndex: partition.partition,
    leaderId: isReachable ? leader : -1,
    leaderEpoch: partition.leaderEpoch,
    replicaNodes: [...replicas],
    isrNodes: [...partition.isr],
    offlineReplicas: replicas.filter((nodeId) => !isAlive(image, nodeId)),
  };
}
