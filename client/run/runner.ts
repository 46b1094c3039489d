// shell: runs handlers over what a consumer reads: several at once, in the order that was asked for, with an
// answer to each that fails, until it is stopped. Keeps true: what is told as processed was handled, or the
// failure policy dealt with it, and so was everything before it; what a handler says after its partition was
// given up is ignored; the end comes in bounded time, whatever handlers do.
import { limits } from "../../base/limits.ts";
import type { Timer } from "../../base/ports/clock.ts";
import type { ClientEnv } from "../../base/ports/env.ts";
import { type Deferred, deferred } from "../../base/waits.ts";
import { DueTimer } from "../cluster/due-timer.ts";
import { asError } from "../errors.ts";
import type { OnClientEvent } from "../events.ts";
import { Attempt, BatchAttempt } from "./attempt.ts";
import { FailureAnswers } from "./failure-answers.ts";
import { HandOver } from "./hand-over.ts";
import { callHandler, decodeFirst, joinSmall } from "./handler-call.ts";
import { type Job, jobsOf, offsetBehind, type RunLane } from "./jobs.ts";
import { LaneTable } from "./lane-table.ts";
import { RetryPlan } from "./retry-plan.ts";
import { FailedRecordError, type RunOptions, type RunSettings, readRunOptions } from "./run-options.ts";
import type { RunBatch, RunPlace, RunProducer, RunSource, RunTopics } from "./run-source.ts";
import { type Work, WorkOrder } from "./work-order.ts";

export interface RunParts<R> {
  readonly env: Pick<ClientEnv, "clock" | "random" | "log">;
  readonly source: RunSource<R>;
  readonly producer: RunProducer;
  readonly topics: RunTopics;
  readonly onEvent: OnClientEvent | null;
}

/** How often liveness is told, and how long the event loop may be kept from its input and output. */
const aliveMs = 3_000;
const turnMs = 10;
/** Of shorter waits nobody makes the brokers know. */
const pauseFromMs = 1_000;
/** What the last commit gets, at least and at most. */
const commitMs = { least: 1_000, most: 2_000 } as const;

export class Runner<R> {
  readonly #parts: RunParts<R>;
  readonly #settings: RunSettings<R>;
  readonly #plan: RetryPlan;
  readonly #handOver: HandOver;
  readonly #answers: FailureAnswers<R>;
  readonly #order: WorkOrder<Job<R>>;
  readonly #lanes: LaneTable<R>;
  readonly #due: DueTimer;
  readonly #gapRecords: number;
  readonly #ended: Deferred<void> = deferred();
  readonly #reading = new AbortController();
  readonly #commit = async (): Promise<void> => await this.#parts.source.commit();
  #state: "new" | "running" | "ending" | "ended" = "new";
  #failure: Error | null = null;
  #unlisten: (() => void) | null = null;
  #alive: Timer | null = null;
  /** Set while the run waits for handlers before it asks for more. */
  #room: Deferred<void> | null = null;
  /** Calls of handlers that have settled, and how many had when liveness was looked at. */
  #settled = 0;
  #settledBefore = 0;
  #isScheduling = false;
  #mustScheduleAgain = false;

