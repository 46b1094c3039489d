// core: ConsumerGroupHeartbeat, the one request of the consumer protocol (KIP-848): a member joins by it,
// says what it wants and has, is told what to have, and leaves by it.
//
// Source: KIP-848; org.apache.kafka.coordinator.group.GroupMetadataManager
import { BrokerError } from "../../../proto/errors.ts";
import type { RequestOf, ResponseOf } from "../../../proto/kafka/apis.ts";
import type { GroupSettings } from "../group-settings.ts";
import type { MemberFacts } from "../state/group-records.ts";
import {
  type ConsumerGroupRecord,
  type ConsumerMember,
  type GroupState,
  memberState,
} from "../state/group-state.ts";
import type { ConsumerContext, ConsumerDecision } from "./consumer-decision.ts";
import { factsOf } from "./consumer-draft.ts";
import { checkHeartbeat, joins } from "./heartbeat-check.ts";
import { leaveByHeartbeat } from "./leave.ts";
import { checkMemberEpoch, joiningMember, knownMember } from "./members.ts";
import { settle } from "./membership.ts";
import { openConsumerGroup } from "./open-group.ts";
import { sharedNames } from "./subscriptions.ts";
import { fromPartitionList, partitionList, samePartitions } from "./topic-partitions.ts";

/** Told to a member that waits for what others are giving up: it may be free any moment. */
const waitingIntervalMs = 200;

type Request = RequestOf<"ConsumerGroupHeartbeat">;
type Reply = ResponseOf<"ConsumerGroupHeartbeat">;

/**
 * `group`: null if there is none. Throws BrokerError: INVALID_REQUEST, UNSUPPORTED_ASSIGNOR,
 * INVALID_REGULAR_EXPRESSION, GROUP_ID_NOT_FOUND (it is a group of the classic protocol that cannot become
 * one of this, or there is none), GROUP_MAX_SIZE_REACHED, UNKNOWN_MEMBER_ID, FENCED_MEMBER_EPOCH,
 * FENCED_INSTANCE_ID, UNRELEASED_INSTANCE_ID.
 */
export function consumerHeartbeat(
  group: GroupState | null,
  request: Request,
  context: ConsumerContext,
): ConsumerDecision<Reply> {
  checkHeartbeat(request, context);
  if (request.memberEpoch < joins) return leaveByHeartbeat(group, request, context);
  const { draft, conversion } = openConsumerGroup(group, request, context);
  const memberId = request.memberId === "" ? context.newMemberId : request.memberId;
  const owned = request.topicPartitions === null ? null : fromPartitionList(request.topicPartitions);
  const { known, replaced } = whoSpeaks(draft.group, request, memberId);
  if (known !== null) checkMemberEpoch(known, request.memberEpoch, owned);
  else if (replaced === null) checkSize(draft.group, request.groupId, context.settings);

  const before = known ?? replaced;
  const facts = newFacts(before, request, draft.group, context);
  const heard = { owned, epoch: request.memberEpoch };
  const member = settle(draft, { memberId, known, replaced, facts, heard }, context);
  if (before !== null && before.classic !== null && replaced === null) {
    draft.timers.push({ kind: "cancelJoin", memberId }, { kind: "cancelSync", memberId });
  }
  const afterMs = context.settings.consumerSessionTimeoutMs;
  draft.timers.push({ kind: "session", memberId, afterMs });
  const hasNews =
    isFull(request) ||
    before === null ||
    request.memberEpoch !== before.memberEpoch ||
    !samePartitions(before.assigned, member.assigned);
  return {
    records: draft.records,
    reply: replyTo(member, hasNews, context),
    timers: draft.timers,
    conversion,
  };
}

function whoSpeaks(
  group: ConsumerGroupRecord,
  { groupId, memberEpoch, instanceId }: Request,
  memberId: string,
): { known: ConsumerMember | null; replaced: ConsumerMember | null } {
  if (memberEpoch === joins) return joiningMember(group, { memberId, instanceId, isClassic: false });
  return { known: knownMember(group, { groupId, memberId, instanceId }), replaced: null };
}

export function checkSize(
  { members }: ConsumerGroupRecord,
  groupId: string,
  { consumerGroupSizeMax }: GroupSettings,
): void {
  if (members.size < consumerGroupSizeMax) return;
  throw new BrokerError(
    "GROUP_MAX_SIZE_REACHED",
    `group '${groupId}' has ${members.size} members; group.consumer.max.size is ${consumerGroupSizeMax}`,
  );
}

/** What a request leaves out stays as it is. */
function newFacts(
  before: ConsumerMember | null,
  request: Request,
  group: ConsumerGroupRecord,
  context: ConsumerContext,
): MemberFacts {
  const old = before === null ? null : factsOf(before);
  const { subscribedTopicNames: names, subscribedTopicRegex: regex, rebalanceTimeoutMs } = request;
  return {
    instanceId: request.instanceId ?? old?.instanceId ?? null,
    rackId: request.rackId ?? old?.rackId ?? null,
    clientId: context.clientId,
    clientHost: context.clientHost,
    subscribedTopicNames: names === null ? (old?.subscribedTopicNames ?? []) : sharedNames(names, group),
    // An empty one takes back what was asked for before.
    subscribedTopicRegex: regex === null ? (old?.subscribedTopicRegex ?? null) : regex || null,
    rebalanceTimeoutMs: rebalanceTimeoutMs === -1 ? (old?.rebalanceTimeoutMs ?? -1) : rebalanceTimeoutMs,
    serverAssignor: request.serverAssignor ?? old?.serverAssignor ?? null,
    classic: null,
  };
}

/** A member that is not sure what the coordinator knows says everything, and is told everything. */
function isFull(request: Request): boolean {
  const { memberEpoch, rebalanceTimeoutMs, topicPartitions } = request;
  if (memberEpoch === joins) return true;
  const isSubscribing = request.subscribedTopicNames !== null || request.subscribedTopicRegex !== null;
  return rebalanceTimeoutMs !== -1 && isSubscribing && topicPartitions !== null;
}

function replyTo(
  member: ConsumerMember,
  hasNews: boolean,
  { heartbeatIntervalMs: intervalMs }: ConsumerContext,
): Reply {
  const isWaiting = member.state === memberState.unreleasedPartitions;
  return {
    throttleTimeMs: 0,
    errorCode: 0,
    errorMessage: null,
    memberId: member.memberId,
    memberEpoch: member.memberEpoch,
    heartbeatIntervalMs: isWaiting ? Math.min(waitingIntervalMs, intervalMs) : intervalMs,
    assignment: hasNews ? { topicPartitions: partitionList(member.assigned) } : null,
  };
}
