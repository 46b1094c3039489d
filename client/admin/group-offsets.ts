// shell: the committed offsets of groups: read, set and deleted.
import { BrokerError, ErrorCode } from "../../proto/errors.ts";
import { apis } from "../../proto/kafka/apis.ts";
import type { OffsetFetchResponse } from "../../proto/kafka/generated/messages.ts";
import type { Coordinator } from "../cluster/coordinators.ts";
import { brokerError, ClientError } from "../errors.ts";
import { quote } from "../options/read-options.ts";
import type { AdminCalls } from "./admin-calls.ts";
import { byPlace } from "./group-description.ts";
import { atCoordinator, atCoordinators, checkGroupId, type GroupAnswers } from "./group-rounds.ts";
import type { TopicPartition } from "./record-calls.ts";

export interface GroupOffset extends TopicPartition {
  /** The next record that the group reads. */
  readonly offset: number;
  /** Of the last record that was read; -1: not told. */
  readonly leaderEpoch: number;
  /** What the program that committed wrote beside it; empty for most. */
  readonly metadata: string;
}

export interface NewGroupOffset extends TopicPartition {
  readonly offset: number;
  readonly leaderEpoch?: number;
  readonly metadata?: string;
}

/** Many groups in one request (KIP-709). */
const batchedFrom = 8;
/** All partitions of a group without naming them. */
const allFrom = 2;
/** KIP-447. */
const stableFrom = 7;
/** The simple way to commit, for a program that is no member. */
const noGeneration = -1;

/** By topic and partition; of a group that is not there: none. */
export async function listGroupOffsets(
  calls: AdminCalls,
  group: string,
  options: { readonly requireStable?: boolean },
): Promise<GroupOffset[]> {
  const found = (await listOffsetsOfEach(calls, [group], options)).get(group)!;
  if (found instanceof Error) throw found;
  return found;
}

export async function listOffsetsOfEach(
  calls: AdminCalls,
  groups: readonly string[],
  options: { readonly requireStable?: boolean } = {},
): Promise<Map<string, GroupOffset[] | Error>> {
  for (const id of groups) checkGroupId("list group offsets", id);
  const requireStable = options.requireStable ?? false;
  return await atCoordinators(calls, "list group offsets", groups, (coordinator, ids) =>
    fetchAt(calls, coordinator, ids, requireStable),
  );
}

async function fetchAt(
  calls: AdminCalls,
  coordinator: Coordinator,
  ids: readonly string[],
  requireStable: boolean,
): Promise<GroupAnswers<GroupOffset[]>> {
  try {
    const body = { groups: ids.map((groupId) => ({ groupId, topics: null })), requireStable };
    const versions = { min: batchedFrom };
    const answer = await calls.coordinators.send(coordinator, ids, apis.OffsetFetch, body, { versions });
    return new Map(answer.groups.map((row) => [row.groupId, toOffsets(row.groupId, row)]));
  } catch (error) {
    if (!(error instanceof ClientError && error.code === "UNSUPPORTED_BY_BROKER")) throw error;
  }
  const answers = new Map<string, GroupOffset[] | Error>();
  const versions = { min: requireStable ? stableFrom : allFrom, max: batchedFrom - 1 };
  for (const groupId of ids) {
    const body = { groupId, topics: null, ...(requireStable ? { requireStable } : {}) };
    const answer = await calls.coordinators.send(coordinator, [groupId], apis.OffsetFetch, body, {
      versions,
    });
    answers.set(groupId, toOffsets(groupId, answer));
  }
  return answers;
}

type Fetched = Pick<OffsetFetchResponse, "errorCode" | "topics">;

function toOffsets(group: string, { errorCode, topics }: Fetched): GroupOffset[] | Error {
  const what = `list the offsets of group ${group}`;
  if (errorCode !== ErrorCode.NONE) return brokerError(what, errorCode);
  const offsets: GroupOffset[] = [];
  for (const { name: topic, partitions } of topics) {
    for (const row of partitions) {
      const { partitionIndex: partition, committedOffset: offset, committedLeaderEpoch: leaderEpoch } = row;
      if (row.errorCode !== ErrorCode.NONE)
        return brokerError(`${what} in ${topic}-${partition}`, row.errorCode);
      if (offset >= 0) offsets.push({ topic, partition, offset, leaderEpoch, metadata: row.metadata ?? "" });
    }
  }
  return offsets.sort(byPlace);
}

