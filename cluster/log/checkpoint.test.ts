// test: checkpoints come back as they were written, or not at all.
import { describe, expect, it } from "vitest";
import { checkedBytes, checkedText, parseCheckpoint, textOfCheckpoint } from "./checkpoint.ts";

const sum = (bytes: Uint8Array): number =>
  bytes.reduce((all, byte, at) => (all * 31 + byte + at) % 2 ** 32, 7);

describe("a checkpoint", () => {
  const marks = new Map([
    ["flights-0", { offset: 12, topicId: "AAAAAAAAAAAAAAAAAAAAAQ" }],
    ["a-b-c-17", { offset: 9_007_199_254_740_991, topicId: null }],
  ]);

  it("comes back as it was", () => {
    const text = checkedText(checkedBytes(textOfCheckpoint(marks), sum), sum);
    expect(text === null ? null : parseCheckpoint(text)).toEqual(marks);
  });

  it("reads Kafka's lines, which name no topic id", () => {
    expect(parseCheckpoint("0\n1\nflights 3 44\n")).toEqual(
      new Map([["flights-3", { offset: 44, topicId: null }]]),
    );
  });

  it("is not believed with a bit changed, cut short, or without its checksum", () => {
    const bytes = checkedBytes(textOfCheckpoint(marks), sum);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const rotten = Uint8Array.from(bytes);
      rotten[bit >> 3]! ^= 1 << (bit & 7);
      expect(checkedText(rotten, sum)).toBe(null);
    }
    for (let length = 0; length < bytes.length; length++)
      expect(checkedText(bytes.subarray(0, length), sum)).toBe(null);
    expect(checkedText(Buffer.from("0\n1\nflights 3 44\n"), sum)).toBe(null);
    expect(parseCheckpoint("0\n2\nflights 3 44\n")).toBe(null);
    expect(parseCheckpoint("2\n1\nflights 3 44\n")).toBe(null);
  });
});
