// core: the 61-byte header of a record batch (magic 2), read and patched in place without allocating.
//
//   0 baseOffset i64 | 8 batchLength i32 | 12 leaderEpoch i32 | 16 magic i8 | 17 crc u32 | 21 attributes i16
//   23 lastOffsetDelta i32 | 27 baseTimestamp i64 | 35 maxTimestamp i64 | 43 producerId i64
//   51 producerEpoch i16 | 53 baseSequence i32 | 57 recordCount i32 | 61 records
//
// The CRC covers everything from `attributes` on, so base offset and leader epoch can be patched without
// touching it. `at` is where the batch starts in `bytes`; callers have checked that a whole header is there.
// Source: https://kafka.apache.org/documentation/#recordbatch

export const batchHeaderBytes = 61;
/** Bytes before and including the length field: a batch takes batchLength + 12 bytes. */
export const batchOverheadBytes = 12;
export const crcCoversFrom = 21;

const two32 = 4_294_967_296;

export function readInt16(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16)) >> 16;
}

export function readInt32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

/** Exact up to 2^53; beyond that the nearest double. */
export function readInt64(bytes: Uint8Array, at: number): number {
  return readInt32(bytes, at) * two32 + (readInt32(bytes, at + 4) >>> 0);
}

export function writeInt16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 8;
  bytes[at + 1] = value;
}

export function writeInt32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

export function writeInt64(bytes: Uint8Array, at: number, value: number): void {
  const high = Math.floor(value / two32);
  writeInt32(bytes, at, high | 0);
  writeInt32(bytes, at + 4, (value - high * two32) | 0);
}

export const batch = {
  baseOffset: (bytes: Uint8Array, at: number): number => readInt64(bytes, at),
  /** Bytes of the whole batch, header included. */
  byteLength: (bytes: Uint8Array, at: number): number => readInt32(bytes, at + 8) + batchOverheadBytes,
  leaderEpoch: (bytes: Uint8Array, at: number): number => readInt32(bytes, at + 12),
  magic: (bytes: Uint8Array, at: number): number => (bytes[at + 16]! << 24) >> 24,
  crc: (bytes: Uint8Array, at: number): number => readInt32(bytes, at + 17) >>> 0,
  attributes: (bytes: Uint8Array, at: number): number => readInt16(bytes, at + 21),
  lastOffsetDelta: (bytes: Uint8Array, at: number): number => readInt32(bytes, at + 23),
  lastOffset: (bytes: Uint8Array, at: number): number => readInt64(bytes, at) + readInt32(bytes, at + 23),
  /** One past the last offset of the batch. */
  nextOffset: (bytes: Uint8Array, at: number): number => readInt64(bytes, at) + readInt32(bytes, at + 23) + 1,
  baseTimestamp: (bytes: Uint8Array, at: number): number => readInt64(bytes, at + 27),
  maxTimestamp: (bytes: Uint8Array, at: number): number => readInt64(bytes, at + 35),
  producerId: (bytes: Uint8Array, at: number): number => readInt64(bytes, at + 43),
  producerEpoch: (bytes: Uint8Array, at: number): number => readInt16(bytes, at + 51),
  baseSequence: (bytes: Uint8Array, at: number): number => readInt32(bytes, at + 53),
  recordCount: (bytes: Uint8Array, at: number): number => readInt32(bytes, at + 57),
  /** 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd. */
  compression: (bytes: Uint8Array, at: number): number => readInt16(bytes, at + 21) & 7,
  isLogAppendTime: (bytes: Uint8Array, at: number): boolean => (readInt16(bytes, at + 21) & 8) !== 0,
  isTransactional: (bytes: Uint8Array, at: number): boolean => (readInt16(bytes, at + 21) & 16) !== 0,
  isControl: (bytes: Uint8Array, at: number): boolean => (readInt16(bytes, at + 21) & 32) !== 0,
  /** The base timestamp says until when compaction keeps tombstones and marks (KIP-534). */
  hasDeleteHorizon: (bytes: Uint8Array, at: number): boolean => (readInt16(bytes, at + 21) & 64) !== 0,

  setBaseOffset: (bytes: Uint8Array, at: number, value: number): void => writeInt64(bytes, at, value),
  setLeaderEpoch: (bytes: Uint8Array, at: number, value: number): void => writeInt32(bytes, at + 12, value),
  setCrc: (bytes: Uint8Array, at: number, value: number): void => writeInt32(bytes, at + 17, value | 0),
  setAttributes: (bytes: Uint8Array, at: number, value: number): void => writeInt16(bytes, at + 21, value),
  setMaxTimestamp: (bytes: Uint8Array, at: number, value: number): void => writeInt64(bytes, at + 35, value),
} as const;
