// core: key and value of a record as one byte string, which is what a state machine's journal carries. The
// value of a tombstone is missing; every other value has at least its version, so an empty one means that.
//
//   int32 length of the key | key | value

export interface KeyedBytes {
  readonly key: Uint8Array;
  /** Null: a tombstone. */
  readonly value: Uint8Array | null;
}

export function packRecord({ key, value }: KeyedBytes): Uint8Array {
  // Of the pool: there are millions while a shard is loaded, and none lives long.
  const bytes = Buffer.allocUnsafe(4 + key.length + (value?.length ?? 0));
  bytes[0] = key.length >>> 24;
  bytes[1] = key.length >>> 16;
  bytes[2] = key.length >>> 8;
  bytes[3] = key.length;
  bytes.set(key, 4);
  if (value !== null) bytes.set(value, 4 + key.length);
  return bytes;
}

/** Views into `bytes`. */
export function unpackRecord(bytes: Uint8Array): KeyedBytes {
  const valueAt = valueStart(bytes);
  return {
    key: bytes.subarray(4, valueAt),
    value: bytes.length === valueAt ? null : bytes.subarray(valueAt),
  };
}

/** Where the value of a packed record begins. */
export function valueStart(bytes: Uint8Array): number {
  return 4 + ((bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!);
}
