// core: the options of `run`, what handlers are given, and the rules between the options.
import { limits } from "../../base/limits.ts";
import { ClientError } from "../errors.ts";
import { type OptionRules, oneOf, quote, readOptions, whole } from "../options/read-options.ts";
import { type FailurePolicy, policyRule } from "./failure-policy.ts";
import type { RecordOrigin } from "./retry-headers.ts";
import type { RunOrder } from "./work-order.ts";

interface HandlerContext {
  /**
   * Aborted when nobody waits for the handler much longer: the partition goes to another consumer, or the
   * consumer is closed, and `graceMs` are over. At once if the partition is lost already.
   */
  readonly signal: AbortSignal;
  /** 1 for the first call; counts on over retries and retry topics. */
  readonly attempt: number;
  /** Commits what is processed so far, which this record is not yet. */
  commit(): Promise<void>;
}

export interface RecordContext extends HandlerContext {
  /**
   * Where the record was first read: for one that comes from a retry topic, its place in the original
   * topic.
   */
  readonly origin: RecordOrigin;
}

export interface BatchContext extends HandlerContext {
  /**
   * This record and all before it are done. When the handler fails later, only those behind it are given to
   * it again. Ignored once the partition is lost. Throws ClientError INVALID_OPTION for an offset before or
   * behind the batch.
   */
  processed(offset: number): void;
  /** The partition is being given up: what is not done yet is better left to its next owner. */
  isStale(): boolean;
}

/** Records of one partition, in order. */
export interface HandedBatch<R> {
  readonly topic: string;
  readonly partition: number;
  /** At least one. */
  readonly records: readonly R[];
  /** Where reading goes on behind these records. */
  readonly nextOffset: number;
  readonly highWatermark: number;
}

export type EachRecord<R> = (record: R, context: RecordContext) => unknown;
export type EachBatch<R> = (batch: HandedBatch<R>, context: BatchContext) => unknown;

interface CommonOptions {
  /**
   * Handlers in work at once, over all partitions; 16 if not given. A record that waits for a retry is
   * none.
   */
  readonly concurrency?: number | undefined;
  /**
   * What becomes of a record whose handler failed: `retry`, `retryTopics`, `deadLetter`, `stop` and `skip`,
   * joined by `.then()`. `stop()` if not given.
   */
  readonly onError?: FailurePolicy | undefined;
  /**
   * False: trying again would not help, and the record goes past all retries to the last stage. All errors
   * are worth a retry if not given, except that a record does not fit its topic's types.
   */
  readonly shouldRetry?: ((error: unknown) => boolean) | undefined;
  /** Aborting it ends the run like `close`, but leaves the consumer open. */
  readonly signal?: AbortSignal | undefined;
  /**
   * How long handlers go on undisturbed when the run ends or a partition is given up; 10_000 if not given.
   */
  readonly graceMs?: number | undefined;
  /**
   * How long they are waited for in all; 30_000 if not given. What a handler says after that is ignored,
   * and its record is read again.
   */
  readonly closeTimeoutMs?: number | undefined;
}

export interface EachRecordOptions<R> extends CommonOptions {
  /** Called for each record; it is processed when the promise resolves. */
  readonly eachRecord: EachRecord<R>;
  readonly eachBatch?: undefined;
  /**
   * Which records of a partition wait for each other. "partition" (the default): all, one at a time. "key":
   * those with equal keys; those without key wait for each other too. "none": nobody. Retries keep the order:
   * whoever must come after a record waits until it is processed, or was put into another topic.
   */
  readonly order?: RunOrder | undefined;
  readonly batchRecords?: undefined;
}

export interface EachBatchOptions<R> extends CommonOptions {
  readonly eachRecord?: undefined;
  /**
   * Called with many records of one partition at a time; all are processed when the promise resolves. When it
   * rejects, all that are not (see `processed`) go through the failure policy together; throw a
   * FailedRecordError to blame one of them.
   */
  readonly eachBatch: EachBatch<R>;
  readonly order?: "partition" | undefined;
  /** Records of one call at most; 1000 if not given. */
  readonly batchRecords?: number | undefined;
}

export type RunOptions<R> = EachRecordOptions<R> | EachBatchOptions<R>;

export interface RunSettings<R> {
  readonly eachRecord: EachRecord<R> | null;
  readonly eachBatch: EachBatch<R> | null;
  readonly concurrency: number;
  readonly order: RunOrder;
  readonly batchRecords: number;
  readonly onError: FailurePolicy;
  readonly shouldRetry: ((error: unknown) => boolean) | null;
  readonly signal: AbortSignal | null;
  readonly graceMs: number;
  readonly closeTimeoutMs: number;
}

/**
 * Thrown by an `eachBatch` handler: this one record failed, and those before it are done. Only it goes
 * through the failure policy; those behind it are given to the handler again.
 */
export class FailedRecordError extends Error {
  /** Of the record that failed. */
  readonly offset: number;

  constructor(offset: number, cause: unknown) {
    super(`the record at offset ${offset} failed`, { cause });
    this.name = "FailedRecordError";
    this.offset = offset;
  }
}

function callable<T>(): { defaultValue: T | null; problem: (value: unknown) => string | null } {
  return { defaultValue: null, problem: (value) => (typeof value === "function" ? null : "a function") };
}

const rules: OptionRules<RunSettings<never>> = {
  eachRecord: callable(),
  eachBatch: callable(),
  concurrency: whole(1, limits.runConcurrencyMax, 16),
  order: oneOf(["partition", "key", "none"], "partition"),
  onError: policyRule,
  batchRecords: whole(1, 100_000, 1_000),
  shouldRetry: callable(),
  signal: {
    defaultValue: null,
    problem: (value) => (value instanceof AbortSignal ? null : "an AbortSignal"),
  },
  graceMs: whole(0, 3_600_000, 10_000),
  closeTimeoutMs: whole(0, 3_600_000, 30_000),
};

/** Throws ClientError INVALID_OPTION. */
export function readRunOptions<R>(given: RunOptions<R>): RunSettings<R> {
  const settings = readOptions("run", rules as unknown as OptionRules<RunSettings<R>>, given);
  if ((settings.eachRecord === null) === (settings.eachBatch === null)) {
    fail("one of eachRecord and eachBatch should be given");
  }
  if (settings.eachBatch !== null && settings.order !== "partition") {
    fail(`order is ${quote(settings.order)}; with eachBatch it is always "partition"`);
  }
  if (settings.eachBatch === null && given.batchRecords !== undefined) {
    fail("batchRecords is for eachBatch; eachRecord is given one record at a time");
  }
  return settings;
}

function fail(text: string): never {
  throw new ClientError("INVALID_OPTION", `run: ${text}`);
}
