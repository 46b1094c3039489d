// test: seeds that found a bug once, kept.
import { describe, expect, it } from "vitest";
import { runSeeds } from "./runner.ts";

/**
 * Seeds that found something, and what. Code moves on, and then a seed is a run like any other; it costs
 * little.
 */
const seeds: Readonly<Record<string, string>> = {
  "42": "what a failed sync left in the page cache was believed to be on disk by the next process",
  "43": "the same, and the replica stayed in the in-sync set",
  "b-151": "a term that was read at the start did not last yet, and was relied on",
  "b-195": "a process that died before it had registered hid from the next that the machine had restarted",
  "mwtnxbu695-139":
    "a topic made while most brokers were on their way out had one in-sync replica, whose disk was lost",
  "mwtslxlucj-14": "a node whose second disk had failed did not stop in order",
  "mwtt2md245-53":
    "a record of a deposed leader stayed where the new one had removed its own, with the epochs that tell",
  "mwtvcjq2gu-51": "a node did not start because a full disk had no room to remove an old snapshot",
  "mwtvcjq2gu-93": "a new leader said that what another had committed was outside its log",
  "mwtwd7f27x-181":
    "a log that began anew elsewhere was taken back with what it held before, and lost what came since",
  "mwtx4x3en8-38": "a log directory that failed under a read of one partition ended the process of a leader",
  "b3d7bfb83f9e-55": "a voter removed while it was away never asked the leader that its log did not name",
  "mwuafwj9ok-1538":
    "a replica joined that held, just below the start of its leader's log, what others had cut",
  "mwucy3wdk1-1938": "a batch that was there twice was told from a new one by where it no longer was",
  "d3aa7ea255fa-52": "a static member was fenced by a coordinator that had never heard of its newest id",
  "b-47": "a deposed leader was believed that a consumer's position was not in the log",
};

describe("seeds that once found a bug", () => {
  it("find nothing", { timeout: 300_000 }, async () => {
    const outcomes = await runSeeds({ seeds: Object.keys(seeds), jobs: 2 });
    const failed = outcomes.filter(({ failure }) => failure !== null);
    expect(failed.map(({ seed, failure }) => `${seed}: ${failure?.invariant}: ${failure?.message}`)).toEqual(
      [],
    );
  });
});
