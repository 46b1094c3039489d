// core: CRC-32C (Castagnoli) in plain JavaScript, for machines where the native library cannot load. Slow
// (about 300 MB/s), but right.
//
// Source: RFC 3720 appendix B.4; reflected polynomial 0x82F63B78.

const polynomial = 0x82f63b78;

const table = new Uint32Array(256);
for (let byte = 0; byte < 256; byte += 1) {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
  table[byte] = crc >>> 0;
}

/** The checksum as an unsigned 32-bit number. */
export function crc32cByTable(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let at = 0; at < bytes.length; at += 1) crc = (crc >>> 8) ^ table[(crc ^ bytes[at]!) & 0xff]!;
  return (crc ^ 0xffffffff) >>> 0;
}
