// core: one Produce request of at most one batch a partition, and how to find a batch's answer again.
import { apis } from "../../proto/kafka/apis.ts";
import type {
  ProduceRequest,
  ProduceResponse,
  ProduceResponsePartitionProduceResponse,
} from "../../proto/kafka/generated/messages.ts";
import type { Input } from "../../proto/kafka/schema.ts";
import type { LeaderHint } from "../cluster/metadata-cache.ts";
import type { Batch } from "./batch.ts";

export const produceApi = apis.Produce;

export interface EncodedBatch {
  readonly batch: Batch;
  readonly bytes: Uint8Array;
}

export function produceRequest(
  batches: readonly EncodedBatch[],
  settings: { acks: number; timeoutMs: number },
): Input<ProduceRequest> {
  const byTopic = new Map<string, { index: number; records: Uint8Array }[]>();
  for (const { batch, bytes } of batches) {
    const partitions = byTopic.get(batch.topic) ?? [];
    partitions.push({ index: batch.partition, records: bytes });
    byTopic.set(batch.topic, partitions);
  }
  const topicData = [...byTopic].map(([name, partitionData]) => ({ name, partitionData }));
  return { transactionalId: null, acks: settings.acks, timeoutMs: settings.timeoutMs, topicData };
}

/** By topic and partition. */
export type ProduceAnswers = ReadonlyMap<
  string,
  ReadonlyMap<number, ProduceResponsePartitionProduceResponse>
>;

export function readAnswers(response: ProduceResponse): ProduceAnswers {
  return new Map(
    response.responses.map((topic) => [
      topic.name,
      new Map(topic.partitionResponses.map((partition) => [partition.index, partition])),
    ]),
  );
}

/** What the answer says of who leads instead (KIP-951, Produce 10 and later). */
export function leaderHint(
  batch: Batch,
  answer: ProduceResponsePartitionProduceResponse,
  response: ProduceResponse,
): LeaderHint {
  const { leaderId, leaderEpoch } = answer.currentLeader;
  const { topic, partition } = batch;
  return { topic, partition, leaderId, leaderEpoch, endpoints: response.nodeEndpoints };
}
