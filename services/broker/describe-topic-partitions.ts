// core: DescribeTopicPartitions: topics in the order of their names, as many partitions as fit, and where to
// go on.
//
// Source: https://kafka.apache.org/protocol#The_Messages_DescribeTopicPartitions, KIP-966; Kafka,
// DescribeTopicPartitionsRequestHandler
import { zeroUuid } from "../../base/uuid.ts";
import type { MetadataImage, TopicImage } from "../../cluster/metadata/image.ts";
import type { RequestContext } from "../../proto/broker-api.ts";
import { BrokerError, ErrorCode } from "../../proto/errors.ts";
import type { RequestOf, ResponseOf } from "../../proto/kafka/apis.ts";
import { allTopicOperations, operationsNotAsked } from "./authorized-operations.ts";
import { describePartition } from "./metadata.ts";
import type { BrokerPorts } from "./ports.ts";
import { isInternalTopic, isValidTopicName, topicByName } from "./topics.ts";

type Request = RequestOf<"DescribeTopicPartitions">;
type Response = ResponseOf<"DescribeTopicPartitions">;
type Topic = Response["topics"][number];

export function describeTopicPartitions(
  ports: BrokerPorts,
  request: Request,
  { listenerName }: RequestContext,
): Response {
  const { image } = ports.metadata;
  const most = Number(ports.config.values.entry("max.request.partition.size.limit")?.text ?? 2_000);
  const { cursor } = request;
  if (cursor !== null && cursor.partitionIndex < 0)
    throw new BrokerError("INVALID_REQUEST", `the cursor names partition ${cursor.partitionIndex}`);
  let room = Math.max(1, Math.min(request.responsePartitionLimit, most));
  const topics: Topic[] = [];
  for (const name of namesFrom(image, request)) {
    if (room === 0) return answer(topics, { topicName: name, partitionIndex: 0 });
    const topic = topicByName(image, name);
    if (topic === undefined) {
      // Only who named it, or goes on from it, is told that it is not there.
      topics.push(missing(name));
      continue;
    }
    const from = cursor?.topicName === name ? cursor.partitionIndex : 0;
    const upTo = Math.min(from + room, topic.partitions.length);
    topics.push(described({ image, listenerName }, topic, { from, upTo }));
    room -= Math.max(0, upTo - from);
    if (upTo < topic.partitions.length) return answer(topics, { topicName: name, partitionIndex: upTo });
  }
  return answer(topics, null);
}

function answer(topics: Topic[], nextCursor: Response["nextCursor"]): Response {
  return { throttleTimeMs: 0, topics, nextCursor };
}

/** None named: all. In the order of their code units, from the cursor on. */
function namesFrom(image: MetadataImage, { topics, cursor }: Request): string[] {
  const all = topics.length === 0 ? [...image.topicIdsByName.keys()] : topics.map(({ name }) => name);
  const names = [...new Set(all)].sort((one, other) => (one < other ? -1 : 1));
  return cursor === null ? names : names.filter((name) => name >= cursor.topicName);
}

function missing(name: string): Topic {
  return {
    errorCode: isValidTopicName(name)
      ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
      : ErrorCode.INVALID_TOPIC_EXCEPTION,
    name,
    topicId: zeroUuid,
    isInternal: false,
    partitions: [],
    topicAuthorizedOperations: operationsNotAsked,
  };
}

function described(
  asked: { image: MetadataImage; listenerName: string },
  topic: TopicImage,
  { from, upTo }: { from: number; upTo: number },
): Topic {
  const partitions = topic.partitions.slice(from, upTo).map((partition) => ({
    ...describePartition(asked, partition),
    eligibleLeaderReplicas: [...partition.elr],
    lastKnownElr: [...partition.lastKnownElr],
  }));
  return {
    errorCode: ErrorCode.NONE,
    name: topic.name,
    topicId: topic.topicId,
    isInternal: isInternalTopic(topic.name),
    partitions,
    topicAuthorizedOperations: allTopicOperations,
  };
}
