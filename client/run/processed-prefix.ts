// core: how far the work on one partition has come without a gap. Records enter in the order of their
// offsets and are done in any order; the end of the finished beginning is what may be committed.
// Keeps true: the end never goes back, and never passes a record that is not done.

interface Entry {
  /** Once this record and all before it are done, everything below is done. */
  end: number;
  readonly bytes: number;
  /** Bytes of all records that entered before this one. */
  readonly bytesBefore: number;
  isDone: boolean;
}

export class ProcessedPrefix {
  #entries: Entry[] = [];
  /** Index of the first record that is not done: in `#entries`, and counted since the beginning. */
  #head = 0;
  #lowest = 0;
  #bytesEntered = 0;
  #bytesPassed = 0;
  #end: number | null = null;

  /** Everything below is done; null: nothing is known to be. */
  get end(): number | null {
    return this.#end;
  }

  /** Index of the first record that is not done; the next one to enter if all are. */
  get lowest(): number {
    return this.#lowest;
  }

  /** Records from the first that is not done on, the done ones among them included. */
  get held(): number {
    return this.#entries.length - this.#head;
  }

  get heldBytes(): number {
    return this.#bytesEntered - this.#bytesPassed;
  }

  /** The next record, in order; answers its index, by which it is known from then on. */
  enter(offset: number, bytes: number): number {
    const index = this.#lowest + this.held;
    this.#entries.push({ end: offset + 1, bytes, bytesBefore: this.#bytesEntered, isDone: false });
    this.#bytesEntered += bytes;
    return index;
  }

  /**
   * What has entered reaches up to here: behind the last record there is nothing below (compaction, markers
   * of transactions). Answers the new end if that moved it.
   */
  reachTo(nextOffset: number): number | null {
    const last = this.#entries.at(-1);
    if (last !== undefined && this.held > 0) {
      last.end = Math.max(last.end, nextOffset);
      return null;
    }
    return this.#moveTo(nextOffset);
  }

  /** Answers the new end if that moved it. Once done is done: a second time changes nothing. */
  done(index: number): number | null {
    const entry = this.#entries[index - this.#lowest + this.#head];
    if (index < this.#lowest || entry === undefined || entry.isDone) return null;
    entry.isDone = true;
    if (index !== this.#lowest) return null;
    let end = entry.end;
    for (;;) {
      const first = this.#entries[this.#head];
      if (first === undefined || !first.isDone) break;
      end = first.end;
      this.#bytesPassed += first.bytes;
      this.#head++;
      this.#lowest++;
    }
    this.#forgetPassed();
    return this.#moveTo(end);
  }

  /**
   * Of the first record that is not done, a part is: everything below `end`. Answers the new end if it
   * moved.
   */
  partly(index: number, end: number): number | null {
    return index === this.#lowest && this.held > 0 ? this.#moveTo(end) : null;
  }

  /**
   * May the record be begun, with so many records or bytes at most from the first that is not done up to
   * it?
   */
  isNear(index: number, bounds: { readonly records: number; readonly bytes: number }): boolean {
    if (index <= this.#lowest) return true;
    const entry = this.#entries[index - this.#lowest + this.#head];
    if (entry === undefined || index - this.#lowest >= bounds.records) return false;
    return entry.bytesBefore - this.#bytesPassed < bounds.bytes;
  }

  #moveTo(end: number): number | null {
    if (this.#end !== null && end <= this.#end) return null;
    this.#end = end;
    return end;
  }

  #forgetPassed(): void {
    if (this.#head < this.#entries.length && (this.#head < 1024 || this.#head * 2 < this.#entries.length))
      return;
    this.#entries = this.#entries.slice(this.#head);
    this.#head = 0;
  }
}
