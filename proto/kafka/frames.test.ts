// test: whole requests and responses: header versions, the fallback of ApiVersions, and cutting a stream.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ErrorCode, ProtocolError } from "../errors.ts";
import { advertised, advertisedApiKeys, isServed } from "./advertised.ts";
import { apiByKey, apis } from "./apis.ts";
import { FrameBuffers, FrameSplitter } from "./frame-splitter.ts";
import {
  correlationIdOf,
  decodeRequestBody,
  decodeRequestHeader,
  decodeResponse,
  encodeApiVersionsFallback,
  encodeRequest,
  encodeRequestParts,
  encodeResponse,
  encodeResponseParts,
} from "./frames.ts";
import { inVersions } from "./schema.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("requests", () => {
  it("have header version 1, and 2 in flexible versions", () => {
    const request = { api: apis.ApiVersions, correlationId: 7, clientId: "me", body: {} };
    expect(hex(encodeRequest({ ...request, version: 0 }))).toBe(
      "0000000c" + "0012" + "0000" + "00000007" + "0002" + "6d65",
    );
    expect(hex(encodeRequest({ ...request, version: 3 }))).toBe(
      "00000010" + "0012" + "0003" + "00000007" + "0002" + "6d65" + "00" + "01" + "01" + "00",
    );
  });

  it("are read back, with and without client id", () => {
    for (const clientId of ["c", "", null]) {
      for (const version of [8, 9]) {
        const body = { acks: 1, topicData: [{ name: "t", partitionData: [{ records: Uint8Array.of(1) }] }] };
        const bytes = encodeRequest({ api: apis.Produce, version, correlationId: -5, clientId, body });
        expect(Buffer.from(bytes).readInt32BE()).toBe(bytes.length - 4);
        const frame = bytes.subarray(4);
        const head = decodeRequestHeader(frame);
        expect(head).toMatchObject({ apiKey: 0, apiVersion: version, correlationId: -5, clientId });
        expect(decodeRequestBody(apis.Produce, head, frame)).toMatchObject({
          acks: 1,
          transactionalId: null,
        });
      }
    }
  });

  it("of Metadata 0 that name no topic ask for all, as null does later", () => {
    const request = { api: apis.Metadata, correlationId: 1, clientId: null, body: { topics: [] } };
    const topicsAt = (version: number) => {
      const frame = encodeRequest({ ...request, version }).subarray(4);
      return decodeRequestBody(apis.Metadata, decodeRequestHeader(frame), frame).topics;
    };
    expect(topicsAt(0)).toBe(null);
    expect(topicsAt(1)).toEqual([]);
  });

  it("of unknown APIs and versions have a header all the same", () => {
    const frame = Buffer.from("270f" + "0009" + "00000003" + "ffff", "hex");
    expect(decodeRequestHeader(frame)).toMatchObject({ apiKey: 9999, correlationId: 3, clientId: null });
    expect(() => decodeRequestHeader(frame.subarray(0, 9))).toThrow(ProtocolError);
    expect(() => decodeRequestHeader(Buffer.alloc(0))).toThrow(ProtocolError);
  });

  it("pass records on uncopied", () => {
    const records = new Uint8Array(50_000);
    const body = { topicData: [{ name: "t", partitionData: [{ records }] }] };
    const parts = encodeRequestParts({ api: apis.Produce, version: 9, correlationId: 1, clientId: "", body });
    expect(parts).toContain(records);
    const bytes = parts.reduce((sum, part) => sum + part.length, 0);
    expect(Buffer.from(parts[0]!).readInt32BE()).toBe(bytes - 4);
  });
});

describe("responses", () => {
  it("have header version 0, and 1 in flexible versions, but ApiVersions never", () => {
    const response = { correlationId: 7, body: { throttleTimeMs: 0 } };
    expect(hex(encodeResponse({ ...response, api: apis.EndTxn, version: 2 }))).toBe(
      "0000000a" + "00000007" + "00000000" + "0000",
    );
    expect(hex(encodeResponse({ ...response, api: apis.EndTxn, version: 3 }))).toBe(
      "0000000c" + "00000007" + "00" + "00000000" + "0000" + "00",
    );
    expect(hex(encodeResponse({ ...response, api: apis.ApiVersions, version: 3 }))).toBe(
      "0000000c" + "00000007" + "0000" + "01" + "00000000" + "00",
    );
  });

  it("are read back", () => {
    for (const version of [4, 11, 12, 17]) {
      const records = Buffer.from("abc");
      const body = { responses: [{ topic: "t", partitions: [{ highWatermark: 2 ** 40, records }] }] };
      const parts = encodeResponseParts({ api: apis.Fetch, version, correlationId: 9, body });
      const frame = Buffer.concat(parts).subarray(4);
      expect(correlationIdOf(frame)).toBe(9);
      const decoded = decodeResponse(apis.Fetch, version, frame);
      expect(decoded.body.responses[0]!.partitions[0]).toMatchObject({ highWatermark: 2 ** 40, records });
    }
  });

  it("to ApiVersions in an unknown version come in version 0 (KIP-511)", () => {
    const bytes = encodeApiVersionsFallback(11);
    expect(hex(bytes)).toBe("00000010" + "0000000b" + "0023" + "00000001" + "0012" + "0000" + "0004");
    const { correlationId, body } = decodeResponse(apis.ApiVersions, 4, bytes.subarray(4));
    expect(correlationId).toBe(11);
    expect(body.errorCode).toBe(ErrorCode.UNSUPPORTED_VERSION);
    expect(body.apiKeys).toEqual([{ apiKey: 18, minVersion: 0, maxVersion: 4 }]);
  });
});

