// test: a log that has no folder before its first write, and epochs whose file follows later: what lasts all
// the same.
import { describe, expect, it } from "vitest";
import type { VirtualNode } from "../../base/virtual/node.ts";
import { createVirtualWorld } from "../../base/virtual/world.ts";
import { buildBatch } from "../../proto/batch/build.ts";
import { BrokerError } from "../../proto/errors.ts";
import { caseBlind } from "../../test/log/case-blind-disk.ts";
import { key, logConfig, openDirectory, topicId } from "../../test/log/log-model.ts";

const config = { ...logConfig, isMadeLate: true };
const folder = "/data/flights-0";

function stage() {
  const world = createVirtualWorld({ seed: 1 });
  const node = world.addNode("n1");
  const open = async (env?: ReturnType<VirtualNode["start"]>) => {
    const opened = await openDirectory(world, node, () => {}, env === undefined ? {} : { env });
    const { directory } = opened;
    const log = directory.openLog(key, topicId, config);
    const append = (leaderEpoch: number): void => {
      const records = [{ key: null, value: Buffer.from("a"), timestamp: 1, headers: [] }];
      const batches = buildBatch({ codecs: opened.env.codecs, compression: "none", records });
      log.appendAsLeader(batches, { leaderEpoch });
    };
    const settle = async (): Promise<void> => {
      log.requestSync();
      await world.runFor(500);
    };
    return { ...opened, log, append, settle };
  };
  const names = (): string[] => node.disk.files().map(({ path }) => path);
  const power = (): void => node.crash({ kind: "power", cutMode: "lost" });
  return { world, node, open, names, power };
}

describe("a log that is made late", () => {
  it("leaves nothing on the disk before its first write, and all of it lasts after", async () => {
    const { open, names, power } = stage();
    const first = await open();
    first.log.assignEpoch(1, 0);
    first.log.truncateTo(0);
    await first.settle();
    expect(names().filter((path) => path.startsWith(folder))).toEqual([]);
    first.append(1);
    expect(first.log.durableEnd).toBe(0);
    await first.settle();
    expect(first.log.durableEnd).toBe(1);
    power();
    const again = await open();
    expect(again.directory.found).toEqual([{ ...key, topicId }]);
    expect([again.log.end, again.log.endOfEpoch(1)]).toEqual([1, { epoch: 1, end: 1 }]);
  });

  it("stops clean without a folder, and can begin elsewhere than at 0", async () => {
    const { world, open, names, power } = stage();
    const first = await open();
    await world.run(first.directory.close(), { withinMs: 5_000 });
    expect(names().filter((path) => path.startsWith(folder))).toEqual([]);
    power();
    const again = await open();
    expect([again.directory.wasClean, again.log.end]).toEqual([true, 0]);
    again.log.truncateFullyAndStartAt(70);
    again.append(3);
    await again.settle();
    power();
    const { log } = await open();
    expect([log.startOffset, log.end]).toEqual([70, 71]);
  });

  it("is not deleted with more than it has, and does not come back", async () => {
    const { open, power } = stage();
    const first = await open();
    first.directory.deleteLog(key);
    const anew = first.directory.openLog(key, "AAAAAAAAAAAAAAAAAAAAAg", config);
    expect([anew.end, first.directory.failure]).toEqual([0, null]);
    power();
    expect((await open()).directory.found).toEqual([]);
  });

  it("shares no folder with a log whose name differs by case alone", async () => {
    const { node, open } = stage();
    const real = node.start();
    const { directory } = await open({ ...real, disk: caseBlind(real.disk) });
    const twin = { ...key, topicName: "Flights" };
    expect(() => directory.openLog(twin, "AAAAAAAAAAAAAAAAAAAAAg", config)).toThrow(BrokerError);
    expect(directory.failure).toBe(null);
  });
});

describe("the file of leader epochs", () => {
  it("follows before a recovery point, not before each sync; a crash in between loses no epoch", async () => {
    const { world, open, names, power } = stage();
    const first = await open();
    first.append(1);
    first.append(4);
    await first.settle();
    const file = `${folder}/leader-epoch-checkpoint`;
    expect([first.log.durableEnd, names().includes(file)]).toEqual([2, false]);
    power();
    const second = await open();
    expect(second.log.endOfEpoch(3)).toEqual({ epoch: 1, end: 1 });
    await second.settle();
    second.append(7);
    await second.settle();
    second.directory.setHighWatermark(key, 3);
    await world.run(second.directory.writeCheckpoints(), { withinMs: 5_000 });
    expect([second.log.recoveryPoint, names().includes(file)]).toEqual([3, true]);
    power();
    const third = await open();
    expect([third.log.endOfEpoch(3), third.log.endOfEpoch(6), third.log.endOfEpoch(7)]).toEqual([
      { epoch: 1, end: 1 },
      { epoch: 4, end: 2 },
      { epoch: 7, end: 3 },
    ]);
  });
});
