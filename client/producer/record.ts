// core: a record as a producer is given it, and as it goes into a batch: bytes, checked.

import { limits } from "../../base/limits.ts";
import { type RecordToWrite, recordBytes } from "../../proto/batch/build.ts";
import { ClientError } from "../errors.ts";
import type { RawPart } from "../topics/codecs.ts";
import { rawBytes } from "../topics/codecs.ts";
import { type AnyTopic, encodePart, rawTopic, type Topic } from "../topics/topic.ts";

/** A list keeps order and repetitions; an object is shorter to write. Texts go out as UTF-8. */
export type HeadersInput =
  | readonly { readonly key: string; readonly value: RawPart }[]
  | Readonly<Record<string, RawPart>>;

/** A record may lack its key only where null is a key. */
type KeyPart<Key> = null extends Key ? { readonly key?: NoInfer<Key> } : { readonly key: NoInfer<Key> };

/**
 * Byte arrays must not change until the record is delivered. `timestamp`: milliseconds since 1970 or a Date,
 * now if not given. `partition`: instead of the partitioner's choice.
 */
export type ProducerRecord<Key = RawPart, Value = RawPart> = {
  // biome-ignore lint/suspicious/noExplicitAny: what a consumer makes of the topic is of no concern here.
  readonly topic: string | Topic<any, any, Key, Value>;
  readonly value: NoInfer<Value>;
  readonly headers?: HeadersInput | undefined;
  readonly timestamp?: number | Date | undefined;
  readonly partition?: number | undefined;
} & KeyPart<Key>;

/** Where a record was written. */
export interface Delivery {
  readonly topic: string;
  readonly partition: number;
  /** -1 when the broker did not say: acks 0, or a retry of what was written before. */
  readonly offset: number;
  /** Milliseconds since 1970: the record's, or the broker's where the topic has log append time. */
  readonly timestamp: number;
}

/** Called once for a record: with an error (ClientError or BrokerError), or with its place in the log. */
export type OnDelivered = (error: Error | null, delivery: Delivery | null) => void;

/** A record on its way to a batch. */
export interface Outgoing extends RecordToWrite {
  readonly topic: string;
  /** Null: the partitioner's to choose. */
  readonly partition: number | null;
  readonly onDelivered: OnDelivered;
  /** What it takes of the producer's buffer. */
  readonly bytes: number;
}

/** About what a record costs beside its bytes, so that many empty ones fill the buffer too. */
const recordOverheadBytes = 64;

const noHeaders: readonly { key: string; value: Uint8Array | null }[] = [];

/** Throws RecordFormatError or ClientError INVALID_RECORD. */
export function outgoing<Key, Value>(
  record: ProducerRecord<Key, Value>,
  nowMs: number,
  onDelivered: OnDelivered,
): Outgoing {
  const given = record.topic;
  const topic: AnyTopic = typeof given === "string" ? rawTopic(given) : given;
  if (typeof topic?.name !== "string" || topic.name === "") {
    throw new ClientError(
      "INVALID_RECORD",
      `send: topic is ${String(given)}; it should be a name or topic(...)`,
    );
  }
  const partition = record.partition ?? null;
  if (partition !== null && !(Number.isInteger(partition) && partition >= 0)) {
    throw new ClientError("INVALID_RECORD", `send to ${topic.name}: partition ${partition} is no partition`);
  }
  const plain = {
    key: encodePart(topic, "key", record.key ?? null),
    value: encodePart(topic, "value", record.value),
    headers: readHeaders(topic.name, record.headers),
    timestamp: readTimestamp(topic.name, record.timestamp, nowMs),
  };
  const bytes = recordBytes(plain, plain.timestamp, 0) + recordOverheadBytes;
  return { topic: topic.name, ...plain, partition, onDelivered, bytes };
}

function readTimestamp(topic: string, given: number | Date | undefined, nowMs: number): number {
  if (given === undefined) return Math.floor(nowMs);
  const timestamp = typeof given === "number" ? given : given.getTime();
  if (Number.isSafeInteger(timestamp) && timestamp >= 0) return timestamp;
  const text = `send to ${topic}: timestamp ${timestamp} should be whole milliseconds since 1970`;
  throw new ClientError("INVALID_RECORD", text);
}

function readHeaders(topic: string, given: HeadersInput | undefined): typeof noHeaders {
  if (given === undefined) return noHeaders;
  const pairs = Array.isArray(given)
    ? (given as readonly { key: string; value: RawPart }[])
    : Object.entries(given).map(([key, value]) => ({ key, value: value as RawPart }));
  if (pairs.length > limits.headersPerRecordMax) {
    const text = `send to ${topic}: ${pairs.length} headers; ${limits.headersPerRecordMax} are the most`;
    throw new ClientError("INVALID_RECORD", text);
  }
  return pairs.map(({ key, value }) => {
    try {
      return { key, value: rawBytes(value) };
    } catch (error) {
      const text = `send to ${topic}: header ${JSON.stringify(key)}: ${(error as Error).message}`;
      throw new ClientError("INVALID_RECORD", text, { cause: error });
    }
  });
}
