// test: the generator's frames are what the codec makes and reads, and answers are read from any cut.
import { describe, expect, it } from "vitest";
import { realCodecs } from "../../base/real/codecs.ts";
import { readBatches } from "../../proto/batch/read.ts";
import { apis } from "../../proto/kafka/apis.ts";
import { decodeRequestBody, decodeRequestHeader, encodeResponse } from "../../proto/kafka/frames.ts";
import { FrameHeads } from "./frame-heads.ts";
import {
  makeBatch,
  makeProduceFrame,
  type ProduceAnswer,
  produceAnswerHeadBytes,
  readProduceAnswer,
} from "./produce-frames.ts";

const topic = "load";

describe("produce frames", () => {
  it("hold the batch for their partition", () => {
    const batch = makeBatch({ records: 16, valueBytes: 1_010 }, realCodecs, 1_000);
    expect(batch.length).toBeLessThanOrEqual(16_384);
    const frame = makeProduceFrame({ topic, partition: 3, acks: -1, version: 11, batch }).subarray(4);
    const head = decodeRequestHeader(frame);
    const body = decodeRequestBody(apis.Produce, head, frame);
    expect(body.acks).toBe(-1);
    const partition = body.topicData[0]!.partitionData[0]!;
    expect(partition.index).toBe(3);
    expect([...readBatches(partition.records!, realCodecs)][0]!.records).toHaveLength(16);
  });

  it("are answered: errors are seen, however the answers are cut", () => {
    const answer = (partition: number, errorCode: number): Uint8Array =>
      encodeResponse({
        api: apis.Produce,
        version: 11,
        correlationId: partition,
        body: {
          responses: [{ name: topic, partitionResponses: [{ index: partition, errorCode, baseOffset: 77 }] }],
        },
      });
    const bytes = Buffer.concat([answer(1, 0), answer(259, 19), answer(2, 0)]);
    for (const size of [1, 3, 50, bytes.length]) {
      const seen: ProduceAnswer[] = [];
      const heads = new FrameHeads(produceAnswerHeadBytes(topic), (head) =>
        seen.push(readProduceAnswer(head)),
      );
      for (let at = 0; at < bytes.length; at += size) heads.push(bytes.subarray(at, at + size));
      expect(seen).toEqual([
        { correlationId: 1, partition: 1, errorCode: 0 },
        { correlationId: 259, partition: 259, errorCode: 19 },
        { correlationId: 2, partition: 2, errorCode: 0 },
      ]);
    }
  });
});

describe("FrameHeads", () => {
  it("passes over what it does not look at, and takes frames shorter than a head", () => {
    const frame = (length: number, fill: number): Buffer => {
      const bytes = Buffer.alloc(4 + length, fill);
      bytes.writeInt32BE(length);
      return bytes;
    };
    const bytes = Buffer.concat([frame(10_000, 1), frame(2, 2), frame(0, 0), frame(8, 3)]);
    for (const size of [1, 7, bytes.length]) {
      const seen: [number, number, number][] = [];
      const heads = new FrameHeads(8, (head, length) => seen.push([head.length, head[0] ?? -1, length]));
      for (let at = 0; at < bytes.length; at += size) heads.push(bytes.subarray(at, at + size));
      expect(seen).toEqual([
        [8, 1, 10_000],
        [2, 2, 2],
        [0, -1, 0],
        [8, 3, 8],
      ]);
    }
  });
});
