// core: frames of the load generator as a bare program sees them. The correlation id of a ready-made Produce
// request is its partition, so that nothing of the request has to be decoded.
import { readInt32 } from "../../proto/batch/header.ts";
import { apis } from "../../proto/kafka/apis.ts";
import { decodeRequestHeader, encodeResponse } from "../../proto/kafka/frames.ts";
import { produceVersions } from "../load/produce-frames.ts";
import type { BareMember, BareSpec } from "./bare-spec.ts";

const host = "127.0.0.1";
export const lengthBytes = 4;

export function isProduce(frame: Uint8Array): boolean {
  return frame[0] === 0 && frame[1] === apis.Produce.key;
}

export function partitionOf(frame: Uint8Array): number {
  return readInt32(frame, 4);
}

/** With their lengths before them, in one buffer of its own. */
export function packFrames(frames: readonly Uint8Array[]): Buffer {
  const size = frames.reduce((sum, { length }) => sum + lengthBytes + length, 0);
  const packed = Buffer.allocUnsafe(size);
  let at = 0;
  for (const frame of frames) {
    at = packed.writeInt32BE(frame.length, at);
    packed.set(frame, at);
    at += frame.length;
  }
  return packed;
}

/** What `packFrames` made. */
export function* unpackFrames(packed: Buffer): Generator<Buffer> {
  for (let at = 0; at < packed.length; ) {
    const end = at + lengthBytes + packed.readInt32BE(at);
    yield packed.subarray(at + lengthBytes, end);
    at = end;
  }
}

/** Of one partition; the same bytes for every request. */
export function produceAnswer(topic: string, partition: number): Uint8Array {
  return encodeResponse({
    api: apis.Produce,
    version: produceVersions.max,
    correlationId: partition,
    body: {
      responses: [{ name: topic, partitionResponses: [{ index: partition, errorCode: 0, baseOffset: 0 }] }],
    },
  });
}

/** What the load generator asks before it begins: versions, and who leads what. */
export function otherAnswer(frame: Uint8Array, spec: BareSpec, members: readonly BareMember[]): Uint8Array {
  const { apiKey, apiVersion: version, correlationId } = decodeRequestHeader(frame);
  if (apiKey === apis.ApiVersions.key) {
    const { min: minVersion, max: maxVersion } = produceVersions;
    const apiKeys = [{ apiKey: apis.Produce.key, minVersion, maxVersion }];
    return encodeResponse({ api: apis.ApiVersions, version, correlationId, body: { errorCode: 0, apiKeys } });
  }
  const partitions = Array.from({ length: spec.partitions }, (_, partitionIndex) => ({
    errorCode: 0,
    partitionIndex,
    leaderId: partitionIndex % spec.processes,
    replicaNodes: members.map((_, place) => place),
    isrNodes: members.map((_, place) => place),
  }));
  return encodeResponse({
    api: apis.Metadata,
    version,
    correlationId,
    body: {
      brokers: members.map(({ clientPort: port }, nodeId) => ({ nodeId, host, port })),
      topics: [{ errorCode: 0, name: spec.topic, partitions }],
    },
  });
}
