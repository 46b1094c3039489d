// core: whole Produce requests as bytes, made once a partition and sent again and again. The correlation id
// is the partition's place in the list: a connection is answered in order, so nothing has to be patched
// while the clock runs. Knows no connection.
import type { Codecs } from "../../base/ports/codecs.ts";
import { buildBatch } from "../../proto/batch/build.ts";
import { readInt16, readInt32 } from "../../proto/batch/header.ts";
import { apis } from "../../proto/kafka/apis.ts";
import { encodeRequest } from "../../proto/kafka/frames.ts";

/** From 9 on the layout is flexible, which is what `readProduceAnswer` reads; from 13 on topics go by id. */
export const produceVersions = { min: 9, max: 12 };

export interface BatchShape {
  records: number;
  /** Of each value; key and headers are empty. */
  valueBytes: number;
}

export function makeBatch(shape: BatchShape, codecs: Codecs, timestamp: number): Uint8Array {
  const value = Buffer.alloc(shape.valueBytes, "x");
  const records = Array.from({ length: shape.records }, () => ({ key: null, value, timestamp }));
  return buildBatch({ records, codecs });
}

export function makeProduceFrame(options: {
  topic: string;
  partition: number;
  acks: -1 | 1;
  version: number;
  batch: Uint8Array;
}): Uint8Array {
  const { topic, partition, acks, version, batch } = options;
  return encodeRequest({
    api: apis.Produce,
    version,
    correlationId: partition,
    clientId: "ottla-bench",
    body: {
      transactionalId: null,
      acks,
      timeoutMs: 30_000,
      topicData: [{ name: topic, partitionData: [{ index: partition, records: batch }] }],
    },
  });
}

export interface ProduceAnswer {
  correlationId: number;
  partition: number;
  errorCode: number;
}

/**
 * The first bytes of an answer to a request with one partition of a topic with a name shorter than 127 bytes:
 * correlation id, tags, one topic, its name, one partition, its index, its error.
 */
export function readProduceAnswer(head: Uint8Array): ProduceAnswer {
  const nameEnd = 6 + head[6]!;
  return {
    correlationId: readInt32(head, 0),
    partition: readInt32(head, nameEnd + 1),
    errorCode: readInt16(head, nameEnd + 5),
  };
}

/** How many first bytes of an answer `readProduceAnswer` needs. */
export function produceAnswerHeadBytes(topic: string): number {
  return 6 + 1 + topic.length + 1 + 4 + 2;
}
