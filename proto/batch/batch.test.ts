// test: batches: what is built is read back, through every codec; marks of the broker; damage is told.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { realCodecs as codecs } from "../../base/real/codecs.ts";
import { BrokerError, ProtocolError } from "../errors.ts";
import { buildBatch, type RecordToWrite, recordBytes } from "./build.ts";
import { compressionNames } from "./compression.ts";
import { buildEndTransactionMarker, buildLeaderChange, readControlRecord } from "./control.ts";
import { batch, batchHeaderBytes, readInt64, writeInt64 } from "./header.ts";
import { readBatches } from "./read.ts";
import { varintBytes, writeVarint } from "./varint.ts";
import { verifyCrc, walkBatches, wholeBatchBytes, wholeBatchesEnd } from "./walk.ts";

const time = 1_700_000_000_000;
const maybeBytes = fc.option(
  fc.uint8Array({ maxLength: 200 }).map((made) => Buffer.from(made)),
  { nil: null },
);
const arbitraryRecords = fc.array(
  fc.record({
    key: maybeBytes,
    value: maybeBytes,
    timestamp: fc.oneof(
      fc.integer({ min: -1000, max: 1000 }).map((past) => time + past),
      fc.nat(2 ** 47),
    ),
    headers: fc.array(fc.record({ key: fc.string({ unit: "grapheme", maxLength: 9 }), value: maybeBytes }), {
      maxLength: 3,
    }),
  }),
  { minLength: 1, maxLength: 30 },
);

const record = (value: string, timestamp = time): RecordToWrite => ({
  key: null,
  value: Buffer.from(value),
  timestamp,
});

describe.each(compressionNames)("batches with %s", (compression) => {
  it("are read back as they were built", () => {
    const property = fc.property(arbitraryRecords, fc.nat(2 ** 40), (records, baseOffset) => {
      const bytes = buildBatch({ records, codecs, compression, baseOffset, leaderEpoch: 5 });
      const [read, ...others] = [...readBatches(bytes, codecs)];
      expect(others).toEqual([]);
      expect(read).toMatchObject({ baseOffset, leaderEpoch: 5, compression, recordCount: records.length });
      expect(read!.nextOffset).toBe(baseOffset + records.length);
      expect(read!.maxTimestamp).toBe(Math.max(...records.map(({ timestamp }) => timestamp)));
      expect(read!.records).toEqual(records.map((one, index) => ({ ...one, offset: baseOffset + index })));
    });
    fc.assert(property, { numRuns: 60 });
  });

  it("are BrokerError or ProtocolError when damaged past the checksum, and nothing else", () => {
    const records = Array.from({ length: 20 }, (_, index) => record(`value ${index}`, time + index));
    const whole = buildBatch({ records, codecs, compression });
    const writes = fc.array(fc.tuple(fc.integer({ min: 21, max: whole.length - 1 }), fc.nat(255)), {
      minLength: 1,
      maxLength: 4,
    });
    const property = fc.property(writes, (changes) => {
      const bytes = Buffer.from(whole);
      for (const [at, byte] of changes) bytes[at] = byte;
      batch.setCrc(bytes, 0, codecs.crc32c(bytes.subarray(21)));
      try {
        expect([...readBatches(bytes, codecs)]).toHaveLength(1);
      } catch (error) {
        expect(error instanceof ProtocolError || error instanceof BrokerError, String(error)).toBe(true);
      }
    });
    fc.assert(property, { numRuns: 300 });
  });
});

describe("building", () => {
  it("gives the bytes of the record format", () => {
    const bytes = Buffer.from(
      buildBatch({
        codecs,
        baseOffset: 1,
        leaderEpoch: 2,
        producerId: 3,
        producerEpoch: 4,
        baseSequence: 5,
        isTransactional: true,
        records: [
          { key: Buffer.from("k"), value: null, timestamp: 300, headers: [{ key: "h", value: null }] },
        ],
      }),
    );
    expect(bytes.subarray(0, 17).toString("hex")).toBe("0000000000000001" + "0000003c" + "00000002" + "02");
    expect(bytes.subarray(21, 61).toString("hex")).toBe(
      "0010" +
        "00000000" +
        "000000000000012c".repeat(2) +
        "0000000000000003" +
        "0004" +
        "00000005" +
        "00000001",
    );
    // length 10, attributes, deltas 0 and 0, key "k", value null, one header "h": null
    expect(bytes.subarray(61).toString("hex")).toBe(
      "14" + "00" + "00" + "00" + "026b" + "01" + "02" + "0268" + "01",
    );
    expect(recordBytes({ key: null, value: null, timestamp: 0 }, 0, 0)).toBe(7);
  });

  it("keeps gaps between offsets, as compaction leaves them", () => {
    const records = [0, 4, 9].map((offsetDelta) => ({ ...record("x"), offsetDelta }));
    const [read] = [...readBatches(buildBatch({ codecs, baseOffset: 100, records }), codecs)];
    expect(read!.records.map(({ offset }) => offset)).toEqual([100, 104, 109]);
    expect(read).toMatchObject({ lastOffset: 109, nextOffset: 110, recordCount: 3 });
  });

  it("refuses an empty batch and offsets that do not rise", () => {
    expect(() => buildBatch({ codecs, records: [] })).toThrow(/at least one/);
    const records = [1, 1].map((offsetDelta) => ({ ...record("x"), offsetDelta }));
    expect(() => buildBatch({ codecs, records })).toThrow(/does not follow/);
  });
});

