// adapter: writes the TypeScript form of peer.proto: the types of its messages and the tables the codec works
// from. The result is checked in as proto/peer/generated/messages.ts; a test holds the two together.
import protobuf, { type Enum, type Field, type Namespace, type Type } from "protobufjs";

const scalarTypes: Readonly<Record<string, string>> = {
  uint32: "number",
  sint32: "number",
  sint64: "number",
  bool: "boolean",
  string: "string",
  bytes: "Uint8Array",
};

function camel(constant: string): string {
  return constant.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

function fieldType(field: Field): string {
  const base = scalarTypes[field.type] ?? field.type;
  if (field.repeated) return `${base}[]`;
  return isOptional(field) ? `${base} | null` : base;
}

function isOptional(field: Field): boolean {
  return field.options?.proto3_optional === true;
}

function messageText(type: Type): string {
  const fields = type.fieldsArray.map((field) => `  ${field.name}: ${fieldType(field)};`);
  return `export interface ${type.name} {\n${fields.join("\n")}\n}\n`;
}

function tableText(type: Type): string {
  const fields = type.fieldsArray.map((field) => {
    const known = field.type in scalarTypes;
    if (!known && field.resolve().resolvedType === null) throw new Error(`${field.fullName}: unknown type`);
    const parts = [`id: ${field.id}`, `name: "${field.name}"`];
    parts.push(known ? `type: "${field.type}"` : `type: ${tableName(field.type)}`);
    if (field.repeated) parts.push("repeated: true");
    if (isOptional(field)) parts.push("optional: true");
    return `    { ${parts.join(", ")} },`;
  });
  const name = tableName(type.name);
  const head = `export const ${name}: MessageTable<${type.name}> = {\n  name: "${type.name}",`;
  return `${head}\n  fields: [\n${fields.join("\n")}\n  ],\n};\n`;
}

function tableName(name: string): string {
  return `${name[0]!.toLowerCase()}${name.slice(1)}Table`;
}

function enumText(item: Enum): string {
  const names = Object.entries(item.values).sort((one, other) => one[1] - other[1]);
  if (names.some(([, value], index) => value !== index)) {
    throw new Error(`${item.name}: the values must run from 0 without a gap`);
  }
  const texts = names.map(([name]) => `"${camel(name)}"`);
  const table = `export const ${tableName(item.name)}: EnumTable = { values: [${texts.join(", ")}] };`;
  return `export type ${item.name} = ${texts.join(" | ")};\n${table}\n`;
}

/** The content of proto/peer/generated/messages.ts for this text of peer.proto. */
export function typesText(proto: string): string {
  const root = protobuf.parse(proto, { keepCase: false }).root;
  root.resolveAll();
  const namespace = root.lookup("ottla.peer.v1") as Namespace;
  const enums = namespace.nestedArray.filter((item) => item instanceof protobuf.Enum);
  const types = namespace.nestedArray.filter((item) => item instanceof protobuf.Type);
  const head = [
    "// core: types and tables of all messages between brokers. Generated from proto/peer/peer.proto by",
    "// scripts/generate-peer-types.ts: change the .proto, not this file.",
    'import type { EnumTable, MessageTable } from "../table.ts";',
  ];
  const texts = [...enums.map(enumText), ...types.flatMap((type) => [messageText(type), tableText(type)])];
  return `${head.join("\n")}\n\n${texts.join("\n")}`;
}
