// test: makes fast-check generators of message values from the tables, for a given version: what that version
// can carry, and nothing else, so that encoding and decoding must give back the same.
import * as fc from "fast-check";
import { uuidFromBytes } from "../../base/uuid.ts";
import { defaultMaker } from "../../proto/kafka/defaults.ts";
import {
  type FieldSchema,
  inVersions,
  type MessageSchema,
  type Primitive,
  type StructSchema,
} from "../../proto/kafka/schema.ts";

const bytes = fc.uint8Array({ maxLength: 40 }).map((made) => Buffer.from(made));

const primitives: Readonly<Record<Primitive, fc.Arbitrary<unknown>>> = {
  bool: fc.boolean(),
  int8: fc.integer({ min: -128, max: 127 }),
  int16: fc.integer({ min: -32_768, max: 32_767 }),
  uint16: fc.integer({ min: 0, max: 65_535 }),
  int32: fc.integer(),
  uint32: fc.integer({ min: 0, max: 4_294_967_295 }),
  int64: fc.oneof(fc.maxSafeInteger(), fc.integer(), fc.constantFrom(-1, 0, 2 ** 63, -(2 ** 63))),
  float64: fc.double({ noNaN: true }).map((made) => made + 0),
  string: fc.string({ unit: "grapheme", maxLength: 12 }),
  uuid: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((made) => uuidFromBytes(made)),
  bytes,
  records: bytes,
};

function arbitraryField(field: FieldSchema, version: number): fc.Arbitrary<unknown> {
  if (!inVersions(field.versions, version)) return fc.constant(null).map(defaultMaker(field));
  const { type } = field;
  const one = typeof type === "string" ? primitives[type] : arbitraryStruct(type, version);
  const whole = field.isArray ? fc.array(one, { maxLength: 3 }) : one;
  const isNullable = field.nullable !== null && inVersions(field.nullable, version);
  return isNullable ? fc.option(whole, { nil: null, freq: 4 }) : whole;
}

function arbitraryStruct(struct: StructSchema, version: number): fc.Arbitrary<Record<string, unknown>> {
  const model: Record<string, fc.Arbitrary<unknown>> = {};
  for (const field of struct.fields) model[field.name] = arbitraryField(field, version);
  return fc.record(model, { noNullPrototype: true });
}

export function arbitraryMessage(
  schema: MessageSchema,
  version: number,
): fc.Arbitrary<Record<string, unknown>> {
  return arbitraryStruct(schema, version);
}

export function versionsOf(schema: MessageSchema): number[] {
  const { min, max } = schema.versions;
  return Array.from({ length: max - min + 1 }, (_, index) => min + index);
}
