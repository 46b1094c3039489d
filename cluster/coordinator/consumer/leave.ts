// core: members that go: by their own word, because their session ran out, or because they took too long to
// give up partitions. The epoch is raised; who gets what they had is worked out at the next heartbeat of
// another, once for all that went meanwhile.
//
// Source: KIP-848, "Leaving the group", "Static Membership"
import type { RequestOf, ResponseOf } from "../../../proto/kafka/apis.ts";
import { type ConsumerGroupRecord, type GroupState, memberState } from "../state/group-state.ts";
import type { ConsumerContext, ConsumerDecision, TimerChange } from "./consumer-decision.ts";
import { ConsumerDraft } from "./consumer-draft.ts";
import { downgrade } from "./downgrade.ts";
import { refreshRegexes } from "./group-regexes.ts";
import { leavesForAWhile } from "./heartbeat-check.ts";
import { knownMember } from "./members.ts";
import { renewTopics } from "./membership.ts";
import { noConsumerGroup } from "./open-group.ts";
import { noPartitions } from "./topic-partitions.ts";

type Request = RequestOf<"ConsumerGroupHeartbeat">;
type Reply = ResponseOf<"ConsumerGroupHeartbeat">;

/** Throws GROUP_ID_NOT_FOUND, UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID. */
export function leaveByHeartbeat(
  group: GroupState | null,
  request: Request,
  context: ConsumerContext,
): ConsumerDecision<Reply> {
  const { groupId, memberEpoch } = request;
  const consumer = group?.consumer ?? null;
  if (consumer === null) throw noConsumerGroup(groupId);
  const { memberId } = knownMember(consumer, request);
  const reply: Reply = {
    ...{ throttleTimeMs: 0, errorCode: 0, errorMessage: null, memberId, memberEpoch },
    ...{ heartbeatIntervalMs: 0, assignment: null },
  };
  if (memberEpoch === leavesForAWhile) return stepAside({ groupId, memberId, consumer }, reply);
  return removeMembers(groupId, consumer, { memberIds: [memberId], reply }, context);
}

/** A static member that is coming back keeps what it has, and its session runs on. */
function stepAside(
  { groupId, memberId, consumer }: { groupId: string; memberId: string; consumer: ConsumerGroupRecord },
  reply: Reply,
): ConsumerDecision<Reply> {
  const draft = new ConsumerDraft(groupId, consumer);
  const { memberEpoch, assigned } = consumer.members.get(memberId)!;
  if (memberEpoch !== leavesForAWhile) {
    draft.setPlace(memberId, {
      memberEpoch: leavesForAWhile,
      previousMemberEpoch: memberEpoch,
      state: memberState.stable,
      assigned,
      pendingRevocation: noPartitions,
    });
  }
  const timers: TimerChange[] = [{ kind: "cancelRevocation", memberId }];
  return { records: draft.records, reply, timers, conversion: null };
}

/** They are members; none: nothing changes. */
export function removeMembers<Reply>(
  groupId: string,
  before: ConsumerGroupRecord,
  { memberIds, reply }: { memberIds: readonly string[]; reply: Reply },
  context: ConsumerContext,
): ConsumerDecision<Reply> {
  if (memberIds.length === 0) return { records: [], reply, timers: [], conversion: null };
  const draft = new ConsumerDraft(groupId, before);
  for (const memberId of memberIds) draft.removeMember(memberId);
  const downgraded = downgrade(groupId, { before, after: draft.group }, context);
  if (downgraded !== null) {
    const timers = [...before.members.keys()].map((memberId) => ({ kind: "end", memberId }) as const);
    return { ...downgraded, reply, timers };
  }
  refreshRegexes(draft, context);
  renewTopics(draft, context);
  draft.setEpoch(draft.group.epoch + 1);
  return { records: draft.records, reply, timers: draft.timers, conversion: null };
}

export interface Expiry {
  readonly memberId: string;
  /** The timer that ran out. */
  readonly why: "session" | "revocation" | "join" | "sync";
  /** Of a revocation: the epoch that it was begun in. */
  readonly memberEpoch?: number;
}

/** No records: the member has gone, or has done meanwhile what it was waited for. */
export function expireMember(
  group: GroupState | null,
  { memberId, why, memberEpoch }: Expiry,
  context: ConsumerContext,
): ConsumerDecision<null> {
  const member = group?.consumer?.members.get(memberId);
  const nothing = { records: [], reply: null, timers: [], conversion: null };
  if (member === undefined) return nothing;
  const isDone = member.memberEpoch !== memberEpoch || member.state !== memberState.unrevokedPartitions;
  if (why === "revocation" && isDone) return nothing;
  return removeMembers(group!.groupId, group!.consumer!, { memberIds: [memberId], reply: null }, context);
}
