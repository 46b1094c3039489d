// test: whole clusters on seeds of their own for every state of the tree, and the same seed twice.
import { describe, expect, it } from "vitest";
import { reportOf } from "./report.ts";
import { runSeeds } from "./runner.ts";
import { treeSeeds } from "./tree-seeds.ts";

const seeds = 100;
const aimedSeeds = 20;

describe("the simulation of whole clusters", () => {
  it(`keeps every promise on ${seeds} seeds that were never run before`, { timeout: 900_000 }, async () => {
    const aimed = [...treeSeeds(aimedSeeds, "groups"), ...treeSeeds(aimedSeeds, "compaction")];
    const outcomes = await runSeeds({ seeds: [...treeSeeds(seeds), ...aimed], jobs: 2 });
    const { text, failures, missing } = reportOf(outcomes);
    console.log(text);
    expect(
      failures.map(({ seed, failure }) => `${seed}: ${failure?.invariant}: ${failure?.message}`),
    ).toEqual([]);
    expect(missing).toEqual([]);
  });

  it("gives the same trace for the same seed", { timeout: 120_000 }, async () => {
    const names = treeSeeds(3);
    const first = await runSeeds({ seeds: names, jobs: 1 });
    const second = await runSeeds({ seeds: names.toReversed(), jobs: 1 });
    const traces = (outcomes: typeof first): Map<string, string> =>
      new Map(outcomes.map(({ seed, trace }) => [seed, trace]));
    expect(new Map([...traces(second)].toSorted())).toEqual(new Map([...traces(first)].toSorted()));
  });
});
