// core: turns the table of a struct, for one version, into a closure that writes it. What the value lacks is
// written as its default. What the version lacks is dropped in responses, which are made in one shape for all
// versions; in requests and records it is refused unless it is the default or may be ignored, since the
// receiver would do something else than was asked.
import { BrokerError } from "../errors.ts";
import { defaultMaker, defaultTest, emptyInsteadOfNull } from "./defaults.ts";
import { type FieldSchema, inVersions, type Primitive, type StructSchema } from "./schema.ts";
import { Writer } from "./writer.ts";

export type Write = (writer: Writer, value: unknown) => void;

export interface WriteContext {
  readonly version: number;
  readonly flexible: boolean;
  /** Refuse values that this version cannot carry. */
  readonly strict: boolean;
}

const fixed: Readonly<Partial<Record<Primitive, Write>>> = {
  bool: (writer, value) => writer.bool(value as boolean),
  int8: (writer, value) => writer.int8(value as number),
  int16: (writer, value) => writer.int16(value as number),
  uint16: (writer, value) => writer.uint16(value as number),
  int32: (writer, value) => writer.int32(value as number),
  uint32: (writer, value) => writer.uint32(value as number),
  int64: (writer, value) => writer.int64(value as number),
  float64: (writer, value) => writer.float64(value as number),
  uuid: (writer, value) => writer.uuid(value as string),
};

function sizedWrite(type: Primitive, compact: boolean): Write {
  if (type === "string") {
    return compact
      ? (writer, value) => writer.compactString(value as string)
      : (writer, value) => writer.string(value as string);
  }
  return compact
    ? (writer, value) => writer.compactBytes(value as Uint8Array)
    : (writer, value) => writer.bytes(value as Uint8Array);
}

function arrayWrite(element: Write, compact: boolean, path: string): Write {
  return (writer, value) => {
    if (!Array.isArray(value)) throw new TypeError(`${path} is ${JSON.stringify(value)}, not an array`);
    if (compact) writer.uvarint(value.length + 1);
    else writer.int32(value.length);
    for (let index = 0; index < value.length; index += 1) element(writer, value[index]);
  };
}

function writeNull(field: FieldSchema, compact: boolean): (writer: Writer) => void {
  const isStruct = typeof field.type !== "string" && !field.isArray;
  if (isStruct) return (writer) => writer.int8(-1);
  if (compact) return (writer) => writer.uvarint(0);
  if (field.type === "string" && !field.isArray) return (writer) => writer.int16(-1);
  return (writer) => writer.int32(-1);
}

function fieldWrite(field: FieldSchema, context: WriteContext, parent: string): Write {
  const path = `${parent}.${field.name}`;
  const compact = context.flexible && !field.inflexible;
  const nullable = field.nullable !== null && inVersions(field.nullable, context.version);
  const makeDefault = defaultMaker(field);
  let one: Write;
  if (typeof field.type !== "string") {
    const inner = structWrite(field.type, context, path);
    const marked = nullable && !field.isArray;
    one = marked
      ? (writer, value) => {
          writer.int8(1);
          inner(writer, value);
        }
      : inner;
  } else {
    one = fixed[field.type] ?? sizedWrite(field.type, compact);
  }
  const whole = field.isArray ? arrayWrite(one, compact, path) : one;
  const putNull = writeNull(field, compact);
  return (writer, given) => {
    const value = given === undefined ? makeDefault() : given;
    if (value !== null) whole(writer, value);
    else if (nullable) putNull(writer);
    else if (context.strict) throw new TypeError(`${path} is null, v${context.version} has no null for it`);
    else whole(writer, emptyInsteadOfNull(field));
  };
}

interface NamedWrite {
  readonly name: string;
  readonly write: Write;
}

interface TaggedWrite extends NamedWrite {
  readonly tag: number;
  readonly isDefault: (value: unknown) => boolean;
}

function writeTagged(writer: Writer, tagged: readonly TaggedWrite[], fields: Record<string, unknown>): void {
  let count = 0;
  for (const { name, isDefault } of tagged) if (!isDefault(fields[name])) count += 1;
  writer.uvarint(count);
  if (count === 0) return;
  for (const { name, tag, write, isDefault } of tagged) {
    if (isDefault(fields[name])) continue;
    const inner = new Writer(64);
    write(inner, fields[name]);
    writer.uvarint(tag);
    writer.uvarint(inner.size);
    writer.append(inner);
  }
}

function refuseLost(field: FieldSchema, context: WriteContext, path: string): NamedWrite {
  const isDefault = defaultTest(field);
  const write: Write = (_writer, value) => {
    if (isDefault(value)) return;
    const shown = JSON.stringify(value) ?? String(value);
    throw new BrokerError(
      "UNSUPPORTED_VERSION",
      `${path}.${field.name} is ${shown.slice(0, 80)}, which version ${context.version} cannot carry`,
    );
  };
  return { name: field.name, write };
}

export function structWrite(struct: StructSchema, context: WriteContext, path: string): Write {
  const steps: NamedWrite[] = [];
  const tagged: TaggedWrite[] = [];
  for (const field of struct.fields) {
    if (!inVersions(field.versions, context.version)) {
      if (context.strict && !field.ignorable) steps.push(refuseLost(field, context, path));
      continue;
    }
    const write = fieldWrite(field, context, path);
    if (field.tag === null) steps.push({ name: field.name, write });
    else tagged.push({ name: field.name, tag: field.tag, write, isDefault: defaultTest(field) });
  }
  tagged.sort((one, other) => one.tag - other.tag);
  return (writer, value) => {
    if (typeof value !== "object" || value === null) {
      throw new TypeError(`${path} is ${JSON.stringify(value)}, not an object`);
    }
    const fields = value as Record<string, unknown>;
    for (let index = 0; index < steps.length; index += 1) {
      const step = steps[index]!;
      step.write(writer, fields[step.name]);
    }
    if (context.flexible) writeTagged(writer, tagged, fields);
  };
}
