// test: whether a run has consumer groups, and what they are like.
import { SeededRandom } from "../../base/virtual/seeded-random.ts";
import { aimOf, takesPart } from "./aim.ts";

export interface GroupPlan {
  readonly groupId: string;
  readonly protocol: "classic" | "consumer";
  readonly members: number;
  /** Members that keep their place over a restart. */
  readonly isStatic: boolean;
  /** Of the classic protocol. */
  readonly assignor: "range" | "roundRobin" | "sticky" | "cooperativeSticky";
  /** Who commits: the consumer in intervals, or the program with an answer that it waits for. */
  readonly commits: "auto" | "explicit";
  readonly sessionTimeoutMs: number;
}

export interface GroupingPlan {
  readonly partitions: number;
  /** Partitions of __consumer_offsets. */
  readonly shards: number;
  readonly groups: readonly GroupPlan[];
}

export function groupingOf(seed: string): GroupingPlan | null {
  const random = new SeededRandom(seed).fork("grouping");
  if (!takesPart(seed, "groups", random.chance(0.4))) return null;
  // A group of one is empty now and then, with all that this means.
  const fewest = aimOf(seed) === null ? 2 : 1;
  const groups = Array.from({ length: 1 + random.below(2) }, (_, index): GroupPlan => {
    return {
      groupId: `group-${index}`,
      protocol: random.pick(["classic", "consumer"]),
      members: fewest + random.below(4 - fewest),
      isStatic: random.chance(0.3),
      assignor: random.pick(["range", "roundRobin", "sticky", "cooperativeSticky"]),
      commits: random.pick(["auto", "explicit", "explicit"]),
      sessionTimeoutMs: random.pick([1_500, 4_000]),
    };
  });
  return { partitions: 2 + random.below(4), shards: 1 + random.below(3), groups };
}

/** What brokers are told, so that groups live as fast as everything else in a run. */
export function groupSettingsOf(grouping: GroupingPlan | null): Readonly<Record<string, string>> {
  if (grouping === null) return {};
  return {
    "offsets.topic.num.partitions": String(grouping.shards),
    "offsets.topic.segment.bytes": "16384",
    "group.initial.rebalance.delay.ms": "100",
    "group.min.session.timeout.ms": "1000",
    "group.consumer.session.timeout.ms": String(grouping.groups[0]!.sessionTimeoutMs),
    "group.consumer.heartbeat.interval.ms": "200",
  };
}
