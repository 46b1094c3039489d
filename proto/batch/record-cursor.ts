// core: goes over the plain records of a batch in place, one at a time, without allocating: after `next` its
// fields say where the parts of the record lie. Every length is checked, so that damaged records throw
// ProtocolError and nothing else.
//
//   length | attributes i8 | timestampDelta | offsetDelta | keyLength key | valueLength value
//   | headerCount { keyLength key | valueLength value }        lengths, deltas and counts are zig-zag varints
//
// Source: https://kafka.apache.org/documentation/#record
import { limits } from "../../base/limits.ts";
import { ProtocolError } from "../errors.ts";

export interface RecordHeader {
  readonly key: string;
  readonly value: Uint8Array | null;
}

const noHeaders: readonly RecordHeader[] = [];

export class RecordCursor {
  readonly bytes: Uint8Array;
  #at: number;
  readonly #end: number;
  /** Where the record ends that is being read. */
  #recordEnd = 0;
  /** Where the record begins, with its length. */
  recordAt = 0;
  /** Where it goes on behind its timestamp. */
  afterTimestampAt = 0;

  offsetDelta = 0;
  timestampDelta = 0;
  keyAt = 0;
  /** -1: null. */
  keyLength = -1;
  valueAt = 0;
  /** -1: null. */
  valueLength = -1;
  headerCount = 0;
  headersAt = 0;

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.bytes = bytes;
    this.#at = at;
    this.#end = end;
  }

  get recordEnd(): number {
    return this.#recordEnd;
  }

  /** All bytes have been read. */
  get atEnd(): boolean {
    return this.#at === this.#end;
  }

  #fail(what: string): never {
    throw new ProtocolError(`damaged record at byte ${this.#at}: ${what}`);
  }

  #varint(): number {
    const bytes = this.bytes;
    let at = this.#at;
    const end = this.#recordEnd;
    if (at >= end) this.#fail("it ends too early");
    let byte = bytes[at++]!;
    let raw = byte & 0x7f;
    if (byte > 127) {
      let shift = 7;
      do {
        if (at >= end) this.#fail("it ends inside a number");
        byte = bytes[at++]!;
        raw |= (byte & 0x7f) << shift;
        shift += 7;
      } while (byte > 127 && shift < 35);
      if (byte > (shift === 35 ? 0x0f : 127)) this.#fail("a number has more than 32 bits");
    }
    this.#at = at;
    return (raw >>> 1) ^ -(raw & 1);
  }

  /** Up to 64 bits; exact up to 2^53. */
  #varlong(): number {
    const bytes = this.bytes;
    const end = this.#recordEnd;
    let at = this.#at;
    let raw = 0;
    let scale = 1;
    for (let count = 0; count < 10; count += 1) {
      if (at >= end) this.#fail("it ends inside a number");
      const byte = bytes[at++]!;
      raw += (byte & 0x7f) * scale;
      if (byte < 128) {
        this.#at = at;
        return raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2;
      }
      scale *= 128;
    }
    return this.#fail("a number has more than 64 bits");
  }

  /** Skips a byte string of `length` bytes (-1: null); answers where it starts. */
  #take(length: number, what: string): number {
    const at = this.#at;
    if (length < -1 || length > this.#recordEnd - at) this.#fail(`${what} of ${length} bytes`);
    if (length > 0) this.#at = at + length;
    return at;
  }

  /** Goes to the next record; there must be one. */
  next(): void {
    this.#recordEnd = this.#end;
    this.recordAt = this.#at;
    const length = this.#varint();
    const start = this.#at;
    if (length < 0 || length > this.#end - start) this.#fail(`a record of ${length} bytes`);
    this.#recordEnd = start + length;
    this.#take(1, "attributes");
    this.timestampDelta = this.#varlong();
    this.afterTimestampAt = this.#at;
    this.offsetDelta = this.#varint();
    this.keyLength = this.#varint();
    this.keyAt = this.#take(this.keyLength, "a key");
    this.valueLength = this.#varint();
    this.valueAt = this.#take(this.valueLength, "a value");
    this.headerCount = this.#varint();
    if (this.headerCount < 0 || this.headerCount > limits.headersPerRecordMax) {
      this.#fail(`${this.headerCount} headers; 0 to ${limits.headersPerRecordMax} are allowed`);
    }
    this.headersAt = this.#at;
    for (let count = this.headerCount; count > 0; count -= 1) this.#skipHeader();
    if (this.#at !== this.#recordEnd) {
      this.#fail(`it says ${length} bytes, its parts take ${this.#at - start}`);
    }
  }

  #skipHeader(): void {
    const keyLength = this.#varint();
    if (keyLength < 0) this.#fail("a header without a key");
    this.#take(keyLength, "a header's key");
    this.#take(this.#varint(), "a header's value");
  }

  /** A view. */
  key(): Uint8Array | null {
    return this.keyLength < 0 ? null : this.bytes.subarray(this.keyAt, this.keyAt + this.keyLength);
  }

  /** A view. */
  value(): Uint8Array | null {
    return this.valueLength < 0 ? null : this.bytes.subarray(this.valueAt, this.valueAt + this.valueLength);
  }

  /** Values are views. */
  headers(): readonly RecordHeader[] {
    if (this.headerCount === 0) return noHeaders;
    const after = this.#at;
    this.#at = this.headersAt;
    const headers: RecordHeader[] = [];
    for (let count = this.headerCount; count > 0; count -= 1) {
      const keyLength = this.#varint();
      const keyAt = this.#take(keyLength, "a header's key");
      const valueLength = this.#varint();
      const valueAt = this.#take(valueLength, "a header's value");
      headers.push({
        key: Buffer.from(this.bytes.buffer, this.bytes.byteOffset + keyAt, keyLength).toString("utf8"),
        value: valueLength < 0 ? null : this.bytes.subarray(valueAt, valueAt + valueLength),
      });
    }
    this.#at = after;
    return headers;
  }
}
