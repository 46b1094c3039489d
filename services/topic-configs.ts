// core: the settings of topics as the parts of a node want them: what the topic overrides, else the dynamic
// settings of this broker, else those of all brokers, else what this node was started with.

import type { LogConfig } from "../cluster/log/replica-log.ts";
import type { MetadataImage } from "../cluster/metadata/image.ts";
import type { PartitionConfig } from "../cluster/replication/replication-ports.ts";
import { isInternalTopic } from "./broker/topics.ts";
import type { NodeConfig } from "./config/node-config.ts";
import { convertSynonym, topicSynonyms } from "./config/topic-defaults.ts";
import { type TopicSettingName, type TopicValueOf, topicSettings } from "./config/topic-settings.ts";

/** Numbers of Kafka's ConfigSource. */
export const configSource = {
  topic: 1,
  dynamicBroker: 2,
  dynamicDefaultBroker: 3,
  staticBroker: 4,
  default: 5,
} as const;

export interface SettingSynonym {
  readonly name: string;
  readonly text: string;
  readonly source: number;
}

export interface RetentionConfig {
  /** -1: for ever. */
  readonly retentionMs: number;
  /** -1: no limit. */
  readonly retentionBytes: number;
  readonly deletes: boolean;
}

export type TopicConfigsBasis = Pick<
  NodeConfig,
  "nodeId" | "values" | "flushPolicy" | "produceValidation" | "producerExpirationMs"
>;

export class TopicConfigs {
  readonly #config: TopicConfigsBasis;
  readonly #image: () => MetadataImage;

  constructor(config: TopicConfigsBasis, image: () => MetadataImage) {
    this.#config = config;
    this.#image = image;
  }

  partitionConfig(topicName: string): PartitionConfig {
    const { flushPolicy, produceValidation: validation } = this.#config;
    const cleanup = this.value(topicName, "cleanup.policy");
    return {
      minInsyncReplicas: this.value(topicName, "min.insync.replicas"),
      // Committed offsets and the state of groups are durable always.
      flushPolicy: isInternalTopic(topicName) ? "durable" : flushPolicy,
      maxMessageBytes: this.value(topicName, "max.message.bytes"),
      compacted: cleanup.includes("compact"),
      timestampType: this.value(topicName, "message.timestamp.type"),
      timestampBeforeMaxMs: this.value(topicName, "message.timestamp.before.max.ms"),
      timestampAfterMaxMs: this.value(topicName, "message.timestamp.after.max.ms"),
      validation,
    };
  }

  logConfig(topicName: string): LogConfig {
    return {
      segmentBytes: this.value(topicName, "segment.bytes"),
      segmentMs: this.value(topicName, "segment.ms"),
      indexIntervalBytes: this.value(topicName, "index.interval.bytes"),
      indexBytesMax: this.value(topicName, "segment.index.bytes"),
      fileDeleteDelayMs: this.value(topicName, "file.delete.delay.ms"),
      maxMessageBytes: this.value(topicName, "max.message.bytes"),
      producerExpirationMs: this.#config.producerExpirationMs,
      isMadeLate: true,
    };
  }

  retention(topicName: string): RetentionConfig {
    return {
      retentionMs: this.value(topicName, "retention.ms"),
      retentionBytes: this.value(topicName, "retention.bytes"),
      deletes: this.value(topicName, "cleanup.policy").includes("delete"),
    };
  }

  value<Name extends TopicSettingName>(topicName: string, name: Name): TopicValueOf<Name> {
    const [first] = this.synonyms(topicName, name);
    return topicSettings.get(name)!.type.parse(name, first!.text) as TopicValueOf<Name>;
  }

  /** Where the value could come from, the one that counts first; the last is the built-in default. */
  synonyms(topicName: string, name: string): SettingSynonym[] {
    const { configs } = this.#image();
    const found: SettingSynonym[] = [];
    const add = (key: string, setting: string, source: number, factor: number): void => {
      const text = configs.get(key)?.get(setting);
      if (text !== undefined) found.push({ name: setting, text: convertSynonym(text, factor), source });
    };
    add(`topic:${topicName}`, name, configSource.topic, 1);
    const { nodeId, values } = this.#config;
    for (const from of topicSynonyms[name]?.from ?? []) {
      add(`broker:${nodeId}`, from.name, configSource.dynamicBroker, from.factor);
      add("broker:", from.name, configSource.dynamicDefaultBroker, from.factor);
      const entry = values.entry(from.name);
      if (entry === null) continue;
      const { text, source, definition } = entry;
      if (source !== "default" && text !== null) {
        found.push({
          name: from.name,
          text: convertSynonym(text, from.factor),
          source: configSource.staticBroker,
        });
      }
      const { defaultText } = definition;
      if (defaultText === null) continue;
      const text0 = convertSynonym(defaultText, from.factor);
      found.push({ name: from.name, text: text0, source: configSource.default });
    }
    const own = topicSettings.get(name)?.defaultText ?? null;
    if (own !== null) found.push({ name, text: own, source: configSource.default });
    return found;
  }
}
