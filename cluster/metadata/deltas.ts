// core: deltas apart from replay: between two images that a snapshot separates, and several made into one.
import { areEqual } from "./equal-images.ts";
import type { MetadataDelta, MetadataImage, PartitionImage, TopicImage } from "./image.ts";

function changedKeys<Key, Value>(before: ReadonlyMap<Key, Value>, after: ReadonlyMap<Key, Value>): Set<Key> {
  const changed = new Set<Key>();
  for (const [key, value] of after) if (!areEqual(before.get(key), value)) changed.add(key);
  for (const key of before.keys()) if (!after.has(key)) changed.add(key);
  return changed;
}

function changedPartitions(before: TopicImage | undefined, after: TopicImage): Set<number> | null {
  const changed = new Set<number>();
  after.partitions.forEach((partition: PartitionImage, index) => {
    if (!areEqual(before?.partitions[index], partition)) changed.add(index);
  });
  return before === undefined || changed.size > 0 ? changed : null;
}

/** Everything that differs, found by comparing all of it. */
export function deltaBetween(before: MetadataImage, after: MetadataImage): MetadataDelta {
  const partitions = new Map<string, Set<number>>();
  for (const topic of after.topics.values()) {
    const changed = changedPartitions(before.topics.get(topic.topicId), topic);
    if (changed !== null) partitions.set(topic.topicId, changed);
  }
  const removedTopics = new Map<string, TopicImage>();
  for (const topic of before.topics.values())
    if (!after.topics.has(topic.topicId)) removedTopics.set(topic.topicId, topic);
  return {
    brokers: changedKeys(before.brokers, after.brokers),
    partitions,
    removedTopics,
    configs: changedKeys(before.configs, after.configs),
  };
}

export function isEmptyDelta(delta: MetadataDelta): boolean {
  return delta.brokers.size + delta.partitions.size + delta.removedTopics.size + delta.configs.size === 0;
}
