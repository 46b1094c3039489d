// test: what retention lets go, and what it must keep.
import { describe, expect, it } from "vitest";
import { createVirtualWorld } from "../../base/virtual/world.ts";
import { buildBatch } from "../../proto/batch/build.ts";
import { key, logConfig, openDirectory, topicId } from "../../test/log/log-model.ts";
import { outdatedSegments } from "./retention.ts";

const nowMs = 1_000_000;
/** Three segments of 100 bytes and ten records each, from 3, 2 and 1 s ago. */
const segments = [3_000, 2_000, 1_000].map((ageMs, n) => ({
  ...{ end: 10 * (n + 1), size: 100, maxTimestamp: nowMs - ageMs },
}));
const forever = { retentionMs: -1, retentionBytes: -1 };

function outdated(limits: Partial<typeof forever>, upTo = 30, all = segments) {
  return outdatedSegments(all, { ...forever, ...limits }, { upTo, nowMs });
}

describe("retention", () => {
  it("keeps everything without limits", () => {
    expect(outdated({})).toEqual({ byTime: 0, bySize: 0 });
  });

  it("goes by the youngest record of a segment", () => {
    expect(outdated({ retentionMs: 2_000 }).byTime).toBe(1);
    expect(outdated({ retentionMs: 1_999 }).byTime).toBe(2);
    expect(outdated({ retentionMs: 0 }).byTime).toBe(3);
  });

  it("stops at the first segment that is young, whatever comes after it", () => {
    const [old, young] = [segments[0]!, { ...segments[2]!, end: 20 }];
    const all = [old, young, { ...old, end: 30 }];
    expect(outdated({ retentionMs: 1_500 }, 30, all).byTime).toBe(1);
  });

  it("keeps at least as many bytes as asked for", () => {
    expect(outdated({ retentionBytes: 201 }).bySize).toBe(0);
    expect(outdated({ retentionBytes: 200 }).bySize).toBe(1);
    expect(outdated({ retentionBytes: 150 }).bySize).toBe(1);
    expect(outdated({ retentionBytes: 0 }).bySize).toBe(3);
  });

  it("counts towards the size only what age has left", () => {
    expect(outdated({ retentionMs: 2_500, retentionBytes: 100 })).toEqual({ byTime: 1, bySize: 1 });
  });

  it("never touches a segment that is not all committed, an empty one, or one without timestamps", () => {
    expect(outdated({ retentionMs: 0 }, 29).byTime).toBe(2);
    expect(outdated({ retentionMs: 0, retentionBytes: 0 }, 9)).toEqual({ byTime: 0, bySize: 0 });
    const empty = { end: 30, size: 0, maxTimestamp: -1 };
    expect(outdated({ retentionBytes: 0 }, 30, [...segments, empty]).bySize).toBe(3);
    expect(outdated({ retentionMs: 0 }, 30, [{ ...segments[0]!, maxTimestamp: -1 }]).byTime).toBe(0);
  });
});

async function stage(config: Partial<typeof logConfig> = {}) {
  const world = createVirtualWorld({ seed: 1 });
  const node = world.addNode("n1");
  const { env, directory } = await openDirectory(world, node);
  const log = directory.openLog(key, topicId, { ...logConfig, ...config });
  const append = (count: number) => {
    for (let n = 0; n < count; n++) {
      const records = [{ key: null, value: Buffer.from("x".repeat(300)), timestamp: env.clock.wallMs() }];
      log.appendAsLeader(buildBatch({ codecs: env.codecs, compression: "none", records }), {
        leaderEpoch: 1,
      });
    }
  };
  const names = () => env.disk.list("/data/flights-0").filter((name) => name.includes(".log"));
  const retain = (limits: Partial<typeof forever>, upTo = log.end) => {
    const start = log.startByRetention({ ...forever, ...limits }, upTo);
    log.raiseStart(start);
    return start;
  };
  return { world, node, env, directory, log, append, names, retain };
}

describe("retention of a log", () => {
  it("removes segments as wholes, and their files after the delay", async () => {
    const { world, log, append, names, retain } = await stage({
      segmentBytes: 1_000,
      fileDeleteDelayMs: 5_000,
    });
    append(9);
    await world.runFor(100);
    const before = names().length;
    const start = retain({ retentionBytes: 1_000 });
    expect(start).toBeGreaterThan(0);
    expect(log.sizeBytes).toBeGreaterThanOrEqual(1_000);
    await world.runFor(2_000);
    expect(names().length).toBe(before);
    expect(names().filter((name) => name.endsWith(".deleted")).length).toBeGreaterThan(0);
    await world.runFor(4_000);
    expect(names().some((name) => name.endsWith(".deleted"))).toBe(false);
    expect(() => log.read({ from: start - 1, upTo: log.end, maxBytes: 1e6, minOneBatch: true })).toThrow(
      /OFFSET|offset/,
    );
  });

  it("closes the last segment when all of it is too old, and goes on behind it", async () => {
    const { world, log, append, retain } = await stage();
    append(3);
    await world.runFor(1_000);
    expect(retain({ retentionMs: 2_000 })).toBe(0);
    await world.runFor(2_000);
    expect(retain({ retentionMs: 2_000 })).toBe(3);
    expect([log.startOffset, log.end, log.sizeBytes]).toEqual([3, 3, 0]);
    append(1);
    expect(log.end).toBe(4);
    expect(retain({ retentionMs: 2_000 })).toBe(3);
  });

  it("leaves alone what is not committed", async () => {
    const { world, log, append, retain } = await stage({ segmentBytes: 1_000 });
    append(7);
    await world.runFor(3_000);
    expect(retain({ retentionMs: 100 }, 3)).toBe(2);
    expect(log.end).toBe(7);
  });

  it("lasts over a power cut once it is synced", async () => {
    const { world, node, log, append, retain } = await stage({ segmentBytes: 1_000 });
    append(9);
    await world.runFor(100);
    const start = retain({ retentionBytes: 1_000 });
    await world.runFor(100);
    node.crash({ kind: "power", cutMode: "lost" });
    const again = await openDirectory(world, node);
    const found = again.directory.openLog(key, topicId, logConfig);
    expect([found.startOffset, found.end]).toEqual([start, log.end]);
  });
});

describe("rolling", () => {
  it("begins a segment when the index of the last is full", async () => {
    const { append, names } = await stage({ segmentBytes: 1e6, indexIntervalBytes: 0, indexBytesMax: 32 });
    append(9);
    expect(names().length).toBe(3);
  });
});
