// test: each planted bug is caught by a seed that was recorded for it, and the same seed finds nothing else.
import { describe, expect, it } from "vitest";
import { readMutants, replay } from "./mutants.ts";
import { runSeeds } from "./runner.ts";

const mutants = readMutants();

describe("planted bugs", () => {
  it("are eight at least", () => {
    expect(mutants.length).toBeGreaterThanOrEqual(8);
  });

  for (const mutant of mutants) {
    it(`${mutant.name}: ${mutant.bug}`, { timeout: 240_000 }, async () => {
      const caught = await replay(mutant);
      expect(caught?.failure?.invariant, "seek anew: npm run sim -- --hunt --only NAME").toBeDefined();
      // The same seed finds nothing in the tree as it is.
      const [sound] = await runSeeds({ seeds: [caught!.seed], jobs: 1 });
      expect(sound?.failure ?? null).toBeNull();
    });
  }
});
