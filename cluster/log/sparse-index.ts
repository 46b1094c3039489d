// core: the sparse index of one segment: every so many bytes, where a batch stands and the largest timestamp
// so far.

export interface IndexEntry {
  readonly offset: number;
  readonly position: number;
  /** Largest timestamp up to and including this batch. */
  readonly maxTimestamp: number;
}

export class SparseIndex {
  readonly #intervalBytes: number;
  #entries: IndexEntry[] = [];

  constructor(intervalBytes: number) {
    this.#intervalBytes = intervalBytes;
  }

  add(entry: IndexEntry): void {
    const last = this.#entries.at(-1);
    if (last === undefined || entry.position - last.position >= this.#intervalBytes)
      this.#entries.push(entry);
  }

  /** Position of the last entry at or before `offset`; 0 when there is none. */
  floor(offset: number): number {
    let low = 0;
    let high = this.#entries.length - 1;
    let found = 0;
    while (low <= high) {
      const middle = (low + high) >> 1;
      if (this.#entries[middle]!.offset <= offset) {
        found = this.#entries[middle]!.position;
        low = middle + 1;
      } else high = middle - 1;
    }
    return found;
  }

  /** A position at or before the first batch with a timestamp of at least `timestamp`. */
  floorOfTimestamp(timestamp: number): number {
    let found = 0;
    for (const entry of this.#entries) {
      if (entry.maxTimestamp >= timestamp) break;
      found = entry.position;
    }
    return found;
  }

  cut(position: number): void {
    while (this.#entries.length > 0 && this.#entries.at(-1)!.position >= position) this.#entries.pop();
  }

  maxTimestampBefore(): number {
    return this.#entries.at(-1)?.maxTimestamp ?? -1;
  }
}
