// core: what compaction has to know of transactions: which data was aborted, and which marks are still needed
// because data of their transaction is in the log.
//
// Source: Kafka, CleanedTransactionMetadata. Kafka has an index of aborted transactions; here the dirty part
// is looked through once before it is cleaned, and no further than to the first transaction that is open.
import { readControlRecord } from "../../../proto/batch/control.ts";
import { batch } from "../../../proto/batch/header.ts";
import type { ReadRecord } from "../../../proto/batch/read.ts";

/** Aborted transactions of one pass that are told apart; one more ends the pass there. */
const abortedMax = 100_000;

/** What a control batch says: the end of a transaction, or something else. */
export type Mark = "commit" | "abort" | "other";

export function markOf(records: readonly ReadRecord[]): Mark {
  const [first] = records;
  if (first === undefined) return "other";
  const { type } = readControlRecord(first);
  return type === "commit" || type === "abort" ? type : "other";
}

interface Span {
  readonly from: number;
  /** Offset of the mark. */
  readonly to: number;
}

/** Goes over the dirty part in order. */
export class TransactionScan {
  readonly #open = new Map<number, number>();
  readonly #aborted = new Map<number, Span[]>();
  #abortedCount = 0;
  /** Where the part ends that can be cleaned; null: at the end of what was scanned. */
  #limit: number | null = null;

  get isFull(): boolean {
    return this.#limit !== null;
  }

  /** `mark` of a control batch; null for one with data. */
  note(bytes: Uint8Array, at: number, mark: Mark | null): void {
    const id = batch.producerId(bytes, at);
    const offset = batch.baseOffset(bytes, at);
    if (mark === null) {
      if (batch.isTransactional(bytes, at) && !this.#open.has(id)) this.#open.set(id, offset);
      return;
    }
    if (mark === "other") return;
    const from = this.#open.get(id);
    this.#open.delete(id);
    if (mark === "commit" || from === undefined) return;
    const spans = this.#aborted.get(id) ?? [];
    spans.push({ from, to: offset });
    this.#aborted.set(id, spans);
    if (++this.#abortedCount >= abortedMax) this.#limit = batch.nextOffset(bytes, at);
  }

  /** Where cleaning has to stop, of a part that ends at `end`: what is behind is not decided yet. */
  decidedEnd(end: number): number {
    let decided = Math.min(this.#limit ?? end, end);
    for (const from of this.#open.values()) decided = Math.min(decided, from);
    return decided;
  }

  isAborted(bytes: Uint8Array, at: number): boolean {
    if (!batch.isTransactional(bytes, at)) return false;
    const spans = this.#aborted.get(batch.producerId(bytes, at));
    if (spans === undefined) return false;
    const offset = batch.baseOffset(bytes, at);
    // They come one after the other, and there may be very many: the last that begins at or before it.
    let [low, high] = [0, spans.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (spans[middle]!.from <= offset) low = middle + 1;
      else high = middle;
    }
    return low > 0 && offset < spans[low - 1]!.to;
  }
}

/** Goes over the whole log in order, as it was before it is cleaned. */
export class MarkWatch {
  /** Producers of whose present transaction there is data. */
  readonly #withData = new Set<number>();

  sawData(bytes: Uint8Array, at: number): void {
    if (batch.isTransactional(bytes, at)) this.#withData.add(batch.producerId(bytes, at));
  }

  /** True: there is no data of that transaction, so the mark says nothing to anybody any more. */
  isIdle(bytes: Uint8Array, at: number, mark: Mark): boolean {
    if (mark === "other") return false;
    return !this.#withData.delete(batch.producerId(bytes, at));
  }
}
