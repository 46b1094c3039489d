// test: a sparse index against a plain list of the batches it was told of, through appends, cuts and files;
// what its files may not be.
import { describe, expect, it } from "vitest";
import { SeededRandom } from "../../base/virtual/seeded-random.ts";
import { batchHeaderBytes, writeInt32, writeInt64 } from "../../proto/batch/header.ts";
import { footerBytes, indexFileBytes, readFooter } from "./index-file.ts";
import { SegmentIndex, unsoundEntries } from "./segment-index.ts";

const baseOffset = 1_000;
const intervalBytes = 500;
/** Any function of the bytes that changes with them. */
const sum = (bytes: Uint8Array): number =>
  bytes.reduce((all, byte, at) => (all * 31 + byte + at) % 2 ** 32, 7);

interface Batch {
  offset: number;
  count: number;
  position: number;
  bytes: number;
  timestamp: number;
}

function headerOf({ offset, count, timestamp }: Batch): Uint8Array {
  const header = new Uint8Array(batchHeaderBytes);
  writeInt64(header, 0, offset);
  writeInt32(header, 23, count - 1);
  writeInt64(header, 35, timestamp);
  return header;
}

function check(index: SegmentIndex, batches: readonly Batch[], random: SeededRandom): void {
  const latest = Math.max(-1, ...batches.map(({ timestamp }) => timestamp));
  expect(index.maxTimestamp).toBe(latest);
  if (latest >= 0)
    expect(index.maxTimestampOffset).toBe(batches.find(({ timestamp }) => timestamp === latest)!.offset);
  for (let left = 20; left > 0; left--) {
    const offset = baseOffset + random.below(3_000);
    const floor = index.floor(offset);
    const holder = batches.findLast((one) => one.offset <= offset);
    // Not behind the batch, and not much before it.
    expect(floor).toBeLessThanOrEqual(holder?.position ?? 0);
    expect((holder?.position ?? 0) - floor).toBeLessThan(intervalBytes);
    const timestamp = random.below(2_000);
    const first = batches.find((one) => one.timestamp >= timestamp);
    if (first) expect(index.floorOfTimestamp(timestamp)).toBeLessThanOrEqual(first.position);
  }
}

function grow(index: SegmentIndex, batches: Batch[], random: SeededRandom): void {
  const last = batches.at(-1);
  const one = {
    offset: last ? last.offset + last.count : baseOffset,
    count: 1 + random.below(20),
    position: last ? last.position + last.bytes : 0,
    bytes: 70 + random.below(200),
    timestamp: random.chance(0.1) ? -1 : random.below(2_000),
  };
  batches.push(one);
  index.note(headerOf(one), 0, one.position);
}

describe("the index of a segment", () => {
  it.each(Array.from({ length: 20 }, (_, n) => n))("finds what a list finds, seed %i", (seed) => {
    const random = new SeededRandom(seed);
    const batches: Batch[] = [];
    let index = new SegmentIndex({ baseOffset, intervalBytes });
    for (let round = 0; round < 10; round++) {
      for (let left = random.below(30); left > 0; left--) grow(index, batches, random);
      check(index, batches, random);
      if (random.chance(0.5)) index.seal();
      if (random.chance(0.5)) {
        const { offsets, times } = index;
        const segment = { bytes: 1e6, offsets: 1e6 };
        expect(unsoundEntries(offsets, times, segment)).toBe(null);
        if (offsets.length > 0)
          expect(unsoundEntries(offsets, times, { ...segment, bytes: 0 })).toMatch(
            /behind the segment's end/,
          );
        index.seal();
        index = SegmentIndex.of({
          baseOffset,
          intervalBytes,
          offsets: offsets.slice(),
          times: index.times.slice(),
        });
        check(index, batches, random);
      }
      const kept = random.below(batches.length + 1);
      const gone = batches[kept];
      if (gone === undefined) continue;
      batches.length = kept;
      const from = index.cut(gone.position, gone.offset);
      for (const one of batches) if (one.position >= from) index.note(headerOf(one), 0, one.position);
      check(index, batches, random);
    }
  });

  it("does not believe entries that do not grow", () => {
    const index = new SegmentIndex({ baseOffset, intervalBytes: 1 });
    for (const n of [0, 1, 2])
      index.note(
        headerOf({ offset: baseOffset + n, count: 1, position: n * 70, bytes: 70, timestamp: n }),
        0,
        n * 70,
      );
    const segment = { bytes: 210, offsets: 3 };
    const { offsets, times } = index;
    expect(unsoundEntries(offsets, times, segment)).toBe(null);
    expect(unsoundEntries(offsets, times, { ...segment, offsets: 2 })).toMatch(/behind/);
    const twice = offsets.slice();
    twice.copyWithin(8, 0, 8);
    expect(unsoundEntries(twice, times, segment)).toMatch(/offset entry at 8 does not grow/);
    const back = times.slice();
    back.copyWithin(24, 0, 12);
    expect(unsoundEntries(offsets, back, segment)).toMatch(/time entry at 24 does not grow/);
  });
});

describe("an index file", () => {
  const about = { baseOffset, end: 1_020, segmentBytes: 4_000, firstTimestamp: 5, maxTimestamp: 9 };
  const file = indexFileBytes("index", new Uint8Array(16).fill(3), about, sum);
  const footer = file.subarray(16);

  it("says what it speaks for", () => {
    expect(readFooter("index", footer, file.length, sum)).toMatchObject({ ...about, entryBytes: 16 });
  });

  it("is not believed with any bit of its footer changed, cut short, or as one of another kind", () => {
    for (let bit = 0; bit < footerBytes * 8; bit++) {
      const rotten = footer.slice();
      rotten[bit >> 3]! ^= 1 << (bit & 7);
      expect(readFooter("index", rotten, file.length, sum)).toBe(null);
    }
    expect(readFooter("index", footer, file.length - 8, sum)).toBe(null);
    expect(readFooter("index", footer.subarray(1), file.length, sum)).toBe(null);
    expect(readFooter("timeindex", footer, file.length, sum)).toBe(null);
  });
});
