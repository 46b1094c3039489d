// test: which broker a partition is read from, when its leader named one that is nearer.
import { describe, expect, it } from "vitest";
import { realCodecs } from "../../base/real/codecs.ts";
import type { MetadataCache } from "../cluster/metadata-cache.ts";
import { PartitionReader } from "./partition-reader.ts";
import { ReadSources } from "./read-sources.ts";

function setUp() {
  const place = { topic: "t", partition: 0, offset: 0, leaderEpoch: -1, end: null };
  const reader = new PartitionReader(place, { codecs: realCodecs, checkCrcs: true });
  const now = { leader: 1, leaderEpoch: 5, known: [1, 2, 3] };
  const cache = {
    partition: () => ({ leader: now.leader, leaderEpoch: now.leaderEpoch }),
    broker: (id: number) => (now.known.includes(id) ? { id } : null),
  };
  const sources = new ReadSources({ rack: "b", metadataMaxAgeMs: 1_000 }, cache as unknown as MetadataCache);
  const sourceAt = (nowMs: number, change: Partial<typeof now> = {}): number => {
    Object.assign(now, change);
    return sources.sourceOf(reader, nowMs);
  };
  return { reader, sources, sourceAt };
}

describe("the broker to read from", () => {
  it("is the leader until it names another", () => {
    const { reader, sources, sourceAt } = setUp();
    expect(sourceAt(0)).toBe(1);
    sources.named(reader, 2, 0);
    expect(sourceAt(999)).toBe(2);
  });

  it("is the leader again after some time, after another election, and when the other is gone", () => {
    for (const ask of [
      { nowMs: 1_000 },
      { nowMs: 1, leaderEpoch: 6, leader: 3 },
      { nowMs: 1, known: [1, 3] },
    ]) {
      const { reader, sources, sourceAt } = setUp();
      sources.named(reader, 2, 0);
      const { nowMs, ...change } = ask;
      expect(sourceAt(nowMs, change)).toBe(ask.leader ?? 1);
      expect(sourceAt(2, { leader: 1, leaderEpoch: 5, known: [1, 2, 3] }), "it is forgotten").toBe(1);
    }
  });

  it("is the leader alone for a while after the other has failed", () => {
    const { reader, sources, sourceAt } = setUp();
    sources.named(reader, 2, 0);
    expect(sources.rack(10)).toBe("b");
    expect(sources.failed(reader, 1, 10)).toBe(false);
    expect(sourceAt(10)).toBe(2);
    expect(sources.failed(reader, 2, 10)).toBe(true);
    expect(sourceAt(10)).toBe(1);
    expect(sources.rack(5_009)).toBe("");
    expect(sources.rack(5_010)).toBe("b");
  });
});
