// test: what a leader refuses of produced batches, with the code a Kafka broker gives, and what it corrects.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { realCodecs as codecs } from "../../base/real/codecs.ts";
import { BrokerError, type ErrorName } from "../errors.ts";
import { type BatchToBuild, buildBatch, type RecordToWrite } from "./build.ts";
import { compressionNames } from "./compression.ts";
import { buildEndTransactionMarker } from "./control.ts";
import { batch, writeInt16, writeInt32, writeInt64 } from "./header.ts";
import { readBatches } from "./read.ts";
import { type ProducedRules, RecordRefused, validateProduced } from "./validate.ts";
import { renewCrc, verifyCrc } from "./walk.ts";

const nowMs = 1_700_000_000_000;
const rules: ProducedRules = {
  codecs,
  maxBytes: 1_000_000,
  mode: "full",
  timestampType: "createTime",
  nowMs,
};

function records(count: number): RecordToWrite[] {
  return Array.from({ length: count }, (_, index) => ({
    key: Buffer.from(`k${index}`),
    value: Buffer.from(`value ${index}`),
    timestamp: nowMs + index,
  }));
}

function made(given: Partial<BatchToBuild> = {}): Buffer {
  return Buffer.from(buildBatch({ codecs, records: records(3), ...given }));
}

/** Changes a batch and makes its checksum fit again. */
function changed(bytes: Buffer, change: (bytes: Buffer) => void): Buffer {
  change(bytes);
  renewCrc(bytes, 0, codecs);
  return bytes;
}

function refusal(bytes: Uint8Array, given: Partial<ProducedRules> = {}): BrokerError {
  try {
    validateProduced(bytes, { ...rules, ...given });
  } catch (error) {
    expect(error, String(error)).toBeInstanceOf(BrokerError);
    return error as BrokerError;
  }
  throw new Error("the batch was accepted");
}

function expectRefused(name: ErrorName, bytes: Uint8Array, given: Partial<ProducedRules> = {}): void {
  const refused = refusal(bytes, given);
  expect(refused.errorName, refused.message).toBe(name);
}

describe("a good batch", () => {
  it.each(compressionNames)("with %s passes unchanged", (compression) => {
    const bytes = made({ compression });
    const before = Buffer.from(bytes);
    for (const mode of ["full", "header"] as const) {
      expect(validateProduced(bytes, { ...rules, mode })).toEqual({
        recordCount: 3,
        maxTimestamp: nowMs + 2,
        maxTimestampOffsetDelta: 2,
      });
      expect(Buffer.compare(bytes, before)).toBe(0);
    }
  });

  it("may have no timestamps", () => {
    const bytes = made({ records: [{ key: null, value: null, timestamp: -1 }] });
    const facts = validateProduced(bytes, { ...rules, timestampBeforeMaxMs: 10 });
    expect(facts).toMatchObject({ maxTimestamp: -1, maxTimestampOffsetDelta: 0 });
  });
});

describe("the envelope", () => {
  it("must be exactly one whole batch of magic 2", () => {
    expectRefused("INVALID_RECORD", Buffer.alloc(0));
    expectRefused("CORRUPT_MESSAGE", made().subarray(0, 16));
    expectRefused("CORRUPT_MESSAGE", made().subarray(0, 60));
    expectRefused("CORRUPT_MESSAGE", made().subarray(0, -1));
    expectRefused("INVALID_RECORD", Buffer.concat([made(), made()]));
    expectRefused("INVALID_RECORD", Buffer.concat([made(), Buffer.from([0])]));
    for (const magic of [0, 1, 3, 255]) {
      const bytes = made();
      bytes[16] = magic;
      expectRefused("INVALID_RECORD", bytes);
    }
    const short = made();
    writeInt32(short, 8, 10);
    expectRefused("CORRUPT_MESSAGE", short);
  });

  it("must fit the limit as it came", () => {
    const bytes = made();
    validateProduced(bytes, { ...rules, maxBytes: bytes.length });
    expectRefused("MESSAGE_TOO_LARGE", bytes, { maxBytes: bytes.length - 1 });
  });

  it("must have the right checksum, whatever bit is wrong", () => {
    const bytes = made();
    for (let at = 17; at < bytes.length; at += 1) {
      const damaged = Buffer.from(bytes);
      damaged[at]! ^= 0x10;
      expectRefused("CORRUPT_MESSAGE", damaged);
    }
  });
});

describe("the header", () => {
  it("must agree with itself", () => {
    expectRefused("INVALID_RECORD", made({ baseOffset: 1 }));
    expectRefused(
      "INVALID_RECORD",
      changed(made(), (bytes) => writeInt32(bytes, 57, 2)),
    );
    expectRefused(
      "INVALID_RECORD",
      changed(made(), (bytes) => writeInt32(bytes, 57, 0)),
    );
    expectRefused(
      "INVALID_RECORD",
      changed(made(), (bytes) => writeInt32(bytes, 23, 3)),
    );
    const many = changed(made(), (bytes) => {
      writeInt32(bytes, 57, 2_000_000_000);
      writeInt32(bytes, 23, 1_999_999_999);
    });
    expectRefused("INVALID_RECORD", many);
  });

  it("must not claim what only brokers write", () => {
    const marker = { timestamp: nowMs, producerId: 1, producerEpoch: 0, isCommit: true, coordinatorEpoch: 0 };
    expectRefused("INVALID_RECORD", buildEndTransactionMarker({ codecs, ...marker }));
    expectRefused("INVALID_TIMESTAMP", made({ timestampType: "logAppendTime" }));
  });

  it("must name producer, epoch and sequence together", () => {
    validateProduced(made({ producerId: 5, producerEpoch: 0, baseSequence: 0 }), rules);
    validateProduced(made({ producerId: -1, producerEpoch: 0, baseSequence: 0 }), rules);
    expectRefused("INVALID_RECORD", made({ producerId: 5, producerEpoch: 0 }));
    expectRefused("INVALID_RECORD", made({ producerId: 5, baseSequence: 0 }));
    expectRefused("INVALID_RECORD", made({ isTransactional: true }));
  });

  it("must name a compression that is known and allowed", () => {
    for (const id of [5, 6, 7]) {
      const bytes = changed(made(), (made) => writeInt16(made, 21, id));
      expectRefused("UNSUPPORTED_COMPRESSION_TYPE", bytes);
    }
    const zstd = made({ compression: "zstd" });
    validateProduced(zstd, rules);
    expectRefused("UNSUPPORTED_COMPRESSION_TYPE", zstd, { allowsZstd: false });
  });
});

