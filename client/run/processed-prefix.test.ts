// test: the processed prefix against a plain model, under every order of completion.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ProcessedPrefix } from "./processed-prefix.ts";

type Step =
  | { readonly kind: "enter"; readonly gap: number; readonly bytes: number }
  | { readonly kind: "reach"; readonly gap: number }
  | { readonly kind: "done"; readonly draw: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("enter" as const), gap: fc.nat(3), bytes: fc.nat(100) }),
  fc.record({ kind: fc.constant("reach" as const), gap: fc.nat(3) }),
  fc.record({ kind: fc.constant("done" as const), draw: fc.nat() }),
);

/** Each record as the model knows it; a record is done once it was said. */
interface Known {
  readonly offset: number;
  readonly bytes: number;
  end: number;
  isDone: boolean;
}

/** The end of what is done, as a loop over everything says it. */
function modelEnd(records: readonly Known[], reached: number | null): number | null {
  let end: number | null = null;
  for (const record of records) {
    if (!record.isDone) return end;
    end = record.end;
  }
  return reached ?? end;
}

describe("the processed prefix", () => {
  it("is what a loop over all records says, whatever the order in which they are done", () => {
    const live = (steps: readonly Step[], base: number): void => {
      const prefix = new ProcessedPrefix();
      const records: Known[] = [];
      let next = base;
      let reached: number | null = null;
      let told: number | null = null;
      for (const item of steps) {
        let moved: number | null = null;
        if (item.kind === "enter") {
          next += item.gap;
          expect(prefix.enter(next, item.bytes)).toBe(records.length);
          records.push({ offset: next, bytes: item.bytes, end: next + 1, isDone: false });
          next++;
          reached = null;
        } else if (item.kind === "reach") {
          next += item.gap;
          moved = prefix.reachTo(next);
          reached = next;
          if (records.length > 0) records.at(-1)!.end = Math.max(records.at(-1)!.end, next);
        } else if (records.length > 0) {
          const index = item.draw % records.length;
          records[index]!.isDone = true;
          moved = prefix.done(index);
        }
        const before: number | null = told;
        told = Math.max(told ?? -1, modelEnd(records, reached) ?? -1);
        if (told < 0) told = null;
        expect(prefix.end).toBe(told);
        expect(moved).toBe(told === before ? null : told);
        const open = records.findIndex((record) => !record.isDone);
        const lowest = open < 0 ? records.length : open;
        expect(prefix.lowest).toBe(lowest);
        expect(prefix.held).toBe(records.length - lowest);
        const held = records.slice(lowest);
        expect(prefix.heldBytes).toBe(held.reduce((sum, record) => sum + record.bytes, 0));
      }
    };
    fc.assert(fc.property(fc.array(step, { maxLength: 80 }), fc.nat(1000), live), { numRuns: 200 });
  });

  it("keeps near what is not done, in records and in bytes", () => {
    const prefix = new ProcessedPrefix();
    for (let offset = 0; offset < 10; offset++) prefix.enter(offset, 100);
    const near = (bounds: { records: number; bytes: number }): number[] =>
      Array.from({ length: 10 }, (_, index) => index).filter((index) => prefix.isNear(index, bounds));
    expect(near({ records: 3, bytes: 10_000 })).toEqual([0, 1, 2]);
    expect(near({ records: 100, bytes: 250 })).toEqual([0, 1, 2]);
    // However large it is, the first one may always be begun.
    expect(near({ records: 0, bytes: 0 })).toEqual([0]);
    prefix.done(1);
    expect(near({ records: 3, bytes: 10_000 })).toEqual([0, 1, 2]);
    prefix.done(0);
    expect(near({ records: 3, bytes: 10_000 })).toEqual([0, 1, 2, 3, 4]);
    expect(prefix.isNear(10, { records: 100, bytes: 10_000 })).toBe(false);
  });

  it("takes a part of the first one only, and never goes back", () => {
    const prefix = new ProcessedPrefix();
    prefix.enter(4, 1);
    prefix.enter(9, 1);
    expect(prefix.partly(1, 7)).toBe(null);
    expect(prefix.partly(0, 3)).toBe(3);
    expect(prefix.partly(0, 2)).toBe(null);
    expect(prefix.done(0)).toBe(5);
    expect(prefix.done(0)).toBe(null);
    expect(prefix.reachTo(20)).toBe(null);
    expect(prefix.done(1)).toBe(20);
    expect(prefix.done(7)).toBe(null);
    expect(prefix.reachTo(30)).toBe(30);
    expect(prefix.reachTo(25)).toBe(null);
  });

  it("forgets what it passed", () => {
    const prefix = new ProcessedPrefix();
    for (let offset = 0; offset < 10_000; offset++) {
      prefix.enter(offset, 2);
      if (offset > 0) expect(prefix.done(offset - 1)).toBe(offset);
    }
    expect([prefix.held, prefix.heldBytes, prefix.end]).toEqual([1, 2, 9_999]);
  });
});
