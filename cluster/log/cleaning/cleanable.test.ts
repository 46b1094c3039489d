// test: which part of a log can be cleaned and when it is worth it; which segments become one; how fast.
import { describe, expect, it } from "vitest";
import { cleanableOf, groupSegments, isWorthIt } from "./cleanable.ts";
import { RateLimit } from "./rate-limit.ts";

const nowMs = 100_000;
/** Five of 100 bytes and ten offsets, a second apart; the last is written to. */
const segments = [0, 1, 2, 3, 4].map((n) => ({
  ...{ baseOffset: 10 * n, end: 10 * n + 10, size: 100 },
  ...{ firstTimestamp: nowMs - 5_000 + 1_000 * n, maxTimestamp: nowMs - 4_500 + 1_000 * n },
}));
const policy = { minDirtyRatio: 0.5, minLagMs: 0, maxLagMs: 1e9, deleteRetentionMs: 0 };
const log = { segments, start: 0, stableEnd: 50, cleanedEnd: 0, nowMs };

describe("what can be cleaned", () => {
  it("is dirty, committed, old enough, and not written to", () => {
    expect(cleanableOf(log, policy)).toMatchObject({
      firstDirty: 0,
      end: 40,
      dirtyBytes: 400,
      dirtyRatio: 1,
    });
    expect(cleanableOf({ ...log, stableEnd: 39 }, policy).end).toBe(30);
    expect(cleanableOf(log, { ...policy, minLagMs: 3_000 }).end).toBe(20);
    expect(cleanableOf({ ...log, stableEnd: 5 }, policy)).toMatchObject({ end: 0, dirtyRatio: 0 });
  });

  it("begins where cleaning ended, as far as that can be", () => {
    const { firstDirty, cleanBytes, dirtyBytes } = cleanableOf({ ...log, cleanedEnd: 30 }, policy);
    expect([firstDirty, cleanBytes, dirtyBytes]).toEqual([30, 300, 100]);
    expect(cleanableOf({ ...log, cleanedEnd: 60 }, policy).firstDirty).toBe(0);
    expect(cleanableOf({ ...log, cleanedEnd: 10, start: 15 }, policy).firstDirty).toBe(15);
    // A pass that ended within a segment for want of memory.
    expect(cleanableOf({ ...log, cleanedEnd: 33 }, policy)).toMatchObject({ end: 40, dirtyBytes: 100 });
    expect(cleanableOf({ ...log, cleanedEnd: 40 }, policy)).toMatchObject({ end: 40, dirtyBytes: 0 });
  });

  it("is worth it when enough is dirty, or has waited too long", () => {
    const worth = (cleanedEnd: number, more = {}): boolean => {
      const all = { ...policy, ...more };
      return isWorthIt(cleanableOf({ ...log, cleanedEnd }, all), all);
    };
    expect([worth(0), worth(10), worth(20), worth(30)]).toEqual([true, true, false, false]);
    expect(worth(30, { maxLagMs: 1_999 })).toBe(true);
    expect(worth(30, { maxLagMs: 2_000 })).toBe(false);
    expect(worth(40, { maxLagMs: 0 })).toBe(false);
  });
});

describe("segments that become one", () => {
  const sized = segments.map((one) => ({ ...one, indexBytes: 12 }));
  const limits = { segmentBytes: 250, indexBytesMax: 1_000 };
  const counts = (more = {}, all = sized): number[] =>
    groupSegments(all, { ...limits, ...more }).map(({ length }) => length);

  it("fit by bytes, by index and by offsets", () => {
    expect(counts()).toEqual([2, 2, 1]);
    expect(counts({ segmentBytes: 1_000 })).toEqual([5]);
    expect(counts({ segmentBytes: 1_000, indexBytesMax: 36 })).toEqual([3, 2]);
    expect(counts({ segmentBytes: 10 })).toEqual([1, 1, 1, 1, 1]);
    const far = [...sized.slice(0, 2), { ...sized[2]!, end: 2 ** 31 + 5 }];
    expect(counts({ segmentBytes: 1_000 }, far)).toEqual([2, 1]);
    expect(counts({}, [])).toEqual([]);
  });
});

describe("the rate of cleaning", () => {
  it("is kept over time, with a little that is saved up", () => {
    const limit = new RateLimit(1_000);
    expect(limit.delayMs(100, 0)).toBe(0);
    expect(limit.delayMs(100, 0)).toBe(100);
    expect(limit.delayMs(100, 150)).toBe(50);
    expect(limit.delayMs(100, 10_000)).toBe(0);
    expect(limit.delayMs(1_000, 10_000)).toBe(1_000);
    expect(new RateLimit(0).delayMs(1e9, 0)).toBe(0);
  });
});
