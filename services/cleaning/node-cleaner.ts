// shell: the cleaner of a node as its settings want it.
import type { Env } from "../../base/ports/env.ts";
import type { CleaningWork } from "../../cluster/log/cleaning/cleaning-work.ts";
import type { MetadataImage } from "../../cluster/metadata/image.ts";
import { dynamicText } from "../config/dynamic-settings.ts";
import type { NodeConfig } from "../config/node-config.ts";
import type { BrokerLogs } from "../replica-logs.ts";
import type { TopicConfigs } from "../topic-configs.ts";
import { Cleaner, type CleanerSettings } from "./cleaner.ts";

/** Null: this node cleans nothing. */
export function nodeCleaner(parts: {
  readonly config: NodeConfig;
  readonly env: Env;
  readonly work: CleaningWork;
  readonly logs: BrokerLogs;
  readonly topicConfigs: TopicConfigs;
  image(): MetadataImage;
}): Cleaner | null {
  const { config, env, work, logs, topicConfigs } = parts;
  if (!config.isBroker || !config.values.need("log.cleaner.enable")) return null;
  const read = (name: string): number => Number(dynamicText(config, parts.image(), name));
  const settings = (): CleanerSettings => ({
    backoffMs: read("log.cleaner.backoff.ms"),
    mapBytes: read("log.cleaner.dedupe.buffer.size"),
    bytesPerSecond: read("log.cleaner.io.max.bytes.per.second"),
  });
  return new Cleaner({
    ...{ env, work, settings },
    logs: () => logs.opened(),
    policyOf: (topic) => topicConfigs.compaction(topic),
  });
}
