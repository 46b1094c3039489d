// shell: what is done when a handler has failed, or a record cannot be decoded: carries out what the
// failure policy decides. Keeps true: a record counts as dealt with only once it is safe elsewhere, or was
// passed over.

import type { Log } from "../../base/ports/log.ts";
import type { Random } from "../../base/ports/random.ts";
import { asError, HandlerError } from "../errors.ts";
import { type FailedRecordTold, type OnClientEvent, tell } from "../events.ts";
import { type FailureStep, nextStep } from "./failure-policy.ts";
import { AbandonedError, type HandOver } from "./hand-over.ts";
import { type Job, type JobRecord, stateOf } from "./jobs.ts";
import { FailedRecordError, type RunSettings } from "./run-options.ts";

/** What is to be done with the job now. */
export type FailureAnswer =
  | { readonly kind: "again"; readonly delayMs: number }
  /**
   * So many of its records, from the first unprocessed one, are dealt with; the others are still to be
   * done.
   */
  | { readonly kind: "passed"; readonly count: number }
  /** Nobody waits for it any more. */
  | { readonly kind: "abandon" }
  | { readonly kind: "stop"; readonly error: HandlerError };

/** Records of one batch that are on their way to another topic at a time. */
const movesMax = 500;

export interface FailureParts {
  readonly random: Random;
  readonly log: Log;
  readonly onEvent: OnClientEvent | null;
}

export class FailureAnswers<R> {
  readonly #parts: FailureParts;
  readonly #settings: RunSettings<R>;
  readonly #handOver: HandOver;

  constructor(parts: FailureParts, settings: RunSettings<R>, handOver: HandOver) {
    this.#parts = parts;
    this.#settings = settings;
    this.#handOver = handOver;
  }

  /**
   * Never rejects. The job's first unprocessed record is the one that failed (`isSingle`), or the first of
   * those.
   */
  async answer(
    job: Job<R>,
    thrown: unknown,
    how: { readonly isSingle: boolean; readonly signal: AbortSignal },
  ): Promise<FailureAnswer> {
    const error = asError(thrown);
    const left = job.records.length - job.at;
    let isPoison = job.misfit === error;
    if (!isPoison) {
      try {
        isPoison = this.#settings.shouldRetry?.(causeOf(thrown)) === false;
      } catch (problem) {
        return this.#stop(job, "shouldRetry threw", problem);
      }
    }
    const { attempts } = job;
    const { level } = job.lane.topic;
    const failure = { attempt: attempts, level, isPoison, draw: this.#parts.random.float() };
    const step = nextStep(this.#settings.onError, failure);
    if (step.kind === "stop") {
      const times = attempts === 1 ? "the handler failed" : `the handler failed ${attempts} times`;
      return this.#stop(job, attempts === 0 ? "it cannot be decoded" : times, causeOf(thrown));
    }
    if (left === 0) {
      const fields = { ...this.#told(job, error), error: undefined, reason: error.message };
      this.#parts.log.warn(fields, "a handler failed after all its records were processed");
      return { kind: "passed", count: 0 };
    }
    if (step.kind === "again") {
      const { delayMs } = step;
      tell(this.#parts.onEvent, {
        kind: "recordRetried",
        ...this.#told(job, asError(causeOf(thrown))),
        delayMs,
      });
      return { kind: "again", delayMs };
    }
    return this.#pass(job, how.isSingle ? 1 : left, step, asError(causeOf(thrown)), how.signal);
  }

  async #pass(
    job: Job<R>,
    count: number,
    step: FailureStep,
    error: Error,
    signal: AbortSignal,
  ): Promise<FailureAnswer> {
    const records = job.records.slice(job.at, job.at + count);
    try {
      for (let at = 0; at < records.length; at += movesMax) {
        const some = records.slice(at, at + movesMax);
        await Promise.all(some.map((record) => this.#passOne(job, record, step, error, signal)));
      }
    } catch (problem) {
      if (problem instanceof AbandonedError) return { kind: "abandon" };
      const place = step.kind === "deadLetter" ? "the dead-letter topic" : "a retry topic";
      const cause = new AggregateError(
        [problem, error],
        `${asError(problem).message}; the handler's error was: ${error.message}`,
      );
      return this.#stop(job, `it could not be put into ${place}`, cause);
    }
    return { kind: "passed", count };
  }

  async #passOne(
    job: Job<R>,
    record: JobRecord<R>,
    step: FailureStep,
    error: Error,
    signal: AbortSignal,
  ): Promise<void> {
    const { onEvent, log } = this.#parts;
    const told = { ...this.#told(job, error), offset: record.raw.offset };
    if (step.kind === "skip") {
      log.warn(
        { ...told, error: undefined, reason: error.message },
        "a record was skipped: its handler failed",
      );
      tell(onEvent, { kind: "recordSkipped", ...told });
      return;
    }
    const { origin, attempts: before } = stateOf(job, record);
    const moved = {
      record: record.raw,
      of: job.lane.topic.of,
      partition: job.lane.place.partition,
      origin,
      attempts: before + job.attempts,
      told,
    };
    const to =
      step.kind === "retryTopic"
        ? await this.#handOver.toRetryTopic(moved, step, signal)
        : await this.#handOver.toDeadLetter(moved, signal);
    tell(onEvent, { kind: "recordMoved", ...told, to });
  }

  #stop(job: Job<R>, what: string, cause: unknown): FailureAnswer {
    const { topic, partition } = job.lane.place;
    const offset = (job.records[job.at] ?? job.records.at(-1)!).raw.offset;
    const place = { topic, partition, offset, attempts: job.attempts };
    return { kind: "stop", error: new HandlerError(place, what, cause) };
  }

  #told(job: Job<R>, error: Error): FailedRecordTold {
    const { topic, partition } = job.lane.place;
    const offset = (job.records[job.at] ?? job.records.at(-1)!).raw.offset;
    return { topic, partition, offset, attempts: job.attempts, error };
  }
}

/** A FailedRecordError only says which record it was. */
function causeOf(thrown: unknown): unknown {
  return thrown instanceof FailedRecordError && thrown.cause !== undefined ? thrown.cause : thrown;
}
