// core: questions to an image that more than one part of the system asks.
import { type Uuid, zeroUuid } from "../../base/uuid.ts";
import type { BrokerImage, ListenerImage, MetadataImage, PartitionImage, TopicImage } from "./image.ts";

export function topicNamed(image: MetadataImage, name: string): TopicImage | undefined {
  const topicId = image.topicIdsByName.get(name);
  return topicId === undefined ? undefined : image.topics.get(topicId);
}

export function partitionOf(image: MetadataImage, topicId: Uuid, index: number): PartitionImage | undefined {
  return image.topics.get(topicId)?.partitions[index];
}

export function* allPartitions(image: MetadataImage): Generator<PartitionImage> {
  for (const topic of image.topics.values()) yield* topic.partitions;
}

/** May lead and be in in-sync sets: registered, not fenced, not on its way out. */
export function isActive(broker: BrokerImage | undefined): broker is BrokerImage {
  return broker !== undefined && !broker.fenced && !broker.inControlledShutdown;
}

/** Registered and not fenced, by id: what clients are told of. */
export function unfencedBrokers(image: MetadataImage): BrokerImage[] {
  return [...image.brokers.values()]
    .filter((broker) => !broker.fenced)
    .sort((one, other) => one.id - other.id);
}

export function listenerNamed(broker: BrokerImage, name: string): ListenerImage | undefined {
  return broker.listeners.find((listener) => listener.name === name);
}

/** Directory of the replica on broker `id`; the zero uuid when it is not known. */
export function directoryOf(partition: Pick<PartitionImage, "replicas" | "directories">, id: number): Uuid {
  return partition.directories[partition.replicas.indexOf(id)] ?? zeroUuid;
}

/**
 * The directory of this replica is lost, the cluster knows, and nobody counts on what the log there held: an
 * empty log in another directory may take its place. Source: KIP-858, where only a restart does so.
 */
export function mayBeginAnew(image: MetadataImage, partition: PartitionImage, id: number): boolean {
  const { isr, elr, leader } = partition;
  const directories = image.brokers.get(id)?.directoryIds ?? [];
  const directory = directoryOf(partition, id);
  if (directory === zeroUuid || directories.length === 0 || directories.includes(directory)) return false;
  return leader !== id && !isr.includes(id) && !elr.includes(id);
}

/** The broker is active, and the directory of this replica, where it is known, works. */
export function isReplicaOnline(image: MetadataImage, partition: PartitionImage, id: number): boolean {
  const broker = image.brokers.get(id);
  if (!isActive(broker) || !partition.replicas.includes(id)) return false;
  const directory = directoryOf(partition, id);
  if (directory === zeroUuid) return broker.directoryIds.length > 0;
  return broker.directoryIds.includes(directory);
}
