// port: how the leader of a classic group divides partitions among its members. Own assignors have this shape
// too.
import type { TopicPartition } from "../places.ts";

/** A member as the leader sees it. */
export interface AssignorMember {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly topics: readonly string[];
  readonly userData: Uint8Array | null;
  /** What it still holds (cooperative members say so); empty from others. */
  readonly ownedPartitions: readonly TopicPartition[];
  /** In which generation it got them; -1: not said. */
  readonly generationId: number;
  readonly rackId: string | null;
}

export interface AssignorQuestion {
  readonly members: readonly AssignorMember[];
  /** Partitions of each topic that anybody subscribes to; topics that are not there are left out. */
  readonly partitionCounts: ReadonlyMap<string, number>;
}

/** What the member has to tell the leader of its own past. */
export interface AssignorPast {
  /** What it got last, whether it still holds it or not. */
  readonly lastAssignment: readonly TopicPartition[];
  readonly lastGenerationId: number;
}

export interface Assignor {
  /** By which the members of a group agree; they all must have one in common. */
  readonly name: string;
  /**
   * "eager": members give up everything before they join again. "cooperative": they keep what they have, and
   * `assign` must not give away what another member still holds (KIP-429).
   */
  readonly rebalance: "eager" | "cooperative";
  /** Bytes that travel to the leader; null: none. */
  userData(past: AssignorPast): Uint8Array | null;
  /** Partitions by member id; every partition at most once, only to members that subscribe to its topic. */
  assign(question: AssignorQuestion): ReadonlyMap<string, readonly TopicPartition[]>;
}
