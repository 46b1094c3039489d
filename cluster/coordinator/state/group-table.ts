// core: the groups of one shard, by id. Immutable, and changed by drafts that copy only what they touch: the
// groups stand in buckets by the hash of their id, so a change of one group copies one bucket of many.
import type { GroupState } from "./group-state.ts";

const bucketBits = 8;
const emptyBucket: ReadonlyMap<string, GroupState> = new Map();

export class GroupTable {
  static readonly empty = new GroupTable(new Array(1 << bucketBits).fill(emptyBucket), 0);

  readonly buckets: readonly ReadonlyMap<string, GroupState>[];
  readonly size: number;

  constructor(buckets: readonly ReadonlyMap<string, GroupState>[], size: number) {
    this.buckets = buckets;
    this.size = size;
  }

  get(groupId: string): GroupState | null {
    return this.buckets[bucketOf(groupId)]!.get(groupId) ?? null;
  }

  *values(): Generator<GroupState> {
    for (const bucket of this.buckets) yield* bucket.values();
  }
}

/** Changes on top of a table, which stays as it is. */
export class GroupTableDraft {
  readonly #base: GroupTable;
  readonly #buckets: ReadonlyMap<string, GroupState>[];
  readonly #owned = new Map<number, Map<string, GroupState>>();
  #size: number;

  constructor(base: GroupTable) {
    this.#base = base;
    this.#buckets = [...base.buckets];
    this.#size = base.size;
  }

  set(group: GroupState): void {
    const bucket = this.#own(group.groupId);
    const before = bucket.size;
    bucket.set(group.groupId, group);
    this.#size += bucket.size - before;
  }

  delete(groupId: string): void {
    if (this.#own(groupId).delete(groupId)) this.#size--;
  }

  finish(): GroupTable {
    return this.#owned.size === 0 ? this.#base : new GroupTable(this.#buckets, this.#size);
  }

  #own(groupId: string): Map<string, GroupState> {
    const at = bucketOf(groupId);
    let bucket = this.#owned.get(at);
    if (bucket === undefined) {
      bucket = new Map(this.#buckets[at]);
      this.#owned.set(at, bucket);
      this.#buckets[at] = bucket;
    }
    return bucket;
  }
}

/** Java's String.hashCode: what every broker, and Kafka, places groups by. */
export function hashOf(text: string): number {
  let hash = 0;
  for (let at = 0; at < text.length; at++) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0;
  return hash;
}

/** All groups of a shard have equal hashes modulo the number of shards: the bits are mixed anew. */
function bucketOf(groupId: string): number {
  return Math.imul(hashOf(groupId), 0x9e3779b1) >>> (32 - bucketBits);
}

/** Partition of __consumer_offsets that a group belongs to, of so many. Kafka's rule. */
export function shardOf(groupId: string, partitions: number): number {
  const hash = hashOf(groupId);
  return (hash === -(2 ** 31) ? 0 : Math.abs(hash)) % partitions;
}
