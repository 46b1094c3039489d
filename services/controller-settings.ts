// core: what the controller must know of settings, bound from the configuration of this node.
import type {
  ChangeableSettings,
  ControllerSettings,
  LeaderRebalance,
} from "../cluster/controller/settings.ts";
import type { MetadataImage } from "../cluster/metadata/image.ts";
import {
  brokerSettingDefinition,
  brokerSettingProblem,
  dynamicNames,
  dynamicText,
  whyNotDynamic,
} from "./config/dynamic-settings.ts";
import type { NodeConfig } from "./config/node-config.ts";
import { topicSettingProblem, topicSettings } from "./config/topic-settings.ts";
import { TopicConfigs } from "./topic-configs.ts";

export function controllerSettings(config: NodeConfig, clusterId: string): ControllerSettings {
  const minInsync = config.values.entry("min.insync.replicas");
  const effective = (image: MetadataImage, topicName: string, name: string) => {
    const [first] = new TopicConfigs(config, () => image).synonyms(topicName, name);
    return { text: first?.text ?? "", source: first?.source ?? 5 };
  };
  return {
    clusterId,
    partitionsDefault: config.partitionsDefault,
    replicationFactorDefault: config.replicationFactorDefault,
    topicDeletionEnabled: config.deleteTopicEnabled,
    minInsyncReplicas: {
      value: Number(minInsync?.text ?? 1),
      isExplicit: minInsync !== null && minInsync.source !== "default",
    },
    topics: { names: topicNames, problem: topicSettingProblem, effective },
    configs: {
      ...changeable,
      inForce: (image, { scope, resourceName }, name) =>
        scope === "topic"
          ? effective(image, resourceName, name).text
          : (brokerSettingDefinition(name)?.defaultText ?? ""),
    },
    leaderRebalance: (image) => leaderRebalance(config, image),
  };
}

const topicNames = [...topicSettings.keys()];

const changeable: Omit<ChangeableSettings, "inForce"> = {
  names: (scope) => (scope === "topic" ? topicNames : dynamicNames(scope)),
  whyNot: (scope, name) => (scope === "topic" ? null : whyNotDynamic(name)),
  problem: (scope, name, value) =>
    scope === "topic" ? topicSettingProblem(name, value) : brokerSettingProblem(name, value),
  isList(scope, name) {
    const definition = scope === "topic" ? topicSettings.get(name) : brokerSettingDefinition(name);
    return definition?.type.name === "list";
  },
};

function leaderRebalance(config: NodeConfig, image: MetadataImage): LeaderRebalance {
  const read = (name: string): string => dynamicText(config, image, name) ?? "";
  return {
    isEnabled: read("auto.leader.rebalance.enable").toLowerCase() === "true",
    everyMs: Number(read("leader.imbalance.check.interval.seconds")) * 1000,
    imbalancePercentMax: Number(read("leader.imbalance.per.broker.percentage")),
  };
}
