// core: who waits for the high watermark of one partition to reach an offset. Kept in order of offsets, so
// that an advance touches only those it answers; all of one leadership, so they end with it.
import { ErrorCode } from "../../proto/errors.ts";

export interface CommitWaiter {
  /** Committed once the high watermark is at least this. */
  readonly end: number;
  readonly deadlineMs: number;
  /** Called once; NONE when it is committed. */
  settle(errorCode: number): void;
}

export class CommitWaiters {
  #waiters: CommitWaiter[] = [];
  #earliestMs = Number.POSITIVE_INFINITY;

  get size(): number {
    return this.#waiters.length;
  }

  add(waiter: CommitWaiter): void {
    let at = this.#waiters.length;
    while (at > 0 && this.#waiters[at - 1]!.end > waiter.end) at--;
    this.#waiters.splice(at, 0, waiter);
    this.#earliestMs = Math.min(this.#earliestMs, waiter.deadlineMs);
  }

  reached(highWatermark: number): void {
    let count = 0;
    while (count < this.#waiters.length && this.#waiters[count]!.end <= highWatermark) count++;
    if (count === 0) return;
    for (const waiter of this.#waiters.splice(0, count)) waiter.settle(ErrorCode.NONE);
  }

  expire(nowMs: number): void {
    if (nowMs < this.#earliestMs) return;
    const late = this.#waiters.filter((waiter) => waiter.deadlineMs <= nowMs);
    this.#waiters = this.#waiters.filter((waiter) => waiter.deadlineMs > nowMs);
    this.#earliestMs = this.#waiters.reduce(
      (least, waiter) => Math.min(least, waiter.deadlineMs),
      Number.POSITIVE_INFINITY,
    );
    for (const waiter of late) waiter.settle(ErrorCode.REQUEST_TIMED_OUT);
  }

  failAll(errorCode: number): void {
    const all = this.#waiters;
    this.#waiters = [];
    this.#earliestMs = Number.POSITIVE_INFINITY;
    for (const waiter of all) waiter.settle(errorCode);
  }
}
