// core: what the standing of a broker means for the partitions it holds. Every function here takes the image
// with the broker as it will be (fenced, back, without a directory) and answers the records that the
// partitions need to fit it. Replicas that are not online are in no in-sync set and lead nothing.
import type { Uuid } from "../../base/uuid.ts";
import type { BrokerImage, MetadataImage, PartitionImage } from "../metadata/image.ts";
import { allPartitions, isReplicaOnline } from "../metadata/queries.ts";
import type { NewRecord } from "../metadata/record-schemas.ts";
import { changePartition, type PartitionTarget } from "./partition-change.ts";
import type { TopicSettings } from "./settings.ts";

/** Reads the settings of a topic that elections go by; many partitions of one topic ask in a row. */
export class ElectionSettings {
  readonly #image: MetadataImage;
  readonly #settings: TopicSettings;
  #topicId: Uuid = "";
  #last = { minInsyncReplicas: 1, allowsUnclean: false };

  constructor(image: MetadataImage, settings: TopicSettings) {
    this.#image = image;
    this.#settings = settings;
  }

  of(topicId: Uuid): { minInsyncReplicas: number; allowsUnclean: boolean } {
    if (topicId === this.#topicId) return this.#last;
    const name = this.#image.topics.get(topicId)?.name ?? "";
    const read = (setting: string): string => this.#settings.effective(this.#image, name, setting).text;
    this.#topicId = topicId;
    this.#last = {
      minInsyncReplicas: Number(read("min.insync.replicas")),
      allowsUnclean: read("unclean.leader.election.enable").toLowerCase() === "true",
    };
    return this.#last;
  }
}

export function withBrokers(image: MetadataImage, ...changed: readonly BrokerImage[]): MetadataImage {
  const brokers = new Map(image.brokers);
  for (const broker of changed) brokers.set(broker.id, broker);
  return { ...image, brokers };
}

/** What a broker that registers says of its logs. */
export interface Vouching {
  readonly nodeId: number;
  /** The log of its replica may lack what it had acknowledged. */
  isUnvouched(partition: PartitionImage): boolean;
  /** Where the replica is from now on. */
  directories(partition: PartitionImage): readonly Uuid[];
}

/** The partition without the replicas that are not online, and led by one that is. */
function fitted(
  image: MetadataImage,
  partition: PartitionImage,
  settings: ElectionSettings,
  extra: Pick<PartitionTarget, "unvouched" | "directories">,
): NewRecord | null {
  const placed =
    extra.directories === undefined ? partition : { ...partition, directories: extra.directories };
  const isOnline = (id: number): boolean => isReplicaOnline(image, placed, id);
  const isr = partition.isr.filter((id) => isOnline(id) && extra.unvouched?.has(id) !== true);
  return changePartition(partition, { isr, isOnline, ...settings.of(partition.topicId), ...extra });
}

/**
 * Some brokers stand in `image` as they will: what they led goes to others or to nobody, they leave the sets
 * they are not fit for.
 */
export function partitionsLeft(
  image: MetadataImage,
  ids: ReadonlySet<number>,
  topics: TopicSettings,
): NewRecord[] {
  const settings = new ElectionSettings(image, topics);
  const records: NewRecord[] = [];
  for (const partition of allPartitions(image)) {
    if (!partition.replicas.some((id) => ids.has(id))) continue;
    const record = fitted(image, partition, settings, {});
    if (record !== null) records.push(record);
  }
  return records;
}

/**
 * A broker stands in `image` as it registers: fenced, in a new life. Logs that it cannot vouch for leave the
 * eligible replicas too.
 */
export function partitionsOfRegistration(
  image: MetadataImage,
  vouching: Vouching,
  topics: TopicSettings,
): NewRecord[] {
  const settings = new ElectionSettings(image, topics);
  const unvouched = new Set([vouching.nodeId]);
  const records: NewRecord[] = [];
  for (const partition of allPartitions(image)) {
    if (!partition.replicas.includes(vouching.nodeId)) continue;
    const directories = vouching.directories(partition);
    const extra = vouching.isUnvouched(partition) ? { directories, unvouched } : { directories };
    const record = fitted(image, partition, settings, extra);
    if (record !== null) records.push(record);
  }
  return records;
}

/** Broker `id` is active in `image`: partitions that nobody leads may have found their leader. */
export function partitionsRegained(image: MetadataImage, id: number, topics: TopicSettings): NewRecord[] {
  const settings = new ElectionSettings(image, topics);
  const records: NewRecord[] = [];
  for (const partition of allPartitions(image)) {
    if (partition.leader >= 0 || !partition.replicas.includes(id)) continue;
    const record = fitted(image, partition, settings, {});
    if (record !== null) records.push(record);
  }
  return records;
}

/** Settings that elections go by have changed in `image`: who is eligible may be others now. */
export function partitionsRejudged(image: MetadataImage, topics: TopicSettings): NewRecord[] {
  const settings = new ElectionSettings(image, topics);
  const records: NewRecord[] = [];
  for (const partition of allPartitions(image)) {
    const record = fitted(image, partition, settings, {});
    if (record !== null) records.push(record);
  }
  return records;
}
