// core: one step of one member from what it has to what it is to have. A partition goes from one member to
// another only once the first has said that it gave it up.
//
//     stable ---- a new target, nothing to give up -------------> stable, or unreleased, in its epoch
//     stable ---- a new target, something to give up -----------> unrevoked, in the epoch it was in
//     unrevoked - a heartbeat without what it had to give up ----> stable, or unreleased, or unrevoked again
//     unreleased  others have given up what it waits for -------> stable, or unreleased
//
// Source: KIP-848, "Member Reconciliation"
import type { Uuid } from "../../../base/uuid.ts";
import { BrokerError } from "../../../proto/errors.ts";
import type { MemberPlace } from "../state/group-records.ts";
import {
  type ConsumerGroupRecord,
  type ConsumerMember,
  memberState,
  type TopicPartitions,
} from "../state/group-state.ts";
import { common, noPartitions, overlap, samePartitions, together, without } from "./topic-partitions.ts";

export interface Heard {
  /** What the member says that it has; null: the same as when it said so last. */
  readonly owned: TopicPartitions | null;
  /** The epoch that the member knows it is in. */
  readonly epoch: number;
}

/** Where the member is after this step; null: where it was. */
export function reconciled(
  group: ConsumerGroupRecord,
  member: ConsumerMember,
  heard: Heard,
): MemberPlace | null {
  const { memberEpoch, state, pendingRevocation } = member;
  switch (state) {
    case memberState.stable:
      return memberEpoch === group.targetEpoch ? null : step(group, member, heard);
    case memberState.unrevokedPartitions:
      return isStillOwned(heard.owned, pendingRevocation) ? null : step(group, member, heard);
    case memberState.unreleasedPartitions:
      return step(group, member, heard);
    default:
      // Written by a newer release. Only a member that begins with nothing can be brought on from there.
      if (heard.owned?.size !== 0) {
        throw new BrokerError(
          "FENCED_MEMBER_EPOCH",
          `member ${member.memberId} is in state ${state}, which this broker does not know; ` +
            "it must give up all its partitions and join again",
        );
      }
      return step(group, member, heard);
  }
}

/** While it has something to give up it stays in the epoch it is in. */
function step(group: ConsumerGroupRecord, member: ConsumerMember, heard: Heard): MemberPlace | null {
  const target = group.target.get(member.memberId) ?? noPartitions;
  const kept = common(member.assigned, target);
  const surplus = without(member.assigned, target);
  // What the member knows: a later heartbeat in this epoch means that this answer did not reach it.
  const previousMemberEpoch = heard.epoch;
  if (surplus.size > 0 && isStillOwned(heard.owned, surplus)) {
    const state = memberState.unrevokedPartitions;
    const { memberEpoch } = member;
    return { memberEpoch, previousMemberEpoch, state, assigned: kept, pendingRevocation: surplus };
  }
  const wanted = without(target, kept);
  const held = heldByOthers(group, member.memberId, wanted);
  const memberEpoch = group.targetEpoch;
  const state = held.size > 0 ? memberState.unreleasedPartitions : memberState.stable;
  const assigned = together(kept, without(wanted, held));
  if (
    memberEpoch === member.memberEpoch &&
    state === member.state &&
    samePartitions(assigned, member.assigned)
  )
    return null;
  return { memberEpoch, previousMemberEpoch, state, assigned, pendingRevocation: noPartitions };
}

function isStillOwned(owned: TopicPartitions | null, partitions: TopicPartitions): boolean {
  return owned === null || overlap(owned, partitions);
}

/** What it is to have, and others have still or have not said that they gave it up. */
export function isWaitingForOthers(group: ConsumerGroupRecord, member: ConsumerMember): boolean {
  const target = group.target.get(member.memberId) ?? noPartitions;
  return heldByOthers(group, member.memberId, without(target, member.assigned)).size > 0;
}

function heldByOthers(
  { members }: ConsumerGroupRecord,
  memberId: string,
  wanted: TopicPartitions,
): TopicPartitions {
  if (wanted.size === 0) return noPartitions;
  const sets = new Map([...wanted].map(([topicId, numbers]) => [topicId, new Set(numbers)]));
  const held = new Map<Uuid, number[]>();
  for (const other of members.values()) {
    if (other.memberId === memberId) continue;
    for (const theirs of [other.assigned, other.pendingRevocation]) {
      for (const [topicId, numbers] of theirs) {
        const both = numbers.filter((number) => sets.get(topicId)?.has(number) === true);
        if (both.length > 0) held.set(topicId, [...(held.get(topicId) ?? []), ...both]);
      }
    }
  }
  return held;
}
