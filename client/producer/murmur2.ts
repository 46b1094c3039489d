// core: the hash that Kafka's own producers use for keys, so that every client puts a key on the same
// partition. Source: org.apache.kafka.common.utils.Utils.murmur2 (MurmurHash 2.0, 32 bits, seed 0x9747b28c).

const multiplier = 0x5bd1e995;

/** A signed 32-bit number. */
export function murmur2(bytes: Uint8Array): number {
  const { length } = bytes;
  let hash = 0x9747b28c ^ length;
  const whole = length & ~3;
  for (let at = 0; at < whole; at += 4) {
    let part = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    part = Math.imul(part, multiplier);
    part ^= part >>> 24;
    part = Math.imul(part, multiplier);
    hash = Math.imul(hash, multiplier) ^ part;
  }
  const left = length & 3;
  if (left === 3) hash ^= bytes[whole + 2]! << 16;
  if (left >= 2) hash ^= bytes[whole + 1]! << 8;
  if (left >= 1) {
    hash ^= bytes[whole]!;
    hash = Math.imul(hash, multiplier);
  }
  hash ^= hash >>> 13;
  hash = Math.imul(hash, multiplier);
  return (hash ^ (hash >>> 15)) | 0;
}

/** The partition of a key, as Kafka's default partitioner has it. */
export function partitionOfKey(key: Uint8Array, partitionCount: number): number {
  return (murmur2(key) & 0x7fffffff) % partitionCount;
}
