// test: the hash against the values of Kafka's own test.
import { describe, expect, it } from "vitest";
import { murmur2, partitionOfKey } from "./murmur2.ts";

describe("murmur2", () => {
  it.each([
    ["21", -973_932_308],
    ["foobar", -790_332_482],
    ["a-little-bit-long-string", -985_981_536],
    ["a-little-bit-longer-string", -1_486_304_829],
    ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971],
    ["abc", 479_470_107],
  ])("of %s is what Kafka says", (text, hash) => {
    expect(murmur2(Buffer.from(text))).toBe(hash);
  });

  it("names a partition that is there, for negative hashes too", () => {
    expect(partitionOfKey(Buffer.from("foobar"), 6)).toBe((-790_332_482 & 0x7fffffff) % 6);
  });
});
