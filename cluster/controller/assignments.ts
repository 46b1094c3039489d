// core: who holds the partitions of a topic to be made: as its creator asks, or placed by us.
import { limits } from "../../base/limits.ts";
import type { ErrorName } from "../../proto/errors.ts";
import type { CreateTopicsRequestCreatableTopic } from "../../proto/kafka/generated/messages.ts";
import type { MetadataImage } from "../metadata/image.ts";
import { allPartitions, isActive } from "../metadata/queries.ts";
import { placeReplicas } from "./placement.ts";
import type { ControllerSettings } from "./settings.ts";

export interface Refused {
  readonly error: ErrorName;
  readonly text: string;
}

/** Broker ids of each partition's replicas. */
export type Assignment = readonly (readonly number[])[];

export function isRefused(outcome: Assignment | Refused): outcome is Refused {
  return "error" in outcome;
}

export function assignmentOf(
  image: MetadataImage,
  topic: CreateTopicsRequestCreatableTopic,
  options: { settings: ControllerSettings; seed: number },
): Assignment | Refused {
  const assignment =
    topic.assignments.length > 0 ? manualAssignment(image, topic) : placed(image, topic, options);
  return isRefused(assignment) ? assignment : (overloadOf(image, assignment) ?? assignment);
}

function placed(
  image: MetadataImage,
  topic: CreateTopicsRequestCreatableTopic,
  { settings, seed }: { settings: ControllerSettings; seed: number },
): Assignment | Refused {
  const partitions = topic.numPartitions === -1 ? settings.partitionsDefault : topic.numPartitions;
  const most = limits.partitionsPerTopicMax;
  if (partitions < 1 || partitions > most) {
    const text = `the number of partitions is ${partitions}; it must be 1 to ${most}, or -1 for the default`;
    return { error: "INVALID_PARTITIONS", text };
  }
  const refuse = (text: string): Refused => ({ error: "INVALID_REPLICATION_FACTOR", text });
  const asked = topic.replicationFactor;
  if (asked === 0 || asked < -1)
    return refuse(`the replication factor is ${asked}; it must be 1 or more, or -1 for the default`);
  const brokers = [...image.brokers.values()];
  if (brokers.length === 0) return refuse("no broker is registered");
  const standard = settings.replicationFactorDefault;
  const ours = standard === -1 ? Math.min(3, brokers.length) : standard;
  const replicationFactor = asked === -1 ? ours : asked;
  if (replicationFactor > brokers.length)
    return refuse(`the replication factor is ${replicationFactor}; there are ${brokers.length} brokers only`);
  if (!brokers.some(isActive)) return refuse("all brokers are fenced or shutting down; nobody could lead");
  const candidates = brokers.map((broker) => ({
    id: broker.id,
    rack: broker.rack,
    isAway: !isActive(broker),
  }));
  return placeReplicas({ brokers: candidates, partitions, replicationFactor, seed });
}

function manualAssignment(
  image: MetadataImage,
  topic: CreateTopicsRequestCreatableTopic,
): Assignment | Refused {
  const refuse = (text: string): Refused => ({ error: "INVALID_REPLICA_ASSIGNMENT", text });
  const { assignments } = topic;
  if (topic.numPartitions !== -1 || topic.replicationFactor !== -1) {
    const text =
      "replicas are assigned by hand, so the number of partitions and the replication factor must both be -1";
    return { error: "INVALID_REQUEST", text };
  }
  if (assignments.length > limits.partitionsPerTopicMax) {
    const text = `${assignments.length} partitions are assigned; ${limits.partitionsPerTopicMax} can be`;
    return { error: "INVALID_PARTITIONS", text };
  }
  const byIndex = new Map(assignments.map((one) => [one.partitionIndex, one.brokerIds]));
  const size = assignments[0]!.brokerIds.length;
  const result: number[][] = [];
  for (let index = 0; index < assignments.length; index++) {
    const ids = byIndex.get(index);
    if (ids === undefined)
      return refuse(`partitions must be numbered from 0 without a hole; partition ${index} is not assigned`);
    if (ids.length === 0) return refuse(`partition ${index} has no replica`);
    if (new Set(ids).size < ids.length) return refuse(`partition ${index} names a broker twice: ${ids}`);
    const unknown = ids.find((id) => !image.brokers.has(id));
    if (unknown !== undefined)
      return refuse(`partition ${index} names broker ${unknown}, which is not there`);
    if (ids.length !== size)
      return refuse(
        `partition ${index} has ${ids.length} replicas, partition 0 has ${size}; it must be as many`,
      );
    if (!ids.some((id) => isActive(image.brokers.get(id))))
      return refuse(`all brokers of partition ${index} are fenced or shutting down: ${ids}`);
    result.push([...ids]);
  }
  return result;
}

/** Somebody would hold more than may be; null: nobody. */
export function overloadOf(image: MetadataImage, assignment: Assignment): Refused | null {
  const most = limits.partitionsPerBrokerMax;
  const counts = new Map<number, number>();
  const count = (id: number): number => {
    const now = (counts.get(id) ?? 0) + 1;
    counts.set(id, now);
    return now;
  };
  for (const partition of allPartitions(image)) for (const id of partition.replicas) count(id);
  for (const replicas of assignment)
    for (const id of replicas)
      if (count(id) > most) {
        const text = `broker ${id} would hold more than ${most} replicas, which is as many as it may`;
        return { error: "POLICY_VIOLATION", text };
      }
  return null;
}
