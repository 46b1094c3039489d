// test: what is kept of batches: values, tombstones, records without a key, transactions and their marks,
// producers.
import { describe, expect, it } from "vitest";
import { realCodecs as codecs } from "../../../base/real/codecs.ts";
import { buildBatch } from "../../../proto/batch/build.ts";
import { buildEndTransactionMarker } from "../../../proto/batch/control.ts";
import { batch } from "../../../proto/batch/header.ts";
import { readRecords } from "../../../proto/batch/read.ts";
import { type ActiveProducer, BatchKeeping } from "./batch-keeping.ts";
import { OffsetMap } from "./offset-map.ts";
import { markOf, TransactionScan } from "./transactions.ts";

const secret = [1, 2, 3, 4] as const;
type Pair = readonly [key: string | null, value: string | null];

function data(baseOffset: number, pairs: readonly Pair[], producerId = -1, isTransactional = false) {
  const records = pairs.map(([key, value]) => ({
    key: key === null ? null : Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
    timestamp: 10,
  }));
  const sequence = producerId < 0 ? {} : { producerEpoch: 0, baseSequence: baseOffset };
  return buildBatch({ records, codecs, baseOffset, producerId, isTransactional, ...sequence });
}

function mark(baseOffset: number, producerId: number, isCommit: boolean): Uint8Array {
  const about = { producerId, producerEpoch: 0, coordinatorEpoch: 0, timestamp: 10 };
  return buildEndTransactionMarker({ ...about, isCommit, baseOffset, codecs });
}

/** One pass, as the cleaner goes about it. */
function clean(
  batches: readonly Uint8Array[],
  at: { nowMs: number; mapEnd?: number; firstDirty?: number; producers?: ActiveProducer[] },
): { left: Uint8Array[]; keeping: BatchKeeping } {
  const { nowMs, producers = [], firstDirty = 0 } = at;
  const transactions = new TransactionScan();
  for (const one of batches) {
    if (batch.baseOffset(one, 0) < firstDirty) continue;
    transactions.note(one, 0, batch.isControl(one, 0) ? markOf(readRecords(one, 0, codecs)) : null);
  }
  const map = new OffsetMap({ bytes: 1e5, keysMax: 1e3, secret });
  const { mapEnd = Number.MAX_SAFE_INTEGER } = at;
  for (const one of batches) {
    if (batch.isControl(one, 0) || transactions.isAborted(one, 0)) continue;
    for (const { key, offset } of readRecords(one, 0, codecs))
      if (key !== null && offset < mapEnd && offset >= firstDirty) map.put(key, 0, key.length, offset);
  }
  const about = { map, mapEnd, transactions, producers, nowMs, deleteRetentionMs: 100, codecs };
  const keeping = new BatchKeeping(about);
  const left = batches.map((one) => keeping.keep(one, 0, false)?.slice()).filter((one) => one !== undefined);
  return { left, keeping };
}

function textOf(batches: readonly Uint8Array[]): string[] {
  const text = (part: Uint8Array | null): string => (part === null ? "null" : Buffer.from(part).toString());
  return batches.flatMap((one) =>
    batch.isControl(one, 0)
      ? [`mark@${batch.baseOffset(one, 0)}`]
      : readRecords(one, 0, codecs).map(({ offset, key, value }) => `${offset} ${text(key)}=${text(value)}`),
  );
}

