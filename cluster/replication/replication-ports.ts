// port: what replication needs from outside (logs, settings, the controller, checkpoints) and what it tells
// the outside (events). services/node.ts binds them; tests bind small ones.
import type { Uuid } from "../../base/uuid.ts";
import type { AlterPartitionRequest, AlterPartitionResponse, PeerCaller } from "../../proto/peer/peer-api.ts";
import type { ReplicaLog } from "../log/replica-log.ts";

export interface PartitionId {
  readonly topicId: Uuid;
  readonly topicName: string;
  readonly partition: number;
}

/** The settings of one topic that a replica must know, taken from the image by whoever knows config names. */
export interface PartitionConfig {
  /** min.insync.replicas as configured; what is held to is min(this, replication factor). */
  readonly minInsyncReplicas: number;
  /** durable: the high watermark counts what is on disk; os: what is in the page cache. */
  readonly flushPolicy: "durable" | "os";
  /** max.message.bytes: largest batch, compressed, header included, in bytes. */
  readonly maxMessageBytes: number;
  /** cleanup.policy contains compact: every record must have a key. */
  readonly compacted: boolean;
  readonly timestampType: "CreateTime" | "LogAppendTime";
  /** How far CreateTime may lie before, and after, the broker's clock, in ms. */
  readonly timestampBeforeMaxMs: number;
  readonly timestampAfterMaxMs: number;
  /** ottla.produce.validation: header trusts the records of a batch whose CRC is right. */
  readonly validation: "full" | "header";
}

export interface OpenedLog {
  readonly log: ReplicaLog;
  readonly directoryId: Uuid;
}

/** The logs of this broker. All of them were recovered before the first image is applied. */
export interface ReplicaLogs {
  /**
   * The log of this topic id, made if missing (a topic recreated under the same name has another id and gets
   * a fresh log). `assigned`: the log directory that the metadata names for it, zero uuid: none yet. Throws
   * BrokerError when the directory has failed, DiskFullError when there is no room now.
   */
  openOrCreate(id: PartitionId, assigned: Uuid): OpenedLog;
  /** All that were found on disk: those that the metadata no longer places here are deleted. */
  list(): readonly PartitionId[];
  /** Forgets the log in a directory that has failed, and leaves its files as they are. */
  leave(id: PartitionId, directoryId: Uuid): void;
  /** Forgets the log at once and removes its files by and by. Nothing happens when there is none. */
  delete(id: PartitionId): void;
}

export interface HighWatermarkEntry {
  readonly topicId: Uuid;
  readonly partition: number;
  readonly highWatermark: number;
}

/**
 * High watermarks that outlive the process. Losing some is safe: they are only where a replica starts from.
 */
export interface HighWatermarkCheckpoint {
  /** 0 when none is known. */
  load(topicId: Uuid, partition: number): number;
  /** Only those that changed since the call before, and partitions that are gone. */
  store(changed: readonly HighWatermarkEntry[], removed: readonly PartitionId[]): Promise<void>;
}

export type ReplicationEvent = PartitionId & { readonly leaderEpoch: number } & (
    | { readonly kind: "becameLeader"; readonly end: number; readonly highWatermark: number }
    /** The first record of its own epoch is committed: producers are answered again. */
    | { readonly kind: "firstCommit"; readonly highWatermark: number }
    | { readonly kind: "inSyncShrunk"; readonly isr: readonly number[]; readonly left: readonly number[] }
    | { readonly kind: "inSyncExpanded"; readonly isr: readonly number[]; readonly joined: readonly number[] }
    /** This follower reached the leader's high watermark after having been behind. */
    | { readonly kind: "caughtUp"; readonly end: number; readonly records: number }
    /** Records [to, from) were cut because the leader does not have them. */
    | {
        readonly kind: "truncated";
        readonly from: number;
        readonly to: number;
        readonly belowHighWatermark: boolean;
      }
    | { readonly kind: "offline"; readonly reason: string }
  );

export interface ReplicationWiring {
  readonly nodeId: number;
  /** Of this process; nothing is led or followed until the image holds this registration. */
  readonly incarnationId: Uuid;
  readonly logs: ReplicaLogs;
  readonly highWatermarks: HighWatermarkCheckpoint;
  configOf(topicName: string): PartitionConfig;
  /** replica.lag.time.max.ms: how long a follower may be behind before it is to leave the in-sync set. */
  readonly lagTimeMaxMs: number;
  /** A connection to another broker, kept by the owner; only a stream on it is opened and closed here. */
  connect(nodeId: number): PeerCaller;
  /** To the active controller, wherever it is. May reject; it is asked again. */
  alterPartition(request: AlterPartitionRequest): Promise<AlterPartitionResponse>;
  /** A log directory turned out to have failed; called once for each. */
  onDirectoryFailed(directoryId: Uuid): void;
  onEvent(event: ReplicationEvent): void;
}
