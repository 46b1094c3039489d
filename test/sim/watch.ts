// test: all checkers of brokers together: which looks when.

import type { PeerTap } from "../../services/peer/link-peers.ts";
import { ClaimsCheck } from "./checks/claims-check.ts";
import { GroupCheck } from "./checks/group-check.ts";
import { MetadataCheck } from "./checks/metadata-check.ts";
import { PartitionCheck } from "./checks/partition-check.ts";
import { RaftCheck } from "./checks/raft-check.ts";
import { RetentionCheck } from "./checks/retention-check.ts";
import { Surroundings } from "./checks/surroundings.ts";
import type { Plan } from "./plan.ts";
import type { SimCluster } from "./sim-cluster.ts";
import type { SimNode } from "./sim-node.ts";
import type { CheckCounts } from "./violation.ts";

export class Watch {
  readonly all: Surroundings;
  readonly raft: RaftCheck;
  readonly metadata: MetadataCheck;
  readonly partitions: PartitionCheck;
  readonly retention: RetentionCheck;
  readonly groups: GroupCheck;
  readonly tap: PeerTap;
  readonly #nodes: ReadonlyMap<string, SimNode>;
  #trouble: unknown = null;

  constructor(parts: { plan: Plan; cluster: SimCluster; checks: CheckCounts }) {
    this.all = new Surroundings(parts);
    this.raft = new RaftCheck(this.all);
    this.metadata = new MetadataCheck(this.all);
    this.partitions = new PartitionCheck(this.all);
    this.retention = new RetentionCheck(this.all);
    this.groups = new GroupCheck(parts.checks);
    const claims = new ClaimsCheck(this.all);
    // What a checker throws must not be caught by the product that happens to be on the stack.
    this.tap = (message) => {
      try {
        claims.tap(message);
      } catch (error) {
        this.#trouble ??= error;
      }
    };
    this.#nodes = new Map(parts.cluster.nodes.map((node) => [node.name, node]));
  }

  afterEvent(who: string | null): void {
    if (this.#trouble !== null) throw this.#trouble;
    const node = who === null ? undefined : this.#nodes.get(who);
    if (node === undefined) return;
    const before = this.all.latest;
    this.raft.look(node);
    this.metadata.look(node);
    this.partitions.look(node);
    this.retention.look(node);
    this.groups.look(node);
    if (this.all.latest !== before) this.partitions.lookAtInSyncSets();
  }

  /** A client was told that its record is safe. */
  acknowledged(topic: string, partition: number, offset: number): void {
    try {
      const topicId = this.all.latest.topicIdsByName.get(topic);
      const committed = this.all.committedOf(topicId ?? "", partition);
      this.all.checks.hold(
        "client: nothing is acknowledged before it is committed",
        committed.at(offset) !== null,
        () => `${topic}-${partition} at ${offset} was acknowledged; ${committed.end} is committed`,
      );
    } catch (error) {
      this.#trouble ??= error;
    }
  }

  /** At rest every replica holds the same. */
  final(): void {
    this.partitions.lookAtInSyncSets();
    for (const topic of this.all.latest.topics.values()) {
      for (const { topicId, partition, replicas } of topic.partitions) {
        const committed = this.all.committedOf(topicId, partition);
        for (const id of replicas) {
          const log = this.all.logOf(this.all.cluster.node(id), `${topic.name}-${partition}`);
          const differs = committed.differs(log, { from: 0, end: committed.end });
          this.all.checks.hold(
            "partition: at rest all replicas are equal below the high watermark",
            differs === null,
            () => `${topic.name}-${partition} on n${id}: ${differs}`,
          );
        }
      }
    }
  }
}
