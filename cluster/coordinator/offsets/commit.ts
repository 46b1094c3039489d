// core: OffsetCommit and OffsetDelete: which records they make. Who may commit is decided by the group's
// protocol before.
import { ErrorCode } from "../../../proto/errors.ts";
import type { RequestOf } from "../../../proto/kafka/apis.ts";
import type { WrittenRecord } from "../state/group-records.ts";
import type { GroupState } from "../state/group-state.ts";

export interface CommitTopic {
  readonly name: string;
  readonly partitions: readonly RequestOf<"OffsetCommit">["topics"][number]["partitions"][number][];
}

export interface PartitionVerdicts {
  readonly name: string;
  readonly partitions: { partitionIndex: number; errorCode: number }[];
}

export interface CommitOptions {
  readonly groupId: string;
  readonly topics: readonly CommitTopic[];
  /** How long the client wants them kept, ms (versions 2 to 4); -1: by the settings of the broker. */
  readonly retentionTimeMs: number;
  /** Largest metadata text, bytes in UTF-8. */
  readonly metadataBytesMax: number;
  readonly wallMs: number;
}

export function commitOffsets(options: CommitOptions): {
  records: WrittenRecord[];
  topics: PartitionVerdicts[];
} {
  const { groupId, retentionTimeMs, metadataBytesMax, wallMs } = options;
  const expiresAtMs = retentionTimeMs < 0 ? -1 : wallMs + retentionTimeMs;
  const records: WrittenRecord[] = [];
  const topics = options.topics.map(({ name: topic, partitions }) => ({
    name: topic,
    partitions: partitions.map(({ partitionIndex: partition, committedOffset: offset, ...one }) => {
      const metadata = one.committedMetadata ?? "";
      if (Buffer.byteLength(metadata) > metadataBytesMax)
        return { partitionIndex: partition, errorCode: ErrorCode.OFFSET_METADATA_TOO_LARGE };
      const leaderEpoch = one.committedLeaderEpoch;
      const value = { offset, leaderEpoch, metadata, committedAtMs: wallMs, expiresAtMs };
      records.push({ kind: "offset", groupId, topic, partition, value });
      return { partitionIndex: partition, errorCode: ErrorCode.NONE };
    }),
  }));
  return { records, topics };
}

export function deleteOffsets(
  group: GroupState,
  topics: RequestOf<"OffsetDelete">["topics"],
  isSubscribed: (topic: string) => boolean,
): { records: WrittenRecord[]; topics: PartitionVerdicts[] } {
  const { groupId, offsets } = group;
  const records: WrittenRecord[] = [];
  const verdicts = topics.map(({ name: topic, partitions }) => {
    const errorCode = isSubscribed(topic) ? ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC : ErrorCode.NONE;
    for (const { partitionIndex: partition } of partitions)
      if (errorCode === ErrorCode.NONE && offsets.get(topic)?.has(partition))
        records.push({ kind: "offset", groupId, topic, partition, value: null });
    return {
      name: topic,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    };
  });
  return { records, topics: verdicts };
}

/** Tombstones for what was committed of topics until they were deleted, at these times (Unix ms). */
export function offsetsOfGone(
  { groupId, offsets }: GroupState,
  gone: ReadonlyMap<string, number>,
): WrittenRecord[] {
  return [...gone].flatMap(([topic, sinceMs]) =>
    [...(offsets.get(topic) ?? [])]
      .filter(([, { committedAtMs }]) => committedAtMs <= sinceMs)
      .map(([partition]): WrittenRecord => ({ kind: "offset", groupId, topic, partition, value: null })),
  );
}

/** Tombstones for all offsets of a group. */
export function forgetOffsets({ groupId, offsets }: GroupState): WrittenRecord[] {
  return [...offsets].flatMap(([topic, partitions]) =>
    [...partitions.keys()].map((partition): WrittenRecord => {
      return { kind: "offset", groupId, topic, partition, value: null };
    }),
  );
}
