// core: SipHash-2-4 with 128 bits of result. Keys of records are told apart by it: without the secret nobody
// can make two that collide, and by chance none will.
//
// 64-bit words are pairs of 32-bit ones. Source: Aumasson, Bernstein, "SipHash: a fast short-input PRF", and
// the reference implementation's 128-bit variant.

export type HashSecret = readonly [number, number, number, number];

export class KeyedHash {
  /** The hash of the last `update`, four 32-bit words. */
  readonly words = new Int32Array(4);
  /** v0 to v3, low word first. */
  readonly #v = new Int32Array(8);
  readonly #secret: HashSecret;

  /** `secret`: 128 random bits, as four words, the lowest first. */
  constructor(secret: HashSecret) {
    this.#secret = secret;
  }

  update(bytes: Uint8Array, from: number, length: number): void {
    const v = this.#v;
    this.#begin();
    const whole = length & ~7;
    for (let at = from; at < from + whole; at += 8)
      this.#word(littleEndian(bytes, at), littleEndian(bytes, at + 4));
    let low = 0;
    let high = (length & 0xff) << 24;
    for (let n = 0; n < length - whole; n++) {
      const byte = bytes[from + whole + n]!;
      if (n < 4) low |= byte << (8 * n);
      else high |= byte << (8 * (n - 4));
    }
    this.#word(low, high);
    v[4]! ^= 0xee;
    for (let n = 0; n < 4; n++) round(v);
    this.#give(0);
    v[2]! ^= 0xdd;
    for (let n = 0; n < 4; n++) round(v);
    this.#give(2);
  }

  #begin(): void {
    const v = this.#v;
    const [k0, k1, k2, k3] = this.#secret;
    v[0] = 0x70736575 ^ k0;
    v[1] = 0x736f6d65 ^ k1;
    v[2] = 0x6e646f6d ^ k2 ^ 0xee;
    v[3] = 0x646f7261 ^ k3;
    v[4] = 0x6e657261 ^ k0;
    v[5] = 0x6c796765 ^ k1;
    v[6] = 0x79746573 ^ k2;
    v[7] = 0x74656462 ^ k3;
  }

  #word(low: number, high: number): void {
    const v = this.#v;
    v[6]! ^= low;
    v[7]! ^= high;
    round(v);
    round(v);
    v[0]! ^= low;
    v[1]! ^= high;
  }

  #give(at: number): void {
    const v = this.#v;
    this.words[at] = v[0]! ^ v[2]! ^ v[4]! ^ v[6]!;
    this.words[at + 1] = v[1]! ^ v[3]! ^ v[5]! ^ v[7]!;
  }
}

function littleEndian(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** v[a] += v[b], then v[b] is turned left by `by` bits and mixed with v[a]. Indexes are of low words. */
function half(v: Int32Array, a: number, b: number, by: number): void {
  const low = (v[a]! >>> 0) + (v[b]! >>> 0);
  const high = v[a + 1]! + v[b + 1]! + (low > 0xffff_ffff ? 1 : 0);
  v[a] = low | 0;
  v[a + 1] = high | 0;
  const bl = v[b]!;
  const bh = v[b + 1]!;
  v[b] = ((bl << by) | (bh >>> (32 - by))) ^ v[a]!;
  v[b + 1] = ((bh << by) | (bl >>> (32 - by))) ^ v[a + 1]!;
}

function swap(v: Int32Array, a: number): void {
  const low = v[a]!;
  v[a] = v[a + 1]!;
  v[a + 1] = low;
}

function round(v: Int32Array): void {
  half(v, 0, 2, 13);
  swap(v, 0);
  half(v, 4, 6, 16);
  half(v, 0, 6, 21);
  half(v, 4, 2, 17);
  swap(v, 4);
}
