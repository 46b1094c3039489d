// core: the options of a consumer, and what it can be assigned.
import { limits } from "../../base/limits.ts";
import type { RecordFormatError } from "../errors.ts";
import { ClientError } from "../errors.ts";
import { checkGroupOptions, type GroupSettings, groupRules } from "../group/group-options.ts";
import { type ConnectionOptions, connectionRules } from "../options/connection-options.ts";
import {
  anyText,
  flag,
  type OptionRules,
  oneOf,
  quote,
  readOptions,
  whole,
} from "../options/read-options.ts";
import type { AnyTopic } from "../topics/topic.ts";

export interface ConsumerSettings extends ConnectionOptions, GroupSettings {
  /** An answer may wait for so many bytes (fetch.min.bytes)... */
  readonly minBytes: number;
  /** ...but not longer than this (fetch.max.wait.ms). */
  readonly maxWaitMs: number;
  /** Bytes of one answer (fetch.max.bytes; Kafka's default is 50 MiB). */
  readonly fetchBytes: number;
  /** Bytes of one partition in one answer (max.partition.fetch.bytes). */
  readonly partitionBytes: number;
  /** Bytes fetched and not yet read; over it fetching stops. Compressed batches count as they came. */
  readonly prefetchBytes: number;
  /** "readCommitted": no records of open or aborted transactions (isolation.level). */
  readonly isolation: "readUncommitted" | "readCommitted";
  /**
   * When the position is not in the log, or the group has committed none: an error, or go on at the start or
   * the end (auto.offset.reset). "latest" if not given and there is a `groupId`, as in Kafka; else "error".
   */
  readonly offsetReset: "error" | "earliest" | "latest";
  /**
   * Where this consumer stands. Brokers that are set up for it name a replica in the same rack, which is then
   * read from instead of the leader (client.rack, KIP-392). Empty: always the leader.
   */
  readonly rack: string;
  /** Check the checksum of every batch (check.crcs). */
  readonly checkCrcs: boolean;
  /** How long `assign`, `readToEnd` and other calls try (default.api.timeout.ms). */
  readonly apiTimeoutMs: number;
  /** How long a topic may be unknown before `assign` fails. */
  readonly unknownTopicMs: number;
}

export type ConsumerOptions<T extends AnyTopic> = Partial<Omit<ConsumerSettings, "bootstrap">> &
  Pick<ConsumerSettings, "bootstrap"> & {
    /** Typed topics: their records are decoded. Without any, records are plain bytes. */
    readonly topics?: readonly T[];
    /** Gets each record that does not fit its topic's types, which is then skipped. Without it: an error. */
    readonly onInvalid?: (error: RecordFormatError) => void;
    /** Aborting it closes the consumer. */
    readonly signal?: AbortSignal;
  };

/**
 * Where to begin: at an end of the log, at an offset, or at the first record of a time or later (Unix ms).
 */
export type From =
  | "earliest"
  | "latest"
  | { readonly offset: number }
  | { readonly timestamp: number | Date };

/**
 * Where to stop, exclusive: never, at an offset, at what is the end when `assign` is called, or before the
 * first record of a time or later (Unix ms); at the end, if there is none so late.
 */
export type To = "end" | { readonly offset: number } | { readonly timestamp: number | Date };

export interface Assignment<T extends AnyTopic> {
  readonly topic: string | T;
  /** All partitions of the topic if not given. */
  readonly partition?: number;
  /** "earliest" if not given. */
  readonly from?: From;
  readonly to?: To;
}

const rules: OptionRules<ConsumerSettings> = {
  ...connectionRules,
  ...groupRules,
  minBytes: whole(1, 100 * 1024 * 1024, 1),
  maxWaitMs: whole(0, 600_000, 500),
  fetchBytes: whole(1, 1024 * 1024 * 1024, 16 * 1024 * 1024),
  partitionBytes: whole(1, 1024 * 1024 * 1024, 1024 * 1024),
  prefetchBytes: whole(1, limits.consumerPrefetchBytes, 32 * 1024 * 1024),
  isolation: oneOf(["readUncommitted", "readCommitted"], "readUncommitted"),
  offsetReset: oneOf(["error", "earliest", "latest"], "error"),
  rack: anyText(""),
  checkCrcs: flag(true),
  apiTimeoutMs: whole(1, 3_600_000, 60_000),
  unknownTopicMs: whole(0, 3_600_000, 5_000),
};

/** Throws ClientError INVALID_OPTION. */
export function readConsumerOptions<T extends AnyTopic>(given: ConsumerOptions<T>): ConsumerSettings {
  const { topics: _topics, onInvalid: _onInvalid, signal: _signal, ...plain } = given;
  const settings = readOptions<ConsumerSettings>("new Consumer", rules, plain);
  checkGroupOptions(settings);
  const isPlain = settings.groupId === null || plain.offsetReset !== undefined;
  return isPlain ? settings : { ...settings, offsetReset: "latest" };
}

const places = "{ offset } or { timestamp }, both whole numbers of 0 or more";

/**
 * The timestamp by which ListOffsets knows a place, or the offset itself. Throws ClientError INVALID_OPTION.
 */
export function placeOf(from: From): { readonly offset: number } | { readonly timestamp: number } {
  if (from === "latest") return { timestamp: -1 };
  if (from === "earliest") return { timestamp: -2 };
  const place = numbersOf(from);
  if (place !== null) return place;
  const text = `assign: from is ${quote(from)}; it should be "earliest", "latest", ${places}`;
  throw new ClientError("INVALID_OPTION", text);
}

/** The same for where to stop; null: never. */
export function endPlaceOf(
  to: To | undefined,
): { readonly offset: number } | { readonly timestamp: number } | null {
  if (to === undefined) return null;
  if (to === "end") return { timestamp: -1 };
  const place = numbersOf(to);
  if (place !== null) return place;
  throw new ClientError("INVALID_OPTION", `assign: to is ${quote(to)}; it should be "end", ${places}`);
}

function numbersOf(given: unknown): { readonly offset: number } | { readonly timestamp: number } | null {
  if (typeof given !== "object" || given === null) return null;
  if ("offset" in given && isWhole(given.offset)) return { offset: given.offset };
  if (!("timestamp" in given)) return null;
  const timestamp = given.timestamp instanceof Date ? given.timestamp.getTime() : given.timestamp;
  return isWhole(timestamp) ? { timestamp } : null;
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
