// test: a reader whose end lies in a gap that no record fills, and one for which there is only no room.
import { describe, expect, it } from "vitest";
import { createVirtualWorld } from "../../base/virtual/world.ts";
import { passEmptyTail } from "./empty-tail.ts";
import { shareOut, withinRoom } from "./fetch-shares.ts";
import { PartitionReader } from "./partition-reader.ts";

const { codecs } = createVirtualWorld({ seed: 1 }).addNode("n").start();

function readerAt(offset: number, end: number | null, partition = 0): PartitionReader {
  const place = { topic: "t", partition, offset, leaderEpoch: -1, end };
  return new PartitionReader(place, { codecs, checkCrcs: true });
}

describe("an end in a gap", () => {
  it("is reached after some empty answers in a row", () => {
    const reader = readerAt(5, 10);
    reader.readableEnd = 10;
    expect([1, 2].map(() => passEmptyTail(reader, true))).toEqual([false, false]);
    // One that brought something of another partition tells nothing.
    expect(passEmptyTail(reader, false)).toBe(false);
    expect([1, 2, 3].map(() => passEmptyTail(reader, true))).toEqual([false, false, true]);
    expect([reader.position, reader.fetchOffset, reader.isAtEnd]).toEqual([10, 10, true]);
  });

  it("is not believed while the broker does not let anybody read so far", () => {
    const reader = readerAt(5, 10);
    reader.readableEnd = 9;
    expect([1, 2, 3, 4].map(() => passEmptyTail(reader, true))).toEqual([false, false, false, false]);
  });

  it("is none for who reads on for ever; `readToEnd` has one for a while", () => {
    const reader = readerAt(5, null);
    reader.readableEnd = 10;
    for (let n = 0; n < 5; n++) expect(passEmptyTail(reader, true)).toBe(false);
    reader.goal = 10;
    expect([1, 2, 3].map(() => passEmptyTail(reader, true))).toEqual([false, false, true]);
    expect(reader.position).toBe(10);
    for (let n = 0; n < 5; n++) expect(passEmptyTail(reader, true)).toBe(false);
  });
});

describe("the room of a broker's answer", () => {
  it("is what the prefetch leaves; over it only awaited partitions are asked for", () => {
    const [full, idle, awaited] = [readerAt(0, null, 0), readerAt(0, null, 1), readerAt(0, null, 2)];
    full.bufferedBytes = 900;
    awaited.isAwaited = true;
    const options = { rotation: 1, partitionBytes: 500, isDue: () => true, sourceOf: () => 7 };
    const share = shareOut([full, idle, awaited], options).get(7)!;
    expect(share).toMatchObject({ readers: [idle, awaited], bufferedBytes: 900, isPartial: true });
    expect(withinRoom(share, { room: 1_000, partition: 500 })).toEqual({
      readers: [idle, awaited],
      maxBytes: 100,
    });
    expect(withinRoom(share, { room: 900, partition: 500 })).toEqual({ readers: [awaited], maxBytes: 500 });
    awaited.isAwaited = false;
    expect(withinRoom(share, { room: 900, partition: 500 })).toBe(null);
  });
});
