// shell: deleting records, at the leaders of their partitions.
import { ErrorCode } from "../../proto/errors.ts";
import { apis } from "../../proto/kafka/apis.ts";
import { brokerError, ClientError } from "../errors.ts";
import type { AdminCalls } from "./admin-calls.ts";

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export interface RecordDeletion extends TopicPartition {
  /** The first offset that stays; "all": everything that is committed goes. */
  readonly before: number | "all";
}

export interface RecordsDeleted extends TopicPartition {
  /** No in-sync replica has a record below it. */
  readonly lowWatermark: number;
}

const toHighWatermark = -1;

export async function deleteRecords(
  calls: AdminCalls,
  deletions: readonly RecordDeletion[],
): Promise<RecordsDeleted[]> {
  for (const { topic, partition, before } of deletions) {
    if (before === "all" || (Number.isSafeInteger(before) && before >= 0)) continue;
    const what = `delete records of ${topic}-${partition}: before is ${before}`;
    throw new ClientError("INVALID_OPTION", `${what}; it should be an offset or "all"`);
  }
  return await Promise.all(deletions.map((one) => deleteAtLeader(calls, one)));
}

async function deleteAtLeader(calls: AdminCalls, deletion: RecordDeletion): Promise<RecordsDeleted> {
  const { topic: name, partition: partitionIndex, before } = deletion;
  const { apiTimeoutMs, requestTimeoutMs } = calls.settings;
  const what = `delete records of ${name}-${partitionIndex}`;
  const offset = before === "all" ? toHighWatermark : before;
  const body = {
    topics: [{ name, partitions: [{ partitionIndex, offset }] }],
    timeoutMs: Math.min(apiTimeoutMs, requestTimeoutMs),
  };
  return await calls.retrying(what, async () => {
    const topic = await calls.cluster.topic(name, { timeoutMs: apiTimeoutMs, unknownTopicMs: 0 });
    const place = topic.partitions.find(({ partition }) => partition === partitionIndex);
    // It may have been added just now.
    if (place === undefined) throw brokerError(what, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    if (place.leader < 0) throw new ClientError("NO_LEADER", `${what}: nobody leads it`);
    const answer = await calls.cluster.toBroker(place.leader, "control", apis.DeleteRecords, body);
    const row = answer.topics[0]?.partitions[0];
    if (row === undefined) throw new ClientError("MALFORMED_ANSWER", `${what}: the answer is empty`);
    if (row.errorCode !== ErrorCode.NONE) throw brokerError(what, row.errorCode);
    return { topic: name, partition: partitionIndex, lowWatermark: row.lowWatermark };
  });
}
