// core: the bytes of one file in memory, in blocks, so that a long log grows without being copied. A hole and
// what an extension adds read as zeros.
const blockBytes = 64 * 1024;
const firstBytes = 1024;

export class FileBytes {
  length = 0;
  /** Null: zeros. The first block starts small and doubles, since most files stay small. */
  readonly #blocks: (Uint8Array | null)[] = [];

  write(bytes: Uint8Array, position: number): void {
    const end = position + bytes.length;
    for (let at = position; at < end; ) {
      const index = Math.floor(at / blockBytes);
      const from = at - index * blockBytes;
      const count = Math.min(blockBytes - from, end - at);
      const block = this.#writable(index, from + count);
      block.set(bytes.subarray(at - position, at - position + count), from);
      at += count;
    }
    if (end > this.length && bytes.length > 0) this.length = end;
  }

  /** Answers how many bytes were there. */
  read(into: Uint8Array, position: number): number {
    const count = Math.max(0, Math.min(into.length, this.length - position));
    for (let done = 0; done < count; ) {
      const index = Math.floor((position + done) / blockBytes);
      const from = position + done - index * blockBytes;
      const part = Math.min(blockBytes - from, count - done);
      const block = this.#blocks[index] ?? null;
      const here = block === null ? 0 : Math.max(0, Math.min(part, block.length - from));
      if (here > 0) into.set(block!.subarray(from, from + here), done);
      into.fill(0, done + here, done + part);
      done += part;
    }
    return count;
  }

  resize(length: number): void {
    if (length < this.length) {
      const blocks = Math.ceil(length / blockBytes);
      if (this.#blocks.length > blocks) this.#blocks.length = blocks;
      // What is beyond the end reads as zeros should the file grow again.
      const last = this.#blocks[blocks - 1] ?? null;
      if (last !== null) last.fill(0, Math.min(last.length, length - (blocks - 1) * blockBytes));
    }
    this.length = length;
  }

  #writable(index: number, end: number): Uint8Array {
    while (this.#blocks.length <= index) this.#blocks.push(null);
    const present = this.#blocks[index] ?? null;
    if (present !== null && present.length >= end) return present;
    let size = index === 0 ? firstBytes : blockBytes;
    while (size < end) size *= 2;
    const grown = new Uint8Array(size);
    if (present !== null) grown.set(present);
    this.#blocks[index] = grown;
    return grown;
  }
}
