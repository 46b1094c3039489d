// core: topics and partitions as requests name them, looked up in the image.
import type { Uuid } from "../../base/uuid.ts";
import type { MetadataImage, PartitionImage, TopicImage } from "../../cluster/metadata/image.ts";
import { BrokerError } from "../../proto/errors.ts";

const internalTopics: ReadonlySet<string> = new Set(["__consumer_offsets", "__transaction_state"]);

export function isInternalTopic(name: string): boolean {
  return internalTopics.has(name);
}

/** Letters, digits, '.', '_' and '-', at most 249 of them; not "." and not "..". */
export function isValidTopicName(name: string): boolean {
  return /^[a-zA-Z0-9._-]{1,249}$/.test(name) && name !== "." && name !== "..";
}

export function topicByName(image: MetadataImage, name: string): TopicImage | undefined {
  const topicId = image.topicIdsByName.get(name);
  return topicId === undefined ? undefined : image.topics.get(topicId);
}

/** Throws UNKNOWN_TOPIC_OR_PARTITION. */
export function needTopicByName(image: MetadataImage, name: string): TopicImage {
  const topic = topicByName(image, name);
  if (topic !== undefined) return topic;
  throw new BrokerError("UNKNOWN_TOPIC_OR_PARTITION", `there is no topic "${name}" here`);
}

/** Throws UNKNOWN_TOPIC_ID. */
export function needTopicById(image: MetadataImage, topicId: Uuid): TopicImage {
  const topic = image.topics.get(topicId);
  if (topic !== undefined) return topic;
  throw new BrokerError("UNKNOWN_TOPIC_ID", `there is no topic with the id ${topicId} here`);
}

/** Throws UNKNOWN_TOPIC_OR_PARTITION. */
export function needPartition(topic: TopicImage, index: number): PartitionImage {
  const partition = topic.partitions[index];
  if (partition !== undefined) return partition;
  const text = `topic "${topic.name}" has ${topic.partitions.length} partitions, and none of number ${index}`;
  throw new BrokerError("UNKNOWN_TOPIC_OR_PARTITION", text);
}
