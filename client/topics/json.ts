// core: JSON values, checked by any validator that follows Standard Schema (zod, valibot, arktype and
// others): before they are sent and after they are read.
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { ValidationIssue } from "../errors.ts";
import { type Codec, FormatProblem, misfit } from "./codecs.ts";

/**
 * JSON in UTF-8. Without a schema the type is the caller's word, and nothing is checked. With one, a
 * producer's value must pass it and is sent as given; a consumer gets what the schema makes of the bytes. The
 * schema must validate synchronously.
 */
export function json<T = unknown, Schema extends StandardSchemaV1 = StandardSchemaV1<T, T>>(
  schema?: Schema,
): Codec<StandardSchemaV1.InferOutput<Schema>, StandardSchemaV1.InferInput<Schema>> {
  const check = (value: unknown): unknown => (schema === undefined ? value : validate(schema, value));
  return {
    name: "json",
    encode: (value) => {
      check(value);
      const text = stringify(value);
      return Buffer.from(text, "utf8");
    },
    decode: (bytes) => {
      if (bytes === null) {
        throw misfit("it is null, it should be JSON; wrap the codec in nullable() if null is meant");
      }
      return check(parse(bytes)) as StandardSchemaV1.InferOutput<Schema>;
    },
  };
}

function stringify(value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    throw misfit(`it cannot be written as JSON: ${(error as Error).message}`, error);
  }
  if (text === undefined) throw misfit(`it is ${typeof value}, which JSON does not know`);
  return text;
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8"));
  } catch (error) {
    throw misfit(`it is not JSON: ${(error as Error).message}`, error);
  }
}

function validate(schema: StandardSchemaV1, value: unknown): unknown {
  const result = schema["~standard"].validate(value);
  if (result instanceof Promise) {
    result.catch(() => {});
    throw misfit(`the ${schema["~standard"].vendor} schema validates asynchronously; it must do so at once`);
  }
  if (result.issues !== undefined) throw new FormatProblem(result.issues.map(readIssue));
  return result.value;
}

function readIssue(issue: StandardSchemaV1.Issue): ValidationIssue {
  let path = "";
  for (const part of issue.path ?? []) {
    const key = typeof part === "object" ? part.key : part;
    if (typeof key === "number") path += `[${key}]`;
    else path += path === "" ? String(key) : `.${String(key)}`;
  }
  return { path, message: issue.message };
}
