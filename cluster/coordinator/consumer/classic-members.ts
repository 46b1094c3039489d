// core: members that speak the classic protocol in a group of the consumer protocol. Nobody waits for
// anybody: a join is answered at once, with the member's epoch as the generation, and the sync tells what the
// member has. A heartbeat says when to join again.
//
// Source: KIP-848, "Upgrade"; org.apache.kafka.coordinator.group.GroupMetadataManager
import { BrokerError, ErrorCode } from "../../../proto/errors.ts";
import type { RequestOf, ResponseOf } from "../../../proto/kafka/apis.ts";
import {
  type ConsumerGroupRecord,
  type ConsumerMember,
  type GroupState,
  memberState,
} from "../state/group-state.ts";
import type { ConsumerContext, ConsumerDecision, TimerChange } from "./consumer-decision.ts";
import { consumerProtocolType, writeAssignment } from "./embedded-protocol.ts";
import { removeMembers } from "./leave.ts";
import { fencedInstance, knownMember, staticMember } from "./members.ts";
import { isWaitingForOthers } from "./reconcile.ts";

/** A group with `consumer`. */
export type InConsumerGroup = GroupState & { readonly consumer: ConsumerGroupRecord };

/** Throws UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID, ILLEGAL_GENERATION, INCONSISTENT_GROUP_PROTOCOL. */
export function classicSync(
  { groupId, consumer }: InConsumerGroup,
  request: RequestOf<"SyncGroup">,
  { image }: ConsumerContext,
): ConsumerDecision<ResponseOf<"SyncGroup">> {
  const { memberId, groupInstanceId, generationId, protocolType, protocolName } = request;
  const member = knownMember(consumer, { groupId, memberId, instanceId: groupInstanceId });
  const classic = classicSide(member);
  checkGeneration(member, generationId);
  const [offered] = classic.protocols;
  if (protocolType !== null && protocolType !== consumerProtocolType) {
    throw inconsistent(`member ${memberId} syncs by protocol type '${protocolType}'`, consumerProtocolType);
  }
  if (protocolName !== null && protocolName !== offered?.name) {
    throw inconsistent(`member ${memberId} syncs by protocol '${protocolName}'`, offered?.name ?? "");
  }
  const none = { throttleTimeMs: 0, protocolType, protocolName, assignment: new Uint8Array(0) };
  // One that has something to give up has joined for this epoch already: it must hear what it keeps.
  if (consumer.epoch > member.memberEpoch && member.state !== memberState.unrevokedPartitions) {
    const timers: TimerChange[] = [{ kind: "join", memberId, afterMs: member.rebalanceTimeoutMs }];
    return answer({ ...none, errorCode: ErrorCode.REBALANCE_IN_PROGRESS }, timers);
  }
  const assignment = writeAssignment(member.assigned, offered?.metadata ?? none.assignment, image);
  return answer({ ...none, errorCode: ErrorCode.NONE, assignment }, [
    { kind: "cancelSync", memberId },
    { kind: "session", memberId, afterMs: classic.sessionTimeoutMs },
  ]);
}

/** When it is to come again is not the group's to say. */
export type ClassicHeartbeatReply = Omit<ResponseOf<"Heartbeat">, "heartbeatIntervalMs">;

/** Throws UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID, ILLEGAL_GENERATION. */
export function classicHeartbeat(
  { groupId, consumer }: InConsumerGroup,
  request: Omit<RequestOf<"Heartbeat">, "asksForInterval">,
): ConsumerDecision<ClassicHeartbeatReply> {
  const { memberId, groupInstanceId, generationId } = request;
  const member = knownMember(consumer, { groupId, memberId, instanceId: groupInstanceId });
  const { sessionTimeoutMs } = classicSide(member);
  checkGeneration(member, generationId);
  const timers: TimerChange[] = [{ kind: "session", memberId, afterMs: sessionTimeoutMs }];
  if (!mustJoinAgain(consumer, member))
    return answer({ throttleTimeMs: 0, errorCode: ErrorCode.NONE }, timers);
  timers.push({ kind: "join", memberId, afterMs: member.rebalanceTimeoutMs });
  return answer({ throttleTimeMs: 0, errorCode: ErrorCode.REBALANCE_IN_PROGRESS }, timers);
}

/** There is a newer epoch, or something to give up, or what it waits for is free. */
function mustJoinAgain(group: ConsumerGroupRecord, member: ConsumerMember): boolean {
  if (member.memberEpoch < group.epoch) return true;
  if (member.state === memberState.unrevokedPartitions) return true;
  return member.state === memberState.unreleasedPartitions && !isWaitingForOthers(group, member);
}

/**
 * What cannot be removed is told in its entry. Admins remove members by it too, by instance id alone, and
 * those of the consumer protocol as well.
 */
export function classicLeave(
  { groupId, consumer }: InConsumerGroup,
  request: RequestOf<"LeaveGroup">,
  context: ConsumerContext,
): ConsumerDecision<ResponseOf<"LeaveGroup">> {
  const identities =
    request.members.length > 0
      ? request.members
      : [{ memberId: request.memberId, groupInstanceId: null, reason: null }];
  const leaving = new Set<string>();
  const members = identities.map(({ memberId, groupInstanceId }) => {
    try {
      const member = whoLeaves(consumer, groupId, memberId, groupInstanceId);
      leaving.add(member.memberId);
      return { memberId: member.memberId, groupInstanceId, errorCode: ErrorCode.NONE };
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      return { memberId, groupInstanceId, errorCode: error.code };
    }
  });
  // Before version 3 there is one member, and its error is that of the whole.
  const errorCode = request.members.length > 0 ? ErrorCode.NONE : members[0]!.errorCode;
  const reply = { throttleTimeMs: 0, errorCode, members: request.members.length > 0 ? members : [] };
  return removeMembers(groupId, consumer, { memberIds: [...leaving], reply }, context);
}

function whoLeaves(
  group: ConsumerGroupRecord,
  groupId: string,
  memberId: string,
  instanceId: string | null,
): ConsumerMember {
  const holder = instanceId === null ? null : staticMember(group.members, instanceId);
  if (holder !== null && memberId !== "" && holder.memberId !== memberId)
    throw fencedInstance(holder, memberId);
  return holder ?? knownMember(group, { groupId, memberId, instanceId });
}

function classicSide({ memberId, classic }: ConsumerMember): NonNullable<ConsumerMember["classic"]> {
  if (classic !== null) return classic;
  throw new BrokerError(
    "UNKNOWN_MEMBER_ID",
    `member ${memberId} speaks the consumer protocol; it cannot be spoken for in the classic one`,
  );
}

function checkGeneration({ memberId, memberEpoch }: ConsumerMember, generation: number): void {
  if (generation === memberEpoch) return;
  throw new BrokerError(
    "ILLEGAL_GENERATION",
    `member ${memberId} says it is in generation ${generation}; it is in ${memberEpoch}`,
  );
}

function inconsistent(what: string, should: string): BrokerError {
  return new BrokerError("INCONSISTENT_GROUP_PROTOCOL", `${what}; it joined by '${should}'`);
}

function answer<Reply>(reply: Reply, timers: readonly TimerChange[]): ConsumerDecision<Reply> {
  return { records: [], reply, timers, conversion: null };
}
