// core: what a client may fail with, apart from what a broker answers (BrokerError): one class with a code, a
// few children that carry more. Every error says what was tried, what is so, and whether trying again helps.
import { BrokerError, type ErrorName, errorInfo } from "../proto/errors.ts";

const table = {
  INVALID_OPTION: { retriable: false, help: "Correct the option; the message names it and what it may be." },
  INVALID_RECORD: { retriable: false, help: "The record cannot be sent as it is; correct it." },
  UNDECODABLE_RECORD: {
    retriable: false,
    help:
      "The record does not fit its topic's types; seek past it, or give `onInvalid` to skip such " +
      "records.",
  },
  RECORD_TOO_LARGE: {
    retriable: false,
    help: "Send a smaller record, or raise maxRequestBytes here and max.message.bytes of the topic.",
  },
  CLOSED: { retriable: false, help: "The client was closed; make a new one." },
  CONNECT_FAILED: { retriable: true, help: "Check the address, and that the broker is up and reachable." },
  CONNECTION_LOST: {
    retriable: true,
    help: "The connection ended before the answer came; the request may or may not have been carried out.",
  },
  REQUEST_TIMED_OUT: {
    retriable: true,
    help: "No answer came in time; the request may or may not have been carried out.",
  },
  TOO_MANY_REQUESTS: { retriable: true, help: "Wait for answers before asking more on this connection." },
  UNSUPPORTED_BY_BROKER: {
    retriable: false,
    help: "The broker does not offer this request, or only in versions that this client does not speak.",
  },
  MALFORMED_ANSWER: { retriable: true, help: "What came is not the Kafka protocol; check host and port." },
  CLUSTER_UNREACHABLE: { retriable: true, help: "Check `bootstrap`, and that at least one broker is up." },
  UNKNOWN_TOPIC: { retriable: false, help: "Check the name, or create the topic first." },
  NO_LEADER: { retriable: true, help: "The partition has no leader; wait for an election or start brokers." },
  TIMED_OUT: { retriable: true, help: "The time allowed is over; the cause says what stood in the way." },
  BUFFER_FULL: { retriable: true, help: "Records come faster than brokers take them; wait, or send fewer." },
  DELIVERY_TIMED_OUT: {
    retriable: false,
    help: "deliveryTimeoutMs passed; `mayHaveBeenWritten` says whether the record can be in the log.",
  },
  SEQUENCE_BROKEN: {
    retriable: false,
    help: "An earlier record was given up, and sending this one again could write it twice; check the log.",
  },
  OFFSET_OUT_OF_RANGE: {
    retriable: false,
    help: "Seek to an offset that is there, or choose offsetReset 'earliest' or 'latest'.",
  },
  LOG_TRUNCATED: {
    retriable: false,
    help: "Records that were read are gone after a change of leader; seek to where reading shall go on.",
  },
  TOPIC_REPLACED: {
    retriable: false,
    help: "The topic was deleted and made again; its offsets start anew: seek, or set offsetReset.",
  },
  NOTHING_ASSIGNED: {
    retriable: false,
    help: "Call `await consumer.assign([...])` or `await consumer.subscribe([...])` before.",
  },
  NO_GROUP: { retriable: false, help: "Give the option `groupId`; offsets are committed for a group." },
  MIXED_ASSIGNMENT: {
    retriable: false,
    help: "`assign` and `subscribe` exclude each other; call `unsubscribe` before.",
  },
  NO_COMMITTED_OFFSET: {
    retriable: false,
    help: "The group committed no offset here: seek, or set offsetReset 'earliest' or 'latest'.",
  },
  COMMIT_FENCED: {
    retriable: false,
    help:
      "The partition is not this member's any more; whoever has it now reads the records again. Make work " +
      "quicker, or raise maxPollIntervalMs or rebalanceTimeoutMs.",
  },
  LISTENER_FAILED: { retriable: false, help: "onAssigned, onRevoked or onLost failed; see the cause." },
  HANDLER_FAILED: {
    retriable: false,
    help: "The cause says why; the record is read again by the next run. See `onError` for other answers.",
  },
  ALREADY_READING: { retriable: false, help: "Finish the first iteration before beginning another." },
} as const satisfies Record<string, { retriable: boolean; help: string }>;

export type ClientErrorCode = keyof typeof table;

export interface ClientErrorDetails {
  readonly cause?: unknown;
  /** For requests and records: true when it cannot be ruled out that they were carried out. */
  readonly mayHaveBeenWritten?: boolean;
}

/** A failure on the client's side. `retriable`: the same call may succeed later, unchanged. */
export class ClientError extends Error {
  readonly code: ClientErrorCode;
  readonly retriable: boolean;
  /** What it means and what to do about it. */
  readonly help: string;
  readonly mayHaveBeenWritten: boolean;

  constructor(code: ClientErrorCode, message: string, details: ClientErrorDetails = {}) {
    super(message, details.cause === undefined ? {} : { cause: details.cause });
    this.name = "ClientError";
    this.code = code;
    this.retriable = table[code].retriable;
    this.help = table[code].help;
    this.mayHaveBeenWritten = details.mayHaveBeenWritten ?? false;
  }
}