export async function alterGroupOffsets(
  calls: AdminCalls,
  group: string,
  offsets: readonly NewGroupOffset[],
): Promise<void> {
  const what = `alter the offsets of group ${group}`;
  checkGroupId("alter group offsets", group);
  for (const { topic, partition, offset } of offsets) {
    if (Number.isSafeInteger(offset) && offset >= 0) continue;
    const text = `${what}: the offset of ${topic}-${partition} is ${quote(offset)}`;
    throw new ClientError("INVALID_OPTION", `${text}; it should be a whole number of 0 or more`);
  }
  if (offsets.length === 0) return;
  const topics = [...Map.groupBy(offsets, ({ topic }) => topic)].map(([name, rows]) => ({
    name,
    partitions: rows.map(({ partition, offset, leaderEpoch = -1, metadata = "" }) => ({
      partitionIndex: partition,
      committedOffset: offset,
      committedLeaderEpoch: leaderEpoch,
      committedMetadata: metadata,
    })),
  }));
  const body = { groupId: group, generationIdOrMemberEpoch: noGeneration, memberId: "", topics };
  await atCoordinator(calls, what, group, async (coordinator) => {
    const versions = { min: 2 };
    const { coordinators } = calls;
    const answer = await coordinators.send(coordinator, [group], apis.OffsetCommit, body, { versions });
    return refusalIn(what, answer.topics, offsets.length);
  });
}

/** Deletes what a group committed of these partitions; of those without a commit nothing. */
export async function deleteGroupOffsets(
  calls: AdminCalls,
  group: string,
  places: readonly TopicPartition[],
): Promise<void> {
  const what = `delete offsets of group ${group}`;
  checkGroupId("delete group offsets", group);
  if (places.length === 0) return;
  const topics = [...Map.groupBy(places, ({ topic }) => topic)].map(([name, rows]) => ({
    name,
    partitions: rows.map(({ partition }) => ({ partitionIndex: partition })),
  }));
  await atCoordinator(calls, what, group, async (coordinator) => {
    const body = { groupId: group, topics };
    const answer = await calls.coordinators.send(coordinator, [group], apis.OffsetDelete, body);
    if (answer.errorCode !== ErrorCode.NONE) return brokerError(what, answer.errorCode);
    return refusalIn(what, answer.topics, places.length);
  });
}

interface PlacesAnswer {
  readonly name: string;
  readonly partitions: readonly { readonly partitionIndex: number; readonly errorCode: number }[];
}

/** What was refused first, and how many others were too; null: nothing. */
function refusalIn(what: string, topics: readonly PlacesAnswer[], asked: number): Error | null {
  const refused = topics.flatMap(({ name, partitions }) =>
    partitions
      .filter(({ errorCode }) => errorCode !== ErrorCode.NONE)
      .map(({ partitionIndex, errorCode }) => ({ place: `${name}-${partitionIndex}`, errorCode })),
  );
  const first = refused[0];
  if (first === undefined) return null;
  const { errorCode } = first;
  if (errorCode === ErrorCode.UNKNOWN_MEMBER_ID || errorCode === ErrorCode.REBALANCE_IN_PROGRESS) {
    // A group that has members takes offsets from them alone.
    const { errorName } = brokerError(what, errorCode);
    const text = "it has members, which commit themselves; stop them first";
    return new BrokerError("NON_EMPTY_GROUP", `${what}: ${text} (the broker said ${errorName})`);
  }
  const rest = asked - refused.length;
  const others = refused.length === 1 ? "" : ` (and ${refused.length - 1} more)`;
  const done = rest === 0 ? "" : `; ${rest} other partitions were done`;
  if (errorCode === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) {
    const text = `${what}: the cluster does not know ${first.place}${others}${done}`;
    return new ClientError("UNKNOWN_TOPIC", text);
  }
  const error = brokerError(`${what}: ${first.place}${others}`, errorCode);
  return new BrokerError(error.errorName, `${error.message}${done}`);
}
