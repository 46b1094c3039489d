// core: CreateTopics: each topic of a request is checked and made, or refused, by itself.
//
// Source: https://kafka.apache.org/protocol#The_Messages_CreateTopics, KIP-4, KIP-525;
// Kafka, ReplicationControlManager.createTopics
import { limits } from "../../base/limits.ts";
import { nearestName } from "../../base/nearest-name.ts";
import { type Uuid, zeroUuid } from "../../base/uuid.ts";
import { ErrorCode, type ErrorName } from "../../proto/errors.ts";
import type {
  CreateTopicsRequest,
  CreateTopicsRequestCreatableTopic,
  CreateTopicsResponse,
  CreateTopicsResponseCreatableTopicResult,
} from "../../proto/kafka/generated/messages.ts";
import { resourceTypes } from "../metadata/apply.ts";
import type { MetadataImage } from "../metadata/image.ts";
import type { NewRecord } from "../metadata/record-schemas.ts";
import { type Assignment, assignmentOf, isRefused, type Refused } from "./assignments.ts";
import { partitionRecord } from "./new-partition.ts";
import type { ControllerSettings, Decided, TopicSettings } from "./settings.ts";
import { collidingName, topicNameProblem } from "./topic-names.ts";

export interface CreateTopicsContext {
  readonly settings: ControllerSettings;
  /** Fresh ones, as many as the request has topics. */
  readonly topicIds: readonly Uuid[];
  /** A random whole number in [0, 2^32). */
  readonly seed: number;
}

type Topic = CreateTopicsRequestCreatableTopic;
type Result = CreateTopicsResponseCreatableTopicResult;

export function createTopics(
  image: MetadataImage,
  request: CreateTopicsRequest,
  context: CreateTopicsContext,
): Decided<CreateTopicsResponse> {
  const work = new TopicCreation(image, context);
  const twice = namedTwice(request.topics);
  const results: Result[] = [];
  for (const [at, topic] of request.topics.entries()) {
    if (!twice.has(topic.name)) results.push(work.create(topic, at));
    else if (request.topics.findIndex(({ name }) => name === topic.name) === at)
      results.push(refused(topic.name, { error: "INVALID_REQUEST", text: "it is in the request twice" }));
  }
  if (request.validateOnly) for (const result of results) result.topicId = zeroUuid;
  const records = request.validateOnly ? [] : work.records;
  return { records, reply: { throttleTimeMs: 0, topics: results } };
}

function namedTwice(topics: readonly Topic[]): Set<string> {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const { name } of topics) (seen.has(name) ? twice : seen).add(name);
  return twice;
}

function refused(name: string, { error, text }: Refused): Result {
  return {
    name,
    topicId: zeroUuid,
    errorCode: ErrorCode[error],
    errorMessage: `creating topic "${name.slice(0, 260)}": ${text}`,
    topicConfigErrorCode: ErrorCode.NONE,
    numPartitions: -1,
    replicationFactor: -1,
    configs: null,
  };
}

class TopicCreation {
  readonly records: NewRecord[] = [];
  readonly #image: MetadataImage;
  readonly #context: CreateTopicsContext;
  /** Those of this request included. */
  readonly #names: Set<string>;
  #partitions = 0;

  constructor(image: MetadataImage, context: CreateTopicsContext) {
    this.#image = image;
    this.#context = context;
    this.#names = new Set(image.topicIdsByName.keys());
  }