describe("numbers", () => {
  it("are written as zig-zag varints of the size that was foretold", () => {
    const known: [number, string][] = [
      [0, "00"],
      [-1, "01"],
      [1, "02"],
      [63, "7e"],
      [64, "8001"],
      [2 ** 31 - 1, "feffffff0f"],
      [-(2 ** 31), "ffffffff0f"],
      [2 ** 31, "8080808010"],
    ];
    for (const [value, hex] of known) {
      const into = Buffer.alloc(10);
      expect(into.subarray(0, writeVarint(into, 0, value)).toString("hex")).toBe(hex);
    }
    const whole = fc.oneof(fc.integer(), fc.integer({ min: -(2 ** 50), max: 2 ** 50 }));
    const property = fc.property(whole, (value) => {
      const into = Buffer.alloc(12);
      expect(writeVarint(into, 1, value)).toBe(1 + varintBytes(value));
      writeInt64(into, 2, value);
      expect(readInt64(into, 2)).toBe(value);
    });
    fc.assert(property, { numRuns: 1000 });
  });
});

describe("walking", () => {
  const first = buildBatch({ codecs, records: [record("a"), record("b")] });
  const second = buildBatch({ codecs, baseOffset: 2, records: [record("c")] });
  const run = Buffer.concat([first, second]);

  it("finds the whole batches and leaves out what is cut off", () => {
    expect([...walkBatches(run)]).toEqual([
      { at: 0, byteLength: first.length },
      { at: first.length, byteLength: second.length },
    ]);
    for (let cut = first.length; cut < run.length; cut += 1) {
      const bytes = run.subarray(0, cut);
      expect([...walkBatches(bytes)]).toHaveLength(1);
      expect(wholeBatchesEnd(bytes)).toBe(first.length);
      expect([...readBatches(bytes, codecs)]).toHaveLength(1);
    }
    expect(wholeBatchesEnd(run)).toBe(run.length);
    expect(wholeBatchBytes(run.subarray(0, 11), 0)).toBe(0);
  });

  it("throws when a length is impossible", () => {
    const bytes = Buffer.from(run);
    bytes.writeInt32BE(batchHeaderBytes - 12 - 1, 8);
    expect(() => [...walkBatches(bytes)]).toThrow(ProtocolError);
    bytes.writeInt32BE(-1, 8);
    expect(() => [...walkBatches(bytes)]).toThrow(ProtocolError);
  });

  it("tells a wrong checksum; offset and leader epoch are not under it", () => {
    const bytes = Buffer.from(first);
    batch.setBaseOffset(bytes, 0, 123_456_789_012);
    batch.setLeaderEpoch(bytes, 0, 7);
    expect(verifyCrc(bytes, 0, codecs)).toBe(true);
    for (let at = 21; at < bytes.length; at += 1) {
      const damaged = Buffer.from(bytes);
      damaged[at]! ^= 1;
      expect(verifyCrc(damaged, 0, codecs)).toBe(false);
      expect(() => [...readBatches(damaged, codecs)]).toThrow(BrokerError);
    }
  });

  it("gives log append time to every record of such a batch", () => {
    const records = [record("a", 5), record("b", 9)];
    const bytes = buildBatch({ codecs, records, timestampType: "logAppendTime" });
    expect([...readBatches(bytes, codecs)][0]!.records.map(({ timestamp }) => timestamp)).toEqual([9, 9]);
  });
});

describe("control batches", () => {
  it("end a transaction", () => {
    for (const isCommit of [true, false]) {
      const bytes = buildEndTransactionMarker({
        codecs,
        timestamp: time,
        producerId: 8,
        producerEpoch: 2,
        isCommit,
        coordinatorEpoch: 6,
      });
      const [read] = [...readBatches(bytes, codecs)];
      expect(read).toMatchObject({ isControl: true, isTransactional: true, producerId: 8, baseSequence: -1 });
      expect(Buffer.from(read!.records[0]!.key!).toString("hex")).toBe(isCommit ? "00000001" : "00000000");
      expect(Buffer.from(read!.records[0]!.value!).toString("hex")).toBe("0000" + "00000006");
      const type = isCommit ? "commit" : "abort";
      expect(readControlRecord(read!.records[0]!)).toEqual({ type, coordinatorEpoch: 6 });
    }
  });

  it("name a leader", () => {
    const change = { leaderId: 2, voters: [1, 2, 3], grantingVoters: [2, 3] };
    const bytes = buildLeaderChange({ codecs, timestamp: time, baseOffset: 40, leaderEpoch: 9, ...change });
    const [read] = [...readBatches(bytes, codecs)];
    expect(read).toMatchObject({ isControl: true, isTransactional: false, baseOffset: 40, leaderEpoch: 9 });
    expect(readControlRecord(read!.records[0]!)).toEqual({ type: "leaderChange", ...change });
  });

  it("of other kinds are passed over, malformed ones told", () => {
    const key = Buffer.from("00000063", "hex");
    expect(readControlRecord({ key, value: null })).toEqual({ type: "other", id: 99 });
    expect(() => readControlRecord({ key: null, value: null })).toThrow(ProtocolError);
    expect(() => readControlRecord({ key: Buffer.alloc(4), value: Buffer.alloc(5) })).toThrow(ProtocolError);
  });
});
