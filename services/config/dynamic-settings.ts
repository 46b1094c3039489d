// core: which settings can be changed while the cluster runs, for whom, and what counts then: what was set
// for this broker, else for all brokers, else what the broker was started with.
//
// What elections go by is the same for all brokers, since any of them may have to decide.
// Source: KIP-226 (dynamic broker configurations).
import type { MetadataImage } from "../../cluster/metadata/image.ts";
import { ConfigError } from "./config-error.ts";
import type { ConfigDefinition } from "./definition.ts";
import type { NodeConfig } from "./node-config.ts";
import { topicDefaultSettings } from "./topic-defaults.ts";
import { allSettings } from "./values.ts";

const forAllOnly = [
  "min.insync.replicas",
  "unclean.leader.election.enable",
  "auto.leader.rebalance.enable",
  "leader.imbalance.check.interval.seconds",
  "leader.imbalance.per.broker.percentage",
];
const forEach = [
  ...topicDefaultSettings.map(({ name }) => name).filter((name) => !forAllOnly.includes(name)),
  "auto.create.topics.enable",
  "log.cleaner.backoff.ms",
  "log.cleaner.dedupe.buffer.size",
  "log.cleaner.io.max.bytes.per.second",
];
const forAll = [...forEach, ...forAllOnly];

const definitions: ReadonlyMap<string, ConfigDefinition> = new Map(allSettings.map((row) => [row.name, row]));

export function brokerSettingDefinition(name: string): ConfigDefinition | undefined {
  return definitions.get(name);
}

/** Names that one broker can have of its own, or that all brokers can have. */
export function dynamicNames(scope: "broker" | "allBrokers"): readonly string[] {
  return scope === "broker" ? forEach : forAll;
}

/** Why a setting of brokers cannot be changed there; null: there is none of this name. */
export function whyNotDynamic(name: string): string | null {
  if (forAllOnly.includes(name)) return `${name} can be changed for all brokers at once only`;
  if (!definitions.has(name)) return null;
  return `${name} cannot be changed while a broker runs; it counts as the broker is started`;
}

/** Why brokers cannot have this value, or null. */
export function brokerSettingProblem(name: string, value: string): string | null {
  try {
    definitions.get(name)?.type.parse(name, value);
    return null;
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
}

/** What counts for this broker now; null: it is not set, and has no default. */
export function dynamicText(
  { nodeId, values }: Pick<NodeConfig, "nodeId" | "values">,
  image: MetadataImage,
  name: string,
): string | null {
  const { configs } = image;
  const dynamic = configs.get(`broker:${nodeId}`)?.get(name) ?? configs.get("broker:")?.get(name);
  return dynamic ?? values.entry(name)?.text ?? null;
}
