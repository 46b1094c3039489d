// core: the state of a group of the consumer protocol, by the names that Kafka's tools know. "Dead", which
// they know too, is a group that is not there.
import { type ConsumerGroupRecord, memberState } from "../state/group-state.ts";

export type ConsumerStateName = "Empty" | "Assigning" | "Reconciling" | "Stable";

export function consumerStateName({ members, epoch, targetEpoch }: ConsumerGroupRecord): ConsumerStateName {
  if (members.size === 0) return "Empty";
  if (epoch > targetEpoch) return "Assigning";
  for (const { state, memberEpoch } of members.values()) {
    if (state !== memberState.stable || memberEpoch !== targetEpoch) return "Reconciling";
  }
  return "Stable";
}
