// core: merges partitions by the timestamps of their records, holding at most one batch of each. Keeps true:
// a partition's records come in the order in which they were added; between partitions the smaller timestamp
// comes first, at equal times the one that was added to `sources` first.

/** Records of one source, of which those from `at` on are due. */
interface Head<Source, Item> {
  readonly source: Source;
  /** Of the source, for equal times. */
  readonly rank: number;
  readonly items: readonly Item[];
  at: number;
}

/** Records of one source that stand together in the order of time. */
export interface Run<Source, Item> {
  readonly source: Source;
  readonly items: readonly Item[];
  /** The source has nothing left here. */
  readonly isLast: boolean;
}

export class TimeMerge<Source, Item extends { readonly timestamp: number }> {
  readonly #ranks: ReadonlyMap<Source, number>;
  /** By the time of what is due; the first is next. */
  readonly #heads: Head<Source, Item>[] = [];

  constructor(sources: readonly Source[]) {
    this.#ranks = new Map(sources.map((source, rank) => [source, rank]));
  }

  /** At least one item, of a source of which nothing is held. */
  add(source: Source, items: readonly Item[]): void {
    this.#insert({ source, rank: this.#ranks.get(source)!, items, at: 0 });
  }

  /** What is left of the source is void. */
  drop(source: Source): void {
    const at = this.#heads.findIndex((head) => head.source === source);
    if (at >= 0) this.#heads.splice(at, 1);
  }

  /** To be called when every source that may have more is held; null: nothing is. */
  next(): Run<Source, Item> | null {
    const head = this.#heads.shift();
    if (head === undefined) return null;
    const other = this.#heads[0];
    const first = head.at;
    head.at++;
    while (head.at < head.items.length && !isBefore(other, head)) head.at++;
    const isLast = head.at === head.items.length;
    if (!isLast) this.#insert(head);
    const isWhole = first === 0 && isLast;
    return { source: head.source, items: isWhole ? head.items : head.items.slice(first, head.at), isLast };
  }

  #insert(head: Head<Source, Item>): void {
    let [low, high] = [0, this.#heads.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isBefore(this.#heads[middle], head)) low = middle + 1;
      else high = middle;
    }
    this.#heads.splice(low, 0, head);
  }
}

function isBefore<Source, Item extends { readonly timestamp: number }>(
  one: Head<Source, Item> | undefined,
  other: Head<Source, Item>,
): boolean {
  if (one === undefined) return false;
  const difference = one.items[one.at]!.timestamp - other.items[other.at]!.timestamp;
  return difference < 0 || (difference === 0 && one.rank < other.rank);
}
