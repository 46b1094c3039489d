// test: a short soak; `npm run soak -- --minutes 30` is the long one.
import { describe, expect, it } from "vitest";
import { runSoak } from "./run.ts";

const minutes = Number(process.env.OTTLA_SOAK_MINUTES ?? 0.7);

describe("mixed load under kills, pauses and one-way cuts", () => {
  it(`${minutes} minutes: nothing acknowledged is lost, twice or out of order`, {
    timeout: minutes * 60_000 + 300_000,
  }, async () => {
    const verdict = await runSoak({
      minutes,
      seed: 9,
      perSecond: 300,
      troubleEveryMs: 7_000,
      warmUpMinutes: Math.min(10, minutes / 3),
      onRow: () => {},
    });
    expect(verdict).toMatchObject({ missing: [], died: [], holds: true });
    expect(Math.min(...Object.values(verdict.troubles))).toBeGreaterThan(0);
    expect(verdict.acknowledged).toBeGreaterThan(minutes * 60 * 100);
  });
});
