// core: the protobuf wire format, as far as peer.proto needs it: varints, zigzag, length-delimited fields.
// Numbers are plain numbers up to 2^53 - 1; byte strings are read as views into the input.
//
// Source: https://protobuf.dev/programming-guides/encoding/
import { limits } from "../../base/limits.ts";
import { ProtocolError } from "../errors.ts";
import { knownTexts } from "../known-texts.ts";

export const wireVarint = 0;
export const wireFixed64 = 1;
export const wireBytes = 2;
export const wireFixed32 = 5;

const two31 = 2_147_483_648;
const varintBytesMax = 10;

export function varintSize(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x200000) return 3;
  if (value < 0x10000000) return 4;
  if (value < 34_359_738_368) return 5;
  if (value < 4_398_046_511_104) return 6;
  if (value < 562_949_953_421_312) return 7;
  return 8;
}

/**
 * Small for small numbers of either sign: 0, -1, 1, -2 become 0, 1, 2, 3. Exact for every safe integer but
 * -(2^53 - 1).
 */
export function zigzag(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1;
}

export function unzigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

/** Writes a whole number in [0, 2^54); answers where the next byte goes. */
export function putVarint(bytes: Uint8Array, at: number, value: number): number {
  let left = value;
  let next = at;
  while (left >= two31) {
    bytes[next++] = (left % 128) | 0x80;
    left = Math.floor(left / 128);
  }
  while (left > 127) {
    bytes[next++] = (left & 0x7f) | 0x80;
    left >>>= 7;
  }
  bytes[next++] = left;
  return next;
}

export class WireReader {
  readonly #bytes: Buffer;
  #at: number;
  #end: number;
  #valuesLeft = limits.messageValuesMax as number;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = 0;
    this.#end = bytes.length;
  }

  /** False at the end of the message (or of the nested one that was entered). */
  get more(): boolean {
    return this.#at < this.#end;
  }

  varint(): number {
    const bytes = this.#bytes;
    let value = 0;
    let scale = 1;
    for (let count = 0; count < varintBytesMax; count++) {
      if (this.#at >= this.#end) throw new ProtocolError(`a varint runs over the end at ${this.#at}`);
      const byte = bytes[this.#at++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    throw new ProtocolError(`a varint of more than ${varintBytesMax} bytes ends at ${this.#at}`);
  }

  uint32(): number {
    const value = this.varint();
    if (value > 0xffff_ffff) throw new ProtocolError(`${value} before ${this.#at} is no uint32`);
    return value;
  }

  sint32(): number {
    const value = unzigzag(this.varint());
    if (value > 0x7fff_ffff || value < -two31) {
      throw new ProtocolError(`${value} before ${this.#at} is no sint32`);
    }
    return value;
  }

  sint64(): number {
    const value = unzigzag(this.varint());
    if (!Number.isSafeInteger(value)) {
      throw new ProtocolError(`${value} before ${this.#at} is beyond 2^53 - 1`);
    }
    return value;
  }

  bool(): boolean {
    return this.varint() !== 0;
  }

  /** A view into the input. */
  view(): Buffer {
    const bytes = this.#length();
    const view = this.#bytes.subarray(this.#at, this.#at + bytes);
    this.#at += bytes;
    return view;
  }

  string(): string {
    const bytes = this.#length();
    const text = knownTexts.read(this.#bytes, this.#at, this.#at + bytes);
    this.#at += bytes;
    return text;
  }

  #length(): number {
    const bytes = this.varint();
    if (bytes > this.#end - this.#at) {
      throw new ProtocolError(`${bytes} bytes cannot be in the ${this.#end - this.#at} left at ${this.#at}`);
    }
    return bytes;
  }

  /** Narrows the reader to the nested message that starts here; give the answer to `leave`. */
  enter(): number {
    this.#valuesLeft -= 1;
    if (this.#valuesLeft < 0) {
      throw new ProtocolError(`the message holds more than ${limits.messageValuesMax} messages`);
    }
    const bytes = this.#length();
    const outer = this.#end;
    this.#end = this.#at + bytes;
    return outer;
  }

  leave(outer: number): void {
    this.#end = outer;
  }

  /** Passes over a field that is not known here. */
  skip(wireType: number): void {
    if (wireType === wireVarint) this.varint();
    else if (wireType === wireBytes) this.#jump(this.#length());
    else if (wireType === wireFixed64) this.#jump(8);
    else if (wireType === wireFixed32) this.#jump(4);
    else throw new ProtocolError(`wire type ${wireType} before ${this.#at} is not known`);
  }

  #jump(bytes: number): void {
    if (bytes > this.#end - this.#at) throw new ProtocolError(`a field runs over the end at ${this.#at}`);
    this.#at += bytes;
  }
}
