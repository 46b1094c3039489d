// test: some mutated requests against a live broker; `npm run hostile` sends 100,000.
import { describe, expect, it } from "vitest";
import { runHostile } from "./run.ts";

const count = Number(process.env.OTTLA_HOSTILE_REQUESTS ?? 5_000);

describe("hostile bytes", () => {
  it(`${count} mutated requests: the broker stays up, others are served, nothing is lost`, {
    timeout: 60_000 + count * 20,
  }, async () => {
    const verdict = await runHostile({ count, seed: 7, onProgress: () => {} });
    expect(verdict).toMatchObject({ brokerDied: [], unexpected: [], intact: true, holds: true });
    expect(verdict.sent).toBe(count);
    expect(verdict.answered).toBeGreaterThan(count / 20);
    expect(verdict.closedByBroker).toBeGreaterThan(count / 20);
  });
});
