// shell: promises that somebody else settles. `deferred` is one; a WaitList holds many, each until a number
// that only grows (an offset, an epoch, a commit end) has reached its threshold. Settles promises, awaits
// none.
import { assert } from "./assert.ts";
import { MinHeap } from "./min-heap.ts";

export interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: Error): void;
}

export function deferred<T>(): Deferred<T> {
  return Promise.withResolvers<T>();
}

/** One that waits. Cancelling forgets it: its promise never settles. */
export interface Wait<T> {
  readonly promise: Promise<T>;
  cancel(): void;
}

interface Entry<T> {
  readonly threshold: number;
  readonly sequence: number;
  readonly deferred: Deferred<T>;
  isOver: boolean;
}

/** Waiters in a heap by threshold: reaching a number costs only what it releases. */
export class WaitList<T = void> {
  private readonly heap = new MinHeap<Entry<T>>((a, b) => compare(a, b) < 0);
  private readonly sizeMax: number;
  private sequence = 0;
  private live = 0;

  /** At most `sizeMax` wait at a time; one more is a broken invariant, so callers bound themselves before. */
  constructor(options: { sizeMax: number }) {
    this.sizeMax = options.sizeMax;
  }

  get size(): number {
    return this.live;
  }

  /** Settles once `reach` was called with at least `threshold`. */
  add(threshold: number): Wait<T> {
    assert(this.live < this.sizeMax, `a wait list should hold at most ${this.sizeMax} waits`);
    const entry: Entry<T> = { threshold, sequence: this.sequence++, deferred: deferred<T>(), isOver: false };
    this.heap.push(entry);
    this.live++;
    return { promise: entry.deferred.promise, cancel: () => this.cancel(entry) };
  }

  /** Releases all whose threshold is at most `end`, lowest first, in order of arrival. */
  reach(end: number, value: T): void {
    for (;;) {
      const first = this.heap.peek();
      if (first === null || (!first.isOver && first.threshold > end)) return;
      this.heap.pop();
      if (first.isOver) continue;
      this.finish(first);
      first.deferred.resolve(value);
    }
  }

  /** Rejects all that wait for more than `above`; without it, all. */
  fail(error: Error, above = Number.NEGATIVE_INFINITY): void {
    const taken = this.heap.takeUnless((entry) => !entry.isOver && entry.threshold <= above);
    for (const entry of taken.filter((item) => !item.isOver).sort(compare)) {
      this.finish(entry);
      entry.deferred.reject(error);
    }
  }

  private cancel(entry: Entry<T>): void {
    if (entry.isOver) return;
    this.finish(entry);
    if (this.heap.size >= 64 && this.live * 2 < this.heap.size) this.heap.takeUnless((item) => !item.isOver);
  }

  private finish(entry: Entry<T>): void {
    entry.isOver = true;
    this.live--;
  }
}

function compare(a: Entry<unknown>, b: Entry<unknown>): number {
  return a.threshold - b.threshold || a.sequence - b.sequence;
}
