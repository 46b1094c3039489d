// core: a topic with types: its name and how its keys and values are written and read. A value that producer
// and consumer share, so that both agree and the compiler knows.
import { RecordFormatError } from "../errors.ts";
import { bytes, type Codec, FormatProblem, type RawPart } from "./codecs.ts";

export interface Topic<KeyOut, ValueOut, KeyIn = KeyOut, ValueIn = ValueOut> {
  readonly name: string;
  readonly key: Codec<KeyOut, KeyIn>;
  readonly value: Codec<ValueOut, ValueIn>;
}

// biome-ignore lint/suspicious/noExplicitAny: stands for every topic; the parameters are in both directions.
export type AnyTopic = Topic<any, any, any, any>;

/** A topic of plain bytes. */
export type RawTopic = Topic<Uint8Array | null, Uint8Array | null, RawPart, RawPart>;

export type KeyOf<T extends AnyTopic> =
  T extends Topic<infer Key, infer _V, infer _KI, infer _VI> ? Key : never;
export type ValueOf<T extends AnyTopic> =
  T extends Topic<infer _K, infer Value, infer _KI, infer _VI> ? Value : never;

const raw = bytes();

/**
 * `topic("flights", { key: string(), value: json<Flight>() })`. Whatever is left out stays plain bytes. Null
 * is refused unless the codec is `nullable(...)` or `bytes()`.
 */
export function topic<
  KeyOut = Uint8Array | null,
  ValueOut = Uint8Array | null,
  KeyIn = KeyOut | string,
  ValueIn = ValueOut | string,
>(
  name: string,
  codecs: { readonly key?: Codec<KeyOut, KeyIn>; readonly value?: Codec<ValueOut, ValueIn> } = {},
): Topic<KeyOut, ValueOut, KeyIn, ValueIn> {
  return {
    name,
    key: codecs.key ?? (raw as unknown as Codec<KeyOut, KeyIn>),
    value: codecs.value ?? (raw as unknown as Codec<ValueOut, ValueIn>),
  };
}

export function rawTopic(name: string): RawTopic {
  return { name, key: raw, value: raw };
}

/** The bytes of a key or value that is to be sent; throws RecordFormatError. */
export function encodePart(topicOf: AnyTopic, part: "key" | "value", value: unknown): Uint8Array | null {
  try {
    return topicOf[part].encode(value);
  } catch (error) {
    const place = { topic: topicOf.name, part, partition: -1, offset: -1 };
    throw new RecordFormatError("send", place, issuesOf(error), error);
  }
}

/** The key or value of a record that was read; throws RecordFormatError. */
export function decodePart(
  topicOf: AnyTopic,
  part: "key" | "value",
  given: Uint8Array | null,
  place: { partition: number; offset: number },
): unknown {
  try {
    return topicOf[part].decode(given);
  } catch (error) {
    const { partition, offset } = place;
    throw new RecordFormatError(
      "read",
      { topic: topicOf.name, part, partition, offset },
      issuesOf(error),
      error,
    );
  }
}

function issuesOf(error: unknown): readonly { path: string; message: string }[] {
  if (error instanceof FormatProblem) return error.issues;
  return [{ path: "", message: error instanceof Error ? error.message : String(error) }];
}
