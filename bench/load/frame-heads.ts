// core: the frames of a connection as they come in, of each only its first bytes and its length: what a load
// generator has to know, without gathering a megabyte to look at twenty bytes. The head given out is only
// valid during the call.

export class FrameHeads {
  readonly #headBytes: number;
  readonly #onFrame: (head: Uint8Array, frameBytes: number) => void;
  /** Length field and head, as far as they are there. */
  readonly #gathered: Buffer;
  #have = 0;
  #frameBytes = -1;
  #skip = 0;

  constructor(headBytes: number, onFrame: (head: Uint8Array, frameBytes: number) => void) {
    this.#headBytes = headBytes;
    this.#onFrame = onFrame;
    this.#gathered = Buffer.allocUnsafe(4 + headBytes);
  }

  push(chunk: Uint8Array, length = chunk.length): void {
    let at = 0;
    while (at < length) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, length - at);
        this.#skip -= skipped;
        at += skipped;
        if (this.#skip === 0) this.#finish();
        continue;
      }
      const wanted = this.#wanted();
      const taken = Math.min(wanted - this.#have, length - at);
      this.#gathered.set(chunk.subarray(at, at + taken), this.#have);
      this.#have += taken;
      at += taken;
      if (this.#have < wanted) return;
      if (this.#frameBytes < 0) {
        this.#frameBytes = this.#gathered.readInt32BE(0);
        if (this.#frameBytes > 0) continue;
      }
      this.#skip = this.#frameBytes - (this.#have - 4);
      if (this.#skip === 0) this.#finish();
    }
  }

  #wanted(): number {
    return this.#frameBytes < 0 ? 4 : 4 + Math.min(this.#headBytes, this.#frameBytes);
  }

  #finish(): void {
    const frameBytes = this.#frameBytes;
    const head = this.#gathered.subarray(4, this.#have);
    this.#frameBytes = -1;
    this.#have = 0;
    this.#onFrame(head, frameBytes);
  }
}
