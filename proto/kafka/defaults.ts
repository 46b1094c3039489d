// core: the default value of a field: what a reader gets in a version that lacks it, and what a tagged field
// need not be written for.
import { zeroUuid } from "../../base/uuid.ts";
import type { FieldSchema, Primitive, StructSchema } from "./schema.ts";

const noBytes = new Uint8Array(0);

const primitiveDefaults: Readonly<Record<Primitive, unknown>> = {
  bool: false,
  int8: 0,
  int16: 0,
  uint16: 0,
  int32: 0,
  uint32: 0,
  int64: 0,
  float64: 0,
  string: "",
  uuid: zeroUuid,
  bytes: noBytes,
  records: null,
};

/** A maker of the default; arrays and structs are fresh each time, since the receiver may change them. */
export function defaultMaker(field: FieldSchema): () => unknown {
  if (field.defaultValue === null) return () => null;
  if (field.isArray) return () => [];
  if (typeof field.type !== "string") return structDefaultMaker(field.type);
  const value = field.defaultValue ?? primitiveDefaults[field.type];
  return () => value;
}

export function structDefaultMaker(struct: StructSchema): () => Record<string, unknown> {
  const makers = struct.fields.map((field) => ({ name: field.name, make: defaultMaker(field) }));
  return () => {
    const value: Record<string, unknown> = {};
    for (const { name, make } of makers) value[name] = make();
    return value;
  };
}

/** Says whether a value (undefined included) is the field's default. */
export function defaultTest(field: FieldSchema): (value: unknown) => boolean {
  if (field.defaultValue === null) return (value) => value === null || value === undefined;
  if (field.isArray) return (value) => value === undefined || (Array.isArray(value) && value.length === 0);
  if (typeof field.type !== "string") return structDefaultTest(field.type);
  if (field.type === "bytes") {
    return (value) => value === undefined || (value instanceof Uint8Array && value.length === 0);
  }
  const expected = field.defaultValue ?? primitiveDefaults[field.type];
  return (value) => value === undefined || value === expected;
}

function structDefaultTest(struct: StructSchema): (value: unknown) => boolean {
  const tests = struct.fields.map((field) => ({ name: field.name, isDefault: defaultTest(field) }));
  return (value) => {
    if (value === undefined) return true;
    if (value === null) return false;
    const fields = value as Record<string, unknown>;
    return tests.every(({ name, isDefault }) => isDefault(fields[name]));
  };
}

/** What stands for null in a version of a response that has no null for the field. */
export function emptyInsteadOfNull(field: FieldSchema): unknown {
  if (field.isArray) return [];
  if (typeof field.type !== "string") return {};
  return field.type === "records" ? noBytes : primitiveDefaults[field.type];
}
