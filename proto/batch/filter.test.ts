// test: batches with records left out: what stays is as it was, in every compression.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { realCodecs as codecs } from "../../base/real/codecs.ts";
import { buildBatch } from "./build.ts";
import { compressionNames } from "./compression.ts";
import { BatchFilter, emptiedBatch } from "./filter.ts";
import { batch } from "./header.ts";
import { batchFacts, readRecords } from "./read.ts";
import { verifyCrc } from "./walk.ts";

const part = fc.option(fc.uint8Array({ maxLength: 40 }), { nil: null });
const record = fc.record({
  key: part,
  value: part,
  timestamp: fc.integer({ min: 0, max: 2 ** 45 }),
  headers: fc.array(fc.record({ key: fc.string({ maxLength: 5 }), value: part }), { maxLength: 2 }),
  keeps: fc.boolean(),
});
const made = fc.record({
  records: fc.array(record, { minLength: 1, maxLength: 20 }),
  compression: fc.constantFrom(...compressionNames),
  timestampType: fc.constantFrom("createTime" as const, "logAppendTime" as const),
  horizonMs: fc.option(fc.integer({ min: 0, max: 2 ** 46 }), { nil: null }),
});

function filtered(bytes: Uint8Array, keeps: readonly boolean[], horizonMs: number | null): Uint8Array {
  const filter = new BatchFilter(bytes, 3, codecs);
  let index = 0;
  filter.run(() => keeps[index++]!);
  return filter.result(horizonMs);
}

describe("a batch with records left out", () => {
  it("holds those that were kept, at their offsets and times, and says the same of itself", () => {
    fc.assert(
      fc.property(made, ({ records, compression, timestampType, horizonMs }) => {
        const whole = buildBatch({
          ...{ records, compression, timestampType, codecs, baseOffset: 1_000, leaderEpoch: 7 },
          ...{ producerId: 5, producerEpoch: 2, baseSequence: 9, isTransactional: true },
        });
        const bytes = Uint8Array.from([1, 2, 3, ...whole]);
        const keeps = records.map(({ keeps: one }) => one);
        if (!keeps.includes(true)) keeps[0] = true;
        const left = filtered(bytes, keeps, horizonMs);
        expect(verifyCrc(left, 0, codecs)).toBe(true);
        const before = readRecords(bytes, 3, codecs).filter((_, index) => keeps[index]);
        const isAppendTime = timestampType === "logAppendTime";
        expect(readRecords(left, 0, codecs)).toEqual(before);
        const { byteLength, recordCount, maxTimestamp, ...facts } = batchFacts(whole, 0);
        const latest = isAppendTime ? maxTimestamp : Math.max(...before.map(({ timestamp }) => timestamp));
        expect(batchFacts(left, 0)).toMatchObject({
          ...facts,
          maxTimestamp: latest,
          recordCount: before.length,
        });
        expect(batch.hasDeleteHorizon(left, 0)).toBe(horizonMs !== null);
        if (horizonMs !== null) expect(batch.baseTimestamp(left, 0)).toBe(horizonMs);
        // And once more, of what was filtered before.
        const again = filtered(
          Uint8Array.from([1, 2, 3, ...left]),
          before.map((_, index) => index === 0),
          null,
        );
        expect(readRecords(again, 0, codecs)).toEqual(before.slice(0, 1));
        expect(batch.hasDeleteHorizon(again, 0)).toBe(horizonMs !== null);
      }),
      { numRuns: 300 },
    );
  });

  it("is the same bytes when nothing goes", () => {
    const records = [{ key: null, value: Buffer.from("v"), timestamp: 5 }];
    const bytes = Uint8Array.from([1, 2, 3, ...buildBatch({ records, compression: "zstd", codecs })]);
    expect(filtered(bytes, [true], null).buffer).toBe(bytes.buffer);
  });

  it("can be empty, and keeps its offsets, sequence and latest time", () => {
    const records = [3, 9].map((timestamp) => ({ key: null, value: Buffer.from("v"), timestamp }));
    const producer = { producerId: 5, producerEpoch: 2, baseSequence: 9 };
    const whole = buildBatch({
      records,
      compression: "gzip",
      codecs,
      baseOffset: 40,
      leaderEpoch: 3,
      ...producer,
    });
    const before = whole.slice();
    const left = emptiedBatch(whole, 0, codecs);
    expect(whole).toEqual(before);
    expect(left.length).toBe(61);
    expect(verifyCrc(left, 0, codecs)).toBe(true);
    expect(readRecords(left, 0, codecs)).toEqual([]);
    const facts = { baseOffset: 40, lastOffset: 41, leaderEpoch: 3, maxTimestamp: 9, recordCount: 0 };
    expect(batchFacts(left, 0)).toMatchObject({ ...facts, ...producer, compression: "none" });
  });
});
