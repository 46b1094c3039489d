// port: what all partitions of one broker share.

import type { Clock } from "../../base/ports/clock.ts";
import type { Codecs } from "../../base/ports/codecs.ts";
import type { Log } from "../../base/ports/log.ts";
import type { Uuid } from "../../base/uuid.ts";
import type { CatchUpPacer } from "./catch-up-pacer.ts";
import type { CommitTimeouts } from "./commit-timeouts.ts";
import type { BrokerStanding } from "./follower-progress.ts";
import type { IsrProposals } from "./isr-proposals.ts";
import type { ReplicationMetrics } from "./replication-metrics.ts";
import type { PartitionConfig, PartitionId, ReplicationEvent } from "./replication-ports.ts";
import type { TurnWakes } from "./turn-wakes.ts";

export interface ReplicaContext {
  readonly nodeId: number;
  readonly lagTimeMaxMs: number;
  readonly clock: Clock;
  readonly codecs: Codecs;
  readonly log: Log;
  readonly metrics: ReplicationMetrics;
  readonly proposals: IsrProposals;
  readonly wakes: TurnWakes;
  readonly timeouts: CommitTimeouts;
  readonly pacer: CatchUpPacer;
  standingOf(nodeId: number): BrokerStanding;
  onEvent(event: ReplicationEvent): void;
}

/** What a role asks of the partition it is played for. */
export interface RoleHost {
  readonly id: PartitionId;
  readonly config: PartitionConfig;
  readonly context: ReplicaContext;
  /** The log directory; null when the log could not be opened. */
  readonly directoryId: Uuid | null;
  /** The high watermark moved, or leadership did: watchers are to look again. */
  changed(): void;
  /** Time alone may now change something: include this partition in the lag check until it is quiet. */
  needsLagCheck(): void;
  /**
   * If the error says that the log directory failed, the partition goes offline, and it answers true. A full
   * disk is no failure.
   */
  storageFailed(error: unknown): boolean;
}
