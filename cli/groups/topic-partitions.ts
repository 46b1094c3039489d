// shell: the partitions that a command line names, looked up where it names a topic as a whole.
import type { Admin } from "../../client/index.ts";
import { ClusterFailure } from "../usage-error.ts";
import type { TopicPlaces } from "./places.ts";

export interface Place {
  readonly topic: string;
  readonly partition: number;
}

/**
 * Each once, by topic in the order given, then by partition. Rejects with ClientError UNKNOWN_TOPIC, and with
 * ClusterFailure when a topic has no such partition.
 */
export async function allPlaces(
  admin: Pick<Admin, "describeTopics">,
  named: readonly TopicPlaces[],
): Promise<Place[]> {
  const places = new Map<string, Place>();
  const topics = await admin.describeTopics([...new Set(named.map(({ topic }) => topic))]);
  const counts = new Map(topics.map(({ name, partitions }) => [name, partitions.length]));
  for (const { topic, partitions } of named) {
    const count = counts.get(topic)!;
    for (const partition of partitions ?? Array.from({ length: count }, (_, index) => index)) {
      if (partition >= count)
        throw new ClusterFailure(`topic ${topic} has the partitions 0 to ${count - 1}, not ${partition}`);
      places.set(`${topic} ${partition}`, { topic, partition });
    }
  }
  const order = [...counts.keys()];
  return [...places.values()].sort(
    (one, other) => order.indexOf(one.topic) - order.indexOf(other.topic) || one.partition - other.partition,
  );
}
