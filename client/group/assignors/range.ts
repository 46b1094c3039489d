// core: "range" and "roundrobin", as Kafka's own clients divide. Range gives each topic's partitions in rows
// to its members, in the same order for every topic: topics with equally many partitions and the same members
// are divided alike, so that what is joined by key meets at one member.
import { compareText, type TopicPartition } from "../places.ts";
import type { Assignor, AssignorMember, AssignorQuestion } from "./assignor.ts";

/** Members with a group.instance.id come first, by it; the others by member id. */
export function inMemberOrder(members: readonly AssignorMember[]): AssignorMember[] {
  return [...members].sort((one, other) => {
    if (one.groupInstanceId !== null && other.groupInstanceId !== null) {
      return compareText(one.groupInstanceId, other.groupInstanceId);
    }
    if (one.groupInstanceId !== null) return -1;
    if (other.groupInstanceId !== null) return 1;
    return compareText(one.memberId, other.memberId);
  });
}

/** Topics that are there and that anybody subscribes to, in order. */
export function wantedTopics(question: AssignorQuestion): string[] {
  const wanted = new Set(question.members.flatMap((member) => member.topics));
  return [...wanted].filter((topic) => (question.partitionCounts.get(topic) ?? 0) > 0).sort(compareText);
}

function noPlaces(members: readonly AssignorMember[]): Map<string, TopicPartition[]> {
  return new Map(members.map((member) => [member.memberId, []]));
}

export const range: Assignor = {
  name: "range",
  rebalance: "eager",
  userData: () => null,
  assign: (question) => {
    const given = noPlaces(question.members);
    const ordered = inMemberOrder(question.members);
    for (const topic of wantedTopics(question)) {
      const members = ordered.filter((member) => member.topics.includes(topic));
      const count = question.partitionCounts.get(topic)!;
      const each = Math.floor(count / members.length);
      const longer = count % members.length;
      let partition = 0;
      for (const [at, { memberId }] of members.entries()) {
        const end = partition + each + (at < longer ? 1 : 0);
        for (; partition < end; partition++) given.get(memberId)!.push({ topic, partition });
      }
    }
    return given;
  },
};

export const roundRobin: Assignor = {
  name: "roundrobin",
  rebalance: "eager",
  userData: () => null,
  assign: (question) => {
    const given = noPlaces(question.members);
    const ordered = inMemberOrder(question.members);
    let turn = 0;
    for (const topic of wantedTopics(question)) {
      for (let partition = 0; partition < question.partitionCounts.get(topic)!; partition++) {
        // Somebody subscribes, else the topic were not wanted.
        while (!ordered[turn % ordered.length]!.topics.includes(topic)) turn++;
        given.get(ordered[turn % ordered.length]!.memberId)!.push({ topic, partition });
        turn++;
      }
    }
    return given;
  },
};