describe("what compaction keeps", () => {
  it("is the last value of a key, and all that is not in the map", () => {
    const batches = [
      data(0, [
        ["a", "1"],
        ["b", "1"],
      ]),
      data(2, [["a", "2"]]),
      data(3, [
        ["b", "2"],
        ["a", "3"],
      ]),
    ];
    expect(textOf(clean(batches, { nowMs: 1_000 }).left)).toEqual(["3 b=2", "4 a=3"]);
    expect(textOf(clean(batches, { nowMs: 1_000, mapEnd: 3 }).left)).toEqual([
      "1 b=1",
      "2 a=2",
      "3 b=2",
      "4 a=3",
    ]);
  });

  it("is no record without a key", () => {
    const { left, keeping } = clean(
      [
        data(0, [
          [null, "1"],
          ["a", "1"],
        ]),
      ],
      { nowMs: 1_000 },
    );
    expect(textOf(left)).toEqual(["1 a=1"]);
    expect(keeping.stats.withoutKey).toBe(1);
  });

  it("is a tombstone for as long as was set, from when it was seen first", () => {
    const first = clean(
      [
        data(0, [
          ["a", "1"],
          ["a", null],
        ]),
      ],
      { nowMs: 1_000 },
    );
    expect(textOf(first.left)).toEqual(["1 a=null"]);
    expect(batch.baseTimestamp(first.left[0]!, 0)).toBe(1_100);
    const before = clean(first.left, { nowMs: 1_099 });
    expect(textOf(before.left)).toEqual(["1 a=null"]);
    const { left, keeping } = clean(before.left, { nowMs: 1_100 });
    expect(left).toEqual([]);
    expect(keeping.stats.tombstonesGone).toBe(1);
  });

  it("is an empty batch where the producer's last one was", () => {
    const batches = [data(0, [["a", "1"]], 7), data(1, [["a", "2"]], 7), data(2, [["a", "3"]], 8)];
    const producers = [{ id: 7, epoch: 0, lastOffset: 1 }];
    const { left } = clean(batches, { nowMs: 1_000, producers });
    expect(left.map((one) => [batch.baseOffset(one, 0), batch.recordCount(one, 0)])).toEqual([
      [1, 0],
      [2, 1],
    ]);
    expect(batch.baseSequence(left[0]!, 0)).toBe(1);
    // Nothing more happens to it until the producer has gone on, or away.
    expect(clean(left, { nowMs: 2_000, producers }).left.length).toBe(2);
    expect(clean(left, { nowMs: 2_000 }).left.length).toBe(1);
  });

  it("is nothing of what was aborted, and the mark for as long as there was data", () => {
    const batches = [
      data(0, [["a", "1"]]),
      data(1, [["a", "2"]], 7, true),
      data(2, [["b", "1"]], 8, true),
      mark(3, 7, false),
      mark(4, 8, true),
      data(5, [["b", "2"]]),
    ];
    const first = clean(batches, { nowMs: 1_000 });
    expect(textOf(first.left)).toEqual(["0 a=1", "mark@3", "mark@4", "5 b=2"]);
    expect(first.left.some((one) => batch.hasDeleteHorizon(one, 0))).toBe(false);
    const second = clean(first.left, { nowMs: 2_000 });
    expect(textOf(second.left)).toEqual(["0 a=1", "mark@3", "mark@4", "5 b=2"]);
    expect(batch.baseTimestamp(second.left[1]!, 0)).toBe(2_100);
    expect(textOf(clean(second.left, { nowMs: 2_099 }).left).length).toBe(4);
    expect(textOf(clean(second.left, { nowMs: 2_100 }).left)).toEqual(["0 a=1", "5 b=2"]);
  });

  it("is the mark of a transaction of which there is still data", () => {
    const batches = [data(0, [["a", "1"]], 7, true), mark(1, 7, true)];
    for (let nowMs = 1_000, left = batches as Uint8Array[]; nowMs < 5_000; nowMs += 1_000) {
      ({ left } = clean(left, { nowMs }));
      expect(textOf(left)).toEqual(["0 a=1", "mark@1"]);
    }
  });

  it("is the mark of a producer that has nothing else and may write again", () => {
    const producers = [{ id: 7, epoch: 0, lastOffset: -1 }];
    const { left } = clean([mark(0, 7, true)], { nowMs: 1_000, producers });
    const again = clean(left, { nowMs: 5_000, producers }).left;
    expect(again.map((one) => batch.recordCount(one, 0))).toEqual([0]);
  });

  it("ends before the first transaction that is open", () => {
    const scan = new TransactionScan();
    scan.note(data(0, [["a", "1"]], 7, true), 0, null);
    scan.note(data(1, [["a", "1"]], 8, true), 0, null);
    scan.note(mark(2, 7, true), 0, "commit");
    expect(scan.decidedEnd(10)).toBe(1);
    scan.note(mark(3, 8, false), 0, "abort");
    expect(scan.decidedEnd(10)).toBe(10);
  });
});
