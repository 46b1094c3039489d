// test: groups as the fake cluster's coordinators know them: enough of them for who lists, describes, resets
// and deletes groups. Members are put there by tests; nobody joins.
import { ErrorCode } from "../../proto/errors.ts";
import type { ApiName } from "../../proto/kafka/apis.ts";
import { encodeMessage } from "../../proto/kafka/codec.ts";
import type * as messages from "../../proto/kafka/generated/messages.ts";
import {
  consumerProtocolAssignment,
  consumerProtocolSubscription,
} from "../../proto/kafka/schemas/consumer-protocol.ts";

export interface FakeMember {
  memberId: string;
  instanceId?: string;
  clientId?: string;
  topics?: string[];
  /** Partitions by topic. */
  assigned?: Record<string, number[]>;
  /** Instead of what is assigned, of a classic member. */
  assignmentBytes?: Uint8Array;
}

export interface FakeGroup {
  /** Broker id. */
  coordinator: number;
  type: "classic" | "consumer";
  state: string;
  protocolType: string;
  members: FakeMember[];
  /** By topic, then partition. */
  offsets: Map<string, Map<number, { offset: number; leaderEpoch: number; metadata: string | null }>>;
}

export const groupApis: readonly ApiName[] = [
  "FindCoordinator",
  "ListGroups",
  "DescribeGroups",
  "ConsumerGroupDescribe",
  "OffsetFetch",
  "OffsetCommit",
  "OffsetDelete",
  "DeleteGroups",
  "LeaveGroup",
];

interface Asked {
  broker: number;
  api: ApiName;
  version: number;
  // biome-ignore lint/suspicious/noExplicitAny: the bodies of many kinds.
  body: any;
}

/** The message's first int16 is its version. */
function versioned(version: number, bytes: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from([0, version]), bytes]);
}

const partitionsOf = (assigned: Record<string, number[]> = {}) =>
  Object.entries(assigned).map(([topic, partitions]) => ({ topic, partitions }));

export class StandingGroups {
  readonly groups = new Map<string, FakeGroup>();
  /** Whether a topic has a partition. */
  readonly #hasPartition: (topic: string, partition: number) => boolean;

  constructor(hasPartition: (topic: string, partition: number) => boolean) {
    this.#hasPartition = hasPartition;
  }

  /** Without members it is Empty, with members Stable. */
  add(id: string, group: Partial<FakeGroup> = {}): FakeGroup {
    const members = group.members ?? [];
    const made: FakeGroup = {
      coordinator: 1,
      type: "classic",
      state: members.length > 0 ? "Stable" : "Empty",
      protocolType: members.length > 0 || group.type === "consumer" ? "consumer" : "",
      members,
      offsets: new Map(),
      ...group,
    };
    this.groups.set(id, made);
    return made;
  }

  commit(id: string, topic: string, partition: number, offset: number, metadata: string | null = ""): void {
    const group = this.groups.get(id) ?? this.add(id);
    const partitions = group.offsets.get(topic) ?? new Map();
    partitions.set(partition, { offset, leaderEpoch: 0, metadata });
    group.offsets.set(topic, partitions);
  }

  offset(id: string, topic: string, partition: number): number {
    return this.groups.get(id)?.offsets.get(topic)?.get(partition)?.offset ?? -1;
  }

