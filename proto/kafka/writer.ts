// core: a growing buffer that protocol values are written into. Large byte strings are not copied: they
// become chunks of their own, in order, so that a fetched batch goes from the page cache to the socket
// untouched. The chunks belong to the caller once `finish` was called; those that were handed in are shared
// with whoever gave them.
import { uuidToBytes } from "../../base/uuid.ts";

/** From this size on, a byte string is passed on as its own chunk. */
const copyBelowBytes = 2048;
const two32 = 4_294_967_296;
const two63 = 2 ** 63;

function refuse(what: string, value: unknown): never {
  throw new TypeError(`cannot encode ${JSON.stringify(value) ?? String(value)}: ${what} is needed`);
}

function textBytes(value: string): number {
  const bytes = Buffer.byteLength(value, "utf8");
  if (bytes > 32_767) refuse("a string of at most 32767 bytes", `${value.slice(0, 40)}...`);
  return bytes;
}

export class Writer {
  #buffer: Buffer;
  /** Where the bytes begin that are in no chunk yet. */
  #start = 0;
  #at = 0;
  #chunks: Uint8Array[] = [];
  #chunkBytes = 0;
  #sharedBytes = 0;

  constructor(sizeHint: number) {
    this.#buffer = Buffer.allocUnsafe(Math.max(64, sizeHint));
  }

  /** Bytes written so far. */
  get size(): number {
    return this.#chunkBytes + this.#at - this.#start;
  }

  /** Bytes written so far that are not in chunks handed in. */
  get copiedBytes(): number {
    return this.size - this.#sharedBytes;
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return;
    const pending = this.#at - this.#start;
    const next = Buffer.allocUnsafe(Math.max(2 * this.#buffer.length, pending + bytes));
    this.#buffer.copy(next, 0, this.#start, this.#at);
    this.#buffer = next;
    this.#start = 0;
    this.#at = pending;
  }

  int8(value: number): void {
    if ((value << 24) >> 24 !== value) refuse("an int8", value);
    this.#reserve(1);
    this.#buffer[this.#at++] = value;
  }

  bool(value: boolean): void {
    if (typeof value !== "boolean") refuse("a boolean", value);
    this.#reserve(1);
    this.#buffer[this.#at++] = value ? 1 : 0;
  }

  int16(value: number): void {
    if ((value << 16) >> 16 !== value) refuse("an int16", value);
    this.#put16(value);
  }

  uint16(value: number): void {
    if ((value & 0xffff) !== value) refuse("a uint16", value);
    this.#put16(value);
  }

  #put16(value: number): void {
    this.#reserve(2);
    this.#buffer[this.#at] = value >> 8;
    this.#buffer[this.#at + 1] = value;
    this.#at += 2;
  }

  int32(value: number): void {
    if ((value | 0) !== value) refuse("an int32", value);
    this.#put32(value);
  }

  uint32(value: number): void {
    if (value >>> 0 !== value) refuse("a uint32", value);
    this.#put32(value | 0);
  }

  #put32(value: number): void {
    this.#reserve(4);
    const buffer = this.#buffer;
    const at = this.#at;
    buffer[at] = value >>> 24;
    buffer[at + 1] = value >>> 16;
    buffer[at + 2] = value >>> 8;
    buffer[at + 3] = value;
    this.#at = at + 4;
  }

  /** The largest int64 is no double; 2^63 stands for it in both directions. */
  int64(value: number): void {
    if (!Number.isInteger(value) || value > two63 || value < -two63) refuse("an int64", value);
    if (value === two63) {
      this.#put32(0x7fffffff);
      this.#put32(-1);
      return;
    }
    const high = Math.floor(value / two32);
    this.#put32(high | 0);
    this.#put32((value - high * two32) | 0);
  }

  float64(value: number): void {
    if (typeof value !== "number") refuse("a number", value);
    this.#reserve(8);
    this.#buffer.writeDoubleBE(value, this.#at);
    this.#at += 8;
  }

  uuid(value: string): void {
    const bytes = typeof value === "string" ? uuidToBytes(value) : null;
    if (bytes === null) refuse("a uuid of 22 base64url characters", value);
    this.raw(bytes);
  }

  /** LEB128, at most 5 bytes. */
  uvarint(value: number): void {
    this.#reserve(5);
    let left = value;
    while (left > 127) {
      this.#buffer[this.#at++] = (left & 0x7f) | 0x80;
      left >>>= 7;
    }
    this.#buffer[this.#at++] = left;
  }

  string(value: string): void {
    if (typeof value !== "string") refuse("a string", value);
    const bytes = textBytes(value);
    this.#put16(bytes);
    this.#text(value, bytes);
  }

  compactString(value: string): void {
    if (typeof value !== "string") refuse("a string", value);
    const bytes = textBytes(value);
    this.uvarint(bytes + 1);
    this.#text(value, bytes);
  }

  #text(value: string, bytes: number): void {
    this.#reserve(bytes);
    this.#buffer.write(value, this.#at, bytes, "utf8");
    this.#at += bytes;
  }

  bytes(value: Uint8Array): void {
    if (!(value instanceof Uint8Array)) refuse("a Uint8Array", value);
    this.#put32(value.length);
    this.raw(value);
  }

  compactBytes(value: Uint8Array): void {
    if (!(value instanceof Uint8Array)) refuse("a Uint8Array", value);
    this.uvarint(value.length + 1);
    this.raw(value);
  }

  raw(value: Uint8Array): void {
    if (value.length >= copyBelowBytes) {
      this.#cut();
      this.#chunks.push(value);
      this.#chunkBytes += value.length;
      this.#sharedBytes += value.length;
      return;
    }
    this.#reserve(value.length);
    this.#buffer.set(value, this.#at);
    this.#at += value.length;
  }

  /** Takes over all that another writer holds. */
  append(other: Writer): void {
    for (const chunk of other.finish()) this.raw(chunk);
  }

  #cut(): void {
    if (this.#at === this.#start) return;
    this.#chunks.push(this.#buffer.subarray(this.#start, this.#at));
    this.#chunkBytes += this.#at - this.#start;
    this.#start = this.#at;
  }

  /** All that was written, in order. The writer must not be used afterwards. */
  finish(): Uint8Array[] {
    this.#cut();
    return this.#chunks;
  }
}

/** One buffer out of many; none is copied when there is only one. */
export function joinChunks(chunks: readonly Uint8Array[]): Uint8Array {
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}
