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

/** Whose settings: of one topic, of one broker, of all brokers that do not override them. */
export type ConfigScope = "topic" | "broker" | "allBrokers";

/** The settings that can be changed while the cluster runs. */
export interface ChangeableSettings {
  names(scope: ConfigScope): readonly string[];
  /** Why a setting that exists cannot be changed there; null: there is no setting of this name. */
  whyNot(scope: ConfigScope, name: string): string | null;
  /** Why it cannot have this value; null: it can. Only asked for names of the list. */
  problem(scope: ConfigScope, name: string, value: string): string | null;
  isList(scope: ConfigScope, name: string): boolean;
  /** The value that counts there while nothing is set. */
  inForce(image: MetadataImage, subject: { scope: ConfigScope; resourceName: string }, name: string): string;
}

/** Whether, when and how leadership goes back to the preferred replicas by itself. */
export interface LeaderRebalance {
  readonly isEnabled: boolean;
  readonly everyMs: number;
  /** Goes back from a broker once it lacks more than this part of what it should lead, percent. */
  readonly imbalancePercentMax: number;
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
  readonly configs: ChangeableSettings;
  /** By this image, in which it may have been changed while running. */
  leaderRebalance(image: MetadataImage): LeaderRebalance;
}
