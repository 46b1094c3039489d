// test: the Codecs port. A simulation runs the real codecs, so there is one adapter; what it promises to both
// worlds is that it is deterministic and leaves its input alone.
import { describe, expect, it } from "vitest";
import type { Codecs, CompressionName } from "../../base/ports/codecs.ts";
import { realCodecs } from "../../base/real/codecs.ts";
import { createVirtualWorld } from "../../base/virtual/world.ts";

const names: readonly CompressionName[] = ["none", "gzip", "snappy", "lz4", "zstd"];

function codecsContract(name: string, codecs: Codecs): void {
  describe(`codecs: ${name}`, () => {
    it("knows the check value of CRC-32C", () => {
      expect(codecs.crc32c(Buffer.from("123456789"))).toBe(0xe3069283);
      expect(codecs.crc32c(new Uint8Array(0))).toBe(0);
      expect(codecs.crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    });

    for (const codec of names) {
      it(`${codec}: gives back what went in, the same bytes each time, within the bound`, () => {
        const plain = Buffer.from("the same words, the same words, again. ".repeat(3000));
        const copy = Buffer.from(plain);
        const packed = codecs.compress(codec, plain);
        expect(Buffer.from(codecs.compress(codec, plain))).toEqual(Buffer.from(packed));
        expect(plain.equals(copy)).toBe(true);
        if (codec !== "none") expect(packed.length).toBeLessThan(plain.length / 5);
        expect(Buffer.from(codecs.decompress(codec, packed, plain.length)).equals(plain)).toBe(true);
        expect(() => codecs.decompress(codec, packed, plain.length - 1)).toThrow();
        const empty = codecs.compress(codec, new Uint8Array(0));
        expect(codecs.decompress(codec, empty, 10)).toHaveLength(0);
      });

      if (codec === "none") continue;
      it(`${codec}: throws an Error on noise`, () => {
        const noise = Uint8Array.from({ length: 300 }, (_, i) => (i * 89 + 41) & 255);
        expect(() => codecs.decompress(codec, noise, 1_000_000)).toThrow(Error);
      });
    }
  });
}

codecsContract("real", realCodecs);
codecsContract("virtual", createVirtualWorld({ seed: 1 }).addNode("n1").env.codecs);
