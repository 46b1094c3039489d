// test: which log is cleaned when, and how often one that cannot be.
import { afterEach, describe, expect, it } from "vitest";
import type { CompactionPolicy } from "../../cluster/log/cleaning/cleanable.ts";
import { CleaningTrouble } from "../../cluster/log/cleaning/cleaning-trouble.ts";
import type { CleaningJob, CleaningWork } from "../../cluster/log/cleaning/cleaning-work.ts";
import type { PartitionLog } from "../../cluster/log/partition-log.ts";
import { CompactionModel } from "../../test/log/compaction-model.ts";
import { Cleaner } from "./cleaner.ts";

const backoffMs = 1_000;
let cleaner: Cleaner | null = null;
afterEach(() => cleaner?.stop());

/** Work that is noted and then fails. */
function failing(fail: () => Error) {
  const begun: CleaningJob[] = [];
  const work: CleaningWork = {
    begin: (job) => {
      begun.push(job);
      return {
        gather: () => Promise.reject(fail()),
        rewrite: () => Promise.reject(fail()),
        end: () => {},
      };
    },
    setRate: () => {},
    stop: () => {},
  };
  return { work, begun };
}

const trouble = (kind: "full" | "unreadable" | "ended", path: string) =>
  new CleaningTrouble({ kind, path, position: 0, what: "as the test wants it" });

async function stage(batches = 60) {
  const model = new CompactionModel({ seed: 1 });
  await model.open();
  model.append(batches);
  await model.settle();
  const { node, world } = model;
  const start = (
    work: CleaningWork,
    logs: readonly PartitionLog[],
    policies: readonly CompactionPolicy[],
  ) => {
    const env = { ...model.directory.env, random: world.random, metrics: node.metrics };
    cleaner = new Cleaner({
      ...{ env, work },
      logs: () => logs.map((log, at) => ({ topicName: String(at), log })),
      policyOf: (name) => policies[Number(name)] ?? null,
      settings: () => ({ backoffMs, mapBytes: 1e6, bytesPerSecond: 0 }),
    });
  };
  return { model, start };
}

describe("the cleaner", () => {
  it.each(["full", "ended"] as const)("tries a log once a round while its pass is %s", async (kind) => {
    const { model, start } = await stage();
    const { work, begun } = failing(() => trouble(kind, model.log.segments[0]!.path));
    start(work, [model.log], [model.policy]);
    await model.world.runFor(5 * backoffMs + 500);
    expect(begun.length).toBe(5);
  });

  it("tries a log once a round that fails in a way nobody thought of", async () => {
    const { model, start } = await stage();
    const { work, begun } = failing(() => new RangeError("no such luck"));
    start(work, [model.log], [model.policy]);
    await model.world.runFor(3 * backoffMs + 500);
    expect(begun.length).toBe(3);
  });

  it("does not try again what cannot be read, and counts it", async () => {
    const { model, start } = await stage();
    const { work, begun } = failing(() => trouble("unreadable", model.log.segments[0]!.path));
    start(work, [model.log], [model.policy]);
    await model.world.runFor(5 * backoffMs + 500);
    expect(begun.length).toBe(1);
    const name = "kafka_log_logcleanermanager_uncleanable_partitions_count";
    expect(model.node.metrics.value(name)).toBe(1);
  });

  it("begins with what has waited too long, and leaves alone what is not compacted", async () => {
    const [first, second, third] = [await stage(60), await stage(100), await stage(140)];
    const { work, begun } = failing(() => trouble("ended", ""));
    const logs = [first, second, third].map(({ model }) => model.log);
    const { policy } = first.model;
    first.start(work, logs, [policy, { ...policy, maxLagMs: -1e15 }]);
    await first.model.world.runFor(backoffMs + 500);
    const closed = logs.map(({ segments }) => segments.length - 1);
    expect(new Set(closed).size).toBe(3);
    expect(begun.map(({ segments }) => segments.length)).toEqual([closed[1], closed[0]]);
  });
});
