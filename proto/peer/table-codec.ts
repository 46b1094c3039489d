// core: encodes and decodes any message of peer.proto from its table. The bytes are those protobufjs makes:
// fields in the order of their numbers, defaults left out. Unknown fields are skipped, absent ones take their
// defaults.
import { assert } from "../../base/assert.ts";
import { ProtocolError } from "../errors.ts";
import type { EnumTable, FieldTable, MessageTable } from "./table.ts";
import { putVarint, varintSize, WireReader, wireBytes, wireVarint, zigzag } from "./wire.ts";

type Fields = Record<string, unknown>;

function isEnum(type: FieldTable["type"]): type is EnumTable {
  return typeof type === "object" && "values" in type;
}

function isMessage(type: FieldTable["type"]): type is MessageTable {
  return typeof type === "object" && "fields" in type;
}

function wireTypeOf({ type }: FieldTable): number {
  return type === "string" || type === "bytes" || isMessage(type) ? wireBytes : wireVarint;
}

/** The number that stands for a value on the wire. */
function varintOf(field: FieldTable, value: unknown): number {
  const { type } = field;
  if (type === "bool") return value ? 1 : 0;
  if (isEnum(type)) {
    const index = type.values.indexOf(value as string);
    assert(index >= 0, `${field.name} is one of ${type.values.join(", ")}, not ${String(value)}`);
    return index;
  }
  const number = value as number;
  assert(Number.isSafeInteger(number), `${field.name} is a whole number, not ${String(value)}`);
  if (type !== "uint32") return zigzag(number);
  assert(number >= 0 && number <= 0xffff_ffff, `${field.name} is a uint32, not ${number}`);
  return number;
}

function isDefault(field: FieldTable, value: unknown): boolean {
  if (field.optional) return value === null || value === undefined;
  if (value === undefined) return true;
  const { type } = field;
  if (type === "bool") return !value;
  if (type === "string") return value === "";
  if (type === "bytes") return (value as Uint8Array).length === 0;
  if (isEnum(type)) return value === type.values[0];
  return value === 0;
}

function bodySize(field: FieldTable, value: unknown): number {
  const { type } = field;
  if (type === "string") return Buffer.byteLength(value as string, "utf8");
  if (type === "bytes") return (value as Uint8Array).length;
  return messageSize(type as MessageTable, value as Fields);
}

function valueSize(field: FieldTable, value: unknown): number {
  const tag = varintSize(field.id << 3);
  if (wireTypeOf(field) === wireVarint) return tag + varintSize(varintOf(field, value));
  const body = bodySize(field, value);
  return tag + varintSize(body) + body;
}

function messageSize(table: MessageTable, message: Fields): number {
  let size = 0;
  for (const field of table.fields) {
    const value = message[field.name];
    if (field.repeated) for (const item of value as unknown[]) size += valueSize(field, item);
    else if (!isDefault(field, value)) size += valueSize(field, value);
  }
  return size;
}

function putValue(bytes: Buffer, from: number, field: FieldTable, value: unknown): number {
  const { type } = field;
  const wireType = wireTypeOf(field);
  let at = putVarint(bytes, from, (field.id << 3) | wireType);
  if (wireType === wireVarint) return putVarint(bytes, at, varintOf(field, value));
  const size = bodySize(field, value);
  at = putVarint(bytes, at, size);
  if (type === "string") bytes.write(value as string, at, size, "utf8");
  else if (type === "bytes") bytes.set(value as Uint8Array, at);
  else putMessage(bytes, at, type as MessageTable, value as Fields);
  return at + size;
}

function putMessage(bytes: Buffer, from: number, table: MessageTable, message: Fields): number {
  let at = from;
  for (const field of table.fields) {
    const value = message[field.name];
    if (field.repeated) for (const item of value as unknown[]) at = putValue(bytes, at, field, item);
    else if (!isDefault(field, value)) at = putValue(bytes, at, field, value);
  }
  return at;
}

/** The message in one buffer of its own; byte strings are copied into it. */
export function encodeWithTable<T>(table: MessageTable<T>, message: T): Buffer {
  const bytes = Buffer.allocUnsafe(messageSize(table, message as Fields));
  const end = putMessage(bytes, 0, table, message as Fields);
  assert(end === bytes.length, `${table.name}: ${end} bytes written, ${bytes.length} expected`);
  return bytes;
}

const nothing = Buffer.alloc(0);

function defaultOf({ type, repeated, optional }: FieldTable): unknown {
  if (repeated) return [];
  if (optional) return null;
  if (type === "string") return "";
  if (type === "bytes") return nothing;
  if (type === "bool") return false;
  if (isEnum(type)) return type.values[0];
  return isMessage(type) ? null : 0;
}

function readValue(reader: WireReader, field: FieldTable): unknown {
  const { type } = field;
  if (type === "string") return reader.string();
  if (type === "bytes") return reader.view();
  if (type === "bool") return reader.bool();
  if (type === "uint32") return reader.uint32();
  if (type === "sint32") return reader.sint32();
  if (type === "sint64") return reader.sint64();
  if (isEnum(type)) {
    const index = reader.varint();
    const name = type.values[index];
    if (name === undefined) throw new ProtocolError(`${field.name} has no value ${index}`);
    return name;
  }
  const outer = reader.enter();
  const message = readMessage(reader, type);
  reader.leave(outer);
  return message;
}

function readMessage(reader: WireReader, table: MessageTable): Fields {
  const message: Fields = {};
  for (const field of table.fields) message[field.name] = defaultOf(field);
  while (reader.more) {
    const tag = reader.uint32();
    const field = table.fields.find((known) => known.id === tag >>> 3);
    if (field === undefined || wireTypeOf(field) !== (tag & 7)) {
      reader.skip(tag & 7);
      continue;
    }
    const value = readValue(reader, field);
    if (field.repeated) (message[field.name] as unknown[]).push(value);
    else message[field.name] = value;
  }
  return message;
}

/** Throws ProtocolError. Byte strings are views into `bytes`. */
export function decodeWithTable<T>(table: MessageTable<T>, bytes: Uint8Array): T {
  return readMessage(new WireReader(bytes), table) as T;
}
