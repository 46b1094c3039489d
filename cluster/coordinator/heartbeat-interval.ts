// core: how often members of the consumer protocol are told to send heartbeats. What changes in a group
// reaches a member with one: so they come often where members are few, and where they are many no broker has
// more of them to answer than it can do beside its work.
import type { GroupSettings } from "./group-settings.ts";

/** Of all members of one broker together. */
const heartbeatsPerSecondMax = 100;
/** A session should not hang on one or two of them. */
const perSessionMin = 4;

export function heartbeatIntervalOf(
  settings: Pick<GroupSettings, "consumerHeartbeatIntervalMs" | "consumerSessionTimeoutMs">,
  members: number,
): number {
  const { consumerHeartbeatIntervalMs: leastMs, consumerSessionTimeoutMs: sessionMs } = settings;
  const fairMs = Math.floor((1_000 * members) / heartbeatsPerSecondMax);
  return Math.max(leastMs, Math.min(fairMs, Math.floor(sessionMs / perSessionMin)));
}
