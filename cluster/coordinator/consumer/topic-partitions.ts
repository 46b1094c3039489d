// core: sums and comparisons of sets of partitions. Answers are canonical: numbers rise, no topic is empty.
import type { Uuid } from "../../../base/uuid.ts";
import type { TopicPartitions } from "../state/group-state.ts";

/** As requests and answers carry them. */
export interface PartitionList {
  topicId: Uuid;
  partitions: number[];
}

export const noPartitions: TopicPartitions = new Map();

export function partitionList(partitions: TopicPartitions): PartitionList[] {
  return [...partitions].map(([topicId, numbers]) => ({ topicId, partitions: [...numbers] }));
}

/** What a client sent: in any order, perhaps twice. */
export function fromPartitionList(list: readonly PartitionList[]): TopicPartitions {
  const sets = new Map<Uuid, Set<number>>();
  for (const { topicId, partitions } of list) {
    const set = sets.get(topicId) ?? new Set();
    for (const number of partitions) set.add(number);
    if (set.size > 0) sets.set(topicId, set);
  }
  return new Map([...sets].map(([topicId, set]) => [topicId, [...set].sort((one, other) => one - other)]));
}

export function samePartitions(one: TopicPartitions, other: TopicPartitions): boolean {
  if (one === other) return true;
  if (one.size !== other.size) return false;
  for (const [topicId, numbers] of one) {
    const others = other.get(topicId);
    if (others === undefined || others.length !== numbers.length) return false;
    for (let at = 0; at < numbers.length; at++) if (numbers[at] !== others[at]) return false;
  }
  return true;
}

/** Those of `one` that are in `other` too. */
export function common(one: TopicPartitions, other: TopicPartitions): TopicPartitions {
  return filtered(one, (topicId) => {
    const others = new Set(other.get(topicId));
    return (number) => others.has(number);
  });
}

/** Those of `one` that are not in `other`. */
export function without(one: TopicPartitions, other: TopicPartitions): TopicPartitions {
  return filtered(one, (topicId) => {
    const others = new Set(other.get(topicId));
    return (number) => !others.has(number);
  });
}

export function together(one: TopicPartitions, other: TopicPartitions): TopicPartitions {
  const sum = new Map(one);
  for (const [topicId, numbers] of other) {
    const all = new Set([...(sum.get(topicId) ?? []), ...numbers]);
    sum.set(
      topicId,
      [...all].sort((a, b) => a - b),
    );
  }
  return sum;
}

export function overlap(one: TopicPartitions, other: TopicPartitions): boolean {
  for (const [topicId, numbers] of one) {
    const others = other.get(topicId);
    if (others?.some((number) => numbers.includes(number)) === true) return true;
  }
  return false;
}

export function isPartOf(part: TopicPartitions, whole: TopicPartitions): boolean {
  for (const [topicId, numbers] of part) {
    const all = new Set(whole.get(topicId));
    if (!numbers.every((number) => all.has(number))) return false;
  }
  return true;
}

function filtered(
  partitions: TopicPartitions,
  testOf: (topicId: Uuid) => (number: number) => boolean,
): TopicPartitions {
  const kept = new Map<Uuid, readonly number[]>();
  for (const [topicId, numbers] of partitions) {
    const some = numbers.filter(testOf(topicId));
    if (some.length > 0) kept.set(topicId, some);
  }
  return kept;
}
