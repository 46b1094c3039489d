// adapter: checksums and compression by native libraries: gzip and zstd from Node, snappy and lz4 from npm,
// CRC-32C from npm with a plain fallback. What a stranger compressed is measured before it is decompressed,
// wherever the format allows; the rest is cut off at the bound.
import { createRequire } from "node:module";
import { constants, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import type * as Lz4 from "lz4-napi";
import type * as Snappy from "snappy";
import type { Codecs, CompressionName } from "../ports/codecs.ts";
import { crc32cByTable } from "./crc32c.ts";
import { lz4FrameContentBytes } from "./lz4-frame.ts";
import { snappyBlocks, xerialBlockBytes, xerialHeader } from "./snappy-blocks.ts";

type Checksum = (bytes: Uint8Array) => number;

// Native libraries are loaded with their first use: most clients compress with one codec, or none.
const load = createRequire(import.meta.url);
let snappyLoaded: typeof Snappy | null = null;
let lz4Loaded: typeof Lz4 | null = null;
let checksum: Checksum | null = null;

function snappy(): typeof Snappy {
  snappyLoaded ??= load("snappy") as typeof Snappy;
  return snappyLoaded;
}

function lz4(): typeof Lz4 {
  lz4Loaded ??= load("lz4-napi") as typeof Lz4;
  return lz4Loaded;
}

function crc32c(bytes: Uint8Array): number {
  checksum ??= loadCrc32c();
  return checksum(bytes);
}

/** The native function, or the table when the library has no build for this machine. */
export function loadCrc32c(loadModule: (name: string) => unknown = load): Checksum {
  try {
    const native = loadModule("@node-rs/crc32") as { crc32c: Checksum };
    return (bytes) => native.crc32c(bytes);
  } catch {
    return crc32cByTable;
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function snappyCompress(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [xerialHeader];
  for (let at = 0; at < bytes.length; at += xerialBlockBytes) {
    const block = snappy().compressSync(bytes.subarray(at, at + xerialBlockBytes));
    const length = Buffer.allocUnsafe(4);
    length.writeInt32BE(block.length);
    parts.push(length, block);
  }
  return Buffer.concat(parts);
}

function snappyDecompress(bytes: Uint8Array, maxBytes: number): Uint8Array {
  const blocks = snappyBlocks(bytes, maxBytes).map(
    (block) => snappy().uncompressSync(block, { asBuffer: true }) as Buffer,
  );
  return blocks.length === 1 ? blocks[0]! : Buffer.concat(blocks);
}

function lz4Decompress(bytes: Uint8Array, maxBytes: number): Uint8Array {
  const expected = lz4FrameContentBytes(bytes, maxBytes);
  const content = lz4().decompressFrameSync(asBuffer(bytes));
  if (content.length !== expected) {
    throw new Error(`damaged lz4 frame: it gave ${content.length} bytes instead of ${expected}`);
  }
  return content;
}

function compress(name: CompressionName, bytes: Uint8Array): Uint8Array {
  switch (name) {
    case "none":
      return Buffer.from(bytes);
    case "gzip":
      return gzipSync(bytes);
    case "snappy":
      return snappyCompress(bytes);
    case "lz4":
      return lz4().compressFrameSync(asBuffer(bytes));
    case "zstd":
      return zstdCompressSync(bytes, {
        params: { [constants.ZSTD_c_compressionLevel]: 3 },
        pledgedSrcSize: bytes.length,
      });
  }
}

function decompress(name: CompressionName, bytes: Uint8Array, maxBytes: number): Uint8Array {
  // Node refuses a bound of 0.
  const options = { maxOutputLength: Math.max(1, maxBytes) };
  switch (name) {
    case "none":
      if (bytes.length > maxBytes) throw new Error(`${bytes.length} bytes; ${maxBytes} are allowed`);
      return Buffer.from(bytes);
    case "gzip":
      return gunzipSync(bytes, options);
    case "snappy":
      return snappyDecompress(bytes, maxBytes);
    case "lz4":
      return lz4Decompress(bytes, maxBytes);
    case "zstd":
      return zstdDecompressSync(bytes, options);
  }
}

/** Shared by all: they keep no state. */
export const realCodecs: Codecs = { crc32c, compress, decompress };
