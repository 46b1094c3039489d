// core: partitions as values: keys, sets, differences, and the lists by topic that messages carry.

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export interface TopicPartitions {
  readonly topic: string;
  readonly partitions: number[];
}

export function keyOf(place: TopicPartition): string {
  return `${place.topic} ${place.partition}`;
}

export function keysOf(places: readonly TopicPartition[]): Set<string> {
  return new Set(places.map(keyOf));
}

/** What is in `places` and not in `others`. */
export function without(
  places: readonly TopicPartition[],
  others: readonly TopicPartition[],
): TopicPartition[] {
  const left = keysOf(others);
  return places.filter((place) => !left.has(keyOf(place)));
}

/** By topic, then partition: the order in which Kafka's own assignors go. */
export function inOrder(places: readonly TopicPartition[]): TopicPartition[] {
  return [...places].sort(
    (one, other) => compareText(one.topic, other.topic) || one.partition - other.partition,
  );
}

export function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

export function byTopic(places: readonly TopicPartition[]): TopicPartitions[] {
  const topics = new Map<string, TopicPartitions>();
  for (const { topic, partition } of inOrder(places)) {
    const entry = topics.get(topic);
    if (entry === undefined) topics.set(topic, { topic, partitions: [partition] });
    else entry.partitions.push(partition);
  }
  return [...topics.values()];
}

export function flat(
  topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[],
): TopicPartition[] {
  return topics.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })));
}

export function samePlaces(one: readonly TopicPartition[], other: readonly TopicPartition[]): boolean {
  return one.length === other.length && without(one, other).length === 0;
}
