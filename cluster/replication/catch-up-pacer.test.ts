// test: how fast replicas that are far behind are given what they lack.
import { describe, expect, it } from "vitest";
import { limits } from "../../base/limits.ts";
import { CatchUpPacer } from "./catch-up-pacer.ts";

const piece = 256 * 1_024;
const { catchUpBytesPerSecondMin: least, catchUpBytesPerSecondStart: start } = limits;

/** Writers at work, and a copy that takes all it may; answers bytes copied a second. */
function run(
  pacer: CatchUpPacer,
  at: {
    fromMs: number;
    forMs: number;
    waitMs: (bytesPerSecond: number) => number;
    copies: boolean;
    writes?: number;
  },
): number {
  let copied = 0;
  for (let nowMs = at.fromMs; nowMs < at.fromMs + at.forMs; nowMs++) {
    pacer.wrote(at.writes ?? 1_000, nowMs);
    pacer.committed(at.waitMs(pacer.bytesPerSecond), nowMs);
    while (at.copies && pacer.delayMs(nowMs) === 0) {
      pacer.sent(piece);
      copied += piece;
    }
  }
  return (copied * 1_000) / at.forMs;
}

describe("copying to replicas that are behind", () => {
  it("has no limit while nobody writes", () => {
    const pacer = new CatchUpPacer();
    for (let count = 0; count < 1_000; count++) {
      expect(pacer.delayMs(count)).toBe(0);
      pacer.sent(piece);
    }
    pacer.wrote(1_000, 1_000);
    let copied = 0;
    for (; pacer.delayMs(1_000) === 0; copied += piece) pacer.sent(piece);
    expect(copied).toBeLessThan(start / 5);
    expect(pacer.delayMs(1_300)).toBe(0);
  });

  it("keeps to its rate, and says how long to wait", () => {
    const pacer = new CatchUpPacer();
    const rate = run(pacer, { fromMs: 0, forMs: 90, waitMs: () => 5, copies: true });
    expect(rate).toBeGreaterThan(0.8 * start);
    expect(rate).toBeLessThan(1.3 * start);
    expect(pacer.delayMs(90)).toBeLessThan(20);
  });

  it("slows down while writers wait longer than usual, and never stops", () => {
    const pacer = new CatchUpPacer();
    run(pacer, { fromMs: 0, forMs: 2_000, waitMs: () => 5, copies: false });
    run(pacer, { fromMs: 2_000, forMs: 5_000, waitMs: () => 50, copies: true });
    expect(pacer.bytesPerSecond).toBe(least);
    expect(run(pacer, { fromMs: 7_000, forMs: 1_000, waitMs: () => 50, copies: true })).toBeGreaterThan(
      least / 2,
    );
  });

  it("finds the rate from which on writers wait longer", () => {
    const pacer = new CatchUpPacer();
    const waitMs = (bytesPerSecond: number): number => (bytesPerSecond > 2 * start ? 40 : 5);
    run(pacer, { fromMs: 0, forMs: 2_000, waitMs, copies: false });
    const rate = run(pacer, { fromMs: 2_000, forMs: 10_000, waitMs, copies: true });
    expect(rate).toBeGreaterThan(start);
    expect(rate).toBeLessThan(3 * start);
  });

  it("is faster than what is written meanwhile", () => {
    const pacer = new CatchUpPacer();
    const writes = 40_000;
    run(pacer, { fromMs: 0, forMs: 2_000, waitMs: () => 5, copies: false, writes });
    run(pacer, { fromMs: 2_000, forMs: 5_000, waitMs: () => 50, copies: true, writes });
    expect(pacer.bytesPerSecond).toBeGreaterThan(1.5 * writes * 1_000);
  });
});
