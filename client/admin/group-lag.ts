// shell: how far groups are behind: what they committed, beside where the logs begin and end now.
import { ErrorCode } from "../../proto/errors.ts";
import { listOffsets, listOffsetsAt, type OffsetQuery } from "../cluster/list-offsets.ts";
import { ClientError, hasBrokerCode } from "../errors.ts";
import type { AdminCalls } from "./admin-calls.ts";
import { byPlace, describeEach, type GroupDescription, type GroupMember } from "./group-description.ts";
import { type GroupOffset, listOffsetsOfEach } from "./group-offsets.ts";
import type { TopicPartition } from "./record-calls.ts";

export interface PartitionLag extends TopicPartition {
  /** The next record that the group reads; -1: nothing is committed. */
  readonly committed: number;
  /** -1: the partition has no leader now, or is not there any more. */
  readonly logStartOffset: number;
  readonly logEndOffset: number;
  /**
   * Offsets from the committed one to the end; 0 when that lies beyond the end, -1 when one of them is not
   * known.
   */
  readonly lag: number;
  /** Who reads it; null: nobody now. */
  readonly member: Pick<GroupMember, "memberId" | "instanceId" | "clientId" | "host"> | null;
}

export interface GroupLag {
  readonly groupId: string;
  /** Null: only offsets are there, or a group that is no group of consumers. */
  readonly group: GroupDescription | null;
  /** Of all partitions that count: the sum of those that are known. */
  readonly lag: number;
  /** All partitions of the topics that it committed to, subscribed to or has assigned. */
  readonly partitions: readonly PartitionLag[];
}

interface Found {
  readonly groupId: string;
  readonly group: GroupDescription | null;
  readonly committed: readonly GroupOffset[];
}

interface Ends {
  readonly start: number;
  readonly end: number;
}

/**
 * In the order of the ids. A group that is not there is left out with `skipMissing`; without, it is
 * BrokerError GROUP_ID_NOT_FOUND.
 */
export async function groupLags(
  calls: AdminCalls,
  ids: readonly string[],
  options: { readonly skipMissing?: boolean } = {},
): Promise<GroupLag[]> {
  const [groups, offsets] = await Promise.all([describeEach(calls, ids), listOffsetsOfEach(calls, ids)]);
  const found = ids.flatMap((groupId): Found[] => {
    const committed = offsets.get(groupId)!;
    if (committed instanceof Error) throw committed;
    const described = groups.get(groupId)!;
    if (!(described instanceof Error)) return [{ groupId, group: described, committed }];
    const isUnknown = hasBrokerCode(described, "GROUP_ID_NOT_FOUND");
    if (!isUnknown) throw described;
    if (committed.length > 0) return [{ groupId, group: null, committed }];
    if (options.skipMissing === true) return [];
    throw described;
  });
  const topics = new Set(found.flatMap(({ group, committed }) => topicsOf(group, committed)));
  const partitions = await partitionsOf(calls, topics);
  const ends = await endsOf(calls, partitions);
  return found.map((one) => toLag(one, partitions, ends));
}

function topicsOf(group: GroupDescription | null, committed: readonly GroupOffset[]): string[] {
  const topics = committed.map(({ topic }) => topic);
  for (const member of group?.members ?? []) {
    topics.push(...member.subscribedTopics, ...(member.assignment ?? []).map(({ topic }) => topic));
  }
  return topics;
}

/** A topic that is not there (any more) has none. */
async function partitionsOf(calls: AdminCalls, topics: ReadonlySet<string>): Promise<Map<string, number[]>> {
  const { cluster } = calls;
  const { apiTimeoutMs: timeoutMs } = calls.settings;
  // What is known of a topic may be of before it was deleted, or grew.
  const isKnown = [...topics].some((name) => cluster.cache.topic(name) !== null);
  if (isKnown) await cluster.refreshed();
  const found = [...topics].map(async (name): Promise<[string, number[]]> => {
    try {
      const info = await cluster.topic(name, { timeoutMs, unknownTopicMs: 0 });
      const isGone = cluster.cache.errorOf(name) === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
      return isGone ? [name, []] : [name, info.partitions.map(({ partition }) => partition)];
    } catch (error) {
      if (error instanceof ClientError && error.code === "UNKNOWN_TOPIC") return [name, []];
      throw error;
    }
  });
  return new Map(await Promise.all(found));
}

/** By place; a partition without a leader is left out, since nobody can be asked. */
async function endsOf(
  calls: AdminCalls,
  partitions: ReadonlyMap<string, readonly number[]>,
): Promise<Map<string, Ends>> {
  const { cluster, env, settings } = calls;
  const places = [...partitions].flatMap(([topic, numbers]) =>
    numbers.map((partition) => ({ topic, partition })),
  );
  const isLed = ({ topic, partition }: TopicPartition): boolean =>
    (cluster.cache.partition(topic, partition)?.leader ?? -1) >= 0;
  // What is known may be old.
  if (!places.every(isLed)) await cluster.refreshed();
  const led = places.filter(isLed);
  const ask = (timestamp: number): OffsetQuery[] => led.map((place) => ({ ...place, timestamp }));
  const { apiTimeoutMs: timeoutMs, retryBackoffMs, retryBackoffMaxMs } = settings;
  const queries = [...ask(listOffsetsAt.earliest), ...ask(listOffsetsAt.latest)];
  const lookup = { isCommittedOnly: false, timeoutMs, retryBackoffMs, retryBackoffMaxMs };
  const answers = await listOffsets(env, cluster, queries, lookup);
  return new Map(
    led.map((place, at) => [
      keyOf(place),
      { start: answers[at]!.offset, end: answers[led.length + at]!.offset },
    ]),
  );
}

const keyOf = ({ topic, partition }: TopicPartition): string => `${topic} ${partition}`;

function toLag(
  one: Found,
  partitions: ReadonlyMap<string, readonly number[]>,
  ends: ReadonlyMap<string, Ends>,
): GroupLag {
  const committed = new Map(one.committed.map((row) => [keyOf(row), row]));
  const owners = new Map<string, GroupMember>();
  for (const member of one.group?.members ?? []) {
    for (const place of member.assignment ?? []) owners.set(keyOf(place), member);
  }
  const places = new Map<string, TopicPartition>();
  for (const { topic, partition } of one.committed)
    places.set(keyOf({ topic, partition }), { topic, partition });
  for (const topic of topicsOf(one.group, one.committed)) {
    for (const partition of partitions.get(topic) ?? []) {
      const place = { topic, partition };
      places.set(keyOf(place), place);
    }
  }
  const rows = [...places.values()].sort(byPlace).map((place): PartitionLag => {
    const key = keyOf(place);
    const offset = committed.get(key)?.offset ?? -1;
    const { start, end } = ends.get(key) ?? { start: -1, end: -1 };
    const lag = offset < 0 || end < 0 ? -1 : Math.max(0, end - offset);
    const owner = owners.get(key) ?? null;
    const member = owner && {
      memberId: owner.memberId,
      instanceId: owner.instanceId,
      clientId: owner.clientId,
      host: owner.host,
    };
    return { ...place, committed: offset, logStartOffset: start, logEndOffset: end, lag, member };
  });
  const lag = rows.reduce((sum, row) => sum + Math.max(0, row.lag), 0);
  return { groupId: one.groupId, group: one.group, lag, partitions: rows };
}
