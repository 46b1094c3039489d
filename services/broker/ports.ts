// port: what the operations of a broker need from the rest of the node. services/node.ts binds them; tests
// bind small ones.

import type { Clock } from "../../base/ports/clock.ts";
import type { Random } from "../../base/ports/random.ts";
import type { Uuid } from "../../base/uuid.ts";
import type { GroupCoordinator } from "../../cluster/coordinator/group-coordinator.ts";
import type { GroupSettings } from "../../cluster/coordinator/group-settings.ts";
import type { MetadataImage } from "../../cluster/metadata/image.ts";
import type { Partition } from "../../cluster/replication/partition.ts";
import type { AllocateProducerIdsResponse } from "../../proto/peer/peer-api.ts";
import type { NodeConfig } from "../config/node-config.ts";
import type { TopicConfigs } from "../topic-configs.ts";

/** The committed metadata as this broker has applied it. */
export interface MetadataPort {
  readonly image: MetadataImage;
  /** Calls `listener` after every change of the image, until the function it answers is called. */
  watch(listener: () => void): () => void;
}

/** What clients may do with one replica on this broker. */
export type ClientPartition = Pick<
  Partition,
  | "append"
  | "awaitCommitted"
  | "read"
  | "isLeader"
  | "inSyncFollowers"
  | "watch"
  | "latestOffset"
  | "earliestOffset"
  | "offsetForTimestamp"
  | "maxTimestamp"
  | "endOfEpoch"
  | "deleteRecordsBefore"
  | "lowWatermark"
>;

export interface ReplicasPort {
  /** Undefined when no replica of it is on this broker. */
  partition(topicId: Uuid, partition: number): ClientPartition | undefined;
}

/** The active controller, wherever it is. */
export interface ControllerPort {
  /**
   * Sends a client's request on, its body in the Kafka encoding, and answers the body of the response. Looks
   * for
   * the active controller and tries again until `timeoutMs` have passed; then BrokerError REQUEST_TIMED_OUT.
   */
  forward(request: {
    apiKey: number;
    apiVersion: number;
    clientId: string;
    body: Uint8Array;
    timeoutMs: number;
  }): Promise<Uint8Array>;
  /** A block of producer ids for this broker alone. */
  allocateProducerIds(options: { timeoutMs: number }): Promise<AllocateProducerIdsResponse>;
}

/** One log directory of this broker. */
export interface LogDirFacts {
  readonly path: string;
  readonly hasFailed: boolean;
  /** -1: not known. */
  readonly usableBytes: number;
  readonly totalBytes: number;
  replicas(): Iterable<{
    readonly topicName: string;
    readonly partition: number;
    readonly sizeBytes: number;
    /** How far its log is behind what it knows to be committed. */
    readonly offsetLag: number;
  }>;
}

export interface BrokerPorts {
  readonly nodeId: number;
  /** Of this run of the broker: what it registers with. */
  readonly incarnationId: Uuid;
  readonly clusterId: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly metadata: MetadataPort;
  readonly replicas: ReplicasPort;
  readonly controller: ControllerPort;
  readonly config: Pick<
    NodeConfig,
    "fetchBytesMax" | "deleteTopicEnabled" | "values" | "voters" | "isController"
  >;
  readonly topicConfigs: TopicConfigs;
  readonly groups: Pick<GroupCoordinator, "shardFor" | "shards" | "isLoading" | "classicHeartbeatIntervalMs">;
  readonly groupSettings: () => GroupSettings;
  readonly logDirs: () => readonly LogDirFacts[];
}
