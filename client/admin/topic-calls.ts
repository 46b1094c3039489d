// shell: creating, deleting, listing and describing topics.
import { zeroUuid } from "../../base/uuid.ts";
import { BrokerError, ErrorCode } from "../../proto/errors.ts";
import { apis } from "../../proto/kafka/apis.ts";
import type { MetadataResponseMetadataResponseTopic } from "../../proto/kafka/generated/messages.ts";
import { brokerError, ClientError } from "../errors.ts";
import type { AdminCalls } from "./admin-calls.ts";

export interface NewTopic {
  readonly name: string;
  /** The cluster's num.partitions if not given. */
  readonly partitions?: number;
  /** The cluster's default.replication.factor if not given. */
  readonly replicationFactor?: number;
  /** Instead of the two: the brokers of each partition, the preferred leader first. */
  readonly replicaAssignments?: readonly (readonly number[])[];
  /** Topic settings by Kafka's names. */
  readonly configs?: Readonly<Record<string, string | number | boolean>>;
}

export interface CreatedTopic {
  readonly name: string;
  readonly topicId: string;
  /** -1 from brokers that do not say. */
  readonly partitions: number;
  readonly replicationFactor: number;
}

export interface TopicListing {
  readonly name: string;
  readonly topicId: string;
  readonly isInternal: boolean;
  readonly partitions: number;
  readonly replicationFactor: number;
}

export interface PartitionDescription {
  readonly partition: number;
  /** -1: none now. */
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly replicas: readonly number[];
  /** In-sync replicas. */
  readonly isr: readonly number[];
  readonly offlineReplicas: readonly number[];
}

export interface TopicDescription {
  readonly name: string;
  readonly topicId: string;
  readonly isInternal: boolean;
  readonly partitions: readonly PartitionDescription[];
}

interface Row {
  readonly name: string | null;
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

/** Throws the first failure and names the other topics that failed. */
function throwFailures(what: string, rows: readonly Row[], hint: string): void {
  const failed = rows.filter((row) => row.errorCode !== ErrorCode.NONE);
  const first = failed[0];
  if (first === undefined) return;
  const others = failed.slice(1).map((row) => row.name);
  const error = brokerError(`${what} ${first.name}`, first.errorCode, first.errorMessage);
  const rest = others.length === 0 ? "" : `; ${others.join(", ")} failed too`;
  throw new BrokerError(error.errorName, `${error.message}${hint}${rest}`);
}

export async function createTopics(
  calls: AdminCalls,
  topics: readonly NewTopic[],
  options: { readonly validateOnly?: boolean },
): Promise<CreatedTopic[]> {
  const { apiTimeoutMs, requestTimeoutMs } = calls.settings;
  const usesDefaults = topics.some((topic) => topic.replicaAssignments === undefined);
  const body = {
    topics: topics.map((topic) => {
      const given = topic.replicaAssignments;
      return {
        name: topic.name,
        numPartitions: given === undefined ? (topic.partitions ?? -1) : -1,
        replicationFactor: given === undefined ? (topic.replicationFactor ?? -1) : -1,
        assignments: (given ?? []).map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })),
        configs: Object.entries(topic.configs ?? {}).map(([name, value]) => ({ name, value: String(value) })),
      };
    }),
    timeoutMs: Math.min(apiTimeoutMs, requestTimeoutMs),
    validateOnly: options.validateOnly ?? false,
  };
  return await calls.retrying("create topics", async (before) => {
    const versions = { min: usesDefaults ? 4 : 2 };
    const answer = await calls.toController(apis.CreateTopics, body, { versions });
    const isRetry =
      before > 0 && answer.topics.some((row) => row.errorCode === ErrorCode.TOPIC_ALREADY_EXISTS);
    const hint = isRetry ? " (an earlier attempt, whose answer was lost, may have created it)" : "";
    throwFailures("create topic", answer.topics, hint);
    return answer.topics.map((row) => ({
      name: row.name,
      topicId: row.topicId,
      partitions: row.numPartitions,
      replicationFactor: row.replicationFactor,
    }));
  });
}

