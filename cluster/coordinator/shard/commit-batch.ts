// shell: commits of offsets that arrive in one turn of the process, of whatever groups, are written as one
// batch of records: the work beside the record itself is done once for all of them. Commits are decided when
// they arrive, and need nothing of each other; whoever changes the shard otherwise writes them first, so that
// records stand in the log in the order in which they were decided.
import { limits } from "../../../base/limits.ts";
import type { Clock } from "../../../base/ports/clock.ts";
import { type Deferred, deferred } from "../../../base/waits.ts";
import { BrokerError } from "../../../proto/errors.ts";
import type { WrittenRecord } from "../state/group-records.ts";

/** About what one batch holds; a commit that is larger has one of its own. */
const batchBytesMax = 65_536;
/** Of a record, beside its texts. */
const recordBytes = 64;

export interface CommitBatchOptions {
  readonly clock: Clock;
  /** Appends within the call. Resolves once it is committed. */
  write(records: readonly WrittenRecord[]): Promise<void>;
}

export class CommitBatch {
  readonly #options: CommitBatchOptions;
  #records: WrittenRecord[] = [];
  #waiting: Deferred<void>[] = [];
  #bytes = 0;
  #unanswered = 0;
  #isDue = false;

  constructor(options: CommitBatchOptions) {
    this.#options = options;
  }

  /**
   * Resolves once the records are committed. Rejects with what `write` did, or with COORDINATOR_NOT_AVAILABLE
   * when too many commits wait already.
   */
  add(records: readonly WrittenRecord[]): Promise<void> {
    const { groupChangesPendingMax } = limits;
    if (this.#unanswered >= groupChangesPendingMax) {
      const text = `${groupChangesPendingMax} commits of offsets wait already; try later`;
      return Promise.reject(new BrokerError("COORDINATOR_NOT_AVAILABLE", text));
    }
    const bytes = records.reduce((sum, record) => sum + bytesOf(record), 0);
    if (this.#bytes + bytes > batchBytesMax) this.flush();
    this.#bytes += bytes;
    for (const record of records) this.#records.push(record);
    const waiting = deferred<void>();
    this.#waiting.push(waiting);
    this.#unanswered++;
    if (this.#bytes > batchBytesMax) this.flush();
    else this.#writeSoon();
    return waiting.promise;
  }

  /** Writes what waits, within the call. */
  flush(): void {
    const [records, waiting] = [this.#records, this.#waiting];
    if (waiting.length === 0) return;
    [this.#records, this.#waiting, this.#bytes] = [[], [], 0];
    const settle = (each: (one: Deferred<void>) => void): void => {
      this.#unanswered -= waiting.length;
      waiting.forEach(each);
    };
    this.#options.write(records).then(
      () => settle((one) => one.resolve()),
      (error: Error) => settle((one) => one.reject(error)),
    );
  }

  #writeSoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    this.#options.clock.endOfTurn(() => {
      this.#isDue = false;
      this.flush();
    });
  }
}

function bytesOf(record: WrittenRecord): number {
  if (record.kind !== "offset") return recordBytes;
  const { groupId, topic, value } = record;
  return recordBytes + groupId.length + topic.length + (value?.metadata.length ?? 0);
}
