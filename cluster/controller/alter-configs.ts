// core: IncrementalAlterConfigs and AlterConfigs: each resource of a request is changed, or refused, as a
// whole and by itself. What elections go by changes together with who is eligible, in one batch.
//
// Source: https://kafka.apache.org/protocol#The_Messages_IncrementalAlterConfigs, KIP-339, KIP-226;
// Kafka, ConfigurationControlManager
import { nearestName } from "../../base/nearest-name.ts";
import { ErrorCode } from "../../proto/errors.ts";
import type {
  AlterConfigsRequest,
  AlterConfigsResponse,
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from "../../proto/kafka/generated/messages.ts";
import { resourceTypes } from "../metadata/apply.ts";
import type { ConfigKey, MetadataImage } from "../metadata/image.ts";
import type { NewRecord } from "../metadata/record-schemas.ts";
import { alteredMark, minIsrName } from "./activation.ts";
import type { Refused } from "./assignments.ts";
import { partitionsRejudged } from "./partitions.ts";
import type { ConfigScope, ControllerSettings, Decided } from "./settings.ts";

/** Numbers of Kafka's AlterConfigOp. */
export const configOperations = { set: 0, delete: 1, append: 2, subtract: 3 } as const;

/** Settings that decide who may lead. */
const electionSettings = [minIsrName, "unclean.leader.election.enable"];
const valueLengthMax = 32_767;

type Result = IncrementalAlterConfigsResponse["responses"][number];
type Values = ReadonlyMap<string, string>;

interface Resource {
  readonly resourceType: number;
  readonly resourceName: string;
}

interface Edit {
  readonly name: string;
  readonly operation: number;
  readonly value: string | null;
}

class Refusal extends Error {
  readonly refused: Refused;

  constructor(error: Refused["error"], text: string) {
    super(text);
    this.refused = { error, text };
  }
}

export function incrementalAlterConfigs(
  image: MetadataImage,
  request: IncrementalAlterConfigsRequest,
  settings: ControllerSettings,
): Decided<IncrementalAlterConfigsResponse> {
  const work = new ConfigChanges(image, settings);
  const twice = namedTwice(request.resources);
  const responses = request.resources.map((resource) => {
    const edits = resource.configs.map(({ name, configOperation, value }) => ({
      ...{ name, value },
      operation: configOperation,
    }));
    return work.carryOut(resource, { edits, startsAnew: false, isTwice: twice.has(keyOf(resource)) });
  });
  return { records: request.validateOnly ? [] : work.records(), reply: { throttleTimeMs: 0, responses } };
}

/** What the request does not name goes back to its default. */
export function alterConfigs(
  image: MetadataImage,
  request: AlterConfigsRequest,
  settings: ControllerSettings,
): Decided<AlterConfigsResponse> {
  const work = new ConfigChanges(image, settings);
  const twice = namedTwice(request.resources);
  const responses = request.resources.map((resource) => {
    const edits = resource.configs.map((one) => ({ ...one, operation: configOperations.set }));
    return work.carryOut(resource, { edits, startsAnew: true, isTwice: twice.has(keyOf(resource)) });
  });
  return { records: request.validateOnly ? [] : work.records(), reply: { throttleTimeMs: 0, responses } };
}

function keyOf({ resourceType, resourceName }: Resource): string {
  return `${resourceType} ${resourceName}`;
}

function namedTwice(resources: readonly Resource[]): Set<string> {
  const keys = resources.map(keyOf);
  return new Set(keys.filter((key, at) => keys.indexOf(key) !== at));
}

class ConfigChanges {
  readonly #image: MetadataImage;
  readonly #settings: ControllerSettings;
  readonly #records: NewRecord[] = [];
  readonly #configs: Map<ConfigKey, Values>;
  #concernsElections = false;

  constructor(image: MetadataImage, settings: ControllerSettings) {
    this.#image = image;
    this.#settings = settings;
    this.#configs = new Map(image.configs);
  }

  records(): NewRecord[] {
    if (!this.#concernsElections) return this.#records;
    const after = { ...this.#image, configs: this.#configs };
    return [...this.#records, ...partitionsRejudged(after, this.#settings.topics)];
  }

  carryOut(
    resource: Resource,
    how: { edits: readonly Edit[]; startsAnew: boolean; isTwice: boolean },
  ): Result {
    const { resourceType, resourceName } = resource;
    try {
      if (how.isTwice) throw new Refusal("INVALID_REQUEST", "it is in the request twice");
      this.#change(resource, how.edits, how.startsAnew);
      return { errorCode: ErrorCode.NONE, errorMessage: null, resourceType, resourceName };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const what = `changing the settings of ${shownResource(resource)}: ${error.refused.text}`;
      const errorCode = ErrorCode[error.refused.error];
      return { errorCode, errorMessage: what, resourceType, resourceName };
    }
  }

  #change(resource: Resource, edits: readonly Edit[], startsAnew: boolean): void {
    const { scope, key } = this.#subject(resource);
    const before: Values = this.#configs.get(key) ?? new Map();
    const after = new Map(startsAnew ? [] : before);
    const seen = new Set<string>();
    for (const edit of edits) {
      if (seen.has(edit.name)) throw new Refusal("INVALID_REQUEST", `${edit.name} is changed twice`);
      seen.add(edit.name);
      this.#edit(after, { scope, resourceName: resource.resourceName }, edit);
    }
    if (scope === "allBrokers") this.#keepMinIsr(after, seen);
    const { resourceType, resourceName } = resource;
    const named = { type: "Config", resourceType, resourceName } as const;
    for (const [name, value] of after)
      if (before.get(name) !== value) this.#record({ ...named, name, value });
    for (const name of before.keys()) if (!after.has(name)) this.#record({ ...named, name, value: null });
    this.#configs.set(key, after);
  }

  #record(record: Extract<NewRecord, { type: "Config" }>): void {
    this.#records.push(record);
    if (electionSettings.includes(record.name ?? "")) this.#concernsElections = true;
  }

  /**
   * The number for all brokers is always there, for leaders and controllers to agree on: taken back, it is
   * again the one that brokers are started with.
   */
  #keepMinIsr(after: Map<string, string>, edited: ReadonlySet<string>): void {
    if (!after.has(minIsrName)) {
      after.set(minIsrName, String(this.#settings.minInsyncReplicas.value));
      after.delete(alteredMark);
    } else if (edited.has(minIsrName)) after.set(alteredMark, "true");
  }

  #subject({ resourceType, resourceName }: Resource): { scope: ConfigScope; key: ConfigKey } {
    if (resourceType === resourceTypes.topic) {
      if (!this.#image.topicIdsByName.has(resourceName))
        throw new Refusal("UNKNOWN_TOPIC_OR_PARTITION", "there is no topic of this name");
      return { scope: "topic", key: `topic:${resourceName}` };
    }
    if (resourceType !== resourceTypes.broker) {
      const text = `resources of type ${resourceType} have no settings here; topics (2) and brokers (4) have`;
      throw new Refusal("INVALID_REQUEST", text);
    }
    if (resourceName === "") return { scope: "allBrokers", key: "broker:" };
    if (!/^\d{1,10}$/.test(resourceName))
      throw new Refusal("INVALID_REQUEST", "a broker is named by its number, all of them by an empty name");
    if (!this.#image.brokers.has(Number(resourceName)))
      throw new Refusal("BROKER_ID_NOT_REGISTERED", "there is no broker of this number");
    return { scope: "broker", key: `broker:${Number(resourceName)}` };
  }

  #edit(
    after: Map<string, string>,
    subject: { scope: ConfigScope; resourceName: string },
    { name, operation, value }: Edit,
  ): void {
    const { configs } = this.#settings;
    const { scope } = subject;
    const names = configs.names(scope);
    if (!names.includes(name)) throw this.#unknown(scope, name, names);
    if (operation === configOperations.delete) return void after.delete(name);
    if (value === null) throw new Refusal("INVALID_REQUEST", `${name}: there is no value`);
    const changed = this.#combined(after, subject, { name, operation, value });
    if (changed.length > valueLengthMax)
      throw new Refusal("INVALID_CONFIG", `${name}: the value is longer than ${valueLengthMax} characters`);
    const problem = configs.problem(scope, name, changed);
    if (problem !== null) throw new Refusal("INVALID_CONFIG", problem);
    after.set(name, changed);
  }

  #combined(
    after: Values,
    subject: { scope: ConfigScope; resourceName: string },
    { name, operation, value }: Edit & { value: string },
  ): string {
    const { configs } = this.#settings;
    if (operation === configOperations.set) return value;
    if (operation !== configOperations.append && operation !== configOperations.subtract)
      throw new Refusal("INVALID_REQUEST", `${name}: there is no operation ${operation}`);
    if (!configs.isList(subject.scope, name))
      throw new Refusal("INVALID_CONFIG", `${name} is no list: it can be set, not added to or taken from`);
    const present = items(after.get(name) ?? configs.inForce(this.#image, subject, name));
    const given = items(value);
    const rest = present.filter((item) => !given.includes(item));
    if (operation === configOperations.subtract) return rest.join(",");
    return [...present, ...given.filter((item) => !present.includes(item))].join(",");
  }

  #unknown(scope: ConfigScope, name: string, names: readonly string[]): Refusal {
    const shown = name.slice(0, 100);
    const why = this.#settings.configs.whyNot(scope, name);
    if (why !== null) return new Refusal("INVALID_REQUEST", why);
    const nearest = nearestName(shown, names);
    const hint = nearest === null ? "" : `; the nearest one is ${nearest}`;
    return new Refusal(
      "INVALID_CONFIG",
      `"${shown}" is no setting of ${scope === "topic" ? "topics" : "brokers"}${hint}`,
    );
  }
}

function items(text: string): string[] {
  return text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

function shownResource({ resourceType, resourceName }: Resource): string {
  const shown = resourceName.slice(0, 260);
  if (resourceType === resourceTypes.topic) return `topic "${shown}"`;
  if (resourceType !== resourceTypes.broker) return `"${shown}"`;
  return shown === "" ? "all brokers" : `broker ${shown}`;
}
