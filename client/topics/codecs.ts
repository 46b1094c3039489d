// core: how keys and values become bytes and back. A codec is a pair of pure functions; what does not fit
// throws FormatProblem, which names every issue and its place in the value.
import type { ValidationIssue } from "../errors.ts";

/**
 * `In` is what a producer gives, `Out` what a consumer gets (a schema may turn one into the other). Null
 * bytes are a record without key, or a tombstone.
 */
export interface Codec<Out, In = Out> {
  readonly name: string;
  /** Throws FormatProblem. */
  encode(value: In): Uint8Array | null;
  /** Throws FormatProblem. */
  decode(bytes: Uint8Array | null): Out;
}

export class FormatProblem extends Error {
  readonly issues: readonly ValidationIssue[];

  constructor(issues: readonly ValidationIssue[], cause?: unknown) {
    super(issues.map((issue) => issue.message).join("; "), cause === undefined ? {} : { cause });
    this.name = "FormatProblem";
    this.issues = issues;
  }
}

export function misfit(message: string, cause?: unknown): FormatProblem {
  return new FormatProblem([{ path: "", message }], cause);
}

function present(name: string, bytes: Uint8Array | null): Uint8Array {
  if (bytes !== null) return bytes;
  throw misfit(`it is null, it should be ${name}; wrap the codec in nullable() if null is meant`);
}

const strictText = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** UTF-8 text. */
export function string(): Codec<string> {
  return {
    name: "string",
    encode: (value) => {
      if (typeof value !== "string") throw misfit(`it is ${kindOf(value)}, it should be a string`);
      return Buffer.from(value, "utf8");
    },
    decode: (bytes) => {
      try {
        return strictText.decode(present("a string", bytes));
      } catch (error) {
        throw error instanceof FormatProblem ? error : misfit("its bytes are not UTF-8", error);
      }
    },
  };
}

/** Bytes as they are, null included. Text may be given too, and goes out as UTF-8. */
export function bytes(): Codec<Uint8Array | null, RawPart> {
  return { name: "bytes", encode: rawBytes, decode: (given) => given };
}

/** What raw keys and values may be. */
export type RawPart = string | Uint8Array | null;

export function rawBytes(value: RawPart): Uint8Array | null {
  if (value === null || value instanceof Uint8Array) return value;
  if (typeof value === "string") return Buffer.from(value, "utf8");
  throw misfit(`it is ${kindOf(value)}, it should be a string, a Uint8Array or null`);
}

function numeric(
  name: string,
  size: number,
  fits: (value: number) => boolean,
  write: (into: Buffer, value: number) => void,
  read: (from: Buffer) => number,
): Codec<number> {
  return {
    name,
    encode: (value) => {
      if (typeof value !== "number" || !fits(value))
        throw misfit(`it is ${String(value)}, it should be ${name}`);
      const into = Buffer.allocUnsafe(size);
      write(into, value);
      return into;
    },
    decode: (given) => {
      const from = present(name, given);
      if (from.length !== size) throw misfit(`it has ${from.length} bytes, ${name} has ${size}`);
      const value = read(Buffer.from(from.buffer, from.byteOffset, from.byteLength));
      if (!fits(value)) throw misfit(`it is beyond what ${name} can hold exactly`);
      return value;
    },
  };
}

/** A signed 32-bit number, big-endian (Kafka's IntegerSerializer). */
export function int32(): Codec<number> {
  return numeric(
    "an int32",
    4,
    (value) => value === (value | 0),
    (into, value) => into.writeInt32BE(value),
    (from) => from.readInt32BE(),
  );
}

/** A signed 64-bit number, big-endian (LongSerializer); only what a `number` holds exactly, to 2^53. */
export function int64(): Codec<number> {
  return numeric(
    "an int64",
    8,
    Number.isSafeInteger,
    (into, value) => into.writeBigInt64BE(BigInt(value)),
    (from) => Number(from.readBigInt64BE()),
  );
}

/** A double, big-endian (DoubleSerializer). */
export function float64(): Codec<number> {
  return numeric(
    "a float64",
    8,
    () => true,
    (into, value) => into.writeDoubleBE(value),
    (from) => from.readDoubleBE(),
  );
}

/** Allows null: a record without key, or a tombstone. */
export function nullable<Out, In>(codec: Codec<Out, In>): Codec<Out | null, In | null> {
  return {
    name: `${codec.name} or null`,
    encode: (value) => (value === null ? null : codec.encode(value)),
    decode: (given) => (given === null ? null : codec.decode(given)),
  };
}

export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
