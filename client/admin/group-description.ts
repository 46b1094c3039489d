// shell: describing groups: their state, members and what each member has. Groups of the newer kind
// (KIP-848) are described by ConsumerGroupDescribe, all others by DescribeGroups.
import { ErrorCode } from "../../proto/errors.ts";
import { apis } from "../../proto/kafka/apis.ts";
import type {
  ConsumerGroupDescribeResponseDescribedGroup,
  DescribeGroupsResponseDescribedGroup,
} from "../../proto/kafka/generated/messages.ts";
import type { Coordinator } from "../cluster/coordinators.ts";
import { brokerError, ClientError } from "../errors.ts";
import type { AdminCalls } from "./admin-calls.ts";
import { type GroupState, type GroupType, groupStateOf } from "./group-listing.ts";
import { atCoordinators, checkGroupId, type GroupAnswers } from "./group-rounds.ts";
import { readMemberAssignment, readMemberSubscription } from "./member-bytes.ts";
import type { TopicPartition } from "./record-calls.ts";

export interface GroupMember {
  readonly memberId: string;
  /** group.instance.id of a static member (KIP-345). */
  readonly instanceId: string | null;
  readonly clientId: string;
  readonly host: string;
  /** Null when it has none, and in classic groups. */
  readonly rack: string | null;
  /** The epoch that the member is in; -1 in classic groups. */
  readonly epoch: number;
  /** How the member takes part; a group under migration has members of both kinds. */
  readonly type: "classic" | "consumer";
  /** Empty while the group of a classic member rebalances. */
  readonly subscribedTopics: readonly string[];
  /** A regular expression (RE2/J) beside the topics. */
  readonly subscribedPattern: string | null;
  /** By topic and partition; null: the member's bytes are not those of a consumer. */
  readonly assignment: readonly TopicPartition[] | null;
  /** What the member is to have once the group has settled (KIP-848). */
  readonly targetAssignment: readonly TopicPartition[] | null;
}

export interface GroupDescription {
  readonly groupId: string;
  readonly type: GroupType;
  readonly state: GroupState;
  /** "consumer" for consumers; empty for a group of which only offsets were committed. */
  readonly protocolType: string;
  /** Name of the assignor that counts; empty while there is none. */
  readonly assignor: string;
  /** Grows with every change of members or subscriptions; -1: classic groups do not tell. */
  readonly epoch: number;
  /** The epoch of which the assignment is; -1 in classic groups. */
  readonly assignmentEpoch: number;
  readonly coordinator: Coordinator;
  readonly members: readonly GroupMember[];
}

/** Bit of a member in ConsumerGroupDescribe that joined by the older protocol. */
const classicMember = 0;

/** In the order of the ids. Rejects with BrokerError GROUP_ID_NOT_FOUND when one is not there. */
export async function describeGroups(calls: AdminCalls, ids: readonly string[]): Promise<GroupDescription[]> {
  const found = await describeEach(calls, ids);
  return ids.map((id) => {
    const group = found.get(id)!;
    if (group instanceof Error) throw group;
    return group;
  });
}

/** For each group its description, or why there is none. */
export async function describeEach(
  calls: AdminCalls,
  ids: readonly string[],
): Promise<Map<string, GroupDescription | Error>> {
  for (const id of ids) checkGroupId("describe group", id);
  return await atCoordinators(calls, "describe groups", ids, (coordinator, asked) =>
    describeAt(calls, coordinator, asked),
  );
}

async function describeAt(
  calls: AdminCalls,
  coordinator: Coordinator,
  ids: readonly string[],
): Promise<GroupAnswers<GroupDescription>> {
  const answers = new Map(await describeNewer(calls, coordinator, ids));
  const others = ids.filter((id) => !answers.has(id));
  if (others.length === 0) return answers;
  const older = await calls.coordinators.send(coordinator, others, apis.DescribeGroups, { groups: others });
  for (const group of older.groups) answers.set(group.groupId, fromClassic(group, coordinator));
  return answers;
}

