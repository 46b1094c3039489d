// core: DescribeConfigs for topics and for this broker: values, where they come from, what they mean.
//
// Source: KIP-133, KIP-226 (sources and synonyms), KIP-569 (types and documentation).
import type { RequestContext } from "../../proto/broker-api.ts";
import { BrokerError, ErrorCode } from "../../proto/errors.ts";
import type { RequestOf, ResponseOf } from "../../proto/kafka/apis.ts";
import type { ConfigDefinition } from "../config/definition.ts";
import { dynamicNames } from "../config/dynamic-settings.ts";
import { topicSettings } from "../config/topic-settings.ts";
import { configSource, type SettingSynonym } from "../topic-configs.ts";
import { expectedError } from "./partitions.ts";
import type { BrokerPorts } from "./ports.ts";
import { isValidTopicName, needTopicByName } from "./topics.ts";

type Request = RequestOf<"DescribeConfigs">;
type Response = ResponseOf<"DescribeConfigs">;
type Resource = Request["resources"][number];
type Result = Response["results"][number];
type Config = Result["configs"][number];

const topicResource = 2;
const brokerResource = 4;

/** Kafka's ConfigType by the names of our value types. */
const configTypes: Readonly<Record<string, number>> = {
  boolean: 1,
  string: 2,
  int: 3,
  long: 5,
  double: 6,
  list: 7,
};

export function describeConfigs(ports: BrokerPorts, request: Request, _context: RequestContext): Response {
  const results = request.resources.map((resource) => describe(ports, resource, request));
  return { throttleTimeMs: 0, results };
}

function describe(ports: BrokerPorts, resource: Resource, request: Request): Result {
  const { resourceType, resourceName, configurationKeys } = resource;
  try {
    const all =
      resourceType === topicResource
        ? topicConfigs(ports, resourceName)
        : brokerConfigs(ports, resourceType, resourceName);
    const wanted = all.filter(({ definition }) => configurationKeys?.includes(definition.name) ?? true);
    const configs = wanted.map((row) => rowOf(row, request));
    return { errorCode: ErrorCode.NONE, errorMessage: null, resourceType, resourceName, configs };
  } catch (error) {
    const { code, message } = expectedError(error);
    return { errorCode: code, errorMessage: message, resourceType, resourceName, configs: [] };
  }
}

interface Described {
  readonly definition: ConfigDefinition;
  readonly readOnly: boolean;
  /** The one that counts first; empty: not set, and without a default. */
  readonly synonyms: readonly SettingSynonym[];
}

function topicConfigs(ports: BrokerPorts, topicName: string): Described[] {
  if (!isValidTopicName(topicName)) {
    throw new BrokerError("INVALID_TOPIC_EXCEPTION", `"${topicName.slice(0, 300)}" cannot be a topic's name`);
  }
  needTopicByName(ports.metadata.image, topicName);
  return [...topicSettings.values()].map((definition) => ({
    definition,
    readOnly: false,
    synonyms: ports.topicConfigs.synonyms(topicName, definition.name),
  }));
}

function brokerConfigs(ports: BrokerPorts, resourceType: number, resourceName: string): Described[] {
  if (resourceType !== brokerResource) {
    const text = `resources of type ${resourceType} have no settings here; topics (2) and brokers (4) have`;
    throw new BrokerError("INVALID_REQUEST", text);
  }
  const { configs } = ports.metadata.image;
  const dynamic: [string, number][] = [["broker:", configSource.dynamicDefaultBroker]];
  const isDefaults = resourceName === "";
  if (!isDefaults) dynamic.unshift([`broker:${resourceName}`, configSource.dynamicBroker]);
  const changeable = dynamicNames(isDefaults ? "allBrokers" : "broker");
  if (!isDefaults && resourceName !== String(ports.nodeId)) {
    const text =
      `the settings of broker "${resourceName}" were asked for at broker ${ports.nodeId}; ` +
      "ask that broker";
    throw new BrokerError("INVALID_REQUEST", text);
  }
  const described: Described[] = [];
  for (const { definition, text, source } of ports.config.values.entries()) {
    const { name, defaultText } = definition;
    const synonyms: SettingSynonym[] = [];
    for (const [key, from] of dynamic) {
      const value = configs.get(key)?.get(name);
      if (value !== undefined) synonyms.push({ name, text: value, source: from });
    }
    const isStatic = source !== "default" && text !== null;
    if (isStatic && !isDefaults) synonyms.push({ name, text, source: configSource.staticBroker });
    if (defaultText !== null && !isDefaults) {
      synonyms.push({ name, text: defaultText, source: configSource.default });
    }
    // Of the defaults of all brokers, only those that were set are listed.
    if (!isDefaults || synonyms.length > 0)
      described.push({ definition, readOnly: !changeable.includes(name), synonyms });
  }
  return described;
}

function rowOf({ definition, readOnly, synonyms }: Described, request: Request): Config {
  const { name, sensitive, type, doc } = definition;
  const first = synonyms[0];
  const shown = (text: string): string | null => (sensitive ? null : text);
  const source = first?.source ?? configSource.default;
  return {
    name,
    value: first === undefined ? null : shown(first.text),
    readOnly,
    isDefault: source === configSource.default,
    configSource: source,
    isSensitive: sensitive,
    synonyms: request.includeSynonyms
      ? synonyms.map((one) => ({ name: one.name, value: shown(one.text), source: one.source }))
      : [],
    configType: configTypes[type.name] ?? 0,
    documentation: request.includeDocumentation ? doc : null,
  };
}
