// core: the picture of the cluster at one point of the metadata log. Immutable: every change makes a new
// image that shares what did not change. Requests are decided on it, Metadata answers are made from it, and
// nothing else says who leads what.
import type { Uuid } from "../../base/uuid.ts";

export interface ListenerImage {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

export interface BrokerImage {
  readonly id: number;
  /**
   * Offset of its registration record: grows at every registration, and fences what an older process sent.
   */
  readonly epoch: number;
  readonly incarnationId: Uuid;
  readonly listeners: readonly ListenerImage[];
  readonly peerHost: string;
  readonly peerPort: number;
  readonly rack: string | null;
  readonly directoryIds: readonly Uuid[];
  /** A fenced broker leads nothing and joins no in-sync set. */
  readonly fenced: boolean;
  readonly inControlledShutdown: boolean;
}

export interface PartitionImage {
  readonly topicId: Uuid;
  readonly partition: number;
  /** Assignment order; the first is the preferred leader. */
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  /** Eligible leaders outside the in-sync set (KIP-966). */
  readonly elr: readonly number[];
  readonly lastKnownElr: readonly number[];
  /** Node id, or -1: nobody leads, the partition is offline. */
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly partitionEpoch: number;
  /** Directory of each replica, in the order of `replicas`; zero uuid: not yet known. */
  readonly directories: readonly Uuid[];
}

export interface TopicImage {
  readonly topicId: Uuid;
  readonly name: string;
  /** Index = partition number. */
  readonly partitions: readonly PartitionImage[];
}

/** "topic:NAME", "broker:ID", or "broker:" for the defaults of all brokers. */
export type ConfigKey = string;

export interface MetadataImage {
  /** End (exclusive) of the metadata applied, and the epoch of the last record. */
  readonly end: number;
  readonly epoch: number;
  readonly brokers: ReadonlyMap<number, BrokerImage>;
  readonly topics: ReadonlyMap<Uuid, TopicImage>;
  readonly topicIdsByName: ReadonlyMap<string, Uuid>;
  readonly configs: ReadonlyMap<ConfigKey, ReadonlyMap<string, string>>;
  readonly nextProducerId: number;
  readonly features: ReadonlyMap<string, number>;
}

/** What differs between two images, for those who follow it. */
export interface MetadataDelta {
  readonly brokers: ReadonlySet<number>;
  /** Topics created, and topics any of whose partitions changed: partition numbers by topic id. */
  readonly partitions: ReadonlyMap<Uuid, ReadonlySet<number>>;
  readonly removedTopics: ReadonlyMap<Uuid, TopicImage>;
  readonly configs: ReadonlySet<ConfigKey>;
}

export const emptyImage: MetadataImage = {
  end: 0,
  epoch: 0,
  brokers: new Map(),
  topics: new Map(),
  topicIdsByName: new Map(),
  configs: new Map(),
  nextProducerId: 0,
  features: new Map(),
};
