// core: encodes and decodes any message of the tables, in any of its versions. One codec for both ends of the
// protocol. A (message, version) is compiled into closures at its first use and kept.
//
// One shape whatever the version: decoded values have every field, with defaults where the version lacks it.
// Byte strings in decoded values are views into the input: copy what must outlive it. Large byte strings
// given for encoding appear in the parts as they are, not copied.
import { assert } from "../../base/assert.ts";
import { limits } from "../../base/limits.ts";
import { BrokerError } from "../errors.ts";
import { type Read, readPlan } from "./compile-read.ts";
import { structWrite, type Write } from "./compile-write.ts";
import { structDefaultMaker } from "./defaults.ts";
import { produceRequestRead, produceResponseWrite } from "./fast-paths.ts";
import { Reader } from "./reader.ts";
import { type Input, inVersions, isFlexible, type MessageSchema, type StructSchema } from "./schema.ts";
import { joinChunks, Writer } from "./writer.ts";

interface Compiled {
  readonly read: Read;
  readonly write: Write;
  /** Bytes the last value took, large byte strings left out: what to reserve for the next. */
  sizeHint: number;
}

const sizeHintMax = 16_384;
const compiledBySchema = new WeakMap<MessageSchema, Map<number, Compiled>>();

function depthOf(struct: StructSchema): number {
  let deepest = 0;
  for (const { type } of struct.fields) {
    if (typeof type !== "string") deepest = Math.max(deepest, depthOf(type));
  }
  return deepest + 1;
}

function compile(schema: MessageSchema, version: number): Compiled {
  if (!Number.isInteger(version) || !inVersions(schema.versions, version)) {
    const { min, max } = schema.versions;
    throw new BrokerError(
      "UNSUPPORTED_VERSION",
      `${schema.name} has no version ${version}, only ${min} to ${max}`,
    );
  }
  assert(depthOf(schema) <= limits.messageNestingMax, `${schema.name} nests too deep`);
  const flexible = isFlexible(schema, version);
  const strict = schema.kind !== "response";
  const byTable = structWrite(schema, { version, flexible, strict }, schema.name);
  const isProduce = schema.name === "ProduceRequest";
  return {
    read: isProduce ? produceRequestRead(version) : readPlan(schema, version, flexible, schema.name).read,
    write: schema.name === "ProduceResponse" ? produceResponseWrite(version, byTable) : byTable,
    sizeHint: 256,
  };
}

function compiledOf(schema: MessageSchema, version: number): Compiled {
  let versions = compiledBySchema.get(schema);
  if (versions === undefined) {
    versions = new Map();
    compiledBySchema.set(schema, versions);
  }
  let compiled = versions.get(version);
  if (compiled === undefined) {
    compiled = compile(schema, version);
    versions.set(version, compiled);
  }
  return compiled;
}

/** Writes one message at the writer's place. Throws TypeError when a value does not fit its field. */
export function writeMessage<T>(
  writer: Writer,
  schema: MessageSchema<T>,
  version: number,
  value: Input<T>,
): void {
  compiledOf(schema, version).write(writer, value);
}

/** Bytes to reserve for a message of this kind, from what the last one took. */
export function sizeHintOf(schema: MessageSchema, version: number): number {
  return compiledOf(schema, version).sizeHint;
}

export function noteSize(schema: MessageSchema, version: number, bytes: number): void {
  compiledOf(schema, version).sizeHint = Math.min(sizeHintMax, bytes + 64);
}

/** The message as chunks in order; large byte strings of `value` are among them uncopied. */
export function encodeMessageParts<T>(
  schema: MessageSchema<T>,
  version: number,
  value: Input<T>,
): Uint8Array[] {
  const writer = new Writer(sizeHintOf(schema, version));
  writeMessage(writer, schema, version, value);
  const chunks = writer.finish();
  noteSize(schema, version, writer.copiedBytes);
  return chunks;
}

/** The message as one buffer that belongs to the caller. */
export function encodeMessage<T>(schema: MessageSchema<T>, version: number, value: Input<T>): Uint8Array {
  return joinChunks(encodeMessageParts(schema, version, value));
}

/** Reads one message at the reader's place; more may follow. Throws ProtocolError. */
export function readMessage<T>(reader: Reader, schema: MessageSchema<T>, version: number): T {
  return compiledOf(schema, version).read(reader) as T;
}

/**
 * Decodes `bytes` from `at` to their end. Throws ProtocolError when they are malformed or go on after the
 * message, and BrokerError UNSUPPORTED_VERSION when the table lacks the version.
 */
export function decodeMessage<T>(schema: MessageSchema<T>, version: number, bytes: Uint8Array, at = 0): T {
  const reader = new Reader(bytes, at);
  const value = readMessage(reader, schema, version);
  reader.finish();
  return value;
}

/** A message with every field at its default. */
export function defaultMessage<T>(schema: MessageSchema<T>): T {
  return structDefaultMaker(schema)() as T;
}
