// core: a Fetch request of one partition whose offset is patched in place, and the first bytes of its
// answers.
import { readInt16, readInt64, writeInt64 } from "../../proto/batch/header.ts";
import { apis } from "../../proto/kafka/apis.ts";
import { encodeRequest } from "../../proto/kafka/frames.ts";

/** Flexible, and with the topic's name: from 13 on topics go by id. */
export const fetchVersions = { min: 12, max: 12 };

/** Found again in the encoded request, to know where the offset stands. */
const marker = 0x01_02_03_04_05_06_07;

export interface FetchFrame {
  bytes: Uint8Array;
  offsetAt: number;
}

export function makeFetchFrame(options: { topic: string; partition: number; bytesMax: number }): FetchFrame {
  const { topic, partition, bytesMax } = options;
  const one = { partition, fetchOffset: marker, partitionMaxBytes: bytesMax };
  const bytes = encodeRequest({
    api: apis.Fetch,
    version: fetchVersions.max,
    correlationId: 1,
    clientId: "ottla-bench",
    body: {
      maxWaitMs: 500,
      minBytes: 1,
      maxBytes: bytesMax,
      isolationLevel: 0,
      sessionId: 0,
      sessionEpoch: -1,
      topics: [{ topic, partitions: [one] }],
      forgottenTopicsData: [],
      rackId: "",
    },
  });
  const wanted = Buffer.alloc(8);
  writeInt64(wanted, 0, marker);
  return { bytes, offsetAt: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(wanted) };
}

export function setFetchOffset(frame: FetchFrame, offset: number): void {
  writeInt64(frame.bytes, frame.offsetAt, offset);
}

export interface FetchAnswer {
  errorCode: number;
  highWatermark: number;
  recordsBytes: number;
}

/**
 * Of an answer with one partition, read without transactions: correlation id and tags (5), throttle, error
 * and session (10), one topic (1), its name, one partition (1), index, error, three offsets, no aborted
 * transactions (1), preferred replica (4), length of the records as a varint plus one.
 */
export function readFetchAnswer(head: Uint8Array): FetchAnswer {
  const failed = readInt16(head, 9);
  if (failed !== 0) return { errorCode: failed, highWatermark: -1, recordsBytes: 0 };
  const partitionAt = 17 + head[16]! - 1 + 1;
  const errorCode = readInt16(head, partitionAt + 4);
  const highWatermark = readInt64(head, partitionAt + 6);
  let at = partitionAt + 35;
  let length = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = head[at++] ?? 0;
    length |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  return { errorCode, highWatermark, recordsBytes: Math.max(0, length - 1) };
}

export function fetchAnswerHeadBytes(topic: string): number {
  return 17 + topic.length + 1 + 35 + 5;
}
