// core: the order in which assignors go through members. Static ones stand first, by their instance ids, so
// that one that comes back with a new member id gets the place it had.
import type { AssignedMember } from "./assignor.ts";

export function inOrder<T extends Pick<AssignedMember, "memberId" | "instanceId">>(
  members: readonly T[],
): T[] {
  return [...members].sort((one, other) => {
    if (one.instanceId !== null && other.instanceId !== null)
      return compareTexts(one.instanceId, other.instanceId);
    if (one.instanceId !== null) return -1;
    if (other.instanceId !== null) return 1;
    return compareTexts(one.memberId, other.memberId);
  });
}

export function compareTexts(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
