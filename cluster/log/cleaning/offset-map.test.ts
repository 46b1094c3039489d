// test: keys are told apart as the reference says, and the map holds what it was given within its memory.
import { describe, expect, it } from "vitest";
import { KeyedHash } from "./keyed-hash.ts";
import { mapEntryBytes, OffsetMap } from "./offset-map.ts";

const secret = [0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c] as const;

function hex(bytes: number[]): string {
  const hash = new KeyedHash(secret);
  // Not at the start of the buffer, as keys are.
  hash.update(Uint8Array.from([9, 9, 9, ...bytes, 9]), 3, bytes.length);
  return Buffer.from(hash.words.buffer).toString("hex");
}

describe("the hash of keys", () => {
  it("is SipHash-2-4 of 128 bits", () => {
    // From vectors.h of the reference implementation.
    expect(hex([])).toBe("a3817f04ba25a8e66df67214c7550293");
    expect(hex([0])).toBe("da87c1d86b99af44347659119b22fc45");
    expect(hex([0, 1])).toBe("8177228da4a45dc7fca38bdef60affe4");
  });

  it("depends on every byte, and on where it stands", () => {
    const seen = new Set<string>();
    for (let length = 0; length < 40; length++) {
      const bytes = new Array<number>(length).fill(0);
      seen.add(hex(bytes));
      for (let at = 0; at < length; at++) {
        const changed = [...bytes];
        changed[at] = 128;
        seen.add(hex(changed));
      }
    }
    expect(seen.size).toBe(40 + (40 * 39) / 2);
  });
});

describe("the map of offsets", () => {
  const key = (n: number): Uint8Array => Buffer.from(`key number ${n}`);
  const put = (map: OffsetMap, n: number, offset: number): boolean =>
    map.put(key(n), 0, key(n).length, offset);
  const get = (map: OffsetMap, n: number): number => map.get(key(n), 0, key(n).length);

  it("knows the last offset of each key", () => {
    const map = new OffsetMap({ bytes: 1e6, keysMax: 1e6, secret });
    for (let offset = 0; offset < 20_000; offset++) expect(put(map, offset % 5_000, offset)).toBe(true);
    expect(map.size).toBe(5_000);
    for (let n = 0; n < 5_000; n++) expect(get(map, n)).toBe(15_000 + n);
    expect(get(map, 5_000)).toBe(-1);
    expect(map.get(new Uint8Array(0), 0, 0)).toBe(-1);
  });

  it("says when it is full, and still takes the keys it has", () => {
    const map = new OffsetMap({ bytes: 100 * mapEntryBytes, keysMax: 1e6, secret });
    expect(map.capacity).toBe(90);
    for (let n = 0; n < 90; n++) expect(put(map, n, n)).toBe(true);
    expect(put(map, 90, 90)).toBe(false);
    expect(put(map, 5, 91)).toBe(true);
    expect([get(map, 5), get(map, 6), get(map, 90)]).toEqual([91, 6, -1]);
  });

  it("takes no more memory than its keys may need, and always takes one", () => {
    const small = new OffsetMap({ bytes: 1e9, keysMax: 10, secret });
    for (let n = 0; n < 10; n++) expect(put(small, n, n)).toBe(true);
    expect(small.capacity).toBeLessThan(20);
    expect(put(new OffsetMap({ bytes: 1, keysMax: 1, secret }), 1, 1)).toBe(true);
  });
});
