// core: CreatePartitions: topics grow, each by itself. The new partitions have as many replicas as the first
// one; the old ones stay as they are.
//
// Source: https://kafka.apache.org/protocol#The_Messages_CreatePartitions, KIP-195; Kafka,
// ReplicationControlManager.createPartitions
import { limits } from "../../base/limits.ts";
import { ErrorCode } from "../../proto/errors.ts";
import type {
  CreatePartitionsRequest,
  CreatePartitionsResponse,
} from "../../proto/kafka/generated/messages.ts";
import type { MetadataImage, TopicImage } from "../metadata/image.ts";
import { isActive, topicNamed } from "../metadata/queries.ts";
import type { NewRecord } from "../metadata/record-schemas.ts";
import { type Assignment, isRefused, overloadOf, type Refused } from "./assignments.ts";
import { partitionRecord } from "./new-partition.ts";
import { placeReplicas } from "./placement.ts";
import type { ControllerSettings, Decided } from "./settings.ts";

type Growth = CreatePartitionsRequest["topics"][number];
type Result = CreatePartitionsResponse["results"][number];

export interface CreatePartitionsContext {
  readonly settings: ControllerSettings;
  /** A random whole number in [0, 2^32). */
  readonly seed: number;
}

export function createPartitions(
  image: MetadataImage,
  request: CreatePartitionsRequest,
  { settings, seed }: CreatePartitionsContext,
): Decided<CreatePartitionsResponse> {
  const records: NewRecord[] = [];
  const names = request.topics.map(({ name }) => name);
  let added = 0;
  const results = request.topics.map((growth, at): Result => {
    const isTwice = names.indexOf(growth.name) !== names.lastIndexOf(growth.name);
    const topic = topicNamed(image, growth.name);
    if (isTwice) return refused(growth, { error: "INVALID_REQUEST", text: "it is in the request twice" });
    if (topic === undefined)
      return refused(growth, { error: "UNKNOWN_TOPIC_OR_PARTITION", text: "there is no topic of this name" });
    const assignment = growthOf(image, topic, growth, (seed + at) >>> 0);
    if (isRefused(assignment)) return refused(growth, assignment);
    added += assignment.length;
    if (added > limits.partitionsPerRequestMax) {
      const most = limits.partitionsPerRequestMax;
      const text = `one request may make ${most} partitions in all; send the rest in another`;
      return refused(growth, { error: "POLICY_VIOLATION", text });
    }
    const minIsr = Number(settings.topics.effective(image, topic.name, "min.insync.replicas").text);
    const { topicId } = topic;
    for (const [index, replicas] of assignment.entries()) {
      const partitionId = topic.partitions.length + index;
      records.push(partitionRecord(image, { topicId, partitionId, replicas, minIsr }));
    }
    return { name: growth.name, errorCode: ErrorCode.NONE, errorMessage: null };
  });
  return { records: request.validateOnly ? [] : records, reply: { throttleTimeMs: 0, results } };
}

function refused({ name }: Growth, { error, text }: Refused): Result {
  const errorMessage = `adding partitions to topic "${name.slice(0, 260)}": ${text}`;
  return { name, errorCode: ErrorCode[error], errorMessage };
}

function growthOf(
  image: MetadataImage,
  topic: TopicImage,
  { count, assignments }: Growth,
  seed: number,
): Assignment | Refused {
  const refuse = (text: string): Refused => ({ error: "INVALID_PARTITIONS", text });
  const present = topic.partitions.length;
  if (count === present) return refuse(`it has ${present} partitions already`);
  if (count < present) return refuse(`it has ${present} partitions; ${count} would not be an increase`);
  if (count > limits.partitionsPerTopicMax)
    return refuse(`it would have ${count} partitions; ${limits.partitionsPerTopicMax} is the most`);
  const assignment =
    assignments === null
      ? placed(image, topic, count - present, seed)
      : assignedByHand(image, topic, {
          count: count - present,
          given: assignments.map(({ brokerIds }) => brokerIds),
        });
  return isRefused(assignment) ? assignment : (overloadOf(image, assignment) ?? assignment);
}

function replicationFactorOf(topic: TopicImage): number {
  return topic.partitions[0]?.replicas.length ?? 1;
}

function placed(
  image: MetadataImage,
  topic: TopicImage,
  partitions: number,
  seed: number,
): Assignment | Refused {
  const refuse = (text: string): Refused => ({ error: "INVALID_REPLICATION_FACTOR", text });
  const replicationFactor = replicationFactorOf(topic);
  const brokers = [...image.brokers.values()];
  if (brokers.length < replicationFactor)
    return refuse(`its replication factor is ${replicationFactor}; there are ${brokers.length} brokers only`);
  if (!brokers.some(isActive)) return refuse("all brokers are fenced or shutting down; nobody could lead");
  const candidates = brokers.map((broker) => ({
    id: broker.id,
    rack: broker.rack,
    isAway: !isActive(broker),
  }));
  return placeReplicas({ brokers: candidates, partitions, replicationFactor, seed });
}

function assignedByHand(
  image: MetadataImage,
  topic: TopicImage,
  { count, given }: { count: number; given: readonly (readonly number[])[] },
): Assignment | Refused {
  const refuse = (text: string): Refused => ({ error: "INVALID_REPLICA_ASSIGNMENT", text });
  if (given.length !== count)
    return refuse(`${count} partitions are to be added, replicas are assigned for ${given.length}`);
  const size = replicationFactorOf(topic);
  for (const [at, ids] of given.entries()) {
    const index = topic.partitions.length + at;
    if (ids.length !== size)
      return refuse(`partition ${index} has ${ids.length} replicas assigned; the topic has ${size} of each`);
    if (new Set(ids).size < ids.length) return refuse(`partition ${index} names a broker twice: ${ids}`);
    const unknown = ids.find((id) => !image.brokers.has(id));
    if (unknown !== undefined)
      return refuse(`partition ${index} names broker ${unknown}, which is not there`);
    if (!ids.some((id) => isActive(image.brokers.get(id))))
      return refuse(`all brokers of partition ${index} are fenced or shutting down: ${ids}`);
  }
  return given;
}
