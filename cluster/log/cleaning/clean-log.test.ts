// test: compaction of a log: what is left, what is not touched, and what a crash at any operation leaves.
import { describe, expect, it } from "vitest";
import { cutModes } from "../../../base/virtual/file-content.ts";
import { batch } from "../../../proto/batch/header.ts";
import { walkBatches } from "../../../proto/batch/walk.ts";
import { CompactionModel } from "../../../test/log/compaction-model.ts";
import { key } from "../../../test/log/log-model.ts";
import { lookAt } from "./clean-log.ts";

async function stage(options: Partial<ConstructorParameters<typeof CompactionModel>[0]> = {}) {
  const model = new CompactionModel({ seed: 1, ...options });
  await model.open();
  return model;
}

function batchesOf({ log }: CompactionModel) {
  const all: { base: number; end: number; count: number; horizon: boolean }[] = [];
  for (let from = log.startOffset; from < log.end; from = all.at(-1)!.end) {
    const bytes = log.read({ from, upTo: log.end, maxBytes: 1e6, minOneBatch: true });
    for (const { at } of walkBatches(bytes))
      all.push({
        base: batch.baseOffset(bytes, at),
        end: batch.nextOffset(bytes, at),
        count: batch.recordCount(bytes, at),
        horizon: batch.hasDeleteHorizon(bytes, at),
      });
  }
  return all;
}

