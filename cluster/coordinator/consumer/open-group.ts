// core: the group that a member of the consumer protocol speaks to: one that is there, a new one, or one of
// the classic protocol that becomes one of this.
import { BrokerError } from "../../../proto/errors.ts";
import type { GroupState } from "../state/group-state.ts";
import type { ConsumerContext, Conversion } from "./consumer-decision.ts";
import { ConsumerDraft } from "./consumer-draft.ts";
import { joins } from "./heartbeat-check.ts";
import { upgrade } from "./upgrade.ts";

export interface OpenedGroup {
  readonly draft: ConsumerDraft;
  readonly conversion: Conversion | null;
}

/** Throws GROUP_ID_NOT_FOUND. */
export function openConsumerGroup(
  group: GroupState | null,
  { groupId, memberEpoch }: { groupId: string; memberEpoch: number },
  context: ConsumerContext,
): OpenedGroup {
  if (group?.consumer != null) return { draft: new ConsumerDraft(groupId, group.consumer), conversion: null };
  if (memberEpoch !== joins) throw noConsumerGroup(groupId);
  const classic = group?.classic ?? null;
  if (classic !== null && classic.members.length > 0) {
    return { draft: upgrade(groupId, classic, context), conversion: { to: "consumer" } };
  }
  if (context.classicProtocols !== undefined && context.classicProtocols.size > 0) {
    throw new BrokerError(
      "GROUP_ID_NOT_FOUND",
      `group '${groupId}' speaks the classic protocol, and its first rebalance has not ended`,
    );
  }
  const draft = new ConsumerDraft(groupId, null);
  if (classic === null) return { draft, conversion: null };
  draft.records.push({ kind: "classicGroup", groupId, value: null });
  return { draft, conversion: { to: "consumer" } };
}

export function noConsumerGroup(groupId: string): BrokerError {
  return new BrokerError("GROUP_ID_NOT_FOUND", `there is no group '${groupId}' of the consumer protocol`);
}
