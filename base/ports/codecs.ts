// port: checksums and compression, native where possible. Synchronous and deterministic.
//
// Buffers: input is only read during the call; output belongs to the caller.

export type CompressionName = "none" | "gzip" | "snappy" | "lz4" | "zstd";

export interface Codecs {
  /** CRC-32C (Castagnoli) of `bytes`, as an unsigned 32-bit number. */
  crc32c(bytes: Uint8Array): number;
  /**
   * Compresses; snappy in xerial framing, lz4 as an LZ4 frame, gzip as RFC 1952, zstd as a standard frame.
   */
  compress(name: CompressionName, bytes: Uint8Array): Uint8Array;
  /**
   * The reverse; snappy raw or xerial. Throws an Error when the input is damaged or would exceed `maxBytes`
   * decompressed.
   */
  decompress(name: CompressionName, bytes: Uint8Array, maxBytes: number): Uint8Array;
}
