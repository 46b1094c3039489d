// test: checksums and compressions against known bytes, against each other, and against bombs and damage.
import { deflateRawSync, gzipSync, zstdCompressSync } from "node:zlib";
import * as fc from "fast-check";
import lz4 from "lz4-napi";
import snappy from "snappy";
import { describe, expect, it } from "vitest";
import type { CompressionName } from "../ports/codecs.ts";
import { loadCrc32c, realCodecs } from "./codecs.ts";
import { crc32cByTable } from "./crc32c.ts";

const names: readonly CompressionName[] = ["none", "gzip", "snappy", "lz4", "zstd"];
const { compress, decompress, crc32c } = realCodecs;

describe("CRC-32C", () => {
  it("is the one of RFC 3720", () => {
    for (const checksum of [crc32c, crc32cByTable]) {
      expect(checksum(Buffer.from("123456789"))).toBe(0xe3069283);
      expect(checksum(new Uint8Array(32))).toBe(0x8a9136aa);
      expect(checksum(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
      expect(checksum(new Uint8Array(0))).toBe(0);
    }
  });

  it("is the same natively and by table, in any view", () => {
    const property = fc.property(fc.uint8Array({ maxLength: 500 }), fc.nat(500), (bytes, cut) => {
      const view = bytes.subarray(cut);
      expect(crc32c(view)).toBe(crc32cByTable(view));
    });
    fc.assert(property);
  });

  it("falls back to the table when the library does not load", () => {
    const none = loadCrc32c(() => {
      throw new Error("no native binding");
    });
    expect(none).toBe(crc32cByTable);
    expect(loadCrc32c()).not.toBe(crc32cByTable);
  });
});

describe.each(names)("%s", (name) => {
  it("gives back what was put in", () => {
    const text = fc.tuple(fc.uint8Array({ maxLength: 300 }), fc.nat(400)).map(([unit, times]) => {
      return Buffer.concat(Array.from({ length: times }, () => unit));
    });
    const property = fc.property(text, (bytes) => {
      const packed = compress(name, bytes);
      expect(Buffer.compare(decompress(name, packed, bytes.length), bytes)).toBe(0);
    });
    fc.assert(property, { numRuns: 60 });
  });

  it("stops at the bound, with an Error", () => {
    const packed = compress(name, Buffer.alloc(1_000_000, "abcdef"));
    expect(() => decompress(name, packed, 999_999)).toThrow(Error);
    expect(() => decompress(name, packed, 0)).toThrow(Error);
    expect(decompress(name, packed, 1_000_000)).toHaveLength(1_000_000);
  });

  it("throws an Error for damaged bytes and never gives more than the bound", () => {
    const packed = compress(name, Buffer.from("some text, some more text, some text ".repeat(50)));
    const changes = fc.array(fc.tuple(fc.nat(packed.length - 1), fc.nat(255)), { maxLength: 3 });
    const property = fc.property(changes, fc.nat(packed.length), (writes, length) => {
      const damaged = Buffer.from(packed);
      for (const [at, byte] of writes) damaged[at] = byte;
      try {
        expect(decompress(name, damaged.subarray(0, length), 4000).length).toBeLessThanOrEqual(4000);
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
        expect((error as Error).name).not.toBe("AssertionError");
      }
    });
    fc.assert(property, { numRuns: 400 });
  });

  it("does not change its input, and its output is not the input", () => {
    const bytes = Buffer.from("unchanged");
    const packed = compress(name, bytes);
    const plain = decompress(name, packed, 100);
    packed.fill(0);
    expect(Buffer.from(plain).toString()).toBe("unchanged");
    expect(bytes.toString()).toBe("unchanged");
  });
});

describe("formats of others", () => {
  const text = Buffer.from("what librdkafka and Java write ".repeat(4000));

  it("snappy: writes xerial framing in blocks of 32 KiB, reads it and raw blocks", () => {
    const packed = Buffer.from(compress("snappy", text));
    expect(packed.subarray(0, 16).toString("hex")).toBe("82534e415050590000000001" + "00000001");
    const first = packed.readInt32BE(16);
    const block = snappy.uncompressSync(packed.subarray(20, 20 + first)) as Buffer;
    expect(block).toHaveLength(32 * 1024);
    expect(Buffer.compare(decompress("snappy", snappy.compressSync(text), text.length), text)).toBe(0);
  });

  it("snappy: refuses claims that its bytes cannot hold, before reserving for them", () => {
    const claim = Buffer.from("ffffff7f" + "00", "hex");
    expect(() => decompress("snappy", claim, 2 ** 30)).toThrow(/cannot hold/);
  });

  it("lz4: reads independent and linked blocks, with and without checksums", () => {
    for (const options of [{}, { contentChecksum: true }, { blockChecksums: true, contentChecksum: true }]) {
      const packed = lz4.compressFrameSync(text, options);
      expect(Buffer.compare(decompress("lz4", packed, text.length), text)).toBe(0);
    }
    // Two linked blocks, the second of which repeats the first by reference: "abcdefgh" twice, then "12345".
    const blocks = "09000000" + "80" + "6162636465666768" + "09000000" + "04" + "0800" + "50" + "3132333435";
    const header = "04224d18" + "4040" + "c0";
    const linked = Buffer.from(`${header}${blocks}00000000`, "hex");
    expect(Buffer.from(decompress("lz4", linked, 100)).toString()).toBe("abcdefghabcdefgh12345");
    expect(() => decompress("lz4", linked, 20)).toThrow(/more than the 20 bytes/);
  });

  it("lz4: refuses what only looks like a frame", () => {
    expect(() => decompress("lz4", Buffer.alloc(20), 100)).toThrow(/magic/);
    expect(() => decompress("lz4", Buffer.from("04224d18" + "614070" + "00000000", "hex"), 100)).toThrow(
      /dictionary/,
    );
    const packed = lz4.compressFrameSync(text);
    expect(() => decompress("lz4", Buffer.concat([packed, packed]), 1e6)).toThrow(/bytes long/);
  });

  it("gzip and zstd: read other levels, and concatenated gzip members", () => {
    expect(decompress("gzip", gzipSync(text, { level: 1 }), text.length)).toHaveLength(text.length);
    const two = Buffer.concat([gzipSync("a"), gzipSync("b")]);
    expect(Buffer.from(decompress("gzip", two, 2)).toString()).toBe("ab");
    expect(() => decompress("gzip", deflateRawSync(text), 1e6)).toThrow(Error);
    expect(decompress("zstd", zstdCompressSync(text), text.length)).toHaveLength(text.length);
  });
});
