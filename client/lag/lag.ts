// core: how far a group is behind the ends of the logs it reads. Asks nobody: committed offsets and ends come
// from whoever looked them up.

export interface PlaceOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

export interface LagQuestion {
  /** What a group has committed; -1: nothing. */
  readonly committed: readonly PlaceOffset[];
  /** Ends of the logs: the offset of the next record, of committed ones for a group that reads only those. */
  readonly ends: readonly PlaceOffset[];
  /** First offsets that are still there, where known: what is deleted cannot be read any more. */
  readonly starts?: readonly PlaceOffset[] | undefined;
}

export interface GroupLag {
  readonly topic: string;
  readonly partition: number;
  /** Null: nothing is committed. */
  readonly committedOffset: number | null;
  /** Null: it is not known. */
  readonly endOffset: number | null;
  /**
   * Offsets between the two; never less than 0 (the log may have been cut below what was committed). It
   * counts markers of transactions and compacted records too. Null: one of the two is not known.
   */
  readonly lag: number | null;
}

/**
 * One answer for every partition that has an end or something committed, sorted by topic and partition. Of
 * several offsets for one partition the last counts.
 */
export function lagOf(question: LagQuestion): GroupLag[] {
  const committed = byPlace(question.committed);
  const ends = byPlace(question.ends);
  const starts = byPlace(question.starts ?? []);
  const answers: GroupLag[] = [];
  for (const [key, place] of new Map([...committed, ...ends])) {
    const committedOffset = known(committed.get(key));
    const endOffset = known(ends.get(key));
    const from = committedOffset === null ? null : Math.max(committedOffset, known(starts.get(key)) ?? 0);
    const lag = from === null || endOffset === null ? null : Math.max(0, endOffset - from);
    answers.push({ topic: place.topic, partition: place.partition, committedOffset, endOffset, lag });
  }
  return answers.sort((a, b) => compare(a.topic, b.topic) || a.partition - b.partition);
}

/** Of all partitions together; `unknown`: those whose lag is not known, and which `lag` leaves out. */
export function totalLag(lags: readonly GroupLag[]): { lag: number; largest: number; unknown: number } {
  const total = { lag: 0, largest: 0, unknown: 0 };
  for (const { lag } of lags) {
    if (lag === null) {
      total.unknown++;
      continue;
    }
    total.lag += lag;
    total.largest = Math.max(total.largest, lag);
  }
  return total;
}

function byPlace(places: readonly PlaceOffset[]): Map<string, PlaceOffset> {
  return new Map(places.map((place) => [`${place.topic} ${place.partition}`, place]));
}

function known(place: PlaceOffset | undefined): number | null {
  return place === undefined || place.offset < 0 ? null : place.offset;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
