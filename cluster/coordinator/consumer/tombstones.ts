// core: the records that end a group of the consumer protocol, its own epoch last.
import type { WrittenRecord } from "../state/group-records.ts";
import type { ConsumerGroupRecord } from "../state/group-state.ts";

export function tombstones(groupId: string, { members, regexes }: ConsumerGroupRecord): WrittenRecord[] {
  const ids = [...members.keys()];
  return [
    ...ids.map((memberId) => ({ kind: "current", groupId, memberId, value: null }) as const),
    ...ids.map((memberId) => ({ kind: "target", groupId, memberId, value: null }) as const),
    { kind: "targetEpoch", groupId, value: null },
    ...ids.map((memberId) => ({ kind: "member", groupId, memberId, value: null }) as const),
    { kind: "subscribedTopics", groupId, value: null },
    ...[...regexes.keys()].map((regex) => ({ kind: "regex", groupId, regex, value: null }) as const),
    { kind: "groupEpoch", groupId, value: null },
  ];
}