  /** Throws ClientError INVALID_OPTION. */
  constructor(parts: RunParts<R>, options: RunOptions<R>) {
    const { env } = parts;
    this.#parts = parts;
    this.#settings = readRunOptions(options);
    const { concurrency, onError, graceMs, closeTimeoutMs } = this.#settings;
    this.#gapRecords = Math.max(limits.runGapRecords, concurrency);
    const gap = { gapRecords: this.#gapRecords, gapBytes: limits.runGapBytes };
    this.#order = new WorkOrder({ concurrency, ...gap });
    this.#lanes = new LaneTable(env.clock, this.#order, { graceMs, closeTimeoutMs });
    this.#plan = new RetryPlan(onError);
    this.#handOver = new HandOver(parts, this.#plan);
    this.#answers = new FailureAnswers({ ...env, onEvent: parts.onEvent }, this.#settings, this.#handOver);
    this.#due = new DueTimer(env.clock, () => this.#schedule());
  }

  /**
   * Runs until it is stopped, the consumer is closed or the signal aborted, and then resolves once what was
   * in work has ended, or `closeTimeoutMs` have passed. Rejects, after the same, with HandlerError when a
   * handler failed for good, and with what stops the source. `topics`: what is read. Called once.
   */
  start(topics: readonly string[]): Promise<void> {
    if (this.#state === "new") {
      this.#state = "running";
      const { signal } = this.#settings;
      signal?.addEventListener("abort", this.#abort, { once: true });
      if (signal?.aborted) this.#end(null);
      else void this.#live(topics);
    }
    return this.#ended.promise;
  }

  /** Begins nothing more; resolves when the run is over. Never rejects: `start` tells how it ended. */
  async stop(): Promise<void> {
    this.#end(null);
    await this.#ended.promise.catch(() => {});
  }

  readonly #abort = (): void => this.#end(null);

  async #live(topics: readonly string[]): Promise<void> {
    const { source } = this.#parts;
    try {
      await this.#handOver.prepare(topics);
      if (this.#state !== "running") return;
      this.#unlisten = source.onRevoked((places, why) => this.#giveUp(places, why));
      this.#tellAlive();
      await this.#pull();
      this.#end(null);
    } catch (error) {
      this.#end(asError(error));
    }
  }

  /** Asks for batch after batch, as long as there is room for them. */
  async #pull(): Promise<void> {
    const { clock } = this.#parts.env;
    const { signal } = this.#reading;
    let turnAt = clock.monotonicMs();
    while (this.#state === "running") {
      if (this.#lanes.heldBytes(clock.monotonicMs()) >= limits.runHeldBytes) {
        this.#room = deferred();
        await this.#room.promise;
        continue;
      }
      const batch = await this.#parts.source.next({ signal });
      if (batch === null) return;
      if (this.#state === "running" && !this.#plan.knows(batch.topic)) {
        await this.#handOver.prepare([batch.topic]);
      }
      if (this.#state !== "running") return;
      this.#take(batch);
      if (clock.monotonicMs() - turnAt < turnMs) continue;
      // Handlers and a source that answer at once must not keep heartbeats waiting.
      await new Promise<void>((resolve) => clock.endOfTurn(resolve));
      turnAt = clock.monotonicMs();
    }
  }

  #take(batch: RunBatch<R>): void {
    const { clock } = this.#parts.env;
    // The partition may have gone since the batch was taken from it.
    if (!batch.isCurrent()) return;
    const former = this.#lanes.find(batch);
    if (former !== null && former.generation !== batch.generation) this.#forget(former);
    const lane = this.#lanes.open(batch, this.#plan.find(batch.topic));
    if (lane === null) return;
    const nowMs = clock.monotonicMs();
    const { order } = this.#settings;
    const batchRecords = this.#settings.eachBatch === null ? null : this.#settings.batchRecords;
    const jobs = jobsOf(lane, batch, { order, batchRecords, wallMs: clock.wallMs(), nowMs });
    this.#tellProcessed(lane, this.#order.add(lane, jobs, batch.nextOffset, nowMs));
    this.#balance(lane);
    this.#schedule();
  }

  /** Begins what may be begun. */
  #schedule(): void {
    this.#mustScheduleAgain = true;
    if (this.#isScheduling) return;
    this.#isScheduling = true;
    while (this.#mustScheduleAgain) {
      this.#mustScheduleAgain = false;
      const nowMs = this.#parts.env.clock.monotonicMs();
      for (;;) {
        const work = this.#state === "running" ? this.#order.take(nowMs) : null;
        if (work === null) break;
        const { lane, records } = work.job;
        if (!records[0]!.batch.isCurrent()) this.#forget(lane);
        else this.#work(work).catch((error: unknown) => this.#end(asError(error)));
      }
    }
    this.#isScheduling = false;
    this.#due.atLatest(this.#order.nextDueMs());
    this.#makeRoom();
  }

  async #work(work: Work<Job<R>>): Promise<void> {
    const { job } = work;
    const { lane } = job;
    const found = decodeFirst(job);
    if (found === "none") return this.#finish(work);
    if (this.#settings.eachBatch !== null) {
      joinSmall(this.#order, work, this.#settings.batchRecords, this.#parts.env.clock.monotonicMs());
    }
    // A record that cannot be decoded is not tried at all.
    if (found === "value") job.attempts++;
    const attempt = this.#attempt(work);
    const first = job.at;
    lane.calls.add(attempt);
    const problem = found === "value" ? await callHandler(this.#settings, job, attempt) : { error: found };
    attempt.isOver = true;
    this.#settled++;
    if (!lane.isRetired) {
      if (problem === null) this.#finish(work);
      // What ended because it was told to end has not failed.
      else if (lane.isAborted) this.#drop(work);
      else await this.#failed(work, { ...problem, first, signal: attempt.signal });
    }
    lane.calls.delete(attempt);
  }

  #attempt(work: Work<Job<R>>): Attempt<R> {
    const { job, index } = work;
    if (this.#settings.eachBatch === null) return new Attempt(job, this.#commit);
    return new BatchAttempt(job, this.#commit, (end) => {
      this.#tellProcessed(job.lane, job.lane.prefix.partly(index, end));
    });
  }

  async #failed(
    work: Work<Job<R>>,
    how: { readonly error: unknown; readonly first: number; readonly signal: AbortSignal },
  ): Promise<void> {
    const { job } = work;
    const { lane } = job;
    const isSingle = how.error instanceof FailedRecordError && this.#moveTo(work, how.error.offset);
    // It came further this time: attempts count for the record that it stands at.
    if (job.at !== how.first) job.attempts = 1;
    const answer = await this.#answers.answer(job, how.error, { isSingle, signal: how.signal });
    if (lane.isRetired) return;
    if (answer.kind === "stop") this.#end(answer.error);
    if (answer.kind === "stop" || answer.kind === "abandon") {
      this.#drop(work);
      return;
    }
    const nowMs = this.#parts.env.clock.monotonicMs();
    if (answer.kind === "passed") {
      job.at += answer.count;
      job.attempts = 0;
      if (job.at >= job.records.length) {
        this.#finish(work);
        return;
      }
      this.#tellProcessed(lane, lane.prefix.partly(work.index, offsetBehind(job, job.at)));
    }
    this.#order.delay(work, nowMs + (answer.kind === "again" ? answer.delayMs : 0), nowMs);
    this.#left(lane);
  }