describe("the advertised table", () => {
  it("offers only versions that have a layout", () => {
    for (const { apiKey, minVersion, maxVersion } of advertisedApiKeys) {
      const { request } = apiByKey(apiKey)!;
      expect(inVersions(request.versions, minVersion) && inVersions(request.versions, maxVersion)).toBe(true);
    }
  });

  it("holds what old clients check their features against", () => {
    expect(advertised.Produce).toEqual({ min: 0, max: 11, serveFrom: 3 });
    expect(advertised.InitProducerId!.min).toBe(0);
    expect(isServed("Produce", 2)).toBe(false);
    expect(isServed("Produce", 3)).toBe(true);
    expect(isServed("EndTxn", 1)).toBe(false);
  });
});

describe("a stream of frames", () => {
  const frameOf = (body: Uint8Array): Buffer => {
    const head = Buffer.alloc(4);
    head.writeInt32BE(body.length);
    return Buffer.concat([head, body]);
  };

  it("comes out the same however it is cut", () => {
    const bodies = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 });
    const cuts = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 20 });
    const pool = new FrameBuffers({ bytes: 200, keptMax: 2 });
    const property = fc.property(bodies, cuts, fc.boolean(), (sent, sizes, lend) => {
      const stream = Buffer.concat(sent.map(frameOf));
      const splitter = new FrameSplitter({ frameBytesMax: 300, lend, pool });
      const got: string[] = [];
      for (let at = 0, turn = 0; at < stream.length; turn += 1) {
        const size = sizes[turn % sizes.length]!;
        // The chunk is spoiled after the call: what is kept must have been copied.
        const chunk = Buffer.from(stream.subarray(at, at + size));
        for (const frame of splitter.push(chunk)) got.push(hex(frame));
        splitter.release();
        chunk.fill(0xee);
        at += size;
      }
      expect(got).toEqual(sent.map(hex));
      expect(splitter.pendingBytes).toBe(0);
    });
    fc.assert(property, { numRuns: 300 });
  });

  it("owns its frames unless it lends them", () => {
    const chunk = frameOf(Buffer.from("abc"));
    const [owned] = new FrameSplitter({ frameBytesMax: 10, lend: false }).push(chunk);
    const [lent] = new FrameSplitter({ frameBytesMax: 10, lend: true }).push(chunk);
    chunk.fill(0);
    expect(Buffer.from(owned!).toString()).toBe("abc");
    expect(hex(lent!)).toBe("000000");
  });

  it("lends frames that came in pieces out of a pool, and gives them back", () => {
    const pool = new FrameBuffers({ bytes: 100, keptMax: 1 });
    const splitter = new FrameSplitter({ frameBytesMax: 300, lend: true, pool });
    const sent = [60, 60, 200].map((bytes, number) => Buffer.alloc(bytes, number + 1));
    const stream = Buffer.concat(sent.map(frameOf));
    expect(splitter.push(stream.subarray(0, 30))).toEqual([]);
    // The first ends in a chunk in which the second begins: they must not share a buffer.
    const [first] = splitter.push(stream.subarray(30, 90));
    expect(hex(first!)).toBe(hex(sent[0]!));
    splitter.release();
    const [second] = splitter.push(stream.subarray(90, 200));
    expect(hex(second!)).toBe(hex(sent[1]!));
    splitter.release();
    expect(pool.take().buffer).toBe(first!.buffer);
    // Too large for the pool.
    const [third] = splitter.push(stream.subarray(200));
    splitter.release();
    expect(hex(third!)).toBe(hex(sent[2]!));
    expect(pool.take().buffer).not.toBe(third!.buffer);
  });

  it("refuses lengths that cannot be, and reserves nothing for those that are announced", () => {
    const splitter = new FrameSplitter({ frameBytesMax: 100_000_000, lend: false });
    expect(() =>
      new FrameSplitter({ frameBytesMax: 9, lend: false }).push(Buffer.from("0000000a", "hex")),
    ).toThrow(/10 bytes is announced/);
    expect(() => splitter.push(Buffer.from("ffffffff", "hex"))).toThrow(ProtocolError);
    const before = process.memoryUsage().arrayBuffers;
    const many = Array.from({ length: 50 }, () => new FrameSplitter({ frameBytesMax: 1e8, lend: false }));
    for (const one of many) one.push(Buffer.from("05f5e100" + "00", "hex"));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
    expect(many[0]!.pendingBytes).toBe(5);
  });
});
