// core: the range assignor. Each topic is cut into as many runs of neighbouring partitions as it has
// subscribers, the first ones a partition longer where it does not come out even, and the members take them
// in one order. So topics with equally many partitions and the same subscribers are cut alike: the same
// numbers go to the same members, which is what joins need. It does not look at what members have now.
//
// Source: KIP-848, "range"; org.apache.kafka.coordinator.group.assignor.RangeAssignor
import type { Uuid } from "../../../base/uuid.ts";
import type { Assignment, Assignor, AssignorInput } from "./assignor.ts";
import { inOrder } from "./member-order.ts";

interface Cut {
  readonly partitions: number;
  readonly subscribers: number;
  /** Runs that were given away. */
  taken: number;
}

function assign({ members, partitionCounts }: AssignorInput): Assignment {
  const subscribers = new Map<Uuid, number>();
  for (const { topicIds } of members) {
    for (const topicId of topicIds) subscribers.set(topicId, (subscribers.get(topicId) ?? 0) + 1);
  }
  const cuts = new Map<Uuid, Cut>();
  for (const [topicId, count] of subscribers) {
    cuts.set(topicId, { partitions: partitionCounts.get(topicId) ?? 0, subscribers: count, taken: 0 });
  }
  const assignment = new Map<string, ReadonlyMap<Uuid, readonly number[]>>();
  for (const { memberId, topicIds } of inOrder(members)) {
    const mine = new Map<Uuid, readonly number[]>();
    for (const topicId of topicIds) {
      const run = nextRun(cuts.get(topicId)!);
      if (run.length > 0) mine.set(topicId, run);
    }
    assignment.set(memberId, mine);
  }
  return assignment;
}

function nextRun(cut: Cut): number[] {
  const { partitions, subscribers } = cut;
  const shortest = Math.floor(partitions / subscribers);
  const longer = partitions % subscribers;
  const start = cut.taken * shortest + Math.min(cut.taken, longer);
  const length = shortest + (cut.taken < longer ? 1 : 0);
  cut.taken += 1;
  return Array.from({ length }, (_, at) => start + at);
}

export const rangeAssignor: Assignor = { name: "range", assign };
