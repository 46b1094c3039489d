// core: the groups of one shard, by id. Immutable, and changed by drafts that copy only what they touch: the
// groups stand in buckets by the hash of their id, so a change of one group copies one bucket of many.
import type { GroupState } from "./group-state.ts";

const bucketBits = 10;
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

/** Maps that nobody else sees: they may be changed in place. */
export type OwnedMaps = Set<unknown>;

/** The map itself where it is owned, else a copy that is. */
export function own<K, V>(map: ReadonlyMap<K, V>, owned: OwnedMaps): Map<K, V> {
  if (owned.has(map)) return map as Map<K, V>;
  const copy = new Map(map);
  owned.add(copy);
  return copy;
}

/** Changes on top of a table, which stays as it is, but for buckets that are owned. */
export class GroupTableDraft {
  readonly #buckets: ReadonlyMap<string, GroupState>[];
  readonly #owned: OwnedMaps;
  #size: number;

  constructor(base: GroupTable, owned: OwnedMaps) {
    this.#owned = owned;
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
    return new GroupTable(this.#buckets, this.#size);
  }

  #own(groupId: string): Map<string, GroupState> {
    const at = bucketOf(groupId);
    const bucket = own(this.#buckets[at]!, this.#owned);
    this.#buckets[at] = bucket;
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
