// core: what leaders appended last, still in memory: followers and consumers at the end of a log read it from
// here, without a system call, and without a checksum, since these bytes never were on a disk. One ring of
// bytes for all logs of a directory, and for each segment where its own last appends stand in it.
//
// Keeps true: only bytes that are still as they were appended are handed out.

/** Appends that a segment remembers. */
const kept = 64;

export class HotBytes {
  readonly #size: number;
  #ring: Buffer | null = null;
  /** All bytes ever taken, those skipped at the end of the ring included. */
  #taken = 0;

  constructor(options: { bytes: number }) {
    this.#size = options.bytes;
  }

  /** Keeps a copy; answers its place. -1: it is too large to be kept. */
  keep(bytes: Uint8Array): number {
    if (bytes.length > this.#size / 2) return -1;
    this.#ring ??= Buffer.allocUnsafeSlow(this.#size);
    const left = this.#size - (this.#taken % this.#size);
    if (bytes.length > left) this.#taken += left;
    const place = this.#taken;
    this.#ring.set(bytes, place % this.#size);
    this.#taken += bytes.length;
    return place;
  }

  has(place: number): boolean {
    return place >= 0 && this.#taken - place <= this.#size;
  }

  /** A view, until the next `keep`; the place must be there. */
  view(place: number, length: number): Uint8Array {
    const at = place % this.#size;
    return this.#ring!.subarray(at, at + length);
  }
}

/** Of one segment. Positions are those of its file. */
export class HotTail {
  readonly #bytes: HotBytes;
  readonly #positions = new Float64Array(kept);
  readonly #lengths = new Float64Array(kept);
  readonly #places = new Float64Array(kept);
  /** Appends noted so far; the last `kept` of them are known. */
  #count = 0;

  constructor(bytes: HotBytes) {
    this.#bytes = bytes;
  }

  /** Was appended at `position`. */
  appended(bytes: Uint8Array, position: number): void {
    const slot = this.#count++ % kept;
    this.#positions[slot] = position;
    this.#lengths[slot] = bytes.length;
    this.#places[slot] = this.#bytes.keep(bytes);
  }

  /**
   * `length` bytes from `position` on, where an append began; null when they are not all here. In `into`, if
   * they fit there; a view into the ring if `into` is given and one append holds them all.
   */
  read(position: number, length: number, into?: Uint8Array): Uint8Array | null {
    const first = this.#startingAt(position);
    if (first < 0) return null;
    const slot = first % kept;
    if (into !== undefined && this.#lengths[slot]! >= length) {
      const place = this.#places[slot]!;
      return this.#bytes.has(place) ? this.#bytes.view(place, length) : null;
    }
    if (!this.#reaches(first, position + length)) return null;
    const fits = into !== undefined && length <= into.length;
    const found = fits ? into.subarray(0, length) : Buffer.allocUnsafeSlow(length);
    for (let at = 0, append = first; at < length; append++) {
      const taken = Math.min(this.#lengths[append % kept]!, length - at);
      found.set(this.#bytes.view(this.#places[append % kept]!, taken), at);
      at += taken;
    }
    return found;
  }

  #startingAt(position: number): number {
    const oldest = Math.max(0, this.#count - kept);
    for (let append = this.#count - 1; append >= oldest; append--) {
      const at = this.#positions[append % kept]!;
      if (at === position) return append;
      if (at < position) return -1;
    }
    return -1;
  }

  /** All appends from `first` on, until one that reaches `end`, are still here and follow one another. */
  #reaches(first: number, end: number): boolean {
    let next = this.#positions[first % kept]!;
    for (let append = first; append < this.#count; append++) {
      const slot = append % kept;
      if (this.#positions[slot] !== next || !this.#bytes.has(this.#places[slot]!)) return false;
      next += this.#lengths[slot]!;
      if (next >= end) return true;
    }
    return false;
  }
}
