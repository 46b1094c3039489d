// test: a bare program finds the partition of a ready-made request, and the load generator understands its
// answers.
import { describe, expect, it } from "vitest";
import { realCodecs } from "../../base/real/codecs.ts";
import { apis } from "../../proto/kafka/apis.ts";
import { decodeResponse, encodeRequest } from "../../proto/kafka/frames.ts";
import { makeBatch, makeProduceFrame, produceVersions, readProduceAnswer } from "../load/produce-frames.ts";
import {
  isProduce,
  otherAnswer,
  packFrames,
  partitionOf,
  produceAnswer,
  unpackFrames,
} from "./bare-frames.ts";
import type { BareSpec } from "./bare-spec.ts";

const spec: BareSpec = {
  transport: "tcp",
  place: 0,
  processes: 3,
  partitions: 4,
  topic: "ceiling",
  folder: "",
};
const withoutLength = (bytes: Uint8Array): Uint8Array => bytes.subarray(4);

describe("bare frames", () => {
  it("knows a Produce request and its partition without decoding it", () => {
    const batch = makeBatch({ records: 2, valueBytes: 10 }, realCodecs, 0);
    const request = {
      topic: "ceiling",
      partition: 5,
      acks: -1,
      version: produceVersions.max,
      batch,
    } as const;
    const frame = withoutLength(makeProduceFrame(request));
    expect(isProduce(frame)).toBe(true);
    expect(partitionOf(frame)).toBe(5);
  });

  it("answers as a broker would", () => {
    const head = withoutLength(produceAnswer("ceiling", 5));
    expect(readProduceAnswer(head)).toEqual({ correlationId: 5, partition: 5, errorCode: 0 });
    const ask = (api: typeof apis.ApiVersions | typeof apis.Metadata, version: number) => {
      const body = api === apis.Metadata ? { topics: [{ name: "ceiling" }] } : {};
      const request = encodeRequest({ api, version, correlationId: 7, clientId: "test", body } as never);
      expect(isProduce(withoutLength(request))).toBe(false);
      const members = [1, 2, 3].map((port) => ({ clientPort: port, peerPort: port + 10 }));
      return withoutLength(otherAnswer(withoutLength(request), spec, members));
    };
    const versions = decodeResponse(apis.ApiVersions, 0, ask(apis.ApiVersions, 0)).body;
    expect(versions.apiKeys).toMatchObject([{ apiKey: 0, maxVersion: produceVersions.max }]);
    const { brokers, topics } = decodeResponse(apis.Metadata, 7, ask(apis.Metadata, 7)).body;
    expect(brokers.map(({ port }) => port)).toEqual([1, 2, 3]);
    expect(topics[0]!.partitions.map(({ leaderId }) => leaderId)).toEqual([0, 1, 2, 0]);
  });

  it("unpacks what it packed", () => {
    const frames = [Buffer.from("one"), Buffer.from(""), Buffer.from("three")];
    expect([...unpackFrames(packFrames(frames))]).toEqual(frames);
  });
});
