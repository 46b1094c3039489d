// shell: what this leader was asked to append and has not yet seen committed. Appends of one turn go into the
// log together at the next turn's beginning; their offsets are known before, since nothing else writes in
// between.
import { limits } from "../../../base/limits.ts";
import type { Codecs } from "../../../base/ports/codecs.ts";
import { type Deferred, deferred } from "../../../base/waits.ts";
import { buildBatch } from "../../../proto/batch/build.ts";
import { BrokerError } from "../../../proto/errors.ts";
import type { AppendResult } from "../../machine/journal.ts";

interface Waiting {
  readonly end: number;
  readonly done: Deferred<void>;
}

export class Proposals {
  private readonly codecs: Codecs;
  private batches: Uint8Array[] = [];
  private term = -1;
  /** End of the log once `batches` are in it; null: nothing waits to be written. */
  private nextEnd: number | null = null;
  /** In order of `end`. */
  private waiting: Waiting[] = [];

  constructor(codecs: Codecs) {
    this.codecs = codecs;
  }

  /** Queues the records as one batch behind `logEnd`. Throws BrokerError over the bounds. */
  add(
    records: readonly Uint8Array[],
    options: { term: number; timestamp: number; logEnd: number },
  ): AppendResult {
    const { term, timestamp, logEnd } = options;
    if (this.waiting.length >= limits.raftProposalsPendingMax) {
      const text = `${this.waiting.length} changes of metadata wait for their commit already`;
      throw new BrokerError("THROTTLING_QUOTA_EXCEEDED", `${text}; try again later`);
    }
    const bytes = buildBatch({
      codecs: this.codecs,
      records: records.map((value) => ({ key: null, value, timestamp })),
    });
    if (bytes.length > limits.raftProposalBytesMax) {
      const text = `a change of metadata takes ${bytes.length} bytes`;
      const bound = `at most ${limits.raftProposalBytesMax} are allowed`;
      throw new BrokerError("RECORD_LIST_TOO_LARGE", `${text}; ${bound}`);
    }
    const baseOffset = this.nextEnd ?? logEnd;
    const end = baseOffset + records.length;
    this.term = term;
    this.nextEnd = end;
    this.batches.push(bytes);
    const done = deferred<void>();
    // Whoever appends need not listen: a rejection that nobody hears is no error of the process.
    done.promise.catch(() => {});
    this.waiting.push({ end, done });
    return { baseOffset, committed: done.promise };
  }

  /** Everything queued, as one run of batches; null when there is nothing. */
  take(): { term: number; batches: Uint8Array; end: number } | null {
    const { batches, term, nextEnd } = this;
    if (nextEnd === null) return null;
    this.batches = [];
    this.nextEnd = null;
    return { term, batches: batches.length === 1 ? batches[0]! : Buffer.concat(batches), end: nextEnd };
  }

  /** Everything below `end` is committed and was given to the state machine. */
  committed(end: number): void {
    let count = 0;
    while (count < this.waiting.length && this.waiting[count]!.end <= end) count += 1;
    for (const { done } of this.waiting.splice(0, count)) done.resolve();
  }

  /** Leadership is lost: what waits may or may not survive. */
  lose(why: string): void {
    const { waiting } = this;
    this.waiting = [];
    this.batches = [];
    this.nextEnd = null;
    for (const { done } of waiting) done.reject(new BrokerError("NOT_CONTROLLER", why));
  }
}
