// port: what an assignor of the server is: it says which member is to have which partitions. Pure; the same
// members in another order give the same answer.
import type { Uuid } from "../../../base/uuid.ts";
import type { TopicPartitions } from "../state/group-state.ts";

export interface AssignedMember {
  readonly memberId: string;
  readonly instanceId: string | null;
  /** Topics that exist and that the member is subscribed to; none twice. */
  readonly topicIds: readonly Uuid[];
  /** What it was to have until now; may name topics and partitions that are gone. */
  readonly target: TopicPartitions;
  /** What it has: more or less than its target while a rebalance goes on. */
  readonly assigned: TopicPartitions;
}

export interface AssignorInput {
  readonly members: readonly AssignedMember[];
  /** Number of partitions, for every topic that a member is subscribed to. */
  readonly partitionCounts: ReadonlyMap<Uuid, number>;
}

/** By member id, for every member, those that get nothing included. */
export type Assignment = ReadonlyMap<string, TopicPartitions>;

export interface Assignor {
  /** As in group.consumer.assignors and in the requests of members. */
  readonly name: string;
  assign(input: AssignorInput): Assignment;
}
