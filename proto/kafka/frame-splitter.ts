// core: cuts the byte stream of a connection into frames. Memory grows with the bytes that came, never with
// the length that was announced.
import { frameSizeProblem } from "./frames.ts";

const firstBufferBytes = 65_536;

export interface FrameSplitterOptions {
  /** Larger frames are refused with ProtocolError. */
  readonly frameBytesMax: number;
  /**
   * False: every frame is a buffer of its own and belongs to the caller. True: a frame lasts until `release`,
   * and no longer than the chunk that it came in.
   */
  readonly lend: boolean;
  /** Lending: buffers for frames that come in pieces. */
  readonly pool?: FrameBuffers;
}

/** Buffers of one size, used again and again: a fresh one costs more than all that is done with it. */
export class FrameBuffers {
  readonly bytes: number;
  readonly #keptMax: number;
  readonly #free: Buffer[] = [];

  constructor(options: { bytes: number; keptMax: number }) {
    this.bytes = options.bytes;
    this.#keptMax = options.keptMax;
  }

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(this.bytes);
  }

  give(buffer: Buffer): void {
    if (this.#free.length < this.#keptMax) this.#free.push(buffer);
  }
}

export class FrameSplitter {
  readonly #options: FrameSplitterOptions;
  /** The length bytes of the frame under way, and how many of them are here. */
  readonly #head = Buffer.alloc(4);
  #headBytes = 0;
  /** The frame under way once its length is known. */
  #frame: Buffer | null = null;
  #frameBytes = 0;
  #filled = 0;
  /** The pooled buffer of a frame that is lent: one at most, since only the first of a chunk began before. */
  #lent: Buffer | null = null;

  constructor(options: FrameSplitterOptions) {
    this.#options = options;
  }

  /** Bytes of an unfinished frame kept here. */
  get pendingBytes(): number {
    return this.#headBytes + this.#filled;
  }

  /**
   * All frames that end in this chunk, without their length bytes. Throws ProtocolError, after which the
   * connection must be closed. The chunk is not kept.
   */
  push(chunk: Uint8Array): Uint8Array[] {
    const frames: Uint8Array[] = [];
    let at = 0;
    while (at < chunk.length) {
      if (this.#headBytes < 4) {
        at = this.#takeHead(chunk, at);
        if (this.#headBytes < 4) break;
        this.#frameBytes = this.#head.readInt32BE(0);
        const problem = frameSizeProblem(this.#frameBytes, this.#options.frameBytesMax);
        if (problem !== null) throw problem;
        if (this.#frameBytes > 0 && at === chunk.length) break;
      }
      if (this.#frame === null && chunk.length - at >= this.#frameBytes) {
        const whole = chunk.subarray(at, at + this.#frameBytes);
        frames.push(this.#options.lend ? whole : Buffer.from(whole));
        at += this.#frameBytes;
        this.#reset();
        continue;
      }
      at = this.#fill(chunk, at);
      if (this.#filled < this.#frameBytes) break;
      frames.push(this.#frame!.subarray(0, this.#frameBytes));
      if (this.#isPooled(this.#frame!)) this.#lent = this.#frame;
      this.#reset();
    }
    return frames;
  }

  /** What was lent is not looked at any more. */
  release(): void {
    if (this.#lent !== null) this.#options.pool!.give(this.#lent);
    this.#lent = null;
  }

  #isPooled(frame: Buffer): boolean {
    const { lend, pool } = this.#options;
    return lend && pool !== undefined && frame.length === pool.bytes;
  }

  #takeHead(chunk: Uint8Array, from: number): number {
    let at = from;
    while (this.#headBytes < 4 && at < chunk.length) {
      this.#head[this.#headBytes] = chunk[at]!;
      this.#headBytes += 1;
      at += 1;
    }
    return at;
  }

  #fill(chunk: Uint8Array, at: number): number {
    const bytes = Math.min(chunk.length - at, this.#frameBytes - this.#filled);
    const needed = this.#filled + bytes;
    let frame = this.#frame;
    if (frame === null || frame.length < needed) {
      const larger = this.#larger(needed, frame?.length ?? 0);
      frame?.copy(larger, 0, 0, this.#filled);
      frame = larger;
      this.#frame = larger;
    }
    frame.set(chunk.subarray(at, at + bytes), this.#filled);
    this.#filled = needed;
    return at + bytes;
  }

  #larger(needed: number, now: number): Buffer {
    const { lend, pool } = this.#options;
    if (lend && pool !== undefined && this.#frameBytes <= pool.bytes) return pool.take();
    const size = Math.min(this.#frameBytes, Math.max(needed, 2 * now, firstBufferBytes));
    return Buffer.allocUnsafe(size);
  }

  #reset(): void {
    this.#frame = null;
    this.#filled = 0;
    this.#headBytes = 0;
    this.#frameBytes = 0;
  }
}
