// test: what was appended last is read from memory as it was appended, and not at all once it was
// overwritten.
import { describe, expect, it } from "vitest";
import { HotBytes, HotTail } from "./hot-bytes.ts";

const bytes = (length: number, fill: number): Uint8Array => new Uint8Array(length).fill(fill);

function tailOf(size: number, appends: readonly Uint8Array[]): HotTail {
  const tail = new HotTail(new HotBytes({ bytes: size }));
  let position = 0;
  for (const one of appends) {
    tail.appended(one, position);
    position += one.length;
  }
  return tail;
}

describe("HotTail", () => {
  it("gives one append, part of one, and several together", () => {
    const tail = tailOf(1_000, [bytes(10, 1), bytes(20, 2), bytes(30, 3)]);
    expect(tail.read(10, 20)).toEqual(Buffer.from(bytes(20, 2)));
    expect(tail.read(10, 5, new Uint8Array(100))).toEqual(Buffer.from(bytes(5, 2)));
    const both = tail.read(0, 25, new Uint8Array(100));
    expect([...both!]).toEqual([...bytes(10, 1), ...bytes(15, 2)]);
    expect(tail.read(0, 60)).toHaveLength(60);
  });

  it("gives nothing where no append began, beyond the last, or before the first", () => {
    const tail = tailOf(1_000, [bytes(10, 1), bytes(20, 2)]);
    expect(tail.read(5, 5)).toBeNull();
    expect(tail.read(30, 1)).toBeNull();
    expect(tail.read(0, 31)).toBeNull();
  });

  it("never gives what another log has overwritten", () => {
    const ring = new HotBytes({ bytes: 100 });
    const [one, other] = [new HotTail(ring), new HotTail(ring)];
    let position = 0;
    for (let turn = 1; turn < 200; turn++) {
      const length = 1 + ((turn * 7) % 40);
      one.appended(bytes(length, turn), position);
      other.appended(bytes(1 + ((turn * 3) % 30), 255), position);
      expect(one.read(position, length)).toEqual(Buffer.from(bytes(length, turn)));
      const early = one.read(0, 1);
      if (early !== null) expect([...early]).toEqual([1]);
      position += length;
    }
    expect(one.read(0, 1)).toBeNull();
  });

  it("does not keep what is too large for it", () => {
    const tail = tailOf(100, [bytes(51, 1), bytes(10, 2)]);
    expect(tail.read(0, 51)).toBeNull();
    expect(tail.read(51, 10)).toEqual(Buffer.from(bytes(10, 2)));
  });
});
