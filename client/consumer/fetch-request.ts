// core: one Fetch request for some partitions of one broker, as its session puts it.
import { zeroUuid } from "../../base/uuid.ts";
import type { FetchRequest } from "../../proto/kafka/generated/messages.ts";
import type { Input } from "../../proto/kafka/schema.ts";
import type { MetadataCache } from "../cluster/metadata-cache.ts";
import type { ConsumerSettings } from "./consumer-options.ts";
import { type FetchSession, topicIdsFrom, type WantedPartition } from "./fetch-session.ts";
import type { PartitionReader } from "./partition-reader.ts";

export interface FetchPlan {
  /** To be called once, when the version is known: the session counts it as sent. */
  readonly body: (version: number) => Input<FetchRequest>;
  /** Undefined: the newest that both have. */
  readonly maxVersion: number | undefined;
  readonly session: FetchSession;
  readonly readers: readonly { readonly reader: PartitionReader; readonly generation: number }[];
}

/** A partition that several readers want is asked for on behalf of the first; the others' turns come. */
export function planFetch(
  session: FetchSession,
  readers: readonly PartitionReader[],
  cache: MetadataCache,
  settings: ConsumerSettings,
  room: { maxWaitMs: number; maxBytes: number; rackId: string },
): FetchPlan {
  const seen = new Set<string>();
  const wanted: WantedPartition[] = [];
  const planned: FetchPlan["readers"][number][] = [];
  for (const reader of readers) {
    const { topic, partition } = reader;
    const key = `${topic}/${partition}`;
    if (seen.has(key)) continue;
    seen.add(key);
    planned.push({ reader, generation: reader.generation });
    wanted.push({
      topic,
      topicId: cache.topic(topic)?.topicId ?? zeroUuid,
      partition,
      currentLeaderEpoch: reader.checkedEpoch,
      fetchOffset: reader.fetchOffset,
      partitionMaxBytes: settings.partitionBytes,
    });
  }
  return {
    body: (version) => ({
      replicaId: -1,
      maxWaitMs: room.maxWaitMs,
      minBytes: settings.minBytes,
      maxBytes: room.maxBytes,
      isolationLevel: settings.isolation === "readCommitted" ? 1 : 0,
      rackId: room.rackId,
      ...session.request(wanted, version),
    }),
    maxVersion: wanted.some(({ topicId }) => topicId === zeroUuid) ? topicIdsFrom - 1 : undefined,
    session,
    readers: planned,
  };
}
