// port: what the controller's decisions need to know besides the image and the request. services binds it
// from the node's configuration, which knows the names, types and defaults of settings.
import type { Uuid } from "../../base/uuid.ts";
import type { Decision } from "../machine/machine.ts";
import type { MetadataImage } from "../metadata/image.ts";
import type { NewRecord } from "../metadata/record-schemas.ts";

/** What a decision of the controller is: records for the metadata log, and an answer. */
export type Decided<Reply> = Decision<NewRecord, Reply>;

export interface EffectiveSetting {
  readonly text: string;
  /** Kafka's ConfigSource: 1 topic, 2 this broker, 3 all brokers, 4 static, 5 built-in default. */
  readonly source: number;
}

/** The settings a topic can have. */
export interface TopicSettings {
  /** All names, in the order in which they are listed. */
  readonly names: readonly string[];
  /** Why a topic cannot have this value, as a sentence; null: it can. Only asked for names of the list. */
  problem(name: string, value: string): string | null;
  /** The value that counts in this image for a topic of this name (which need not exist). */
  effective(image: MetadataImage, topicName: string, name: string): EffectiveSetting;
}

export interface ControllerSettings {
  readonly clusterId: Uuid;
  /** Partitions of a topic whose creator does not say (num.partitions). */
  readonly partitionsDefault: number;
  /** default.replication.factor; -1: 3, or the number of brokers if that is less. */
  readonly replicationFactorDefault: number;
  /** delete.topic.enable. */
  readonly topicDeletionEnabled: boolean;
  /**
   * min.insync.replicas as this node was started with it, and whether somebody set it. It is committed as a
   * setting of all brokers, since leaders and controller must agree on it at every point of the metadata log.
   */
  readonly minInsyncReplicas: { readonly value: number; readonly isExplicit: boolean };
  readonly topics: TopicSettings;
}
