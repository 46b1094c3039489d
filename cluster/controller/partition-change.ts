// core: the record that takes a partition to a new in-sync set: who leads it then, who is eligible outside
// the set (ELR), what is bumped. Every change of a partition is built here.
//
//   target in-sync set
//     | members that left while the set is smaller than min.insync.replicas stay eligible: the high watermark
//     | stood still since, so they hold every committed record
//     v
//   leader: the present one if it may go on; else the first replica, in assignment order, that is online
//   and in the set; else the first online one that is eligible; else, only where the topic allows it, any
//   online one (unclean: records may be lost); else nobody (-1), and the set is empty.
//
// Source: KIP-966; Kafka, PartitionChangeBuilder
import { assert } from "../../base/assert.ts";
import type { Uuid } from "../../base/uuid.ts";
import type { PartitionImage } from "../metadata/image.ts";
import type { NewRecord } from "../metadata/record-schemas.ts";

export interface PartitionTarget {
  readonly isr: readonly number[];
  /** min.insync.replicas of the topic, as configured. */
  readonly minInsyncReplicas: number;
  /** unclean.leader.election.enable of the topic. */
  readonly allowsUnclean: boolean;
  /** The replica is there, on a broker that may lead. */
  isOnline(id: number): boolean;
  /** Replicas that cannot vouch for their logs: they leave the eligible ones too. */
  readonly unvouched?: ReadonlySet<number>;
  readonly directories?: readonly Uuid[];
}

export interface Outcome {
  readonly isr: readonly number[];
  readonly elr: readonly number[];
  readonly lastKnownElr: readonly number[];
  readonly leader: number;
  readonly isUnclean: boolean;
}

/** What min.insync.replicas means for this partition: never more than there are replicas. */
export function effectiveMinIsr(partition: PartitionImage, minInsyncReplicas: number): number {
  return Math.min(minInsyncReplicas, partition.replicas.length);
}

interface Eligible {
  elr: number[];
  lastKnownElr: number[];
}

function eligibleOutside(
  partition: PartitionImage,
  isr: readonly number[],
  target: PartitionTarget,
): Eligible {
  if (isr.length >= effectiveMinIsr(partition, target.minInsyncReplicas))
    return { elr: [], lastKnownElr: [] };
  const isIn = (list: readonly number[]) => (id: number) => list.includes(id);
  const were = partition.replicas.filter(
    (id) => (isIn(partition.isr)(id) || isIn(partition.elr)(id)) && !isr.includes(id),
  );
  const elr = were.filter((id) => target.unvouched?.has(id) !== true);
  const lastKnownElr = partition.replicas.filter(
    (id) =>
      (were.includes(id) || partition.lastKnownElr.includes(id)) && !elr.includes(id) && !isr.includes(id),
  );
  return { elr, lastKnownElr };
}

export function settlePartition(partition: PartitionImage, target: PartitionTarget): Outcome {
  const { isr } = target;
  const eligible = eligibleOutside(partition, isr, target);
  const goesOn = isr.includes(partition.leader) && target.isOnline(partition.leader);
  if (goesOn) return { isr, ...eligible, leader: partition.leader, isUnclean: false };
  const online = partition.replicas.filter((id) => target.isOnline(id));
  const inSync = online.find((id) => isr.includes(id));
  if (inSync !== undefined) return { isr, ...eligible, leader: inSync, isUnclean: false };
  const clean = online.find((id) => eligible.elr.includes(id));
  if (clean !== undefined) {
    const set = [clean];
    return { isr: set, ...eligibleOutside(partition, set, target), leader: clean, isUnclean: false };
  }
  const unclean = target.allowsUnclean ? online[0] : undefined;
  if (unclean === undefined) return { isr, ...eligible, leader: -1, isUnclean: false };
  return { isr: [unclean], elr: [], lastKnownElr: [], leader: unclean, isUnclean: true };
}

function same<T>(one: readonly T[], other: readonly T[]): boolean {
  return one.length === other.length && one.every((item, at) => item === other[at]);
}

/**
 * Null when nothing changes. The order of members counts as a change: a new set is written as it was asked
 * for.
 */
export function changePartition(partition: PartitionImage, target: PartitionTarget): NewRecord | null {
  const after = settlePartition(partition, target);
  assert(
    after.leader < 0 || after.isr.includes(after.leader),
    `${partition.topicId}-${partition.partition}: leader ${after.leader} should be in sync: ${after.isr}`,
  );
  const { topicId, partition: partitionId, directories } = partition;
  const moved = {
    isr: same(after.isr, partition.isr) ? undefined : after.isr,
    leader: after.leader === partition.leader ? undefined : after.leader,
    eligibleLeaderReplicas: same(after.elr, partition.elr) ? undefined : after.elr,
    lastKnownElr: same(after.lastKnownElr, partition.lastKnownElr) ? undefined : after.lastKnownElr,
    directories:
      target.directories === undefined || same(target.directories, directories)
        ? undefined
        : target.directories,
  };
  if (Object.values(moved).every((value) => value === undefined)) return null;
  return { type: "PartitionChange", topicId, partitionId, ...moved };
}
