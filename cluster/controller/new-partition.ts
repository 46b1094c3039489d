// core: the record of a partition that is made: who is in sync, who leads, where the replicas will be.
import { type Uuid, zeroUuid } from "../../base/uuid.ts";
import type { MetadataImage } from "../metadata/image.ts";
import { isActive } from "../metadata/queries.ts";
import type { NewRecord } from "../metadata/record-schemas.ts";

export interface NewPartition {
  readonly topicId: Uuid;
  readonly partitionId: number;
  /** The first one that is active leads. */
  readonly replicas: readonly number[];
  /** min.insync.replicas of the topic. */
  readonly minIsr: number;
}

export function partitionRecord(image: MetadataImage, made: NewPartition): NewRecord {
  const { topicId, partitionId, replicas, minIsr } = made;
  const isr = replicas.filter((id) => isActive(image.brokers.get(id)));
  const directories = replicas.map((id) => onlyDirectory(image, id));
  // With too few in sync nothing is committed before more join, so that those who are away miss nothing.
  const isBelow = isr.length < Math.min(minIsr, replicas.length);
  const eligibleLeaderReplicas = isBelow ? replicas.filter((id) => !isr.includes(id)) : [];
  const leader = isr[0] ?? -1;
  return {
    ...{ type: "Partition", partitionId, topicId, replicas, isr, leader, directories },
    eligibleLeaderReplicas,
  };
}

/** Where the broker will put the replica, as far as that is certain. */
function onlyDirectory(image: MetadataImage, id: number): Uuid {
  const directories = image.brokers.get(id)?.directoryIds ?? [];
  return directories.length === 1 ? directories[0]! : zeroUuid;
}
