// core: messages as data: a table of fields per message, each with the versions it is in. The codec, the
// types and the tests are all made from these tables; nothing else knows a layout.
//
// A table reads like the protocol's own pages:
//
//   message<FetchRequest>("FetchRequest", { kind: "request", versions: "0-17", flexible: "12+" }, [
//     field("clusterId", "string", "12+; null 12+; tag 0; = null"),
//     list("topics", "FetchTopic", "0+", [field("topic", "string", "0-12; ignorable"), ...]),
//   ])
//
// The third argument of a field is its rule: first the versions that have it, then in any order
//   null V      null is allowed in versions V           tag N       a tagged field (flexible versions only)
//   = X         its default (else 0, false, "", [], the zero uuid; null for records)
//   ignorable   a request may drop it silently in a version that lacks it
//   inflexible  never in compact form, not even in flexible versions
import { assert } from "../../base/assert.ts";

/** Both ends inclusive, as in the protocol's own tables. */
export interface VersionRange {
  readonly min: number;
  readonly max: number;
}

export type Primitive =
  | "bool"
  | "int8"
  | "int16"
  | "uint16"
  | "int32"
  | "uint32"
  | "int64"
  | "float64"
  | "string"
  | "uuid"
  | "bytes"
  | "records";

export interface StructSchema {
  /** Kafka's name of the struct; unique within its message for one list of fields. */
  readonly name: string;
  readonly fields: readonly FieldSchema[];
}

export type FieldType = Primitive | StructSchema;

export type DefaultValue = number | boolean | string | null;

export interface FieldSchema {
  readonly name: string;
  readonly type: FieldType;
  readonly isArray: boolean;
  readonly versions: VersionRange;
  readonly nullable: VersionRange | null;
  readonly tag: number | null;
  /** Undefined: the default of the type. */
  readonly defaultValue: DefaultValue | undefined;
  readonly ignorable: boolean;
  readonly inflexible: boolean;
}

export type MessageKind = "request" | "response" | "header" | "data";

/** `T` is the type of the message's values; it exists for the type checker only. */
export interface MessageSchema<T = unknown> extends StructSchema {
  readonly kind: MessageKind;
  readonly versions: VersionRange;
  /** First flexible version, or null if none is. */
  readonly flexibleFrom: number | null;
  readonly "~value"?: T;
}

/** What may be given for encoding: whatever is missing takes its default. */
export type Input<T> = T extends Uint8Array
  ? T
  : T extends readonly (infer Item)[]
    ? readonly Input<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]?: Input<T[Key]> | undefined }
      : T;

const everyVersion = 32_767;

/** "3-7", "3+" or "3". */
export function parseVersions(text: string): VersionRange {
  const found = /^(\d+)(?:(\+)|-(\d+))?$/.exec(text);
  assert(found !== null, `a version range looks like 3, 3+ or 3-7, not "${text}"`);
  const min = Number(found[1]);
  return { min, max: found[2] ? everyVersion : found[3] === undefined ? min : Number(found[3]) };
}

export function inVersions(range: VersionRange, version: number): boolean {
  return version >= range.min && version <= range.max;
}

export function isFlexible(schema: MessageSchema, version: number): boolean {
  return schema.flexibleFrom !== null && version >= schema.flexibleFrom;
}

function parseDefault(text: string): DefaultValue {
  if (text === "null") return null;
  if (text === "true" || text === "false") return text === "true";
  if (text === '""') return "";
  const number = Number(text);
  assert(!Number.isNaN(number), `a default is null, true, false, "" or a number, not ${text}`);
  return number;
}

function parseField(name: string, type: FieldType, isArray: boolean, rule: string): FieldSchema {
  const [versions, ...clauses] = rule.split(";").map((clause) => clause.trim());
  let nullable: VersionRange | null = null;
  let tag: number | null = null;
  let defaultValue: DefaultValue | undefined;
  let ignorable = false;
  let inflexible = false;
  for (const clause of clauses) {
    const at = clause.indexOf(" ");
    const word = at < 0 ? clause : clause.slice(0, at);
    const rest = clause.slice(at + 1);
    if (word === "null") nullable = parseVersions(rest);
    else if (word === "tag") tag = Number(rest);
    else if (word === "=") defaultValue = parseDefault(rest);
    else if (word === "ignorable") ignorable = true;
    else if (word === "inflexible") inflexible = true;
    else assert(false, `field ${name}: unknown clause "${clause}" in the rule "${rule}"`);
  }
  const range = parseVersions(versions!);
  return { name, type, isArray, versions: range, nullable, tag, defaultValue, ignorable, inflexible };
}

/** A field of a primitive type, or of an array of them (`"[]int32"`). */
export function field(name: string, type: Primitive | `[]${Primitive}`, rule: string): FieldSchema {
  const isArray = type.startsWith("[]");
  return parseField(name, (isArray ? type.slice(2) : type) as Primitive, isArray, rule);
}

/** A field that is one struct. */
export function struct(
  name: string,
  structName: string,
  rule: string,
  fields: readonly FieldSchema[],
): FieldSchema {
  return parseField(name, { name: structName, fields }, false, rule);
}

/** A field that is an array of structs. */
export function list(
  name: string,
  structName: string,
  rule: string,
  fields: readonly FieldSchema[],
): FieldSchema {
  return parseField(name, { name: structName, fields }, true, rule);
}

export interface MessageOptions {
  readonly kind: MessageKind;
  readonly versions: string;
  /** "N+", or "none". */
  readonly flexible: string;
}

export function message<T>(
  name: string,
  options: MessageOptions,
  fields: readonly FieldSchema[],
): MessageSchema<T> {
  const flexibleFrom = options.flexible === "none" ? null : parseVersions(options.flexible).min;
  return { name, kind: options.kind, versions: parseVersions(options.versions), flexibleFrom, fields };
}
