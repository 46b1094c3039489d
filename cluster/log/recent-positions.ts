// core: where in a file batches begin that were appended, or read up to, lately: those who follow the end of
// a log, or read it from one end to the other, find their place without the index and without a look at the
// file.

const kept = 8;

export class RecentPositions {
  readonly #offsets = new Float64Array(kept).fill(-1);
  readonly #positions = new Float64Array(kept);
  #next = 0;

  /** A batch begins, or will begin, at `position`; the one before it ends at `offset` (exclusive). */
  note(offset: number, position: number): void {
    if (this.of(offset) >= 0) return;
    this.#offsets[this.#next] = offset;
    this.#positions[this.#next] = position;
    this.#next = (this.#next + 1) % kept;
  }

  /** -1: not known. */
  of(offset: number): number {
    const at = this.#offsets.indexOf(offset);
    return at < 0 ? -1 : this.#positions[at]!;
  }

  forget(): void {
    this.#offsets.fill(-1);
  }
}
