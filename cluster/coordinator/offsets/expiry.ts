// core: which committed offsets need not be kept any more. Those of a group with members stay, but for topics
// that none of a stable group reads; those of an empty group go by the time since it is empty; those of
// clients that only commit go by the time of the commit. A clock that jumped back expires nothing.
//
// Source: KIP-211, KIP-496; Kafka, OffsetMetadataManager.cleanupExpiredOffsets.
import type { WrittenRecord } from "../state/group-records.ts";
import type { CommittedOffset, GroupState } from "../state/group-state.ts";

/** What the group's members, which are not all in its records, say of its offsets. */
export type Keeping =
  /** Members are there, or on their way: all stay. */
  | { readonly kind: "all" }
  /** All but those of topics that nobody reads, by the time of their commit. */
  | { readonly kind: "subscribed"; isSubscribed(topic: string): boolean }
  /** Nobody is there, since then (unix ms); -1: not known, by the time of their commit. */
  | { readonly kind: "none"; readonly sinceMs: number };

export interface ExpiryOptions {
  readonly retentionMs: number;
  readonly wallMs: number;
}

export function expiredOffsets(
  group: GroupState,
  keeping: Keeping,
  { retentionMs, wallMs }: ExpiryOptions,
): WrittenRecord[] {
  if (keeping.kind === "all") return [];
  const records: WrittenRecord[] = [];
  const isOver = ({ committedAtMs, expiresAtMs }: CommittedOffset): boolean => {
    if (expiresAtMs >= 0) return expiresAtMs <= wallMs;
    const since = keeping.kind === "none" ? Math.max(keeping.sinceMs, committedAtMs) : committedAtMs;
    return since + retentionMs <= wallMs;
  };
  for (const [topic, partitions] of group.offsets) {
    if (keeping.kind === "subscribed" && keeping.isSubscribed(topic)) continue;
    for (const [partition, committed] of partitions)
      if (isOver(committed))
        records.push({ kind: "offset", groupId: group.groupId, topic, partition, value: null });
  }
  return records;
}
