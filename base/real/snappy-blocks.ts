// core: the two forms of snappy that Kafka clients write. Java's (xerial): a 16-byte header, then blocks of
// [int32 length, raw snappy]; everybody else's: one raw snappy block. This finds the blocks and the sizes
// they claim, before anything is decompressed.
//
// Source: https://github.com/google/snappy/blob/main/format_description.txt, snappy-java's SnappyOutputStream

/** 0x82 "SNAPPY" 0, version 1, compatible with version 1. */
export const xerialHeader: Uint8Array = Uint8Array.from([
  0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1,
]);

/** What Java's writer puts into one block, in bytes before compression. */
export const xerialBlockBytes = 32 * 1024;

/** A copy of 3 bytes yields 64 at most, so nothing that is true claims more than this. */
const expansionMax = 32;

function isXerial(bytes: Uint8Array): boolean {
  if (bytes.length < xerialHeader.length) return false;
  for (let at = 0; at < 8; at += 1) if (bytes[at] !== xerialHeader[at]) return false;
  return true;
}

/** The uncompressed size that a raw block says it has. */
function claimedBytes(block: Uint8Array): number {
  let value = 0;
  for (let at = 0; at < 5 && at < block.length; at += 1) {
    value += (block[at]! & 0x7f) * 2 ** (7 * at);
    if (block[at]! < 0x80) return value;
  }
  throw new Error("damaged snappy block: its length does not end");
}

/** The raw blocks, in order. Throws an Error when they are damaged or claim more than `maxBytes` together. */
export function snappyBlocks(bytes: Uint8Array, maxBytes: number): Uint8Array[] {
  const blocks: Uint8Array[] = [];
  if (!isXerial(bytes)) blocks.push(bytes);
  else {
    let at = xerialHeader.length;
    while (at < bytes.length) {
      if (bytes.length - at < 4) throw new Error("damaged xerial snappy: a block's length is cut off");
      const length = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
      at += 4;
      if (length < 0 || length > bytes.length - at) {
        throw new Error(`damaged xerial snappy: a block of ${length} bytes, ${bytes.length - at} are left`);
      }
      blocks.push(bytes.subarray(at, at + length));
      at += length;
    }
  }
  let total = 0;
  for (const block of blocks) {
    const claimed = claimedBytes(block);
    if (claimed > block.length * expansionMax) {
      throw new Error(`damaged snappy block: ${block.length} bytes cannot hold ${claimed}`);
    }
    total += claimed;
  }
  if (total > maxBytes) throw new Error(`snappy says it holds ${total} bytes; ${maxBytes} are allowed`);
  return blocks;
}
