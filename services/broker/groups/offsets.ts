// shell: OffsetCommit, OffsetFetch and OffsetDelete: what groups have read. A commit is answered once it can
// no longer be lost; a fetch shows nothing that could be.
//
// Sources: kafka-protocol OffsetCommit, OffsetFetch, OffsetDelete; KIP-447 (stable offsets), KIP-709 (many
// groups in one request), KIP-496.

import type { PartitionVerdicts } from "../../../cluster/coordinator/offsets/commit.ts";
import type { RequestContext } from "../../../proto/broker-api.ts";
import { BrokerError, ErrorCode } from "../../../proto/errors.ts";
import type { RequestOf, ResponseOf } from "../../../proto/kafka/apis.ts";
import type { BrokerPorts } from "../ports.ts";
import { topicByName } from "../topics.ts";
import { checkGroupId } from "./group-ids.ts";

const firstVersionWithGroups = 8;

export async function offsetCommit(
  ports: BrokerPorts,
  request: RequestOf<"OffsetCommit">,
  context: RequestContext,
): Promise<ResponseOf<"OffsetCommit">> {
  const { groupId, generationIdOrMemberEpoch: generation, memberId, groupInstanceId } = request;
  checkGroupId(groupId);
  const shard = ports.groups.shardFor(groupId);
  const known = request.topics.map((topic) => ({
    name: topic.name,
    partitions: topic.partitions.filter(({ partitionIndex }) => isThere(ports, topic.name, partitionIndex)),
  }));
  const { retentionTimeMs } = request;
  const { apiVersion } = context;
  const topics = known.filter(({ partitions }) => partitions.length > 0);
  const facts = { generation, memberId, groupInstanceId, apiVersion, retentionTimeMs, topics };
  const verdicts = byTopic(await shard.offsets.commit(groupId, facts));
  return {
    throttleTimeMs: 0,
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({
        partitionIndex,
        errorCode: verdicts.get(name)?.get(partitionIndex) ?? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
      })),
    })),
  };
}

/** Error codes by partition, by topic: a request may name a topic more than once. */
function byTopic(verdicts: readonly PartitionVerdicts[]): Map<string, Map<number, number>> {
  const topics = new Map<string, Map<number, number>>();
  for (const { name, partitions } of verdicts) {
    const codes = topics.get(name) ?? new Map<number, number>();
    topics.set(name, codes);
    for (const { partitionIndex, errorCode } of partitions) codes.set(partitionIndex, errorCode);
  }
  return topics;
}

function isThere({ metadata }: BrokerPorts, topic: string, partition: number): boolean {
  return topicByName(metadata.image, topic)?.partitions[partition] !== undefined;
}

type FetchedGroup = ResponseOf<"OffsetFetch">["groups"][number];
type AskedGroup = RequestOf<"OffsetFetch">["groups"][number];

export async function offsetFetch(
  ports: BrokerPorts,
  request: RequestOf<"OffsetFetch">,
  context: RequestContext,
): Promise<ResponseOf<"OffsetFetch">> {
  if (context.apiVersion >= firstVersionWithGroups) {
    const groups = request.groups.map((group) => fetchGroup(ports, group));
    return { throttleTimeMs: 0, topics: [], errorCode: ErrorCode.NONE, groups };
  }
  const { groupId, topics } = request;
  const asked = { groupId, topics, memberId: null, memberEpoch: -1 };
  const { errorCode, topics: found } = fetchGroup(ports, asked);
  const isFailed = errorCode !== ErrorCode.NONE;
  return {
    throttleTimeMs: 0,
    errorCode,
    groups: [],
    topics: isFailed ? failedTopics(topics ?? [], errorCode) : found,
  };
}

function fetchGroup(ports: BrokerPorts, asked: AskedGroup): FetchedGroup {
  const { groupId, topics } = asked;
  try {
    checkGroupId(groupId);
    const shard = ports.groups.shardFor(groupId);
    return { groupId, topics: shard.offsets.fetch(groupId, topics, asked), errorCode: ErrorCode.NONE };
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error;
    // Old consumers take COORDINATOR_NOT_AVAILABLE for final; this one they try again at.
    const isUnavailable = error.code === ErrorCode.COORDINATOR_NOT_AVAILABLE;
    const errorCode = isUnavailable ? ErrorCode.NOT_COORDINATOR : error.code;
    return { groupId, topics: failedTopics(topics ?? [], errorCode), errorCode };
  }
}

/** Version 1 has no error for the whole: every partition says it. */
function failedTopics(
  topics: readonly { readonly name: string; readonly partitionIndexes: readonly number[] }[],
  errorCode: number,
): FetchedGroup["topics"] {
  return topics.map(({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.map((partitionIndex) => ({
      ...{ partitionIndex, committedOffset: -1, committedLeaderEpoch: -1, metadata: "", errorCode },
    })),
  }));
}

export async function offsetDelete(
  ports: BrokerPorts,
  request: RequestOf<"OffsetDelete">,
): Promise<ResponseOf<"OffsetDelete">> {
  const { groupId } = request;
  checkGroupId(groupId);
  const shard = ports.groups.shardFor(groupId);
  // What is not there is not touched.
  const known = request.topics.map(({ name, partitions }) => ({
    ...{ name, partitions: partitions.filter(({ partitionIndex }) => isThere(ports, name, partitionIndex)) },
  }));
  const verdicts = byTopic(await shard.offsets.delete(groupId, known));
  const unknown = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
  const topics = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex }) => ({
      ...{ partitionIndex, errorCode: verdicts.get(name)?.get(partitionIndex) ?? unknown },
    })),
  }));
  return { errorCode: ErrorCode.NONE, throttleTimeMs: 0, topics };
}
