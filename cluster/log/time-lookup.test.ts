// test: lookups by time where the broker stamps the records, and where clocks jump: the indexes hold though
// times do not rise.
import { expect, it } from "vitest";
import { createVirtualWorld } from "../../base/virtual/world.ts";
import { buildBatch } from "../../proto/batch/build.ts";
import { validateProduced } from "../../proto/batch/validate.ts";
import { key, logConfig, openDirectory, topicId } from "../../test/log/log-model.ts";

async function stage() {
  const world = createVirtualWorld({ seed: 1 });
  const node = world.addNode("n1");
  const opened = await openDirectory(world, node, () => {});
  const { codecs } = opened.env;
  // Every batch has an index entry, and some fill a segment.
  const config = { ...logConfig, segmentBytes: 1_000, indexIntervalBytes: 1 };
  const log = opened.directory.openLog(key, topicId, config);
  /** Two records that came when the broker's clock said so, whatever their producer thought. */
  const append = (nowMs: number): void => {
    const records = [9e12, 5].map((timestamp) => ({ key: null, value: Buffer.alloc(30), timestamp }));
    const bytes = buildBatch({ codecs, records });
    const rules = { codecs, maxBytes: 1e6, mode: "full", timestampType: "logAppendTime", nowMs } as const;
    validateProduced(bytes, rules);
    log.appendAsLeader(bytes, { leaderEpoch: 1 });
  };
  return { log, append };
}

it("the broker's clock counts, for whole batches", async () => {
  const { log, append } = await stage();
  for (const nowMs of [1_000, 2_000, 3_000]) append(nowMs);
  const at = (timestamp: number) => log.findTimestamp(timestamp, { upTo: log.end });
  expect(at(0)).toMatchObject({ offset: 0, timestamp: 1_000 });
  expect(at(1_001)).toMatchObject({ offset: 2, timestamp: 2_000 });
  expect(at(3_000)).toMatchObject({ offset: 4, timestamp: 3_000 });
  expect(at(3_001)).toBe(null);
  expect(log.findMaxTimestamp({ upTo: log.end })).toMatchObject({ offset: 4, timestamp: 3_000 });
  // Of a batch that is cut by the start of the log, the records that are left.
  log.raiseStart(3);
  expect(at(0)).toMatchObject({ offset: 3, timestamp: 2_000 });
});

it("a clock that jumps back and forth hides no record", async () => {
  const { log, append } = await stage();
  const random = createVirtualWorld({ seed: "clock" }).random;
  const times: number[] = [];
  let nowMs = 1_000_000;
  for (let n = 0; n < 300; n++) {
    nowMs += random.chance(0.05) ? random.below(200_000) - 100_000 : random.below(10);
    times.push(nowMs);
    append(nowMs);
  }
  for (const timestamp of [...times, ...times.map((time) => time + 1), 0, 1e9]) {
    const first = times.findIndex((time) => time >= timestamp);
    expect(log.findTimestamp(timestamp, { upTo: log.end })?.offset ?? -1).toBe(first < 0 ? -1 : first * 2);
    const upTo = random.below(times.length) * 2;
    const isIn = first >= 0 && first * 2 < upTo;
    expect(log.findTimestamp(timestamp, { upTo })?.offset ?? -1).toBe(isIn ? first * 2 : -1);
  }
  const latest = Math.max(...times);
  const found = { offset: times.indexOf(latest) * 2, timestamp: latest };
  expect(log.findMaxTimestamp({ upTo: log.end })).toMatchObject(found);
});