/** Leaves out what is no group of the newer kind. */
async function describeNewer(
  calls: AdminCalls,
  coordinator: Coordinator,
  groupIds: readonly string[],
): Promise<GroupAnswers<GroupDescription>> {
  try {
    const body = { groupIds };
    const answer = await calls.coordinators.send(coordinator, groupIds, apis.ConsumerGroupDescribe, body);
    const newer = answer.groups.filter(({ errorCode }) => !isOfOtherKind(errorCode));
    return new Map(newer.map((group) => [group.groupId, fromConsumer(group, coordinator)]));
  } catch (error) {
    if (!(error instanceof ClientError && error.code === "UNSUPPORTED_BY_BROKER")) throw error;
    return new Map();
  }
}

function isOfOtherKind(code: number): boolean {
  return code === ErrorCode.GROUP_ID_NOT_FOUND || code === ErrorCode.UNSUPPORTED_VERSION;
}

function fromConsumer(
  group: ConsumerGroupDescribeResponseDescribedGroup,
  coordinator: Coordinator,
): GroupDescription | Error {
  const { groupId, errorCode, errorMessage } = group;
  if (errorCode !== ErrorCode.NONE) return brokerError(`describe group ${groupId}`, errorCode, errorMessage);
  const members = group.members.map((member): GroupMember => {
    const { memberId, instanceId, clientId, clientHost, rackId, memberEpoch, memberType } = member;
    return {
      ...{ memberId, instanceId, clientId, host: clientHost, rack: rackId, epoch: memberEpoch },
      type: memberType === classicMember ? "classic" : "consumer",
      subscribedTopics: [...member.subscribedTopicNames].sort(),
      subscribedPattern: member.subscribedTopicRegex === "" ? null : member.subscribedTopicRegex,
      assignment: flat(member.assignment.topicPartitions.map((row) => ({ ...row, topic: row.topicName }))),
      targetAssignment: flat(
        member.targetAssignment.topicPartitions.map((row) => ({ ...row, topic: row.topicName })),
      ),
    };
  });
  return {
    groupId,
    type: "consumer",
    state: groupStateOf(group.groupState),
    protocolType: "consumer",
    assignor: group.assignorName,
    epoch: group.groupEpoch,
    assignmentEpoch: group.assignmentEpoch,
    coordinator,
    members: sorted(members),
  };
}

function fromClassic(
  group: DescribeGroupsResponseDescribedGroup,
  coordinator: Coordinator,
): GroupDescription | Error {
  const { groupId, errorCode, protocolType } = group;
  const what = `describe group ${groupId}`;
  if (errorCode !== ErrorCode.NONE) return brokerError(what, errorCode);
  const state = groupStateOf(group.groupState);
  // So older versions say that there is none.
  if (state === "Dead") return brokerError(what, ErrorCode.GROUP_ID_NOT_FOUND);
  const isOfConsumers = protocolType === "consumer" || protocolType === "";
  const members = group.members.map((member): GroupMember => {
    const { memberId, groupInstanceId: instanceId, clientId, clientHost: host } = member;
    const { memberMetadata, memberAssignment } = member;
    const subscription = isOfConsumers ? readMemberSubscription(memberMetadata) : null;
    return {
      ...{ memberId, instanceId, clientId, host, epoch: -1, type: "classic" },
      rack: subscription?.rackId ?? null,
      subscribedTopics: [...(subscription?.topics ?? [])].sort(),
      subscribedPattern: null,
      assignment: isOfConsumers ? assignmentOf(memberAssignment) : null,
      targetAssignment: null,
    };
  });
  return {
    ...{ groupId, state, protocolType, coordinator },
    type: "classic",
    assignor: group.protocolData,
    epoch: -1,
    assignmentEpoch: -1,
    members: sorted(members),
  };
}

/** No bytes: the member waits for its assignment. */
function assignmentOf(bytes: Uint8Array): TopicPartition[] | null {
  if (bytes.length === 0) return [];
  const read = readMemberAssignment(bytes);
  return read === null ? null : flat(read.assignedPartitions);
}

function flat(rows: readonly { topic: string; partitions: readonly number[] }[]): TopicPartition[] {
  const places = rows.flatMap(({ topic, partitions }) =>
    partitions.map((partition) => ({ topic, partition })),
  );
  return places.sort(byPlace);
}

/** For sorting: by topic, then partition. */
export function byPlace(one: TopicPartition, other: TopicPartition): number {
  if (one.topic !== other.topic) return one.topic < other.topic ? -1 : 1;
  return one.partition - other.partition;
}

function sorted(members: GroupMember[]): GroupMember[] {
  return members.sort((one, other) => (one.memberId < other.memberId ? -1 : 1));
}
