// core: the timers that members get when a shard was loaded: none of them was kept, so each begins anew.
import type { GroupSettings } from "../group-settings.ts";
import { type ConsumerGroupRecord, memberState } from "../state/group-state.ts";
import type { TimerChange } from "./consumer-decision.ts";

export function sessionsOf(
  { members }: ConsumerGroupRecord,
  { consumerSessionTimeoutMs }: GroupSettings,
): readonly TimerChange[] {
  const timers: TimerChange[] = [];
  for (const { memberId, classic, state, memberEpoch, rebalanceTimeoutMs } of members.values()) {
    const afterMs = classic?.sessionTimeoutMs ?? consumerSessionTimeoutMs;
    timers.push({ kind: "session", memberId, afterMs });
    if (state !== memberState.unrevokedPartitions || classic !== null) continue;
    timers.push({ kind: "revocation", memberId, memberEpoch, afterMs: rebalanceTimeoutMs });
  }
  return timers;
}
