// core: the numbers that stand for compressions in a batch's attributes, and decompressing with the bound
// that every batch has.
import { limits } from "../../base/limits.ts";
import type { Codecs, CompressionName } from "../../base/ports/codecs.ts";
import { BrokerError } from "../errors.ts";
import { batch, batchHeaderBytes } from "./header.ts";

/** Index = the lowest three bits of the attributes. */
export const compressionNames: readonly CompressionName[] = ["none", "gzip", "snappy", "lz4", "zstd"];

export function compressionId(name: CompressionName): number {
  return compressionNames.indexOf(name);
}

/** Throws BrokerError UNSUPPORTED_COMPRESSION_TYPE for the numbers 5 to 7. */
export function compressionOf(bytes: Uint8Array, at: number): CompressionName {
  const id = batch.compression(bytes, at);
  const name = compressionNames[id];
  if (name !== undefined) return name;
  throw new BrokerError("UNSUPPORTED_COMPRESSION_TYPE", `compression ${id} is unknown; 0 to 4 are known`);
}

/**
 * The records of a whole batch, plain: a view into `bytes` when they are not compressed, a fresh buffer
 * otherwise. Throws BrokerError CORRUPT_MESSAGE when they cannot be decompressed within the bound.
 */
export function plainRecords(bytes: Uint8Array, at: number, codecs: Codecs): Uint8Array {
  const stored = bytes.subarray(at + batchHeaderBytes, at + batch.byteLength(bytes, at));
  const name = compressionOf(bytes, at);
  if (name === "none") return stored;
  try {
    return codecs.decompress(name, stored, limits.batchDecompressedBytesMax);
  } catch (error) {
    throw new BrokerError("CORRUPT_MESSAGE", `the ${name} records of the batch: ${(error as Error).message}`);
  }
}
