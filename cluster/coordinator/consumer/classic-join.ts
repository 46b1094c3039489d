// core: JoinGroup of a member that speaks the classic protocol in a group of the consumer protocol. Answered
// at once: the broker assigns, so there is no leader and nobody to wait for.
//
// Source: KIP-848, "Upgrade"
import { BrokerError, ErrorCode } from "../../../proto/errors.ts";
import type { RequestOf, ResponseOf } from "../../../proto/kafka/apis.ts";
import type { MemberFacts } from "../state/group-records.ts";
import type { ConsumerGroupRecord, ConsumerMember } from "../state/group-state.ts";
import type { InConsumerGroup } from "./classic-members.ts";
import type { ConsumerContext, ConsumerDecision } from "./consumer-decision.ts";
import { ConsumerDraft } from "./consumer-draft.ts";
import { downgrade } from "./downgrade.ts";
import { byTopicId, consumerProtocolType, readSubscription } from "./embedded-protocol.ts";
import { checkSize } from "./heartbeat.ts";
import { checkLengths } from "./heartbeat-check.ts";
import { joiningMember, knownMember } from "./members.ts";
import { settle } from "./membership.ts";
import { sharedNames } from "./subscriptions.ts";

type Request = RequestOf<"JoinGroup">;
type Reply = ResponseOf<"JoinGroup">;

/** From this version on a member is first told its id, and joins with it. */
const toldIdsFrom = 4;

/**
 * Throws INVALID_SESSION_TIMEOUT, INCONSISTENT_GROUP_PROTOCOL, GROUP_MAX_SIZE_REACHED, UNKNOWN_MEMBER_ID,
 * FENCED_INSTANCE_ID. MEMBER_ID_REQUIRED is in the reply, with the id.
 */
export function classicJoin(
  { groupId, consumer }: InConsumerGroup,
  request: Request,
  context: ConsumerContext,
): ConsumerDecision<Reply> {
  const { groupInstanceId: instanceId, sessionTimeoutMs } = request;
  checkSession(sessionTimeoutMs, context);
  const { memberId: given } = request;
  checkLengths(
    { memberId: given, instanceId },
    request.protocols.flatMap(({ name, metadata }) => [name, metadata]),
  );
  const protocols = request.protocols.map(({ name, metadata }) => ({
    name,
    metadata: new Uint8Array(metadata),
  }));
  checkProtocols(consumer, request);
  const subscription = readSubscription(protocols[0]!.metadata);
  if (subscription === null) {
    throw inconsistent(`the subscription of '${protocols[0]!.name}' is not what a consumer sends`);
  }
  const isNamed = request.memberId !== "";
  const memberId = isNamed ? request.memberId : context.newMemberId;
  const { known, replaced } = whoJoins(consumer, { groupId, memberId, instanceId, isNamed });
  if (known === null && replaced === null) checkSize(consumer, groupId, context.settings);
  if (!isNamed && instanceId === null && context.apiVersion >= toldIdsFrom) {
    const reply = { ...replyOf(memberId, -1, null), errorCode: ErrorCode.MEMBER_ID_REQUIRED };
    return { records: [], reply, timers: [], conversion: null };
  }

  const draft = new ConsumerDraft(groupId, consumer);
  const rebalanceTimeoutMs = request.rebalanceTimeoutMs < 0 ? sessionTimeoutMs : request.rebalanceTimeoutMs;
  const facts: MemberFacts = {
    instanceId,
    rackId: subscription.rackId,
    clientId: context.clientId,
    clientHost: context.clientHost,
    subscribedTopicNames: sharedNames(subscription.topics, consumer),
    subscribedTopicRegex: null,
    rebalanceTimeoutMs,
    serverAssignor: null,
    classic: { sessionTimeoutMs, protocols },
  };
  const owned = byTopicId(subscription.ownedPartitions, context.image);
  const heard = { owned, epoch: known?.memberEpoch ?? 0 };
  const member = settle(draft, { memberId, known, replaced, facts, heard }, context);
  const reply = replyOf(memberId, member.memberEpoch, protocols[0]!.name);
  const became =
    replaced === null ? null : downgrade(groupId, { before: consumer, after: draft.group }, context);
  if (became !== null) {
    const ids = new Set([...consumer.members.keys(), memberId]);
    // In the classic group its generation is that of the group.
    return {
      ...became,
      reply: { ...reply, generationId: draft.group.epoch },
      timers: [...ids].map((id) => ({ kind: "end", memberId: id }) as const),
    };
  }
  draft.timers.push(
    { kind: "cancelJoin", memberId },
    { kind: "session", memberId, afterMs: sessionTimeoutMs },
    { kind: "sync", memberId, afterMs: rebalanceTimeoutMs },
  );
  return { records: draft.records, reply, timers: draft.timers, conversion: null };
}

/**
 * One with an instance id and a member id must be the one that holds the place; without, it takes it over.
 */
function whoJoins(
  group: ConsumerGroupRecord,
  joining: { groupId: string; memberId: string; instanceId: string | null; isNamed: boolean },
): { known: ConsumerMember | null; replaced: ConsumerMember | null } {
  if (joining.instanceId !== null && joining.isNamed) {
    return { known: knownMember(group, joining), replaced: null };
  }
  return joiningMember(group, { ...joining, isClassic: true });
}

function checkSession(sessionTimeoutMs: number, { settings }: ConsumerContext): void {
  const { sessionTimeoutMinMs: min, sessionTimeoutMaxMs: max } = settings;
  if (sessionTimeoutMs >= min && sessionTimeoutMs <= max) return;
  throw new BrokerError(
    "INVALID_SESSION_TIMEOUT",
    `the session timeout is ${sessionTimeoutMs} ms; it must be between ${min} and ${max} ms`,
  );
}

/**
 * It must offer one that all other classic members offer too, so that the group can go back to that protocol.
 */
function checkProtocols(
  { members }: ConsumerGroupRecord,
  { memberId, protocolType, protocols }: Request,
): void {
  if (protocolType !== consumerProtocolType) {
    throw inconsistent(
      `the protocol type is '${protocolType}', and the group's is '${consumerProtocolType}'`,
    );
  }
  const common = new Set(protocols.map(({ name }) => name));
  for (const member of members.values()) {
    if (member.classic === null || member.memberId === memberId) continue;
    const theirs = new Set(member.classic.protocols.map(({ name }) => name));
    for (const name of common) if (!theirs.has(name)) common.delete(name);
  }
  if (common.size > 0) return;
  const offered = protocols.map(({ name }) => name).join(", ");
  throw inconsistent(`it offers ${offered === "" ? "no protocol" : offered}; none is shared by all members`);
}

function inconsistent(why: string): BrokerError {
  return new BrokerError("INCONSISTENT_GROUP_PROTOCOL", `a member cannot join the group: ${why}`);
}

function replyOf(memberId: string, generationId: number, protocolName: string | null): Reply {
  return {
    ...{ throttleTimeMs: 0, errorCode: ErrorCode.NONE, generationId, protocolName, memberId },
    protocolType: protocolName === null ? null : consumerProtocolType,
    leader: "",
    skipAssignment: false,
    members: [],
  };
}
