// core: the uniform assignor: all members get equally many partitions, as far as their subscriptions allow
// it, and no more partitions move than must.
//
// Source: KIP-848, "uniform"
import type { AssignedMember, Assignment, Assignor, AssignorInput } from "./assignor.ts";
import { assignEvenShares } from "./even-shares.ts";
import { assignMixed } from "./mixed-subscriptions.ts";

function assign(input: AssignorInput): Assignment {
  return haveOneSubscription(input.members) ? assignEvenShares(input) : assignMixed(input);
}

function haveOneSubscription([first, ...others]: readonly AssignedMember[]): boolean {
  if (first === undefined) return true;
  const topicIds = new Set(first.topicIds);
  return others.every(
    (member) =>
      member.topicIds === first.topicIds ||
      (member.topicIds.length === topicIds.size && member.topicIds.every((topicId) => topicIds.has(topicId))),
  );
}

export const uniformAssignor: Assignor = { name: "uniform", assign };
