// test: a controller that follows the rules with no consensus behind it: registrations, fencing, elections
// from the in-sync set, in-sync changes by compare-and-set. Every change makes an image; nodes see images
// late and in order.

import {
  type BrokerImage,
  emptyImage,
  type MetadataDelta,
  type MetadataImage,
  type PartitionImage,
} from "../../cluster/metadata/image.ts";
import { ErrorCode } from "../../proto/errors.ts";
import type { AlterPartitionRequest, AlterPartitionResponse } from "../../proto/peer/peer-api.ts";

export type Publish = (image: MetadataImage, delta: MetadataDelta) => void;

export class FakeController {
  image: MetadataImage = emptyImage;
  readonly #publish: Publish;
  #dirtyBrokers = new Set<number>();
  #dirtyPartitions = new Map<string, Set<number>>();
  elections = 0;

  constructor(publish: Publish) {
    this.#publish = publish;
  }

  #commit(): void {
    this.image = { ...this.image, end: this.image.end + 1 };
    const delta: MetadataDelta = {
      brokers: this.#dirtyBrokers,
      partitions: this.#dirtyPartitions,
      removedTopics: new Map(),
      configs: new Set(),
    };
    this.#dirtyBrokers = new Set();
    this.#dirtyPartitions = new Map();
    this.#publish(this.image, delta);
  }

  createTopic(topicId: string, name: string, replicas: number[][]): void {
    const partitions = replicas.map((ids, partition) => ({
      topicId,
      partition,
      replicas: ids,
      isr: ids,
      elr: [],
      lastKnownElr: [],
      leader: ids[0]!,
      leaderEpoch: 0,
      partitionEpoch: 0,
      directories: [],
    }));
    const topics = new Map(this.image.topics).set(topicId, { topicId, name, partitions });
    const topicIdsByName = new Map(this.image.topicIdsByName).set(name, topicId);
    this.image = { ...this.image, topics, topicIdsByName };
    this.#dirtyPartitions.set(topicId, new Set(partitions.keys()));
    this.#commit();
  }

  #setPartition(now: PartitionImage): void {
    const topic = this.image.topics.get(now.topicId)!;
    const partitions = topic.partitions.map((one) => (one.partition === now.partition ? now : one));
    const topics = new Map(this.image.topics).set(now.topicId, { ...topic, partitions });
    this.image = { ...this.image, topics };
    const dirty = this.#dirtyPartitions.get(now.topicId) ?? new Set();
    this.#dirtyPartitions.set(now.topicId, dirty.add(now.partition));
  }

  #setBroker(id: number, change: Partial<BrokerImage>): void {
    const before = this.image.brokers.get(id);
    const now = { ...before, ...change } as BrokerImage;
    this.image = { ...this.image, brokers: new Map(this.image.brokers).set(id, now) };
    this.#dirtyBrokers.add(id);
  }

  *#partitions(): Iterable<PartitionImage> {
    for (const topic of this.image.topics.values()) yield* topic.partitions;
  }

  register(id: number, incarnationId: string): void {
    this.#setBroker(id, {
      id,
      epoch: this.image.end + 1,
      incarnationId,
      listeners: [],
      peerHost: "",
      peerPort: 0,
      rack: null,
      directoryIds: [],
      fenced: true,
      inControlledShutdown: false,
    });
    for (const one of [...this.#partitions()]) if (one.isr.includes(id)) this.#leave(one, id);
    this.#commit();
  }

  fence(id: number): void {
    if (this.image.brokers.get(id)?.fenced !== false) return;
    this.#setBroker(id, { fenced: true });
    for (const one of [...this.#partitions()]) if (one.isr.includes(id)) this.#leave(one, id);
    this.#commit();
  }

  /** A fenced broker leaves the in-sync set, unless it is the last of it; what it led is led by another. */
  #leave(one: PartitionImage, id: number): void {
    const others = one.isr.filter((other) => other !== id);
    const isr = others.length > 0 ? others : one.isr;
    const leader = one.leader !== id ? one.leader : this.#elect(one.replicas, others);
    // A registration of a leader bumps its epoch even if nobody else can lead.
    this.#change(one, { isr, leader }, one.leader === id);
  }

  #elect(replicas: readonly number[], isr: readonly number[]): number {
    return replicas.find((id) => isr.includes(id) && !this.image.brokers.get(id)!.fenced) ?? -1;
  }

  #change(one: PartitionImage, change: Partial<PartitionImage>, bumpsEpoch: boolean): void {
    if (bumpsEpoch) this.elections++;
    this.#setPartition({
      ...one,
      ...change,
      leaderEpoch: one.leaderEpoch + (bumpsEpoch ? 1 : 0),
      partitionEpoch: one.partitionEpoch + 1,
    });
  }

  unfence(id: number, incarnationId: string): void {
    const broker = this.image.brokers.get(id);
    if (broker?.incarnationId !== incarnationId || !broker.fenced) return;
    this.#setBroker(id, { fenced: false });
    for (const one of [...this.#partitions()]) {
      if (one.leader >= 0 || !one.isr.includes(id)) continue;
      this.#change(one, { leader: this.#elect(one.replicas, one.isr) }, true);
    }
    this.#commit();
  }

  /** Leadership moves to another member of the in-sync set, as a rebalance does. */
  moveLeader(topicId: string, partition: number, to: number): void {
    const one = this.image.topics.get(topicId)!.partitions[partition]!;
    if (one.leader === to || !one.isr.includes(to) || this.image.brokers.get(to)!.fenced) return;
    this.#change(one, { leader: to }, true);
    this.#commit();
  }

  alterPartition(request: AlterPartitionRequest): AlterPartitionResponse {
    const broker = this.image.brokers.get(request.nodeId);
    if (broker?.epoch !== request.brokerEpoch) return { errorCode: ErrorCode.STALE_BROKER_EPOCH, items: [] };
    const items = request.items.map((item) => {
      const { topicId, partition } = item;
      const errorCode = this.#alter(request.nodeId, item);
      return { topicId, partition, errorCode };
    });
    if (items.some((item) => item.errorCode === 0)) this.#commit();
    return { errorCode: 0, items };
  }

  #alter(nodeId: number, item: AlterPartitionRequest["items"][number]): number {
    const one = this.image.topics.get(item.topicId)?.partitions[item.partition];
    if (one === undefined) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    if (one.leader !== nodeId || one.leaderEpoch !== item.leaderEpoch) return ErrorCode.FENCED_LEADER_EPOCH;
    if (one.partitionEpoch !== item.partitionEpoch) return ErrorCode.INVALID_UPDATE_VERSION;
    for (const member of item.isr) {
      const broker = this.image.brokers.get(member.nodeId)!;
      if (broker.fenced || broker.epoch !== member.brokerEpoch) return ErrorCode.INELIGIBLE_REPLICA;
    }
    this.#change(one, { isr: item.isr.map((member) => member.nodeId) }, false);
    return ErrorCode.NONE;
  }
}
