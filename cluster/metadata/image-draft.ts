// core: an image while records are applied to it. Maps and partition lists are copied at their first change,
// so that a batch of records copies each at most once and the image it started from stays as it was. Notes
// what changed on the way.
import { assert } from "../../base/assert.ts";
import type { Uuid } from "../../base/uuid.ts";
import type {
  BrokerImage,
  ConfigKey,
  MetadataDelta,
  MetadataImage,
  PartitionImage,
  TopicImage,
} from "./image.ts";

export class ImageDraft {
  readonly #base: MetadataImage;
  #brokers: Map<number, BrokerImage> | null = null;
  #topics: Map<Uuid, TopicImage> | null = null;
  #topicIdsByName: Map<string, Uuid> | null = null;
  #configs: Map<ConfigKey, ReadonlyMap<string, string>> | null = null;
  #features: Map<string, number> | null = null;
  #nextProducerId: number;
  /** Partition lists that belong to this draft and may be changed. */
  readonly #lists = new Map<Uuid, PartitionImage[]>();
  readonly #changedBrokers = new Set<number>();
  readonly #changedPartitions = new Map<Uuid, Set<number>>();
  readonly #removedTopics = new Map<Uuid, TopicImage>();
  readonly #changedConfigs = new Set<ConfigKey>();

  constructor(base: MetadataImage) {
    this.#base = base;
    this.#nextProducerId = base.nextProducerId;
  }

  broker(id: number): BrokerImage | undefined {
    return (this.#brokers ?? this.#base.brokers).get(id);
  }

  setBroker(broker: BrokerImage): void {
    this.#brokers ??= new Map(this.#base.brokers);
    this.#brokers.set(broker.id, broker);
    this.#changedBrokers.add(broker.id);
  }

  removeBroker(id: number): void {
    this.#brokers ??= new Map(this.#base.brokers);
    this.#brokers.delete(id);
    this.#changedBrokers.add(id);
  }

  topic(topicId: Uuid): TopicImage | undefined {
    return (this.#topics ?? this.#base.topics).get(topicId);
  }

  addTopic(topicId: Uuid, name: string): void {
    this.#topicIdsByName ??= new Map(this.#base.topicIdsByName);
    assert(!this.#topicIdsByName.has(name), `topic ${name} is created, and is there already`);
    this.#topicIdsByName.set(name, topicId);
    this.#setTopic({ topicId, name, partitions: [] });
    this.#changedPartitions.set(topicId, this.#changedPartitions.get(topicId) ?? new Set());
  }

  removeTopic(topicId: Uuid): void {
    const topic = this.topic(topicId);
    assert(topic !== undefined, `topic ${topicId} is removed, and is not there`);
    this.#topics ??= new Map(this.#base.topics);
    this.#topics.delete(topicId);
    this.#topicIdsByName ??= new Map(this.#base.topicIdsByName);
    this.#topicIdsByName.delete(topic.name);
    this.#lists.delete(topicId);
    this.#changedPartitions.delete(topicId);
    // Made and removed within this batch: nobody has seen it.
    const before = this.#base.topics.get(topicId);
    if (before !== undefined) this.#removedTopics.set(topicId, before);
    const key = `topic:${topic.name}`;
    if ((this.#configs ?? this.#base.configs).has(key)) this.#setConfigs(key, new Map());
  }

  partition(topicId: Uuid, index: number): PartitionImage | undefined {
    return this.topic(topicId)?.partitions[index];
  }

  setPartition(partition: PartitionImage): void {
    const { topicId, partition: index } = partition;
    const list = this.#listOf(topicId);
    assert(index <= list.length, `partition ${index} of ${topicId} comes after ${list.length} only`);
    list[index] = partition;
    const changed = this.#changedPartitions.get(topicId) ?? new Set();
    this.#changedPartitions.set(topicId, changed.add(index));
  }

  setConfig(key: ConfigKey, name: string, value: string | null): void {
    const values = new Map((this.#configs ?? this.#base.configs).get(key));
    if (value === null) values.delete(name);
    else values.set(name, value);
    this.#setConfigs(key, values);
  }

  setFeature(name: string, level: number): void {
    this.#features ??= new Map(this.#base.features);
    if (level === 0) this.#features.delete(name);
    else this.#features.set(name, level);
  }

  setNextProducerId(id: number): void {
    this.#nextProducerId = id;
  }

  finish(position: { end: number; epoch: number }): { image: MetadataImage; delta: MetadataDelta } {
    const base = this.#base;
    const image: MetadataImage = {
      end: position.end,
      epoch: position.epoch,
      brokers: this.#brokers ?? base.brokers,
      topics: this.#topics ?? base.topics,
      topicIdsByName: this.#topicIdsByName ?? base.topicIdsByName,
      configs: this.#configs ?? base.configs,
      nextProducerId: this.#nextProducerId,
      features: this.#features ?? base.features,
    };
    const delta: MetadataDelta = {
      brokers: this.#changedBrokers,
      partitions: this.#changedPartitions,
      removedTopics: this.#removedTopics,
      configs: this.#changedConfigs,
    };
    return { image, delta };
  }

  #setTopic(topic: TopicImage): void {
    this.#topics ??= new Map(this.#base.topics);
    this.#topics.set(topic.topicId, topic);
  }

  #listOf(topicId: Uuid): PartitionImage[] {
    const known = this.#lists.get(topicId);
    if (known !== undefined) return known;
    const topic = this.topic(topicId);
    assert(topic !== undefined, `a partition of topic ${topicId} changes, which is not there`);
    const list = [...topic.partitions];
    this.#lists.set(topicId, list);
    this.#setTopic({ ...topic, partitions: list });
    return list;
  }

  #setConfigs(key: ConfigKey, values: ReadonlyMap<string, string>): void {
    this.#configs ??= new Map(this.#base.configs);
    if (values.size === 0) this.#configs.delete(key);
    else this.#configs.set(key, values);
    this.#changedConfigs.add(key);
  }
}
