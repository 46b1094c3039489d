// shell: one call of a handler: what the handler is given, and how it hears that nobody waits for it any
// more. What it says after it has settled, or after its partition was given up, is ignored.
import { ClientError } from "../errors.ts";
import { type Job, offsetBehind, type RunLane, stateOf } from "./jobs.ts";
import type { RecordOrigin } from "./retry-headers.ts";
import type { BatchContext, HandedBatch, RecordContext } from "./run-options.ts";

export class Attempt<R> implements RecordContext {
  readonly attempt: number;
  readonly commit: () => Promise<void>;
  protected readonly job: Job<R>;
  protected readonly lane: RunLane<R>;
  /** The handler has settled. */
  isOver = false;
  #controller: AbortController | null = null;

  constructor(job: Job<R>, commit: () => Promise<void>) {
    this.job = job;
    this.lane = job.lane;
    this.commit = commit;
    // What comes from the topic itself was never tried before.
    const before = job.lane.topic.level === 0 ? 0 : stateOf(job, job.records[job.at]!).attempts;
    this.attempt = before + job.attempts;
  }

  /** Made when it is asked for: most handlers never do. */
  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.lane.isAborted) this.#controller.abort();
    }
    return this.#controller.signal;
  }

  get origin(): RecordOrigin {
    return stateOf(this.job, this.job.records[this.job.at]!).origin;
  }

  abort(): void {
    this.#controller?.abort();
  }
}

export class BatchAttempt<R> extends Attempt<R> implements BatchContext {
  readonly #onPart: (end: number) => void;

  /** `onPart`: everything of the partition below that offset is done. */
  constructor(job: Job<R>, commit: () => Promise<void>, onPart: (end: number) => void) {
    super(job, commit);
    this.#onPart = onPart;
  }

  /** What the handler is given: all that is not processed yet. */
  batch(): HandedBatch<R> {
    const { records, at } = this.job;
    const { topic, partition, highWatermark } = records.at(-1)!.batch;
    const values = records.slice(at).map((record) => record.value as R);
    const nextOffset = offsetBehind(this.job, records.length);
    return { topic, partition, records: values, nextOffset, highWatermark };
  }

  readonly processed = (offset: number): void => {
    const { records, at } = this.job;
    const [first, last] = [records[0]!.raw.offset, records.at(-1)!.raw.offset];
    if (!(Number.isInteger(offset) && offset >= first && offset <= last)) {
      const text = `processed: offset ${offset} is not in the batch of offsets ${first} to ${last}`;
      throw new ClientError("INVALID_OPTION", text);
    }
    if (this.isOver || this.lane.isRetired) return;
    let end = at;
    while (end < records.length && records[end]!.raw.offset <= offset) end++;
    if (end === at) return;
    this.job.at = end;
    this.#onPart(offsetBehind(this.job, end));
  };

  readonly isStale = (): boolean => this.isOver || this.lane.isClosed;
}
