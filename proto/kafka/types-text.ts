// core: writes the TypeScript types of all messages from the tables. The result is checked in as
// generated/messages.ts; a test holds the two together. One interface a struct, named message + struct, with
// every field of every version required: what a version lacks is decoded as its default.
import { assert } from "../../base/assert.ts";
import { apis } from "./apis.ts";
import { recordSchemas } from "./record-schemas.ts";
import type { FieldSchema, MessageSchema, Primitive, StructSchema, VersionRange } from "./schema.ts";
import { requestHeader, responseHeader } from "./schemas/headers.ts";

const primitiveTypes: Readonly<Record<Primitive, string>> = {
  bool: "boolean",
  int8: "number",
  int16: "number",
  uint16: "number",
  int32: "number",
  uint32: "number",
  int64: "number",
  float64: "number",
  string: "string",
  uuid: "Uuid",
  bytes: "Uint8Array",
  records: "Uint8Array",
};

/** Every message with a layout: requests and responses by key, headers, records by name. */
export function allSchemas(): MessageSchema[] {
  const calls = Object.values(apis).flatMap((api): MessageSchema[] => [api.request, api.response]);
  return [...calls, requestHeader, responseHeader, ...Object.values(recordSchemas)];
}

function rangeText(range: VersionRange, whole: VersionRange): string {
  if (range.max >= whole.max) return `${range.min}+`;
  return range.min === range.max ? `${range.min}` : `${range.min}-${range.max}`;
}

function fieldText(message: MessageSchema, field: FieldSchema): string {
  const notes: string[] = [];
  const everywhere = field.versions.min <= message.versions.min && field.versions.max >= message.versions.max;
  if (!everywhere) notes.push(`Versions ${rangeText(field.versions, message.versions)}.`);
  if (field.defaultValue !== undefined && !everywhere) {
    notes.push(`Default ${JSON.stringify(field.defaultValue)}.`);
  }
  const one =
    typeof field.type === "string" ? primitiveTypes[field.type] : `${message.name}${field.type.name}`;
  const type = `${one}${field.isArray ? "[]" : ""}${field.nullable ? " | null" : ""}`;
  const note = notes.length > 0 ? `  /** ${notes.join(" ")} */\n` : "";
  return `${note}  ${field.name}: ${type};\n`;
}

function collectStructs(struct: StructSchema, into: Map<string, StructSchema>): void {
  for (const { type } of struct.fields) {
    if (typeof type === "string") continue;
    const known = into.get(type.name);
    assert(known === undefined || known.fields === type.fields, `two structs named ${type.name}`);
    if (known !== undefined) continue;
    into.set(type.name, type);
    collectStructs(type, into);
  }
}

function messageText(message: MessageSchema): string {
  const structs = new Map<string, StructSchema>();
  collectStructs(message, structs);
  let text = `\nexport interface ${message.name} {\n`;
  for (const field of message.fields) text += fieldText(message, field);
  text += "}\n";
  for (const struct of structs.values()) {
    text += `\nexport interface ${message.name}${struct.name} {\n`;
    for (const field of struct.fields) text += fieldText(message, field);
    text += "}\n";
  }
  return text;
}

export function typesText(): string {
  const head =
    "// core: types of all messages of the Kafka protocol. Generated from proto/kafka/schemas by\n" +
    "// scripts/generate-kafka-types.ts: change the tables, not this file.\n" +
    'import type { Uuid } from "../../../base/uuid.ts";\n';
  return head + allSchemas().map(messageText).join("");
}
