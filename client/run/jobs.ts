// core: the pieces of work that a batch of records is cut into, and the lane of a partition they stand in.
// For handlers of records a piece is one record, decoded when it is begun. For handlers of batches it is a
// batch, decoded at once and cut at records that cannot be decoded: those go through the failure policy
// alone. Small batches are put together when they are begun.
import { asError } from "../errors.ts";
import { type RetryState, readRetryHeaders, waitMs } from "./retry-headers.ts";
import type { PlannedTopic } from "./retry-plan.ts";
import type { RunBatch, RunPlace, RunRecord } from "./run-source.ts";
import { chainOf, type GivenWork, type RunOrder, WorkLane } from "./work-order.ts";

export interface JobRecord<R> {
  readonly raw: RunRecord;
  readonly batch: RunBatch<R>;
  readonly index: number;
  /** Undefined: not decoded yet. */
  value: R | null | undefined;
}

export interface Job<R> {
  readonly lane: RunLane<R>;
  readonly records: JobRecord<R>[];
  /** Why the (only) record cannot be decoded. */
  misfit: Error | null;
  /** The first record that is not processed. */
  at: number;
  /** How often a handler was called with that record as the first. */
  attempts: number;
}

/** A partition while it is owned: what is to be done of it, and who is to be told when it is given up. */
export class RunLane<R> extends WorkLane<Job<R>> {
  readonly place: RunPlace;
  readonly generation: number;
  readonly topic: PlannedTopic;
  /** Handlers in work, and what they left to be done. */
  readonly calls = new Set<{ readonly isOver: boolean; abort(): void }>();
  /** Called, once each, when nothing is in work. */
  readonly onIdle = new Set<() => void>();
  /** Nothing more of it is asked for. */
  isPaused = false;
  /** It holds so much that no more is asked for until half of it is done. */
  isFull = false;
  isAborted = false;
  /** It belongs to somebody else, or nobody waits for it any more: what its handlers say is ignored. */
  isRetired = false;

  constructor(batch: RunBatch<R>, topic: PlannedTopic) {
    super();
    this.place = { topic: batch.topic, partition: batch.partition };
    this.generation = batch.generation;
    this.topic = topic;
  }

  /** Tells every handler in work that nobody waits for it much longer. */
  abort(): void {
    this.isAborted = true;
    for (const call of [...this.calls]) call.abort();
  }

  tellIfIdle(): void {
    if (this.running > 0) return;
    const told = [...this.onIdle];
    this.onIdle.clear();
    for (const tell of told) tell();
  }
}

export interface JobOptions {
  readonly order: RunOrder;
  /** Records of one call of a handler for batches; null: handlers take single records. */
  readonly batchRecords: number | null;
  readonly wallMs: number;
  readonly nowMs: number;
}

/** About what a record costs beside its bytes. */
const recordOverheadBytes = 64;

export function jobsOf<R>(lane: RunLane<R>, batch: RunBatch<R>, options: JobOptions): GivenWork<Job<R>>[] {
  return options.batchRecords === null
    ? recordJobs(lane, batch, options)
    : batchJobs(lane, batch, options, options.batchRecords);
}

function recordJobs<R>(lane: RunLane<R>, batch: RunBatch<R>, options: JobOptions): GivenWork<Job<R>>[] {
  return batch.records.map((raw, index) => ({
    job: { lane, records: [{ raw, batch, index, value: undefined }], misfit: null, at: 0, attempts: 0 },
    offset: raw.offset,
    bytes: bytesOf(raw),
    chain: chainOf(options.order, raw.key),
    notBeforeMs: notBeforeMs(lane.topic, raw, options),
  }));
}

function batchJobs<R>(
  lane: RunLane<R>,
  batch: RunBatch<R>,
  options: JobOptions,
  recordsMax: number,
): GivenWork<Job<R>>[] {
  const works: GivenWork<Job<R>>[] = [];
  let records: JobRecord<R>[] = [];
  const cut = (misfit: Error | null): void => {
    if (records.length === 0) return;
    const dues = records.map(({ raw }) => notBeforeMs(lane.topic, raw, options));
    works.push({
      job: { lane, records, misfit, at: 0, attempts: 0 },
      offset: records.at(-1)!.raw.offset,
      bytes: records.reduce((sum, { raw }) => sum + bytesOf(raw), 0),
      chain: chainOf("partition", null),
      notBeforeMs: dues.reduce((latest, due) => Math.max(latest, due), 0),
    });
    records = [];
  };
  batch.records.forEach((raw, index) => {
    try {
      const value = batch.decode(index);
      if (value !== null) records.push({ raw, batch, index, value });
      if (records.length === recordsMax) cut(null);
    } catch (error) {
      cut(null);
      records.push({ raw, batch, index, value: undefined });
      cut(asError(error));
    }
  });
  cut(null);
  return works;
}

function bytesOf(record: RunRecord): number {
  const headers = record.headers.reduce((sum, { key, value }) => sum + key.length + (value?.length ?? 0), 0);
  return recordOverheadBytes + headers + (record.key?.length ?? 0) + (record.value?.length ?? 0);
}

function notBeforeMs(topic: PlannedTopic, record: RunRecord, options: JobOptions): number {
  if (topic.level === 0) return 0;
  const state = readRetryHeaders(record.headers);
  return state === null ? 0 : options.nowMs + waitMs(state.dueMs, options.wallMs, topic.delayMs);
}

/** Where the record was read first, and what was tried before it came into this topic. */
export function stateOf<R>(job: Job<R>, record: JobRecord<R>): RetryState {
  const said = job.lane.topic.level === 0 ? null : readRetryHeaders(record.raw.headers);
  if (said !== null) return said;
  const { topic, partition } = job.lane.place;
  const { offset, timestamp } = record.raw;
  return { origin: { topic, partition, offset, timestamp }, attempts: 0, dueMs: 0 };
}

/** Offset behind the records up to `end` (exclusive index into the job's records). */
export function offsetBehind<R>(job: Job<R>, end: number): number {
  const { raw, batch, index } = job.records[end - 1]!;
  return index === batch.records.length - 1 ? batch.nextOffset : raw.offset + 1;
}
