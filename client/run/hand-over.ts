// shell: puts records that handlers failed for into retry and dead-letter topics, and sees that these are
// there. Keeps true: what it says is put there was acknowledged. What may yet succeed is tried again and
// again until the partition is given up; what cannot is an error.
import { Backoff } from "../../base/backoff.ts";
import type { ClientEnv } from "../../base/ports/env.ts";
import { asError, ClientError, hasBrokerCode, isRetriable } from "../errors.ts";
import { type FailedRecordTold, type OnClientEvent, tell } from "../events.ts";
import { errorHeaders, type RawHeader, type RetryState, retryHeaders } from "./retry-headers.ts";
import type { RetryPlan } from "./retry-plan.ts";
import type { RunProducer, RunRecord, RunTopics } from "./run-source.ts";

/** The partition was given up before the record was safe: it is read again. */
export class AbandonedError extends Error {
  constructor() {
    super("the record was not put elsewhere before its partition was given up");
    this.name = "AbandonedError";
  }
}

export interface HandOverParts {
  readonly env: Pick<ClientEnv, "clock" | "random" | "log">;
  readonly producer: RunProducer;
  readonly topics: RunTopics;
  readonly onEvent: OnClientEvent | null;
}

/** A record that is to be put elsewhere. */
export interface MovedRecord {
  readonly record: RunRecord;
  /** Name of the topic that it comes from at first. */
  readonly of: string;
  readonly partition: number;
  readonly origin: RetryState["origin"];
  /** How often handlers were called for it, over all topics. */
  readonly attempts: number;
  readonly told: FailedRecordTold;
}

interface Target {
  readonly name: string;
  readonly like: string;
  headers(isShort: boolean): RawHeader[];
}

const backoff = { baseMs: 100, maxMs: 10_000 };
/** How often a topic that was there and is not any more is made again for one record. */
const remakesMax = 5;

export class HandOver {
  readonly #parts: HandOverParts;
  readonly #plan: RetryPlan;
  readonly #ensured = new Map<string, Promise<{ readonly partitions: number }>>();

  constructor(parts: HandOverParts, plan: RetryPlan) {
    this.#parts = parts;
    this.#plan = plan;
  }

  /** These topics are read: makes what belongs to them and is missing, and has the retry topics read too. */
  async prepare(names: readonly string[]): Promise<void> {
    const added = this.#plan.add(names);
    const letters = names.filter((name) => this.#plan.find(name).level === 0);
    await Promise.all([
      ...added.map(({ name, of }) => this.#ensure(name, of)),
      ...letters.map((of) => {
        const name = this.#plan.deadLetter(of);
        return name === null ? null : this.#ensure(name, of);
      }),
    ]);
    if (added.length > 0) await this.#parts.topics.follow(added.map(({ name, of }) => ({ name, of })));
  }

  /**
   * Resolves with the name of the topic once the record is in it. Rejects with AbandonedError when the signal
   * is aborted before, and with what makes it impossible.
   */
  async toRetryTopic(
    moved: MovedRecord,
    to: { readonly level: number; readonly delayMs: number },
    signal: AbortSignal,
  ): Promise<string> {
    const { record, of, origin, attempts } = moved;
    const name = this.#plan.retryTopic(of, to.level);
    const headers = (): RawHeader[] => {
      const dueMs = this.#parts.env.clock.wallMs() + to.delayMs;
      return retryHeaders(record.headers, { origin, attempts, dueMs }, moved.told.error);
    };
    await this.#put(moved, { name, like: of, headers }, signal);
    return name;
  }

  /** The same for the dead-letter topic. */
  async toDeadLetter(moved: MovedRecord, signal: AbortSignal): Promise<string> {
    const { record, of } = moved;
    const name = this.#plan.deadLetter(of)!;
    const headers = (isShort: boolean): RawHeader[] =>
      errorHeaders(record.headers, moved, moved.told.error, isShort);
    await this.#put(moved, { name, like: of, headers }, signal);
    return name;
  }

  async #put(moved: MovedRecord, target: Target, signal: AbortSignal): Promise<void> {
    const { producer, onEvent, env } = this.#parts;
    const { key, value } = moved.record;
    const waits = new Backoff(backoff, env.random);
    let isShort = false;
    let remakes = 0;
    for (;;) {
      if (signal.aborted) throw new AbandonedError();
      try {
        const { partitions } = await this.#ensure(target.name, target.like);
        const partition = moved.partition % Math.max(1, partitions);
        await producer.send({ topic: target.name, partition, key, value, headers: target.headers(isShort) });
        return;
      } catch (error) {
        if (isTooLarge(error) && !isShort) {
          isShort = true;
          continue;
        }
        const isGone = isUnknownTopic(error) && remakes++ < remakesMax;
        if (isGone) this.#ensured.delete(target.name);
        if (!isGone && !mayYetSucceed(error)) throw error;
        tell(onEvent, { kind: "recordNotMoved", ...moved.told, to: target.name, reason: asError(error) });
        await this.#sleep(waits.nextMs(), signal);
      }
    }
  }

  /** Asked once a topic, until it fails. */
  #ensure(name: string, like: string): Promise<{ readonly partitions: number }> {
    const known = this.#ensured.get(name);
    if (known !== undefined) return known;
    const asked = this.#parts.topics.ensureTopic({ name, like });
    this.#ensured.set(name, asked);
    asked.catch(() => {
      if (this.#ensured.get(name) === asked) this.#ensured.delete(name);
    });
    return asked;
  }

  #sleep(delayMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        timer.cancel();
        signal.removeEventListener("abort", end);
        resolve();
      };
      const timer = this.#parts.env.clock.after(delayMs, end);
      signal.addEventListener("abort", end);
      if (signal.aborted) end();
    });
  }
}

/**
 * A producer that gave up after its time may succeed later; a record written twice is what retries may do.
 */
function mayYetSucceed(error: unknown): boolean {
  if (isRetriable(error)) return true;
  return error instanceof ClientError && ["DELIVERY_TIMED_OUT", "SEQUENCE_BROKEN"].includes(error.code);
}

function isUnknownTopic(error: unknown): boolean {
  const isOurs = error instanceof ClientError && error.code === "UNKNOWN_TOPIC";
  return isOurs || hasBrokerCode(error, "UNKNOWN_TOPIC_OR_PARTITION");
}

function isTooLarge(error: unknown): boolean {
  const isOurs = error instanceof ClientError && error.code === "RECORD_TOO_LARGE";
  return isOurs || hasBrokerCode(error, "MESSAGE_TOO_LARGE") || hasBrokerCode(error, "RECORD_LIST_TOO_LARGE");
}