  /** Null: no request about groups. `code` refuses every group in it. */
  answer(asked: Asked, code: number | null): object | null {
    const { body } = asked;
    switch (asked.api) {
      case "FindCoordinator":
        return this.#find(asked, code);
      case "ListGroups":
        return this.#list(asked, code);
      case "DescribeGroups":
        return { groups: body.groups.map((id: string) => this.#describe(asked, id, code)) };
      case "ConsumerGroupDescribe":
        return { groups: body.groupIds.map((id: string) => this.#describeNewer(asked, id, code)) };
      case "OffsetFetch":
        return this.#fetch(asked, code);
      case "OffsetCommit":
        return this.#commit(asked, code);
      case "OffsetDelete":
        return this.#deleteOffsets(asked, code);
      case "DeleteGroups":
        return { results: body.groupsNames.map((id: string) => this.#delete(asked, id, code)) };
      case "LeaveGroup":
        return this.#leave(asked, code);
      default:
        return null;
    }
  }

  #find({ version, body }: Asked, code: number | null): object {
    const place = (key: string) => {
      const nodeId = this.groups.get(key)?.coordinator ?? 1;
      const found = { key, nodeId, host: `b${nodeId}`, port: 9092, errorCode: 0, errorMessage: null };
      return code === null ? found : { ...found, nodeId: -1, host: "", port: -1, errorCode: code };
    };
    return version >= 4 ? { coordinators: body.coordinatorKeys.map(place) } : place(body.key);
  }

  #refusal({ broker }: Asked, id: string, code: number | null): number {
    if (code !== null) return code;
    const group = this.groups.get(id);
    return group !== undefined && group.coordinator !== broker ? ErrorCode.NOT_COORDINATOR : ErrorCode.NONE;
  }

  #list({ broker, body, version }: Asked, code: number | null): object {
    const { statesFilter, typesFilter } = body as messages.ListGroupsRequest;
    const own = [...this.groups].filter(([_id, group]) => {
      if (group.coordinator !== broker) return false;
      const isOfState = statesFilter.length === 0 || statesFilter.includes(group.state);
      return isOfState && (typesFilter.length === 0 || typesFilter.includes(group.type));
    });
    const groups = own.map(([groupId, { protocolType, state, type }]) => ({
      groupId,
      protocolType,
      ...(version >= 4 ? { groupState: state } : {}),
      ...(version >= 5 ? { groupType: type === "classic" ? "Classic" : "Consumer" } : {}),
    }));
    return { errorCode: code ?? 0, groups: code === null ? groups : [] };
  }

  #describe(asked: Asked, groupId: string, code: number | null): object {
    const errorCode = this.#refusal(asked, groupId, code);
    const group = this.groups.get(groupId);
    const empty = { groupId, errorCode, groupState: "", protocolType: "", protocolData: "", members: [] };
    if (errorCode !== 0) return empty;
    if (group?.type !== "classic") return { ...empty, groupState: "Dead" };
    const members = group.members.map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.instanceId ?? null,
      clientId: member.clientId ?? "c",
      clientHost: "/10.0.0.1",
      memberMetadata: versioned(
        1,
        encodeMessage(consumerProtocolSubscription, 1, { topics: member.topics ?? [] }),
      ),
      memberAssignment: member.assignmentBytes ?? assignmentBytes(member),
    }));
    const { state: groupState, protocolType } = group;
    const protocolData = members.length > 0 ? "range" : "";
    return { ...empty, groupState, protocolType, protocolData, members };
  }

  #describeNewer(asked: Asked, groupId: string, code: number | null): object {
    const refused = this.#refusal(asked, groupId, code);
    const group = this.groups.get(groupId);
    const isOther = group?.type !== "consumer";
    const errorCode = refused !== 0 ? refused : isOther ? ErrorCode.GROUP_ID_NOT_FOUND : 0;
    const empty = { groupId, errorCode, errorMessage: null, groupState: "", members: [], assignorName: "" };
    if (errorCode !== 0) return { ...empty, groupEpoch: 0, assignmentEpoch: 0 };
    const members = group!.members.map((member) => {
      const topicPartitions = partitionsOf(member.assigned).map(({ topic: topicName, partitions }) => ({
        ...{ topicName, partitions, topicId: "AAAAAAAAAAAAAAAAAAAAAA" },
      }));
      return {
        ...{ memberId: member.memberId, instanceId: member.instanceId ?? null, rackId: "a", memberEpoch: 7 },
        ...{ clientId: member.clientId ?? "c", clientHost: "/10.0.0.2", memberType: 1 },
        ...{ subscribedTopicNames: member.topics ?? [], subscribedTopicRegex: null },
        ...{ assignment: { topicPartitions }, targetAssignment: { topicPartitions } },
      };
    });
    const { state: groupState } = group!;
    return { ...empty, groupState, assignorName: "uniform", groupEpoch: 7, assignmentEpoch: 7, members };
  }

  #fetch(asked: Asked, code: number | null): object {
    const { version, body } = asked;
    const one = (groupId: string) => {
      const errorCode = this.#refusal(asked, groupId, code);
      const topics = [...(this.groups.get(groupId)?.offsets ?? [])].map(([name, partitions]) => ({
        name,
        partitions: [...partitions].map(([partitionIndex, row]) => ({
          partitionIndex,
          committedOffset: row.offset,
          ...(version >= 5 ? { committedLeaderEpoch: row.leaderEpoch } : {}),
          metadata: row.metadata,
          errorCode: 0,
        })),
      }));
      return { errorCode, topics: errorCode === 0 ? topics : [] };
    };
    if (version < 8) return one(body.groupId);
    const groups = body.groups.map(({ groupId }: { groupId: string }) => ({ groupId, ...one(groupId) }));
    return { groups };
  }

  #commit(asked: Asked, code: number | null): object {
    const { groupId, topics, generationIdOrMemberEpoch } = asked.body as messages.OffsetCommitRequest;
    const refused = this.#refusal(asked, groupId, code);
    const isLive = (this.groups.get(groupId)?.members.length ?? 0) > 0 && generationIdOrMemberEpoch < 0;
    return {
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex, committedOffset, committedMetadata }) => {
          if (refused !== 0) return { partitionIndex, errorCode: refused };
          if (isLive) return { partitionIndex, errorCode: ErrorCode.UNKNOWN_MEMBER_ID };
          if (!this.#hasPartition(name, partitionIndex))
            return { partitionIndex, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION };
          this.commit(groupId, name, partitionIndex, committedOffset, committedMetadata);
          return { partitionIndex, errorCode: 0 };
        }),
      })),
    };
  }

  #deleteOffsets(asked: Asked, code: number | null): object {
    const { groupId, topics } = asked.body as messages.OffsetDeleteRequest;
    const group = this.groups.get(groupId);
    const refused = this.#refusal(asked, groupId, code);
    const errorCode = refused === 0 && group === undefined ? ErrorCode.GROUP_ID_NOT_FOUND : refused;
    if (errorCode !== 0) return { errorCode, topics: [] };
    const isRead = (topic: string) => group!.members.some((member) => member.topics?.includes(topic));
    return {
      errorCode,
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => {
          if (isRead(name)) return { partitionIndex, errorCode: ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC };
          group!.offsets.get(name)?.delete(partitionIndex);
          return { partitionIndex, errorCode: 0 };
        }),
      })),
    };
  }

  #delete(asked: Asked, groupId: string, code: number | null): object {
    const group = this.groups.get(groupId);
    const refused = this.#refusal(asked, groupId, code);
    if (refused !== 0) return { groupId, errorCode: refused };
    if (group === undefined) return { groupId, errorCode: ErrorCode.GROUP_ID_NOT_FOUND };
    if (group.members.length > 0) return { groupId, errorCode: ErrorCode.NON_EMPTY_GROUP };
    this.groups.delete(groupId);
    return { groupId, errorCode: 0 };
  }

  #leave(asked: Asked, code: number | null): object {
    const { groupId, members } = asked.body as messages.LeaveGroupRequest;
    const group = this.groups.get(groupId);
    const refused = this.#refusal(asked, groupId, code);
    const errorCode = refused === 0 && group === undefined ? ErrorCode.UNKNOWN_MEMBER_ID : refused;
    if (errorCode !== 0) return { errorCode, members: [] };
    const rows = members.map(({ memberId, groupInstanceId }) => {
      const at = group!.members.findIndex((member) =>
        groupInstanceId === null ? member.memberId === memberId : member.instanceId === groupInstanceId,
      );
      if (at >= 0) group!.members.splice(at, 1);
      const code = at < 0 ? ErrorCode.UNKNOWN_MEMBER_ID : ErrorCode.NONE;
      return { memberId, groupInstanceId, errorCode: code };
    });
    if (group!.members.length === 0) group!.state = "Empty";
    return { errorCode, members: rows };
  }
}

function assignmentBytes(member: FakeMember): Uint8Array {
  if (member.assigned === undefined) return new Uint8Array();
  const assignedPartitions = partitionsOf(member.assigned);
  return versioned(0, encodeMessage(consumerProtocolAssignment, 0, { assignedPartitions }));
}
