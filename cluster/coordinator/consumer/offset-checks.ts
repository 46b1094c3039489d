// core: whether a member may commit or fetch offsets of a group of the consumer protocol: it must be one, and
// in the epoch that it says.
//
// Source: KIP-848, "OffsetCommit", "OffsetFetch"
import { BrokerError } from "../../../proto/errors.ts";
import type { ConsumerGroupRecord, ConsumerMember } from "../state/group-state.ts";

export interface Committer {
  /** For messages. */
  readonly groupId: string;
  readonly memberId: string;
  /** Or the generation, as classic members call it; negative: it is in no group. */
  readonly memberEpoch: number;
  readonly apiVersion: number;
  /** TxnOffsetCommit, which has versions of its own. */
  readonly isTransactional: boolean;
}

/** OffsetCommit: from this version on STALE_MEMBER_EPOCH can be understood. */
const epochsFrom = 9;

/**
 * Throws UNKNOWN_MEMBER_ID, STALE_MEMBER_EPOCH, ILLEGAL_GENERATION (a classic member), UNSUPPORTED_VERSION.
 */
export function validateCommit(group: ConsumerGroupRecord, committer: Committer): void {
  const { groupId, memberId, memberEpoch, apiVersion, isTransactional } = committer;
  // Whoever assigns partitions itself, or an admin, may commit while nobody else does.
  if (memberEpoch < 0 && group.members.size === 0) return;
  const member = memberOf(group, groupId, memberId);
  if (!isTransactional && member.classic === null && apiVersion < epochsFrom) {
    throw new BrokerError(
      "UNSUPPORTED_VERSION",
      `member ${memberId} commits by version ${apiVersion}; a member of the consumer protocol must use ` +
        `version ${epochsFrom} or above`,
    );
  }
  checkEpoch(member, memberEpoch);
}

/** `memberId` null and a negative epoch: somebody who is no member, and may. */
export function validateFetch(
  group: ConsumerGroupRecord,
  { groupId, memberId, memberEpoch }: { groupId: string; memberId: string | null; memberEpoch: number },
): void {
  if ((memberId === null || memberId === "") && memberEpoch < 0) return;
  checkEpoch(memberOf(group, groupId, memberId ?? ""), memberEpoch);
}

function memberOf({ members }: ConsumerGroupRecord, groupId: string, memberId: string): ConsumerMember {
  const member = members.get(memberId);
  if (member !== undefined) return member;
  throw new BrokerError("UNKNOWN_MEMBER_ID", `group '${groupId}' has no member '${memberId}'`);
}

function checkEpoch({ memberId, memberEpoch, classic }: ConsumerMember, epoch: number): void {
  if (epoch === memberEpoch) return;
  if (classic !== null) {
    throw new BrokerError(
      "ILLEGAL_GENERATION",
      `member ${memberId} says it is in generation ${epoch}; it is in ${memberEpoch}`,
    );
  }
  throw new BrokerError(
    "STALE_MEMBER_EPOCH",
    `member ${memberId} says it is in epoch ${epoch}; it is in epoch ${memberEpoch}`,
  );
}
