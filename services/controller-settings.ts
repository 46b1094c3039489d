// core: what the controller must know of settings, bound from the configuration of this node.
import type { ControllerSettings } from "../cluster/controller/settings.ts";
import type { NodeConfig } from "./config/node-config.ts";
import { topicSettingProblem, topicSettings } from "./config/topic-settings.ts";
import { TopicConfigs } from "./topic-configs.ts";

export function controllerSettings(config: NodeConfig, clusterId: string): ControllerSettings {
  const minInsync = config.values.entry("min.insync.replicas");
  return {
    clusterId,
    partitionsDefault: config.partitionsDefault,
    replicationFactorDefault: config.replicationFactorDefault,
    topicDeletionEnabled: config.deleteTopicEnabled,
    minInsyncReplicas: {
      value: Number(minInsync?.text ?? 1),
      isExplicit: minInsync !== null && minInsync.source !== "default",
    },
    topics: {
      names: [...topicSettings.keys()],
      problem: topicSettingProblem,
      effective(image, topicName, name) {
        const [first] = new TopicConfigs(config, () => image).synonyms(topicName, name);
        return { text: first?.text ?? "", source: first?.source ?? 5 };
      },
    },
  };
}
