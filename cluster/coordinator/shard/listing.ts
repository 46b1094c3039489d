// shell: groups of one shard as an administrator sees them: listed, described, deleted.
import { BrokerError } from "../../../proto/errors.ts";
import type { ResponseOf } from "../../../proto/kafka/apis.ts";
import { type ClassicGroup, phaseNames } from "../classic/classic-group.ts";
import { consumerProtocolType } from "../classic/subscribed-topics.ts";
import { deleteConsumerGroup } from "../consumer/describe.ts";
import { consumerStateName } from "../consumer/state-name.ts";
import { forgetOffsets } from "../offsets/commit.ts";
import type { GroupState } from "../state/group-state.ts";
import type { ClassicSide } from "./classic-side.ts";
import type { ShardPort } from "./shard-port.ts";

export type ListedGroup = ResponseOf<"ListGroups">["groups"][number];
export type DescribedGroup = Omit<
  ResponseOf<"DescribeGroups">["groups"][number],
  "authorizedOperations" | "errorCode"
>;

export function listGroups(shard: ShardPort, classic: ClassicSide): ListedGroup[] {
  shard.needLoaded();
  const listed = new Map<string, ListedGroup>();
  for (const { groupId, classic: record, consumer } of shard.groups()) {
    if (consumer !== null) {
      const groupState = consumerStateName(consumer);
      listed.set(groupId, { groupId, protocolType: consumerProtocolType, groupState, groupType: "consumer" });
      continue;
    }
    const groupState = phaseNames.empty;
    const protocolType = record?.protocolType ?? "";
    listed.set(groupId, { groupId, protocolType, groupState, groupType: "classic" });
  }
  for (const { groupId, protocolType, phase } of classic.values()) {
    const groupState = phaseNames[phase];
    listed.set(groupId, { groupId, protocolType: protocolType ?? "", groupState, groupType: "classic" });
  }
  return [...listed.values()];
}

/** A group that is not there is "Dead", as Kafka's tools expect. */
export function describeGroup(shard: ShardPort, classic: ClassicSide, groupId: string): DescribedGroup {
  shard.needLoaded();
  const group = classic.find(groupId);
  if (group !== null) return describeClassic(group);
  // One of the consumer protocol is told of by ConsumerGroupDescribe.
  const known = shard.group(groupId);
  const isKnown = known !== null && known.consumer === null;
  const groupState = isKnown ? phaseNames.empty : phaseNames.dead;
  return { groupId, groupState, protocolType: "", protocolData: "", members: [] };
}

function describeClassic(group: ClassicGroup): DescribedGroup {
  const { groupId, phase, protocolType, protocol } = group;
  const isStable = phase === "stable" && protocol !== null;
  const nothing = new Uint8Array(0);
  return {
    groupId,
    groupState: phaseNames[phase],
    protocolType: protocolType ?? "",
    protocolData: isStable ? protocol : "",
    members: [...group.members.values()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberMetadata: isStable ? member.metadataOf(protocol) : nothing,
      memberAssignment: isStable ? member.assignment : nothing,
    })),
  };
}

/** Resolves once nothing is left of it. Rejects with GROUP_ID_NOT_FOUND, NON_EMPTY_GROUP. */
export async function deleteGroup(
  shard: ShardPort,
  classic: ClassicSide,
  options: { groupId: string; timeoutMs: number },
): Promise<void> {
  const { groupId, timeoutMs } = options;
  shard.needLoaded();
  const soft = classic.find(groupId);
  if (soft === null && shard.group(groupId) === null)
    throw new BrokerError("GROUP_ID_NOT_FOUND", `there is no group "${groupId}" here`);
  if (soft !== null && soft.members.size > 0) {
    const text = `group "${groupId}" has ${soft.members.size} members; they have to leave before it can go`;
    throw new BrokerError("NON_EMPTY_GROUP", text);
  }
  const deleted = shard.proposeWithin(timeoutMs, (state) => ({
    records: tombstones(state.groups.get(groupId)),
    reply: null,
  }));
  classic.forget(groupId);
  await deleted;
}

function tombstones(group: GroupState | null) {
  if (group === null) return [];
  const { groupId } = group;
  const offsets = forgetOffsets(group);
  if (group.consumer !== null) return [...offsets, ...deleteConsumerGroup(group)];
  return group.classic === null
    ? offsets
    : [...offsets, { kind: "classicGroup", groupId, value: null } as const];
}
