// core: a buffer for what is read of many logs in one turn and encoded at its end. A fresh buffer for each
// read costs more than the read.

export class ReadRoom {
  readonly #bytes: Uint8Array;
  #used = 0;

  constructor(bytes: number) {
    this.#bytes = Buffer.allocUnsafeSlow(bytes);
  }

  /** What is left. */
  get free(): Uint8Array {
    return this.#bytes.subarray(this.#used);
  }

  /** These bytes, if they are of the front of `free`, stay until `clear`. */
  take(bytes: Uint8Array): void {
    const isOurs = bytes.buffer === this.#bytes.buffer;
    if (isOurs) this.#used = bytes.byteOffset - this.#bytes.byteOffset + bytes.length;
  }

  clear(): void {
    this.#used = 0;
  }
}
