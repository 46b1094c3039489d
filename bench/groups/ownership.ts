// core: which member of a group reads which partition, and since when, from what the members tell. Members
// are processes of their own: what two of them tell may come in any order, so a partition counts as read only
// while exactly one member has it and has delivered a record of it since.

export class Ownership {
  /** When a member delivered the first record of a partition since it has it, by partition; null: not yet. */
  readonly #held = new Map<string, Map<number, number | null>>();

  owned(member: string, partitions: readonly number[]): void {
    const held = this.#of(member);
    for (const partition of partitions) if (!held.has(partition)) held.set(partition, null);
  }

  gone(member: string, partitions: readonly number[]): void {
    const held = this.#of(member);
    for (const partition of partitions) held.delete(partition);
  }

  delivered(member: string, partitions: readonly number[], atMs: number): void {
    const held = this.#of(member);
    for (const partition of partitions) {
      // Of a partition that it has not, a record is none of this ownership.
      if (held.get(partition) === null) held.set(partition, atMs);
    }
  }

  /** The member is no more; nothing is its any longer. */
  drop(member: string): void {
    this.#held.delete(member);
  }

  share(member: string): number {
    return this.#held.get(member)?.size ?? 0;
  }

  /**
   * When the last of partitions 0 to `count`, exclusive, was read by who has it now, in the time of the
   * members; null while one of them is read by nobody, or had by two.
   */
  readSinceMs(count: number): number | null {
    const readers = new Uint8Array(count);
    let lastMs = 0;
    for (const held of this.#held.values()) {
      for (const [partition, atMs] of held) {
        if (partition >= count) continue;
        if (atMs === null) return null;
        readers[partition]!++;
        lastMs = Math.max(lastMs, atMs);
      }
    }
    return readers.every((number) => number === 1) ? lastMs : null;
  }

  /** Partitions below `count` that are read by nobody yet, for messages. */
  unread(count: number): number {
    const read = new Set<number>();
    for (const held of this.#held.values()) {
      for (const [partition, atMs] of held) if (atMs !== null && partition < count) read.add(partition);
    }
    return count - read.size;
  }

  #of(member: string): Map<number, number | null> {
    const held = this.#held.get(member) ?? new Map<number, number | null>();
    this.#held.set(member, held);
    return held;
  }
}