export async function deleteTopics(calls: AdminCalls, names: readonly string[]): Promise<void> {
  const timeoutMs = Math.min(calls.settings.apiTimeoutMs, calls.settings.requestTimeoutMs);
  const body = (version: number) =>
    version >= 6
      ? { topics: names.map((name) => ({ name, topicId: zeroUuid })), timeoutMs }
      : { topicNames: names, timeoutMs };
  await calls.retrying("delete topics", async (before) => {
    const answer = await calls.toController(apis.DeleteTopics, body);
    const rows = answer.responses.filter(
      // After a lost answer this says that the earlier attempt worked.
      (row) => before === 0 || row.errorCode !== ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    );
    const unknown = rows.find((row) => row.errorCode === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    if (unknown !== undefined) throw unknownTopic("delete", unknown.name ?? "");
    throwFailures("delete topic", rows, "");
  });
}

function unknownTopic(what: string, name: string): ClientError {
  return new ClientError("UNKNOWN_TOPIC", `${what} topic ${name}: the cluster does not know it`);
}

async function askMetadata(
  calls: AdminCalls,
  names: readonly string[] | null,
): Promise<MetadataResponseMetadataResponseTopic[]> {
  const topics = names === null ? null : names.map((name) => ({ name }));
  const answer = await calls.cluster.toAny(apis.Metadata, { topics, allowAutoTopicCreation: false });
  calls.cluster.cache.update(answer);
  return answer.topics;
}

export async function listTopics(
  calls: AdminCalls,
  options: { readonly internal?: boolean },
): Promise<TopicListing[]> {
  const topics = await calls.retrying("list topics", () => askMetadata(calls, null));
  return topics
    .filter((topic) => topic.name !== null && (options.internal === true || !topic.isInternal))
    .map((topic) => ({
      name: topic.name!,
      topicId: topic.topicId,
      isInternal: topic.isInternal,
      partitions: topic.partitions.length,
      replicationFactor: topic.partitions[0]?.replicaNodes.length ?? 0,
    }))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

export async function describeTopics(
  calls: AdminCalls,
  names: readonly string[],
): Promise<TopicDescription[]> {
  if (names.length === 0) return [];
  return await calls.retrying("describe topics", async () => {
    const topics = new Map((await askMetadata(calls, names)).map((topic) => [topic.name, topic]));
    return names.map((name) => {
      const topic = topics.get(name);
      const code = topic?.errorCode ?? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
      if (topic === undefined || code === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) {
        throw unknownTopic("describe", name);
      }
      // A topic without a leader somewhere is described all the same.
      if (code !== ErrorCode.NONE && code !== ErrorCode.LEADER_NOT_AVAILABLE) {
        throw brokerError(`describe topic ${name}`, code);
      }
      return toDescription(topic);
    });
  });
}

function toDescription(topic: MetadataResponseMetadataResponseTopic): TopicDescription {
  return {
    name: topic.name!,
    topicId: topic.topicId,
    isInternal: topic.isInternal,
    partitions: topic.partitions
      .map((item) => ({
        partition: item.partitionIndex,
        leader: item.leaderId,
        leaderEpoch: item.leaderEpoch,
        replicas: item.replicaNodes,
        isr: item.isrNodes,
        offlineReplicas: item.offlineReplicas,
      }))
      .sort((one, other) => one.partition - other.partition),
  };
}

/** Resolves once every broker knows the topic, with a leader for each of its partitions. */
export async function waitForTopic(calls: AdminCalls, name: string, timeoutMs: number): Promise<void> {
  const notYet = (why: string): ClientError => new ClientError("NO_LEADER", `topic ${name}: ${why}`);
  await calls.retrying(
    `wait for topic ${name}`,
    async () => {
      const [topic] = await askMetadata(calls, [name]);
      if (topic?.errorCode !== ErrorCode.NONE) throw notYet("no broker describes it yet");
      for (const { id } of calls.cluster.cache.brokers) {
        const body = { topics: [{ name }], allowAutoTopicCreation: false };
        const answer = await calls.cluster.toBroker(id, "control", apis.Metadata, body);
        const told = answer.topics[0];
        const isLed = told?.partitions.every((item) => item.leaderId >= 0) === true;
        const isWhole = told?.partitions.length === topic.partitions.length;
        if (told?.errorCode !== ErrorCode.NONE || !isLed || !isWhole) {
          throw notYet(`broker ${id} does not know all its leaders yet`);
        }
      }
    },
    timeoutMs,
  );
}
