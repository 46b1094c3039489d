// core: which partitions each member is to have, worked out anew for the epoch the group is in. Only what
// differs is written.

import type { Uuid } from "../../../base/uuid.ts";
import type { AssignedMember, Assignor } from "../assignors/assignor.ts";
import { assignorNamed } from "../assignors/known-assignors.ts";
import { uniformAssignor } from "../assignors/uniform.ts";
import type { GroupSettings } from "../group-settings.ts";
import type { ConsumerGroupRecord } from "../state/group-state.ts";
import type { ConsumerDraft } from "./consumer-draft.ts";
import { namesOf, topicIdsOf } from "./subscriptions.ts";
import { noPartitions, samePartitions } from "./topic-partitions.ts";

export function renewTarget(draft: ConsumerDraft, settings: GroupSettings): void {
  const { members, topics, target, regexes, epoch } = draft.group;
  const idsByNames = new Map<readonly string[], readonly Uuid[]>();
  const all: AssignedMember[] = [...members.values()].map((member) => {
    const { memberId, instanceId, assigned } = member;
    const names = namesOf(member, regexes);
    const topicIds = idsByNames.get(names) ?? topicIdsOf(names, topics);
    idsByNames.set(names, topicIds);
    return { memberId, instanceId, topicIds, assigned, target: target.get(memberId) ?? noPartitions };
  });
  const partitionCounts = new Map(
    [...topics.values()].map(({ topicId, partitions }) => [topicId, partitions]),
  );
  const assignment = assignorOf(draft.group, settings).assign({ members: all, partitionCounts });
  for (const { memberId } of all) {
    const before = target.get(memberId);
    const after = assignment.get(memberId) ?? noPartitions;
    if (before === undefined || !samePartitions(before, after)) draft.setTarget(memberId, after);
  }
  draft.setTargetEpoch(epoch);
}

/** The one that most members ask for; with no wishes the first of the settings. */
export function assignorOf({ members }: ConsumerGroupRecord, settings: GroupSettings): Assignor {
  const votes = new Map(settings.consumerAssignors.map((name) => [name, 0]));
  for (const { serverAssignor } of members.values()) {
    const count = serverAssignor === null ? undefined : votes.get(serverAssignor);
    if (count !== undefined) votes.set(serverAssignor!, count + 1);
  }
  let chosen: Assignor | null = null;
  let most = -1;
  for (const [name, count] of votes) {
    const assignor = assignorNamed(name);
    if (assignor === null || count <= most) continue;
    chosen = assignor;
    most = count;
  }
  return chosen ?? uniformAssignor;
}
