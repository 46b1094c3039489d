// core: turns the table of a struct, for one version, into a closure that reads it. All decisions about
// versions are made here, once; the closure only reads.
//
// Every struct comes out with all its fields in the order of the table, whatever the version, so that all
// values of one type share one shape.
import { ProtocolError } from "../errors.ts";
import { defaultMaker } from "./defaults.ts";
import type { Reader } from "./reader.ts";
import { type FieldSchema, inVersions, type Primitive, type StructSchema } from "./schema.ts";

export type Read = (reader: Reader) => unknown;

export interface ReadPlan {
  readonly read: Read;
  /** The fewest bytes a value can take, and of how many values it is made: what bounds an array of them. */
  readonly bytesMin: number;
  readonly values: number;
}

function nullRefused(path: string): never {
  throw new ProtocolError(`${path} is null, which this version does not allow`);
}

const fixed: Readonly<Partial<Record<Primitive, ReadPlan>>> = {
  bool: { read: (reader) => reader.bool(), bytesMin: 1, values: 1 },
  int8: { read: (reader) => reader.int8(), bytesMin: 1, values: 1 },
  int16: { read: (reader) => reader.int16(), bytesMin: 2, values: 1 },
  uint16: { read: (reader) => reader.uint16(), bytesMin: 2, values: 1 },
  int32: { read: (reader) => reader.int32(), bytesMin: 4, values: 1 },
  uint32: { read: (reader) => reader.uint32(), bytesMin: 4, values: 1 },
  int64: { read: (reader) => reader.int64(), bytesMin: 8, values: 1 },
  float64: { read: (reader) => reader.float64(), bytesMin: 8, values: 1 },
  uuid: { read: (reader) => reader.uuid(), bytesMin: 16, values: 1 },
};

function sizedPlan(type: Primitive, compact: boolean, nullable: boolean, path: string): ReadPlan {
  const isText = type === "string";
  const lengthOf = compact
    ? (reader: Reader) => reader.compactLength()
    : isText
      ? (reader: Reader) => reader.length16()
      : (reader: Reader) => reader.length32();
  const read = (reader: Reader): unknown => {
    const length = lengthOf(reader);
    if (length < 0) return nullable ? null : nullRefused(path);
    return isText ? reader.text(length) : reader.view(length);
  };
  return { read, bytesMin: compact ? 1 : isText ? 2 : 4, values: 1 };
}

function arrayPlan(element: ReadPlan, compact: boolean, nullable: boolean, path: string): ReadPlan {
  const bytesEach = Math.max(1, element.bytesMin);
  const readElement = element.read;
  const read = (reader: Reader): unknown => {
    const count = compact ? reader.compactLength() : reader.length32();
    if (count < 0) return nullable ? null : nullRefused(path);
    reader.checkCount(count, bytesEach, element.values);
    const items: unknown[] = [];
    for (let index = 0; index < count; index += 1) items.push(readElement(reader));
    return items;
  };
  return { read, bytesMin: compact ? 1 : 4, values: 1 };
}

function nullableStructPlan(plan: ReadPlan, path: string): ReadPlan {
  const read = (reader: Reader): unknown => {
    const mark = reader.int8();
    if (mark === -1) return null;
    if (mark !== 1) throw new ProtocolError(`${path} starts with ${mark}, it should with -1 (null) or 1`);
    return plan.read(reader);
  };
  return { read, bytesMin: 1, values: plan.values };
}

function fieldPlan(field: FieldSchema, version: number, flexible: boolean, parent: string): ReadPlan {
  const path = `${parent}.${field.name}`;
  const compact = flexible && !field.inflexible;
  const nullable = field.nullable !== null && inVersions(field.nullable, version);
  if (typeof field.type !== "string") {
    const plan = readPlan(field.type, version, flexible, path);
    if (field.isArray) return arrayPlan(plan, compact, nullable, path);
    return nullable ? nullableStructPlan(plan, path) : plan;
  }
  const plan = fixed[field.type] ?? sizedPlan(field.type, compact, nullable && !field.isArray, path);
  return field.isArray ? arrayPlan(plan, compact, nullable, path) : plan;
}

interface TaggedField {
  readonly name: string;
  readonly read: Read;
}

const noneKnown: ReadonlyMap<number, TaggedField> = new Map();

function readTagged(
  reader: Reader,
  known: ReadonlyMap<number, TaggedField>,
  into: Record<string, unknown>,
): void {
  const count = reader.uvarint();
  if (count === 0) return;
  if (count * 2 > reader.left) throw new ProtocolError(`${count} tagged fields cannot be in what is left`);
  let last = -1;
  for (let index = 0; index < count; index += 1) {
    const tag = reader.uvarint();
    if (tag <= last) throw new ProtocolError(`tag ${tag} follows tag ${last}; tags must rise`);
    last = tag;
    const bytes = reader.uvarint();
    const field = known.get(tag);
    if (field === undefined) {
      reader.skip(bytes);
      continue;
    }
    const from = reader.at;
    into[field.name] = field.read(reader);
    if (reader.at - from !== bytes) {
      throw new ProtocolError(`tagged field ${field.name} takes ${reader.at - from} bytes, not ${bytes}`);
    }
  }
}

/** Of a struct that has none in this version. */
export function skipTagged(reader: Reader): void {
  readTagged(reader, noneKnown, {});
}

export function readPlan(struct: StructSchema, version: number, flexible: boolean, path: string): ReadPlan {
  const names: string[] = [];
  const steps: Read[] = [];
  const tagged = new Map<number, TaggedField>();
  let bytesMin = flexible ? 1 : 0;
  let values = 1;
  for (const field of struct.fields) {
    names.push(field.name);
    values += 1;
    const present = inVersions(field.versions, version);
    if (!present || field.tag !== null) steps.push(defaultMaker(field));
    if (!present) continue;
    const plan = fieldPlan(field, version, flexible, path);
    if (field.tag !== null) {
      tagged.set(field.tag, { name: field.name, read: plan.read });
      continue;
    }
    steps.push(plan.read);
    bytesMin += plan.bytesMin;
    if (!field.isArray) values += plan.values - 1;
  }
  const count = steps.length;
  const read = (reader: Reader): Record<string, unknown> => {
    const value: Record<string, unknown> = {};
    for (let index = 0; index < count; index += 1) value[names[index]!] = steps[index]!(reader);
    if (flexible) readTagged(reader, tagged, value);
    return value;
  };
  return { read, bytesMin, values };
}
