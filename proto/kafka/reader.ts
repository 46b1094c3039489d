// core: reads protocol values out of bytes that a stranger sent. Every length is checked against what is left
// before anything is made of it, and the number of values one message may hold is bounded, so that no input
// makes it throw anything but ProtocolError, run long, or allocate more than a small multiple of its size.
// Byte strings it returns are views into the input.
import { limits } from "../../base/limits.ts";
import { uuidFromBytes, zeroUuid } from "../../base/uuid.ts";
import { ProtocolError } from "../errors.ts";
import { knownTexts } from "../known-texts.ts";

const two32 = 4_294_967_296;

export class Reader {
  readonly #bytes: Buffer;
  readonly #end: number;
  #at: number;
  #valuesLeft: number = limits.messageValuesMax;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = at;
    this.#end = bytes.length;
  }

  get at(): number {
    return this.#at;
  }

  get left(): number {
    return this.#end - this.#at;
  }

  #need(bytes: number): number {
    const at = this.#at;
    if (bytes > this.#end - at) {
      throw new ProtocolError(`${bytes} bytes are needed at ${at}, ${this.#end - at} are left`);
    }
    this.#at = at + bytes;
    return at;
  }

  int8(): number {
    const at = this.#need(1);
    return (this.#bytes[at]! << 24) >> 24;
  }

  /** As Kafka does, anything but 0 is true. */
  bool(): boolean {
    const at = this.#need(1);
    return this.#bytes[at] !== 0;
  }

  int16(): number {
    const at = this.#need(2);
    return ((this.#bytes[at]! << 24) | (this.#bytes[at + 1]! << 16)) >> 16;
  }

  uint16(): number {
    const at = this.#need(2);
    return (this.#bytes[at]! << 8) | this.#bytes[at + 1]!;
  }

  int32(): number {
    const at = this.#need(4);
    const bytes = this.#bytes;
    return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
  }

  uint32(): number {
    return this.int32() >>> 0;
  }

  /** Exact up to 2^53; beyond that the nearest double. */
  int64(): number {
    const high = this.int32();
    return high * two32 + (this.int32() >>> 0);
  }

  float64(): number {
    return this.#bytes.readDoubleBE(this.#need(8));
  }

  uuid(): string {
    const at = this.#need(16);
    const bytes = this.#bytes;
    for (let byte = 0; byte < 16; byte += 1) {
      if (bytes[at + byte] !== 0) return uuidFromBytes(bytes.subarray(at, at + 16));
    }
    return zeroUuid;
  }

  /** LEB128 of at most 5 bytes and 32 bits. */
  uvarint(): number {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#bytes[this.#need(1)]!;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    const last = this.#bytes[this.#need(1)]!;
    if (last > 0x0f) throw new ProtocolError(`a varint of more than 32 bits ends at ${this.#at}`);
    return (value | (last << 28)) >>> 0;
  }

  /** Length of a string, byte string or array, or -1 for null; compact ones are stored one higher. */
  length16(): number {
    return this.#length(this.int16());
  }

  length32(): number {
    return this.#length(this.int32());
  }

  compactLength(): number {
    return this.uvarint() - 1;
  }

  #length(length: number): number {
    if (length < -1) throw new ProtocolError(`length ${length} at ${this.#at} is negative`);
    return length;
  }

  text(bytes: number): string {
    if (bytes > 32_767) throw new ProtocolError(`a string of ${bytes} bytes at ${this.#at} is too long`);
    const at = this.#need(bytes);
    return knownTexts.read(this.#bytes, at, at + bytes);
  }

  view(bytes: number): Uint8Array {
    const at = this.#need(bytes);
    return this.#bytes.subarray(at, at + bytes);
  }

  skip(bytes: number): void {
    this.#need(bytes);
  }

  /** Before an array is read: `count` elements of at least `bytesEach`, made of `valuesEach` values each. */
  checkCount(count: number, bytesEach: number, valuesEach: number): void {
    if (count * bytesEach > this.left) {
      throw new ProtocolError(`${count} elements cannot be in the ${this.left} bytes left at ${this.#at}`);
    }
    this.#valuesLeft -= count * valuesEach;
    if (this.#valuesLeft < 0) {
      throw new ProtocolError(`the message holds more than ${limits.messageValuesMax} values`);
    }
  }

  /** The end must have been reached. */
  finish(): void {
    if (this.left > 0) throw new ProtocolError(`${this.left} bytes too many at ${this.#at}`);
  }
}
