// test: valid requests of every API and version that brokers advertise: some that do real work on a topic of
// their own, the rest made at random from the tables.
import * as fc from "fast-check";
import { realCodecs } from "../../../base/real/codecs.ts";
import { buildBatch } from "../../../proto/batch/build.ts";
import { advertised } from "../../../proto/kafka/advertised.ts";
import { type ApiName, apis } from "../../../proto/kafka/apis.ts";
import { encodeRequest } from "../../../proto/kafka/frames.ts";
import { arbitraryMessage } from "../../kafka/arbitrary-message.ts";

export const hostileTopic = "hostile";

function batchOf(text: string): Uint8Array {
  return buildBatch({
    records: [1, 2, 3].map((n) => ({
      key: Buffer.from(`key-${n}`),
      value: Buffer.from(text),
      timestamp: Date.now(),
      headers: [{ key: "h", value: Buffer.from("x") }],
    })),
    codecs: realCodecs,
    compression: "gzip",
  });
}

/** Bodies that do something, by API. */
function workingBodies(): Partial<Record<ApiName, object[]>> {
  const topic = hostileTopic;
  const partition = { partition: 0, partitionIndex: 0, currentLeaderEpoch: -1 };
  return {
    Produce: [-1, 1, 0].map((acks) => ({
      ...{ transactionalId: null, acks, timeoutMs: 500 },
      topicData: [{ name: topic, partitionData: [{ index: 0, records: batchOf("hostile bytes") }] }],
    })),
    Fetch: [
      {
        ...{
          maxWaitMs: 20,
          minBytes: 1,
          maxBytes: 1_000_000,
          isolationLevel: 0,
          sessionId: 0,
          sessionEpoch: -1,
        },
        topics: [{ topic, partitions: [{ ...partition, fetchOffset: 0, partitionMaxBytes: 100_000 }] }],
      },
    ],
    ListOffsets: [{ topics: [{ name: topic, partitions: [{ ...partition, timestamp: -1 }] }] }],
    Metadata: [{ topics: [{ name: topic }] }, { topics: null }],
    CreateTopics: [
      { timeoutMs: 500, topics: [{ name: `${topic}-more`, numPartitions: 1, replicationFactor: 1 }] },
      { timeoutMs: 500, validateOnly: true, topics: [{ name: `${topic}-not`, numPartitions: 2 }] },
    ],
    DeleteTopics: [{ timeoutMs: 500, topicNames: [`${topic}-more`], topics: [{ name: `${topic}-more` }] }],
    InitProducerId: [{ transactionalId: null, transactionTimeoutMs: 1_000 }],
    OffsetForLeaderEpoch: [{ topics: [{ topic, partitions: [{ ...partition, leaderEpoch: 0 }] }] }],
    DescribeConfigs: [{ resources: [{ resourceType: 2, resourceName: topic }] }],
    DescribeQuorum: [{ topics: [{ topicName: "__cluster_metadata", partitions: [{ partitionIndex: 0 }] }] }],
  };
}

/** Whole frames, length bytes included. `random` answers numbers from 0 to 1. */
export function validFrames(options: { seed: number; perVersion: number }): Uint8Array[] {
  const frames: Uint8Array[] = [];
  const working = workingBodies();
  for (const name of Object.keys(advertised) as ApiName[]) {
    const api = apis[name];
    for (let version = advertised[name]!.serveFrom; version <= advertised[name]!.max; version++) {
      const random = fc.sample(arbitraryMessage(api.request, version), {
        seed: options.seed,
        numRuns: options.perVersion,
      });
      for (const body of [...(working[name] ?? []), ...random]) {
        const clientId = `hostile-${name}`;
        try {
          frames.push(
            encodeRequest({
              api,
              version,
              correlationId: frames.length,
              clientId,
              body,
            } as never) as Uint8Array,
          );
        } catch {
          // A field that this version cannot carry.
        }
      }
    }
  }
  return frames;
}
