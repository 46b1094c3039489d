// core: how large an LZ4 frame is once decompressed, found by walking its blocks without copying anything.
// The native library has no bound of its own; with this it is only called for frames that are known to fit.
//
// Source: https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md and lz4_Block_format.md

const magic = 0x184d2204;

function u32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}

function damaged(what: string): never {
  throw new Error(`damaged lz4 frame: ${what}`);
}

/** Bytes that one compressed block holds: its literals and matches counted, nothing resolved. */
function blockBytes(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  let total = 0;
  while (at < end) {
    const token = bytes[at++]!;
    let literals = token >> 4;
    if (literals === 15) {
      for (let more = 255; more === 255; literals += more) {
        if (at >= end) damaged("a literal length runs over the end of its block");
        more = bytes[at++]!;
      }
    }
    at += literals;
    total += literals;
    if (at > end) damaged("literals run over the end of their block");
    if (at === end) return total;
    at += 2;
    let match = token & 15;
    if (match === 15) {
      for (let more = 255; more === 255; match += more) {
        if (at >= end) damaged("a match length runs over the end of its block");
        more = bytes[at++]!;
      }
    }
    if (at > end) damaged("a match runs over the end of its block");
    total += match + 4;
  }
  return total;
}

/**
 * Bytes the one frame in `bytes` decompresses to. Throws an Error when the frame is damaged, is followed by
 * something, or holds more than `maxBytes`.
 */
export function lz4FrameContentBytes(bytes: Uint8Array, maxBytes: number): number {
  if (bytes.length < 11 || u32(bytes, 0) !== magic) damaged("it does not start with the magic number");
  const flags = bytes[4]!;
  if (flags >> 6 !== 1) damaged(`version ${flags >> 6} is unknown`);
  const hasBlockChecksums = (flags & 0x10) !== 0;
  const hasContentBytes = (flags & 0x08) !== 0;
  const hasContentChecksum = (flags & 0x04) !== 0;
  if (flags & 0x01) damaged("it needs a dictionary");
  let at = 6 + (hasContentBytes ? 8 : 0) + 1;
  let total = 0;
  for (;;) {
    if (at + 4 > bytes.length) damaged("it ends before its end mark");
    const word = u32(bytes, at);
    at += 4;
    if (word === 0) break;
    const length = word & 0x7fffffff;
    if (length > bytes.length - at) damaged("a block runs over the end");
    total += word >>> 31 ? length : blockBytes(bytes, at, at + length);
    if (total > maxBytes) throw new Error(`the lz4 frame holds more than the ${maxBytes} bytes allowed`);
    at += length + (hasBlockChecksums ? 4 : 0);
  }
  at += hasContentChecksum ? 4 : 0;
  if (at !== bytes.length) damaged(`it is ${at} bytes long, ${bytes.length} are given`);
  return total;
}
