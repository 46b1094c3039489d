// core: what a record carries when it is written to a retry topic or a dead-letter topic: where it comes
// from and what went wrong, in headers; their values are text. Whatever of ours it carried before is
// replaced; key, value and all other headers stay as they were.
//
//     retry topic: ottla-retry-          dead letter: ottla-error-
//       topic, partition, offset           topic, partition, offset     where the record was read first
//       timestamp                          timestamp                    of the record, there (Unix ms)
//       attempt                            attempts                     how often handlers were called for it
//       due                                                             when it may be tried again (Unix ms)
//       error                              class                        name of the error
//       message                            message                      its text, up to 1 KiB
//                                          stack                        its stack, up to 8 KiB
import { limits } from "../../base/limits.ts";

export interface RawHeader {
  readonly key: string;
  readonly value: Uint8Array | null;
}

/** Where a record was read first. */
export interface RecordOrigin {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
}

export interface RetryState {
  readonly origin: RecordOrigin;
  /** Attempts before it came into this topic. */
  readonly attempts: number;
  /** Unix milliseconds. */
  readonly dueMs: number;
}

const retryPrefix = "ottla-retry-";
const errorPrefix = "ottla-error-";

const isOurs = (name: string): boolean => name.startsWith(retryPrefix) || name.startsWith(errorPrefix);

export function retryHeaders(given: readonly RawHeader[], state: RetryState, error: Error): RawHeader[] {
  const { origin, attempts, dueMs } = state;
  return [
    ...given.filter((header) => !isOurs(header.key)),
    ...originHeaders(retryPrefix, origin),
    textHeader(retryPrefix, "attempt", attempts),
    textHeader(retryPrefix, "due", Math.ceil(dueMs)),
    textHeader(retryPrefix, "error", cut(nameOf(error), limits.runErrorNameBytesMax)),
    textHeader(retryPrefix, "message", cut(messageOf(error), limits.runErrorMessageBytesMax)),
  ];
}

/** `isShort`: without message and stack, for a record that would be too large with them. */
export function errorHeaders(
  given: readonly RawHeader[],
  facts: { readonly origin: RecordOrigin; readonly attempts: number },
  error: Error,
  isShort = false,
): RawHeader[] {
  const { origin, attempts } = facts;
  const headers = [
    ...given.filter((header) => !isOurs(header.key)),
    ...originHeaders(errorPrefix, origin),
    textHeader(errorPrefix, "attempts", attempts),
    textHeader(errorPrefix, "class", cut(nameOf(error), limits.runErrorNameBytesMax)),
  ];
  if (isShort) return headers;
  headers.push(textHeader(errorPrefix, "message", cut(messageOf(error), limits.runErrorMessageBytesMax)));
  const stack = typeof error.stack === "string" ? error.stack : "";
  if (stack !== "") headers.push(textHeader(errorPrefix, "stack", cut(stack, limits.runErrorStackBytesMax)));
  return headers;
}

/** What a record of a retry topic says of itself; null when it does not, as if somebody else wrote it. */
export function readRetryHeaders(headers: readonly RawHeader[]): RetryState | null {
  const texts = new Map<string, string>();
  for (const { key, value } of headers) {
    if (value === null || !key.startsWith(retryPrefix)) continue;
    texts.set(key.slice(retryPrefix.length), Buffer.from(value).toString("utf8"));
  }
  const whole = (name: string): number => {
    const text = texts.get(name) ?? "";
    return /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  };
  const topic = texts.get("topic") ?? "";
  const [partition, offset] = [whole("partition"), whole("offset")];
  const [timestamp, attempts, dueMs] = [whole("timestamp"), whole("attempt"), whole("due")];
  const isFine = topic !== "" && partition >= 0 && offset >= 0 && attempts >= 0 && dueMs >= 0;
  if (!isFine || Number.isNaN(timestamp)) return null;
  return { origin: { topic, partition, offset, timestamp }, attempts, dueMs };
}

/**
 * How long a record of a retry topic still waits: until it is due, but never longer than the topic's delay,
 * so that a wrong clock on the writer's machine keeps nobody waiting for ever.
 */
export function waitMs(dueMs: number, nowMs: number, delayMs: number): number {
  return Math.min(Math.max(0, dueMs - nowMs), delayMs);
}

function originHeaders(prefix: string, origin: RecordOrigin): RawHeader[] {
  return [
    textHeader(prefix, "topic", origin.topic),
    textHeader(prefix, "partition", origin.partition),
    textHeader(prefix, "offset", origin.offset),
    textHeader(prefix, "timestamp", origin.timestamp),
  ];
}

function textHeader(prefix: string, name: string, value: string | number): RawHeader {
  return { key: prefix + name, value: Buffer.from(String(value), "utf8") };
}

/** A class of one's own often leaves `name` at "Error". */
function nameOf(error: Error): string {
  if (typeof error.name === "string" && error.name !== "" && error.name !== "Error") return error.name;
  return error.constructor?.name || "Error";
}

function messageOf(error: Error): string {
  return typeof error.message === "string" ? error.message : String(error.message);
}

/** At most so many bytes of UTF-8, never half a character. */
function cut(text: string, bytesMax: number): string {
  // No character takes less than a byte: what is beyond need not be encoded.
  const bytes = Buffer.from(text.slice(0, bytesMax), "utf8");
  if (bytes.length <= bytesMax) return bytes.toString("utf8");
  let end = bytesMax;
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end).toString("utf8");
}