  create(topic: Topic, at: number): Result {
    const { settings, topicIds, seed } = this.#context;
    const problem = this.#nameProblem(topic.name) ?? configProblem(topic, settings.topics);
    if (problem !== null) return refused(topic.name, problem);
    const assignment = assignmentOf(this.#image, topic, { settings, seed: (seed + at) >>> 0 });
    if (isRefused(assignment)) return refused(topic.name, assignment);
    const tooMuch = this.#boundProblem(assignment);
    if (tooMuch !== null) return refused(topic.name, tooMuch);
    const topicId = topicIds[at]!;
    this.#names.add(topic.name);
    this.#partitions += assignment.length;
    const placed = { topicId, assignment };
    this.records.push(...topicRecords(this.#image, topic, placed, settings.topics));
    return {
      name: topic.name,
      topicId,
      errorCode: ErrorCode.NONE,
      errorMessage: null,
      topicConfigErrorCode: ErrorCode.NONE,
      numPartitions: assignment.length,
      replicationFactor: assignment[0]!.length,
      configs: describedConfigs(this.#image, topic, settings.topics),
    };
  }

  #nameProblem(name: string): Refused | null {
    const refuse = (error: ErrorName, text: string): Refused => ({ error, text });
    const problem = topicNameProblem(name);
    if (problem !== null) return refuse("INVALID_TOPIC_EXCEPTION", problem);
    if (name === "__cluster_metadata") return refuse("INVALID_REQUEST", "the name is taken by the cluster");
    if (this.#names.has(name)) return refuse("TOPIC_ALREADY_EXISTS", "a topic of this name exists");
    const other = collidingName(name, this.#names);
    if (other === null) return null;
    const text = `it differs from topic "${other}" by '.' and '_' only, which metrics cannot tell apart`;
    return refuse("INVALID_TOPIC_EXCEPTION", text);
  }

  #boundProblem(assignment: Assignment): Refused | null {
    const refuse = (text: string): Refused => ({ error: "POLICY_VIOLATION", text });
    if (this.#names.size >= limits.topicsMax)
      return refuse(`there are ${this.#names.size} topics, as many as there may be`);
    const most = limits.partitionsPerRequestMax;
    if (this.#partitions + assignment.length > most)
      return refuse(`one request may make ${most} partitions in all; send the rest in another`);
    return null;
  }
}

function configProblem(topic: Topic, settings: TopicSettings): Refused | null {
  const refuse = (text: string): Refused => ({ error: "INVALID_CONFIG", text });
  const seen = new Set<string>();
  for (const { name, value } of topic.configs) {
    if (!settings.names.includes(name)) {
      const nearest = nearestName(name.slice(0, 100), settings.names);
      const hint = nearest === null ? "" : `; the nearest one is ${nearest}`;
      return refuse(`"${name.slice(0, 100)}" is no setting of topics${hint}`);
    }
    if (seen.has(name)) return refuse(`${name} is set twice`);
    seen.add(name);
    if (value === null) return refuse(`${name} has no value`);
    const problem = settings.problem(name, value);
    if (problem !== null) return refuse(problem);
  }
  return null;
}

function* topicRecords(
  image: MetadataImage,
  topic: Topic,
  { topicId, assignment }: { topicId: Uuid; assignment: Assignment },
  settings: TopicSettings,
): Generator<NewRecord> {
  yield { type: "Topic", name: topic.name, topicId };
  const named = { resourceType: resourceTypes.topic, resourceName: topic.name };
  const minIsr = minIsrOf(image, topic, settings);
  for (const { name, value } of topic.configs) yield { type: "Config", ...named, name, value };
  for (const [partitionId, replicas] of assignment.entries())
    yield partitionRecord(image, { topicId, partitionId, replicas, minIsr });
}

function minIsrOf(image: MetadataImage, topic: Topic, settings: TopicSettings): number {
  const own = topic.configs.find(({ name }) => name === "min.insync.replicas")?.value;
  return Number(own ?? settings.effective(image, topic.name, "min.insync.replicas").text);
}

function describedConfigs(image: MetadataImage, topic: Topic, settings: TopicSettings): Result["configs"] {
  const own = new Map(topic.configs.map(({ name, value }) => [name, value]));
  return settings.names.map((name) => {
    const given = own.get(name);
    const { text, source } = settings.effective(image, topic.name, name);
    const isOwn = given !== undefined && given !== null;
    return {
      name,
      value: isOwn ? given : text,
      readOnly: false,
      configSource: isOwn ? 1 : source,
      isSensitive: false,
    };
  });
}