describe("the records", () => {
  it("must be as many as the header says", () => {
    for (const compression of compressionNames) {
      for (const count of [2, 4]) {
        const bytes = changed(made({ compression }), (made) => {
          writeInt32(made, 57, count);
          writeInt32(made, 23, count - 1);
        });
        expectRefused("INVALID_RECORD", bytes);
        expect(validateProduced(bytes, { ...rules, mode: "header" }).recordCount).toBe(count);
      }
    }
  });

  it("must have consecutive offsets", () => {
    const gap = records(3).map((one, index) => ({ ...one, offsetDelta: index === 2 ? 3 : index }));
    const bytes = changed(made({ records: gap }), (made) => writeInt32(made, 23, 2));
    const refused = refusal(bytes);
    expect(refused).toBeInstanceOf(RecordRefused);
    expect(refused).toMatchObject({ errorName: "INVALID_RECORD", recordIndex: 2 });
  });

  it("need keys where the topic is compacted", () => {
    const keyless = records(3).map((one, index) => (index === 1 ? { ...one, key: null } : one));
    validateProduced(made({ records: keyless }), rules);
    const refused = refusal(made({ records: keyless }), { needsKeys: true });
    expect(refused).toMatchObject({ errorName: "INVALID_RECORD", recordIndex: 1 });
  });

  it("must be decompressible within the bound", () => {
    const bytes = changed(made({ compression: "gzip" }), (made) => made.fill(0xaa, 61));
    expectRefused("CORRUPT_MESSAGE", bytes);
  });

  it("are refused with a code, whatever is wrong with their bytes", () => {
    const whole = made({ records: records(10) });
    const writes = fc.array(fc.tuple(fc.integer({ min: 21, max: whole.length - 1 }), fc.nat(255)), {
      minLength: 1,
      maxLength: 3,
    });
    const property = fc.property(writes, (changes) => {
      const bytes = changed(Buffer.from(whole), (made) => {
        for (const [at, byte] of changes) made[at] = byte;
      });
      try {
        validateProduced(bytes, rules);
      } catch (error) {
        expect(error, String(error)).toBeInstanceOf(BrokerError);
        return;
      }
      // What was accepted can be read, and says of itself what is so.
      const [read] = [...readBatches(bytes, codecs)];
      const times = read!.records.map(({ timestamp }) => timestamp);
      expect(read!.maxTimestamp).toBe(Math.max(...times));
    });
    fc.assert(property, { numRuns: 2000 });
  });
});

describe("timestamps", () => {
  it("must lie within the bounds", () => {
    const bounds = { timestampBeforeMaxMs: 1000, timestampAfterMaxMs: 1000 };
    validateProduced(made(), { ...rules, ...bounds });
    for (const timestamp of [nowMs - 1001, nowMs + 1001]) {
      const bytes = made({ records: [...records(2), { key: null, value: null, timestamp }] });
      expect(refusal(bytes, bounds)).toMatchObject({ errorName: "INVALID_TIMESTAMP", recordIndex: 2 });
      validateProduced(bytes, rules);
    }
    expectRefused("INVALID_TIMESTAMP", made(), { ...bounds, mode: "header", nowMs: nowMs - 2000 });
  });

  it("of no sense are refused", () => {
    expectRefused(
      "INVALID_TIMESTAMP",
      changed(made(), (bytes) => writeInt64(bytes, 27, 2 ** 60)),
    );
    expectRefused(
      "INVALID_TIMESTAMP",
      changed(made(), (bytes) => writeInt64(bytes, 27, -50)),
    );
  });

  it("have their largest corrected, and the checksum with it", () => {
    const times = [nowMs + 5, nowMs + 90, nowMs + 7];
    const mixed = times.map((timestamp) => ({ key: null, value: null, timestamp }));
    for (const compression of compressionNames) {
      const bytes = changed(made({ records: mixed, compression }), (made) => writeInt64(made, 35, 12));
      const facts = validateProduced(bytes, rules);
      expect(facts).toEqual({ recordCount: 3, maxTimestamp: nowMs + 90, maxTimestampOffsetDelta: 1 });
      expect(batch.maxTimestamp(bytes, 0)).toBe(nowMs + 90);
      expect(verifyCrc(bytes, 0, codecs)).toBe(true);
    }
  });

  it("become the append time where the topic says so", () => {
    for (const mode of ["full", "header"] as const) {
      const bytes = made({ compression: "lz4" });
      const facts = validateProduced(bytes, { ...rules, mode, timestampType: "logAppendTime", nowMs: 77 });
      expect(facts).toEqual({ recordCount: 3, maxTimestamp: 77, maxTimestampOffsetDelta: 2 });
      expect(batch.isLogAppendTime(bytes, 0)).toBe(true);
      const [read] = [...readBatches(bytes, codecs)];
      expect(read!.records.map(({ timestamp }) => timestamp)).toEqual([77, 77, 77]);
    }
  });
});