/** The position of a consumer is not in the log (any more). */
export class OffsetOutOfRangeError extends ClientError {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** First offset that is there, and the one after the last; -1 when not known. */
  readonly logStartOffset: number;
  readonly logEndOffset: number;

  constructor(place: { topic: string; partition: number; offset: number }, start: number, end: number) {
    super(
      "OFFSET_OUT_OF_RANGE",
      `read ${place.topic}-${place.partition} at offset ${place.offset}: the log holds ${start} to ${end}`,
    );
    this.name = "OffsetOutOfRangeError";
    this.topic = place.topic;
    this.partition = place.partition;
    this.offset = place.offset;
    this.logStartOffset = start;
    this.logEndOffset = end;
  }
}

/** KIP-320: the log that was read and the log of the new leader part before the consumer's position. */
export class LogTruncationError extends ClientError {
  readonly topic: string;
  readonly partition: number;
  /** Where the consumer was about to read. */
  readonly offset: number;
  /** Up to here (exclusive) both logs are the same; seek here to read what took the place of the lost. */
  readonly divergentOffset: number;
  /** Leader epoch of the last common record. */
  readonly divergentEpoch: number;

  constructor(
    place: { topic: string; partition: number; offset: number },
    divergence: { offset: number; epoch: number },
  ) {
    const { topic, partition, offset } = place;
    super(
      "LOG_TRUNCATED",
      `read ${topic}-${partition} at offset ${offset}: after a change of leader the log is the one that ` +
        `was ` +
        `read only up to offset ${divergence.offset}`,
    );
    this.name = "LogTruncationError";
    this.topic = topic;
    this.partition = partition;
    this.offset = offset;
    this.divergentOffset = divergence.offset;
    this.divergentEpoch = divergence.epoch;
  }
}

/** One thing that a validator found wrong, and where in the value. */
export interface ValidationIssue {
  /** Like `legs[0].from`; empty for the value as a whole. */
  readonly path: string;
  readonly message: string;
}

/** A record that does not fit its topic's definition, on the way out or in. */
export class RecordFormatError extends ClientError {
  readonly topic: string;
  readonly part: "key" | "value";
  readonly issues: readonly ValidationIssue[];
  /** -1 for a record that was to be sent. */
  readonly partition: number;
  readonly offset: number;

  constructor(
    way: "send" | "read",
    place: { topic: string; part: "key" | "value"; partition: number; offset: number },
    issues: readonly ValidationIssue[],
    cause?: unknown,
  ) {
    const where = way === "send" ? `send to ${place.topic}` : `read ${place.topic}-${place.partition}`;
    const at = way === "send" ? "" : ` at offset ${place.offset}`;
    const list = issues.map((issue) => (issue.path ? `${issue.path}: ${issue.message}` : issue.message));
    super(
      way === "send" ? "INVALID_RECORD" : "UNDECODABLE_RECORD",
      `${where}${at}: the ${place.part} does not fit: ${list.join("; ")}`,
      { cause },
    );
    this.name = "RecordFormatError";
    this.topic = place.topic;
    this.part = place.part;
    this.issues = issues;
    this.partition = place.partition;
    this.offset = place.offset;
  }
}

/**
 * A handler of `consumer.run` failed for good; the cause is what it threw, or why the record could not go.
 */
export class HandlerError extends ClientError {
  readonly topic: string;
  readonly partition: number;
  /** Of the record; of the first one for a batch. It is not processed: the next run begins before it. */
  readonly offset: number;
  /** How often the handler was called for it, in this topic. */
  readonly attempts: number;

  constructor(
    place: { topic: string; partition: number; offset: number; attempts: number },
    what: string,
    cause: unknown,
  ) {
    const { topic, partition, offset, attempts } = place;
    super("HANDLER_FAILED", `run: ${topic}-${partition} at offset ${offset}: ${what}: ${reasonOf(cause)}`, {
      cause,
    });
    this.name = "HandlerError";
    this.topic = topic;
    this.partition = partition;
    this.offset = offset;
    this.attempts = attempts;
  }
}

/** What a broker answered, with what was tried before the table's sentence. */
export function brokerError(what: string, code: number, message: string | null = null): BrokerError {
  const info = errorInfo(code);
  const known = info.code === code ? info.name : `error ${code}`;
  const said = message === null || message === "" ? info.help : message;
  return new BrokerError(info.name, `${what}: ${known}: ${said}`);
}

export function isRetriable(error: unknown): boolean {
  return (error instanceof ClientError || error instanceof BrokerError) && error.retriable;
}

/** False only when it is certain that the request did nothing. */
export function mayHaveBeenWritten(error: unknown): boolean {
  return error instanceof ClientError ? error.mayHaveBeenWritten : true;
}

export function hasBrokerCode(error: unknown, name: ErrorName): boolean {
  return error instanceof BrokerError && error.errorName === name;
}

export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(textOf(error));
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : textOf(error);
}

/** Not everything can be made a text: an object without prototype cannot. */
function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return typeof value;
  }
}
