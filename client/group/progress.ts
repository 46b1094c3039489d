// core: which offsets there are to commit. Keeps true: by itself a commit never goes back behind one that was
// acknowledged, unless the position was set anew since.
import type { CommitEntry } from "./committed-offset.ts";
import { keyOf, type TopicPartition } from "./places.ts";

/** How far a partition is. */
export interface ProgressRow extends TopicPartition {
  /** Below it all is done. */
  readonly offset: number;
  readonly leaderEpoch: number;
  /** Changes when the position is set anew. */
  readonly token: number;
}

export class Progress {
  readonly #acknowledged = new Map<string, { offset: number; token: number }>();

  /** What is committed when the partition comes; -1: nothing. */
  begin(place: TopicPartition, offset: number, token: number): void {
    this.#acknowledged.set(keyOf(place), { offset, token });
  }

  /** Nothing is known any more of partitions that are gone. */
  end(places: readonly TopicPartition[]): void {
    for (const place of places) this.#acknowledged.delete(keyOf(place));
  }

  due(rows: readonly ProgressRow[]): CommitEntry[] {
    const entries: CommitEntry[] = [];
    for (const { topic, partition, offset, leaderEpoch, token } of rows) {
      if (offset < 0) continue;
      const known = this.#acknowledged.get(keyOf({ topic, partition }));
      const isAhead =
        known === undefined || (known.token === token ? offset > known.offset : offset !== known.offset);
      if (isAhead) entries.push({ topic, partition, offset, leaderEpoch, metadata: "" });
    }
    return entries;
  }

  /** The brokers have them. `rows` are those that the entries were made of. */
  acknowledged(entries: readonly CommitEntry[], tokenOf: (place: TopicPartition) => number | null): void {
    for (const { topic, partition, offset } of entries) {
      const token = tokenOf({ topic, partition });
      if (token !== null) this.#acknowledged.set(keyOf({ topic, partition }), { offset, token });
    }
  }
}
