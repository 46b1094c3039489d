// core: zig-zag variable-length integers as records use them, written in place. Reading is in
// record-cursor.ts. Up to 32 bits the fast way; beyond that by arithmetic, since bit operations end there.
// Exact up to 2^53.

const two32 = 4_294_967_296;

function zigzagWide(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1;
}

/** Bytes that the zig-zag varint of a whole number takes. */
export function varintBytes(value: number): number {
  if ((value | 0) === value) {
    const raw = ((value << 1) ^ (value >> 31)) >>> 0;
    if (raw < 0x80) return 1;
    if (raw < 0x4000) return 2;
    if (raw < 0x20_0000) return 3;
    return raw < 0x1000_0000 ? 4 : 5;
  }
  let left = zigzagWide(value);
  let bytes = 1;
  for (; left >= 128; left = Math.floor(left / 128)) bytes += 1;
  return bytes;
}

/** Writes the zig-zag varint of a whole number; answers where it ends. */
export function writeVarint(into: Uint8Array, at: number, value: number): number {
  let place = at;
  let raw: number;
  if ((value | 0) === value) raw = ((value << 1) ^ (value >> 31)) >>> 0;
  else {
    let wide = zigzagWide(value);
    while (wide >= two32) {
      into[place++] = (wide % 128) | 0x80;
      wide = Math.floor(wide / 128);
    }
    raw = wide >>> 0;
  }
  while (raw > 127) {
    into[place++] = (raw & 0x7f) | 0x80;
    raw >>>= 7;
  }
  into[place++] = raw;
  return place;
}
