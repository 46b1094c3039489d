// core: which member a request is from, and whether it may speak. The rules of member epochs and of static
// members.
//
// Source: KIP-848, "Member Epoch", "Static Membership"
import { BrokerError } from "../../../proto/errors.ts";
import type { ConsumerGroupRecord, ConsumerMember, TopicPartitions } from "../state/group-state.ts";
import { joins, leavesForAWhile } from "./heartbeat-check.ts";
import { isPartOf } from "./topic-partitions.ts";

type Members = ConsumerGroupRecord["members"];

export function staticMember(members: Members, instanceId: string): ConsumerMember | null {
  for (const member of members.values()) if (member.instanceId === instanceId) return member;
  return null;
}

/**
 * The member of a request that is not a join. With an instance id it is found by that, and the member id must
 * be the one that holds it: throws UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID.
 */
export function knownMember(
  { members }: ConsumerGroupRecord,
  { groupId, memberId, instanceId }: { groupId: string; memberId: string; instanceId: string | null },
): ConsumerMember {
  if (instanceId === null) {
    const member = members.get(memberId);
    if (member !== undefined) return member;
    throw new BrokerError("UNKNOWN_MEMBER_ID", `group '${groupId}' has no member ${memberId}`);
  }
  const holder = staticMember(members, instanceId);
  if (holder === null) {
    throw new BrokerError(
      "UNKNOWN_MEMBER_ID",
      `group '${groupId}' has no member with instance id '${instanceId}'`,
    );
  }
  if (holder.memberId !== memberId) throw fencedInstance(holder, memberId);
  return holder;
}

export function fencedInstance(holder: ConsumerMember, memberId: string): BrokerError {
  return new BrokerError(
    "FENCED_INSTANCE_ID",
    `instance id '${holder.instanceId}' belongs to member ${holder.memberId} now, not to ${memberId}`,
  );
}

/**
 * Who joins. `replaced`: the static member whose place a new member id takes over. Throws
 * UNRELEASED_INSTANCE_ID while that one has not said that it left (`leavesForAWhile`), unless one of the two
 * speaks the classic protocol, which cannot say it.
 */
export function joiningMember(
  { members }: ConsumerGroupRecord,
  { memberId, instanceId, isClassic }: { memberId: string; instanceId: string | null; isClassic: boolean },
): { known: ConsumerMember | null; replaced: ConsumerMember | null } {
  const holder = instanceId === null ? null : staticMember(members, instanceId);
  if (holder === null || holder.memberId === memberId) {
    return { known: members.get(memberId) ?? null, replaced: null };
  }
  const hasLeft = holder.memberEpoch === leavesForAWhile;
  if (!hasLeft && !isClassic && holder.classic === null) {
    throw new BrokerError(
      "UNRELEASED_INSTANCE_ID",
      `member ${memberId} cannot join as '${instanceId}': member ${holder.memberId} holds that instance id ` +
        "and has not left; it must leave, or its session must run out",
    );
  }
  return { known: null, replaced: holder };
}

/**
 * A member that is one epoch behind is heard if it owns no more than it has: the answer that told it so was
 * lost. One that joins again owns nothing, so it may from any epoch. Throws FENCED_MEMBER_EPOCH.
 */
export function checkMemberEpoch(member: ConsumerMember, epoch: number, owned: TopicPartitions | null): void {
  const { memberId, memberEpoch, previousMemberEpoch, assigned } = member;
  if (epoch === memberEpoch || epoch === joins) return;
  if (epoch < memberEpoch && epoch === previousMemberEpoch && owned !== null && isPartOf(owned, assigned))
    return;
  throw new BrokerError(
    "FENCED_MEMBER_EPOCH",
    `member ${memberId} says it is in epoch ${epoch}; it is in epoch ${memberEpoch}. ` +
      "It must give up all its partitions and join again",
  );
}