describe("compaction of a log", () => {
  it("keeps the last value of each key at its offset, and little else", async () => {
    const model = await stage();
    model.append(200);
    await model.settle();
    const before = model.log.sizeBytes;
    const report = await model.runClean();
    expect(report.outcome).toBe("done");
    expect(report.cleanedEnd).toBe(model.log.segments.at(-1)!.baseOffset);
    model.check(model.written.length);
    model.checkIsClean();
    expect(model.log.sizeBytes).toBeLessThan(before / 4);
    expect(report.bytesBefore - report.bytesAfter).toBe(before - model.log.sizeBytes);
    // The same again once more was written; what was cleaned is not in the way.
    model.append(100);
    await model.settle();
    expect((await model.runClean()).outcome).toBe("done");
    model.check(model.written.length);
    model.checkIsClean();
  });

  it("leaves segments that go on where the one before ends", async () => {
    const model = await stage();
    model.append(300);
    await model.settle();
    await model.runClean();
    const { segments } = model.log;
    for (const [at, { end }] of segments.slice(0, -1).entries())
      expect(segments[at + 1]!.baseOffset).toBe(end);
  });

  it("touches nothing that is not committed, is too young, or is written to", async () => {
    const model = await stage({ policy: { minLagMs: 10_000 } });
    model.append(100);
    await model.world.runFor(100);
    expect(lookAt(model.log, model.policy).dirtyBytes).toBe(0);
    await model.settle();
    expect(lookAt(model.log, model.policy).dirtyBytes).toBe(0);
    await model.world.runFor(20_000);
    const { end, dirtyBytes, dirtyRatio } = lookAt(model.log, model.policy);
    expect(end).toBe(model.log.segments.at(-1)!.baseOffset);
    expect([dirtyBytes > 0, dirtyRatio]).toEqual([true, 1]);
    model.append(100);
    expect(lookAt(model.log, model.policy).end).toBe(end);
  });

  it("keeps tombstones until their time is over, and then lets them go", async () => {
    const model = await stage({ policy: { deleteRetentionMs: 5_000 } });
    model.append(100);
    await model.settle();
    await model.runClean();
    const tombstones = () => [...model.read().values()].filter(({ value }) => value === null).length;
    expect(tombstones()).toBeGreaterThan(0);
    expect(batchesOf(model).some(({ horizon }) => horizon)).toBe(true);
    model.append(20, 1);
    await model.settle();
    await model.runClean();
    model.check(model.written.length);
    await model.world.runFor(6_000);
    model.append(60, 1);
    await model.settle();
    const report = await model.runClean();
    expect(report.stats.tombstonesGone).toBeGreaterThan(0);
    model.check(model.written.length);
    const below = [...model.read()].filter(([offset, one]) => one.value === null && offset < 100);
    expect(below).toEqual([]);
  });

  it("cleans in several passes what does not fit into its memory", async () => {
    const model = await stage({ mapBytes: 24 * 6 });
    model.append(300, 50);
    await model.settle();
    const { end } = lookAt(model.log, model.policy);
    let passes = 0;
    for (; model.log.folder.cleanedEnd < end; passes++) {
      const before = model.log.folder.cleanedEnd;
      expect((await model.runClean()).cleanedEnd).toBeGreaterThan(before);
      model.check(model.written.length);
    }
    expect(passes).toBeGreaterThan(3);
  });

  it("still knows every producer, and takes its next batch, after a cut and after a start", async () => {
    const model = await stage();
    model.append(200);
    await model.settle();
    await model.runClean();
    await model.crash("lost");
    model.append(50);
    await model.settle();
    model.log.truncateTo(model.log.end - 3);
    model.check(model.log.end);
    model.append(1, 1);
  });

  it("cuts into a gap where the batch before it ends, and finds the same after a crash", async () => {
    for (let seed = 1; seed < 12; seed++) {
      const model = await stage({ seed });
      model.append(100);
      await model.settle();
      await model.runClean();
      const all = batchesOf(model);
      const gap = all.findIndex(({ base }, at) => at > 0 && base > all[at - 1]!.end);
      expect(gap).toBeGreaterThan(0);
      model.log.truncateTo(all[gap]!.base - 1);
      expect(model.log.end).toBe(all[gap - 1]!.end);
      expect(model.log.folder.cleanedEnd).toBe(model.log.end);
      const { end } = model.log;
      await model.world.runFor(2_000);
      await model.crash("lost");
      expect(model.log.end).toBe(end);
    }
  });

  it("can be copied by a follower, gaps and all, which finds the same after a crash", async () => {
    const leader = await stage();
    leader.append(200);
    await leader.settle();
    await leader.runClean();
    const follower = await stage({ seed: 2 });
    for (let from = 0; from < leader.log.end; from = follower.log.end) {
      const bytes = leader.log.read({ from, upTo: leader.log.end, maxBytes: 900, minOneBatch: true });
      follower.log.appendAsFollower(bytes);
    }
    follower.written = [...leader.written];
    await follower.settle();
    const offsets = [...leader.read().keys()];
    expect([...follower.read().keys()]).toEqual(offsets);
    await follower.crash("lost");
    expect([...follower.read().keys()]).toEqual(offsets);
    expect(follower.log.end).toBe(leader.log.end);
    // An epoch begins no later than with the leader, or what was cut elsewhere could be taken for its own.
    for (let epoch = 1; epoch <= leader.log.lastEpoch; epoch++) {
      const [ours, its] = [follower.log.endOfEpoch(epoch), leader.log.endOfEpoch(epoch)];
      if (ours.epoch === epoch) expect(ours.end).toBeLessThanOrEqual(its.end);
    }
    await follower.settle();
    await follower.runClean();
    follower.check(leader.log.end);
  });

  it("gives up when the log loses segments meanwhile, and does it the next time", async () => {
    const model = await stage();
    model.append(200);
    await model.settle();
    const cleaning = model.clean();
    await model.world.runFor(2);
    model.log.raiseStart(model.log.segments[2]!.baseOffset);
    expect((await model.world.run(cleaning, { withinMs: 10_000 })).outcome).toBe("changed");
    expect(model.log.folder.cleanedEnd).toBe(0);
    model.check(model.log.end);
    expect((await model.runClean()).outcome).toBe("done");
    model.check(model.log.end);
    const names = model.directory.env.disk.list("/data/flights-0");
    expect(names.filter((name) => name.endsWith(".cleaned"))).toEqual([]);
  });

  it("marks nothing as clean of a log that was deleted or cut while nothing was found to clean", async () => {
    for (const what of ["deleted", "cut"] as const) {
      let marked = 0;
      for (let afterMs = 1; ; afterMs++) {
        const model = await stage();
        // All keys differ: what is rewritten is what was there.
        model.append(60, 1e9);
        await model.settle();
        const cleaning = model.clean();
        let isOver = false;
        void cleaning.then(() => (isOver = true));
        await model.world.runFor(afterMs);
        if (isOver) break;
        const [first] = model.log.segments;
        if (what === "deleted") model.directory.deleteLog(key);
        else model.log.truncateTo(first!.end);
        expect((await model.world.run(cleaning, { withinMs: 10_000 })).outcome).toBe("changed");
        if (what === "deleted") expect(model.directory.offsets.get("cleaner", "flights-0")).toBe(0);
        else expect(model.log.folder.cleanedEnd).toBeLessThanOrEqual(first!.end);
        marked++;
      }
      expect(marked).toBeGreaterThan(3);
    }
  });

  it("is the same after every crash, at whatever operation, whatever of it lasts", {
    timeout: 240_000,
  }, async () => {
    let crashes = 0;
    for (let seed = 1; seed <= 3; seed++) {
      for (let at = 1; ; at++) {
        const model = await stage({ seed: 100 * seed, policy: { deleteRetentionMs: 0 } });
        model.append(60);
        await model.settle();
        await model.runClean();
        await model.world.runFor(20);
        model.append(60);
        await model.settle();
        // One at least lasts of what it will clean away.
        const { end } = model.log;
        const mode = cutModes[at % cutModes.length]!;
        let left = at;
        let isOver = false;
        model.onChange = () => {
          if (--left === 0) model.node.crash({ kind: "power", cutMode: mode });
        };
        model.clean().then(
          () => (isOver = true),
          () => {},
        );
        await model.world.runFor(400);
        if (isOver && left > 0) break;
        crashes++;
        await model.open();
        model.onChange = () => {};
        model.check(end);
        await model.settle();
        expect((await model.runClean()).outcome).toBe("done");
        model.check(end);
        model.append(5);
        await model.settle();
        await model.crash("lost");
        model.check(end);
      }
    }
    expect(crashes).toBeGreaterThan(60);
  });

  it("keeps its mark of what is clean where it can be trusted", async () => {
    const model = await stage();
    model.append(100);
    await model.settle();
    const { cleanedEnd } = await model.runClean();
    await model.world.runFor(2_000);
    await model.crash("lost");
    expect(model.log.folder.cleanedEnd).toBe(cleanedEnd);
    model.directory.deleteLog(key);
    expect(model.directory.offsets.get("cleaner", "flights-0")).toBe(0);
  });
});
