// core: one Fetch request for some partitions of one broker, without a session, and whose answer is whose.
import { zeroUuid } from "../../base/uuid.ts";
import type {
  FetchRequest,
  FetchResponse,
  FetchResponsePartitionData,
} from "../../proto/kafka/generated/messages.ts";
import type { Input } from "../../proto/kafka/schema.ts";
import type { MetadataCache } from "../cluster/metadata-cache.ts";
import type { ConsumerSettings } from "./consumer-options.ts";
import type { PartitionReader } from "./partition-reader.ts";

/** Topics go by id from this version on. */
const topicIdsFrom = 13;

export interface FetchPlan {
  readonly body: Input<FetchRequest>;
  /** Undefined: the newest that both have. */
  readonly maxVersion: number | undefined;
  readonly readers: readonly { readonly reader: PartitionReader; readonly generation: number }[];
  readonly nameById: ReadonlyMap<string, string>;
}

export function planFetch(
  readers: readonly PartitionReader[],
  cache: MetadataCache,
  settings: ConsumerSettings,
  room: { maxWaitMs: number; maxBytes: number; rackId: string },
): FetchPlan {
  const nameById = new Map<string, string>();
  const topics = new Map<string, { topic: string; topicId: string; partitions: unknown[] }>();
  for (const reader of readers) {
    let topic = topics.get(reader.topic);
    if (topic === undefined) {
      const topicId = cache.topic(reader.topic)?.topicId ?? zeroUuid;
      topic = { topic: reader.topic, topicId, partitions: [] };
      nameById.set(topicId, reader.topic);
      topics.set(reader.topic, topic);
    }
    topic.partitions.push({
      partition: reader.partition,
      currentLeaderEpoch: reader.checkedEpoch,
      fetchOffset: reader.fetchOffset,
      partitionMaxBytes: settings.partitionBytes,
    });
  }
  return {
    body: {
      replicaId: -1,
      maxWaitMs: room.maxWaitMs,
      minBytes: settings.minBytes,
      maxBytes: room.maxBytes,
      isolationLevel: settings.isolation === "readCommitted" ? 1 : 0,
      rackId: room.rackId,
      sessionId: 0,
      sessionEpoch: -1,
      topics: [...topics.values()] as NonNullable<Input<FetchRequest>["topics"]>,
    },
    maxVersion: nameById.has(zeroUuid) ? topicIdsFrom - 1 : undefined,
    readers: readers.map((reader) => ({ reader, generation: reader.generation })),
    nameById,
  };
}

/** By topic and partition. */
export function readFetched(
  plan: FetchPlan,
  response: FetchResponse,
): ReadonlyMap<string, ReadonlyMap<number, FetchResponsePartitionData>> {
  return new Map(
    response.responses.map((topic) => [
      topic.topic !== "" ? topic.topic : (plan.nameById.get(topic.topicId) ?? ""),
      new Map(topic.partitions.map((partition) => [partition.partitionIndex, partition])),
    ]),
  );
}
