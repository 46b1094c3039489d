// core: the last offset of each key in a part of a log, in bounded memory: keys are kept as 128-bit hashes.
//
// Keeps true: it never forgets a key; when it is full it says so, and its owner cleans up to where it came.
// Source: Kafka, SkimpyOffsetMap (which hashes with MD5).
import { type HashSecret, KeyedHash } from "./keyed-hash.ts";

/** Four words of hash and an offset. */
export const mapEntryBytes = 24;
/** Part of the slots that are used; beyond it searches become long. */
const load = 0.9;

export class OffsetMap {
  readonly #hash: KeyedHash;
  readonly #slots: number;
  readonly #words: Int32Array;
  /** -1: the slot is free. */
  readonly #offsets: Float64Array;
  readonly capacity: number;
  size = 0;

  /** Memory of at most `bytes`, and no more than `keysMax` keys need. */
  constructor(options: { bytes: number; keysMax: number; secret: HashSecret }) {
    const { bytes, keysMax, secret } = options;
    this.#hash = new KeyedHash(secret);
    this.#slots = Math.max(2, Math.min(Math.floor(bytes / mapEntryBytes), Math.ceil(keysMax / load) + 1));
    this.capacity = Math.max(1, Math.floor(this.#slots * load));
    this.#words = new Int32Array(4 * this.#slots);
    this.#offsets = new Float64Array(this.#slots).fill(-1);
  }

  /** Notes a key at a later offset than all before. False: it is full, and the key is none it has. */
  put(bytes: Uint8Array, at: number, length: number, offset: number): boolean {
    const slot = this.#find(bytes, at, length);
    if (this.#offsets[slot]! < 0) {
      if (this.size >= this.capacity) return false;
      this.size++;
      this.#words.set(this.#hash.words, 4 * slot);
    }
    this.#offsets[slot] = offset;
    return true;
  }

  /** -1: the key is not there. */
  get(bytes: Uint8Array, at: number, length: number): number {
    return this.#offsets[this.#find(bytes, at, length)]!;
  }

  /** The key's slot, or the free one where it would go. */
  #find(bytes: Uint8Array, at: number, length: number): number {
    this.#hash.update(bytes, at, length);
    const [a, b, c, d] = this.#hash.words;
    let slot = (a! >>> 0) % this.#slots;
    while (this.#offsets[slot]! >= 0) {
      const word = 4 * slot;
      const w = this.#words;
      if (w[word] === a && w[word + 1] === b && w[word + 2] === c && w[word + 3] === d) return slot;
      slot = slot + 1 === this.#slots ? 0 : slot + 1;
    }
    return slot;
  }
}
