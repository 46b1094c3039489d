// core: records as a consumer hands them out, with the types of their topics.
import type { ReadRecord } from "../../proto/batch/read.ts";
import { ClientError } from "../errors.ts";
import { type AnyTopic, decodePart, type KeyOf, rawTopic, type ValueOf } from "../topics/topic.ts";

/** Byte arrays are views into what was fetched: copy what is kept for long. */
export interface ConsumerRecord<Key = Uint8Array | null, Value = Uint8Array | null> {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly key: Key;
  readonly value: Value;
  readonly headers: readonly { readonly key: string; readonly value: Uint8Array | null }[];
}

export type RecordOf<T extends AnyTopic> = T extends AnyTopic ? ConsumerRecord<KeyOf<T>, ValueOf<T>> : never;

/** Records of one partition that came together. */
export interface ConsumerBatch<T extends AnyTopic> {
  readonly topic: string;
  readonly partition: number;
  /** At least one, unless all were skipped as invalid. */
  readonly records: readonly RecordOf<T>[];
  /** Where reading goes on after this batch. */
  readonly nextOffset: number;
  /** What of the partition could be read when this was fetched, exclusive. */
  readonly highWatermark: number;
}

/** The definitions of a consumer's topics, by name. */
export class TopicTable<T extends AnyTopic> {
  readonly #topics: ReadonlyMap<string, T> | null;
  /** Definitions that were named later, by consumers of any topics. */
  readonly #met = new Map<string, T>();

  /** Null: every topic is plain bytes. */
  constructor(topics: readonly T[] | null) {
    this.#topics = topics === null ? null : new Map(topics.map((item) => [item.name, item]));
  }

  /** Null: it has no definition, its records are plain bytes. */
  known(name: string): T | null {
    return this.#topics?.get(name) ?? this.#met.get(name) ?? null;
  }

  /** Records of the topic `name` are like those of the topic `of`. */

  /** Throws ClientError INVALID_OPTION for a topic that the consumer was not made for. */
  find(given: string | T, what: string): AnyTopic {
    const name = typeof given === "string" ? given : given?.name;
    if (typeof name !== "string" || name === "") {
      throw new ClientError("INVALID_OPTION", `${what}: topic is ${String(given)}; it should be a name`);
    }
    if (this.#topics === null) {
      if (typeof given === "string") return rawTopic(name);
      this.#met.set(name, given);
      return given;
    }
    const known = this.#topics.get(name);
    if (known !== undefined) return known;
    const names = [...this.#topics.keys()].join(", ");
    const text = `${what}: this consumer was made for the topics ${names}; ${name} is not among them`;
    throw new ClientError("INVALID_OPTION", text);
  }
}

/** Throws RecordFormatError. */
export function toConsumerRecord(
  topic: AnyTopic,
  partition: number,
  record: ReadRecord,
): ConsumerRecord<unknown, unknown> {
  const { offset, timestamp, headers } = record;
  return {
    topic: topic.name,
    partition,
    offset,
    timestamp,
    key: decodePart(topic, "key", record.key, { partition, offset }),
    value: decodePart(topic, "value", record.value, { partition, offset }),
    headers,
  };
}