  /** The records before that offset are done. False: it is none of those that are left. */
  #moveTo(work: Work<Job<R>>, offset: number): boolean {
    const { job } = work;
    const found = job.records.findIndex((record) => record.raw.offset === offset);
    if (found < job.at) return false;
    job.at = found;
    if (found > 0)
      this.#tellProcessed(job.lane, job.lane.prefix.partly(work.index, offsetBehind(job, found)));
    return true;
  }

  #finish(work: Work<Job<R>>): void {
    const { lane } = work.job;
    this.#tellProcessed(lane, this.#order.finish(work, this.#parts.env.clock.monotonicMs()));
    this.#left(lane);
  }

  /** It is left undone: whoever reads the partition next gets it again. */
  #drop(work: Work<Job<R>>): void {
    this.#order.abandon(work);
    this.#left(work.job.lane);
  }

  #left(lane: RunLane<R>): void {
    lane.tellIfIdle();
    this.#balance(lane);
    this.#schedule();
  }

  #tellProcessed(lane: RunLane<R>, end: number | null): void {
    if (end !== null && !lane.isRetired) this.#parts.source.processed(lane.place, lane.generation, end);
  }

  /** Asks for no more of a partition that holds enough, or that has to wait for its time anyway. */
  #balance(lane: RunLane<R>): void {
    if (lane.isRetired || lane.isClosed) return;
    const { held, heldBytes } = lane.prefix;
    const [records, bytes] = [this.#gapRecords, limits.runGapBytes];
    if (held >= records || heldBytes >= bytes) lane.isFull = true;
    else if (held <= records / 2 && heldBytes <= bytes / 2) lane.isFull = false;
    const untilMs = this.#order.waitsUntilMs(lane);
    const isWaiting = untilMs !== null && untilMs - this.#parts.env.clock.monotonicMs() > pauseFromMs;
    const mustPause = lane.isFull || isWaiting;
    if (mustPause === lane.isPaused) return;
    lane.isPaused = mustPause;
    if (mustPause) this.#parts.source.pause([lane.place]);
    else this.#parts.source.resume([lane.place]);
  }

  #makeRoom(): void {
    if (this.#room === null) return;
    const nowMs = this.#parts.env.clock.monotonicMs();
    if (this.#state === "running" && this.#lanes.heldBytes(nowMs) >= limits.runHeldBytes) return;
    this.#room.resolve();
    this.#room = null;
  }

  readonly #tellAlive = (): void => {
    const stoodStill = this.#settled === this.#settledBefore && this.#lanes.isHandling();
    this.#settledBefore = this.#settled;
    if (!stoodStill) this.#parts.source.alive();
    this.#alive = this.#parts.env.clock.after(aliveMs, this.#tellAlive);
  };

  async #giveUp(places: readonly RunPlace[], why: "revoked" | "lost"): Promise<void> {
    const lanes = places.map((place) => this.#lanes.find(place)).filter((lane) => lane !== null);
    if (why === "revoked") await this.#lanes.drain(lanes);
    for (const lane of lanes) this.#lanes.retire(lane);
    this.#schedule();
  }

  #end(error: Error | null): void {
    this.#failure ??= error;
    if (this.#state === "ending" || this.#state === "ended") return;
    this.#state = "ending";
    void this.#leave();
  }

  /** Never rejects. */
  async #leave(): Promise<void> {
    const { clock, log } = this.#parts.env;
    const beganMs = clock.monotonicMs();
    this.#settings.signal?.removeEventListener("abort", this.#abort);
    this.#reading.abort();
    this.#makeRoom();
    try {
      await this.#lanes.drain(this.#lanes.all());
      this.#retireAll();
      const leftMs = this.#settings.closeTimeoutMs - (clock.monotonicMs() - beganMs);
      if (this.#unlisten !== null)
        await this.#commitWithin(Math.min(commitMs.most, Math.max(commitMs.least, leftMs)));
      this.#unlisten?.();
    } catch (error) {
      log.warn({ reason: asError(error).message }, "the end of a run did not go as it should");
    }
    this.#alive?.cancel();
    this.#due.close();
    this.#state = "ended";
    if (this.#failure === null) this.#ended.resolve();
    else this.#ended.reject(this.#failure);
  }

  /** The partition was sought, or was given up and came back: what is left of before is void. */
  #forget(lane: RunLane<R>): void {
    this.#lanes.retire(lane);
    if (lane.isPaused) this.#parts.source.resume([lane.place]);
    this.#mustScheduleAgain = true;
  }

  /** Leaves the partitions as they were found: whoever reads on does not know who paused them. */
  #retireAll(): void {
    const lanes = this.#lanes.all();
    for (const lane of lanes) this.#lanes.retire(lane);
    const paused = lanes.filter((lane) => lane.isPaused);
    if (paused.length > 0) this.#parts.source.resume(paused.map((lane) => lane.place));
  }

  async #commitWithin(withinMs: number): Promise<void> {
    const { clock, log } = this.#parts.env;
    const over = deferred<void>();
    const timer = clock.after(withinMs, () => over.resolve());
    const committed = this.#parts.source.commitAtEnd().catch((error: unknown) => {
      // What is processed and not committed is read again: that is what was promised.
      log.warn({ reason: asError(error).message }, "the last commit of a run failed");
    });
    await Promise.race([committed, over.promise]);
    timer.cancel();
  }
}
