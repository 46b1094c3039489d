// core: a group of the consumer protocol becomes one of the classic protocol when the last member that speaks
// the consumer protocol has gone. The others go on with what they are to have.
//
// Source: KIP-848, "Downgrade"
import { compareTexts } from "../assignors/member-order.ts";
import type { GroupSettings } from "../group-settings.ts";
import type { WrittenRecord } from "../state/group-records.ts";
import type {
  ClassicGroupRecord,
  ClassicSide,
  ConsumerGroupRecord,
  ConsumerMember,
} from "../state/group-state.ts";
import type { ClassicProtocols, ConsumerContext, Conversion } from "./consumer-decision.ts";
import { consumerProtocolType, readSubscription, writeAssignment } from "./embedded-protocol.ts";
import { consumerStateName } from "./state-name.ts";
import { tombstones } from "./tombstones.ts";
import { noPartitions } from "./topic-partitions.ts";

export interface Downgrade {
  readonly records: readonly WrittenRecord[];
  readonly conversion: Conversion;
}

type Context = Pick<ConsumerContext, "image" | "settings" | "now">;

/**
 * `before` is the group as it is in the log, `after` as it will be. Null: it stays what it is, because others
 * speak the consumer protocol still, or nobody is left, or settings forbid it, or there is no common
 * protocol.
 */
export function downgrade(
  groupId: string,
  { before, after }: { before: ConsumerGroupRecord; after: ConsumerGroupRecord },
  context: Context,
): Downgrade | null {
  if (!isAllowed(before, after, context.settings)) return null;
  const members = [...after.members.values()];
  const protocols: ClassicProtocols = new Map(
    members.map(({ memberId, classic }) => [memberId, classic!.protocols]),
  );
  const protocol = commonProtocol([...protocols.values()]);
  if (protocol === null) return null;
  const value = classicGroup(after, protocol, context);
  if (value === null) return null;
  const hasGone = after.members.size < before.members.size;
  const isSettled = consumerStateName(after) === "Stable";
  return {
    records: [...tombstones(groupId, before), { kind: "classicGroup", groupId, value }],
    conversion: { to: "classic", group: value, protocols, rebalance: hasGone || !isSettled },
  };
}

function isAllowed(
  before: ConsumerGroupRecord,
  after: ConsumerGroupRecord,
  settings: GroupSettings,
): boolean {
  const policy = settings.consumerMigrationPolicy;
  if (policy !== "bidirectional" && policy !== "downgrade") return false;
  if (after.members.size === 0 || after.members.size > settings.groupSizeMax) return false;
  const wasMixed = [...before.members.values()].some((member) => member.classic === null);
  return wasMixed && [...after.members.values()].every((member) => member.classic !== null);
}

/** Of those that all support, the one that most like most. */
function commonProtocol(all: readonly ClassicSide["protocols"][]): string | null {
  const counts = new Map<string, number>();
  for (const protocols of all) {
    for (const name of new Set(protocols.map((one) => one.name)))
      counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const votes = new Map<string, number>();
  for (const protocols of all) {
    const first = protocols.find(({ name }) => counts.get(name) === all.length)?.name;
    if (first !== undefined) votes.set(first, (votes.get(first) ?? 0) + 1);
  }
  const ordered = [...votes].sort(
    ([one, ofOne], [other, ofOther]) => ofOther - ofOne || compareTexts(one, other),
  );
  return ordered[0]?.[0] ?? null;
}

function classicGroup(
  { members, target, epoch }: ConsumerGroupRecord,
  protocol: string,
  { image, now }: Context,
): ClassicGroupRecord | null {
  const records = [...members.values()].map((member) => {
    const subscription = metadataFor(member, protocol);
    if (readSubscription(subscription) === null) return null;
    const { memberId, instanceId, clientId, clientHost, rebalanceTimeoutMs, classic } = member;
    const partitions = target.get(memberId) ?? noPartitions;
    return {
      ...{ memberId, clientId, clientHost, rebalanceTimeoutMs, subscription },
      groupInstanceId: instanceId,
      sessionTimeoutMs: classic!.sessionTimeoutMs,
      assignment: writeAssignment(partitions, subscription, image),
    };
  });
  if (!records.every((record) => record !== null)) return null;
  return {
    protocolType: consumerProtocolType,
    generation: epoch,
    protocol,
    leader: records[0]!.memberId,
    stateSinceMs: now.wallMs,
    members: records,
  };
}

function metadataFor({ classic }: ConsumerMember, protocol: string): Uint8Array {
  return classic!.protocols.find(({ name }) => name === protocol)!.metadata;
}
