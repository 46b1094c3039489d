// core: what a group is subscribed to, and what of it exists.
import type { Uuid } from "../../../base/uuid.ts";
import type { MetadataImage } from "../../metadata/image.ts";
import { topicNamed } from "../../metadata/queries.ts";
import type { ConsumerGroupRecord, ConsumerMember, SubscribedTopic } from "../state/group-state.ts";

type Subscribed = Pick<ConsumerMember, "subscribedTopicNames" | "subscribedTopicRegex">;

/** The names a member is subscribed to; of its regular expression what is resolved. */
export function namesOf(member: Subscribed, regexes: ConsumerGroupRecord["regexes"]): readonly string[] {
  const { subscribedTopicNames: names, subscribedTopicRegex: regex } = member;
  const matched = regex === null ? undefined : regexes.get(regex)?.topics;
  if (matched === undefined || matched.length === 0) return names;
  return names.length === 0 ? matched : [...new Set([...names, ...matched])].sort();
}

/** The names all members together are subscribed to. */
export function allNames(group: Pick<ConsumerGroupRecord, "members" | "regexes">): ReadonlySet<string> {
  const names = new Set<string>();
  const lists = new Set<readonly string[]>();
  for (const { subscribedTopicNames, subscribedTopicRegex: regex } of group.members.values()) {
    lists.add(subscribedTopicNames);
    if (regex !== null) lists.add(group.regexes.get(regex)?.topics ?? []);
  }
  for (const list of lists) for (const name of list) names.add(name);
  return names;
}

/**
 * These names, sorted, none twice; as the very list that another member has, where it has the same: members
 * of a group mostly want the same, and what is one list is gone through once.
 */
export function sharedNames(
  names: readonly string[],
  { members }: Pick<ConsumerGroupRecord, "members">,
): readonly string[] {
  const sorted = [...new Set(names)].sort();
  for (const { subscribedTopicNames } of members.values()) {
    return sameTexts(sorted, subscribedTopicNames) ? subscribedTopicNames : sorted;
  }
  return sorted;
}

export function sameTexts(one: readonly string[], other: readonly string[]): boolean {
  return one === other || (one.length === other.length && one.every((text, at) => text === other[at]));
}

/** Whether a commit for the topic may expire, or its offsets be deleted. */
export function isSubscribed(group: ConsumerGroupRecord, topic: string): boolean {
  for (const { subscribedTopicNames, subscribedTopicRegex: regex } of group.members.values()) {
    if (subscribedTopicNames.includes(topic)) return true;
    if (regex !== null && group.regexes.get(regex)?.topics.includes(topic) === true) return true;
  }
  return false;
}

/** Those of `names` that exist, sorted by name. */
export function topicsNow(
  names: Iterable<string>,
  image: MetadataImage,
): ReadonlyMap<string, SubscribedTopic> {
  const found = new Map<string, SubscribedTopic>();
  for (const name of [...names].sort()) {
    const topic = topicNamed(image, name);
    if (topic !== undefined) found.set(name, { topicId: topic.topicId, partitions: topic.partitions.length });
  }
  return found;
}

export function sameTopics(
  one: ReadonlyMap<string, SubscribedTopic>,
  other: ReadonlyMap<string, SubscribedTopic>,
): boolean {
  if (one === other) return true;
  if (one.size !== other.size) return false;
  for (const [name, { topicId, partitions }] of one) {
    const same = other.get(name);
    if (same?.topicId !== topicId || same.partitions !== partitions) return false;
  }
  return true;
}

interface Checked {
  readonly epoch: number;
  readonly ofImage: MetadataImage["topics"];
}

/**
 * By the topics of a group, when they were found unchanged last. Whatever changes the names that members want
 * raises the epoch. It changes no answer.
 */
const unchanged = new WeakMap<ConsumerGroupRecord["topics"], Checked>();

/**
 * Whether topics that the group is subscribed to came, went or grew since its epoch was raised last. It costs
 * nothing while no topic of the cluster changed; else in proportion to the names.
 */
export function areTopicsChanged(group: ConsumerGroupRecord, image: MetadataImage): boolean {
  const { topics, epoch } = group;
  const last = unchanged.get(topics);
  if (last?.epoch === epoch && last.ofImage === image.topics) return false;
  let existing = 0;
  for (const name of allNames(group)) {
    const now = topicNamed(image, name);
    if (now === undefined) continue;
    existing += 1;
    const known = topics.get(name);
    if (known?.topicId !== now.topicId || known.partitions !== now.partitions.length) return true;
  }
  if (existing !== topics.size) return true;
  // Groups without topics may share one empty map.
  if (topics.size > 0) unchanged.set(topics, { epoch, ofImage: image.topics });
  return false;
}

/** Ids of the topics that exist, by name, of one member. */
export function topicIdsOf(
  names: readonly string[],
  topics: ReadonlyMap<string, SubscribedTopic>,
): readonly Uuid[] {
  const ids: Uuid[] = [];
  for (const name of names) {
    const topic = topics.get(name);
    if (topic !== undefined) ids.push(topic.topicId);
  }
  return ids;
}
