// shell: how this node coordinates groups: the coordinator, bound to the replicas of __consumer_offsets that
// are here and to the settings of this node.
import type { Env } from "../base/ports/env.ts";
import type { Uuid } from "../base/uuid.ts";
import { GroupCoordinator } from "../cluster/coordinator/group-coordinator.ts";
import type { GroupSettings } from "../cluster/coordinator/group-settings.ts";
import type { ShardLog } from "../cluster/coordinator/shard/shard-log.ts";
import type { MetadataImage } from "../cluster/metadata/image.ts";
import type { Partition } from "../cluster/replication/partition.ts";
import type { ReplicaSet } from "../cluster/replication/replica-set.ts";
import type { NodeConfig } from "./config/node-config.ts";

const msPerMinute = 60_000;

export function groupSettingsOf({ values }: Pick<NodeConfig, "values">): GroupSettings {
  return {
    initialRebalanceDelayMs: values.need("group.initial.rebalance.delay.ms"),
    sessionTimeoutMinMs: values.need("group.min.session.timeout.ms"),
    sessionTimeoutMaxMs: values.need("group.max.session.timeout.ms"),
    groupSizeMax: values.need("group.max.size"),
    consumerSessionTimeoutMs: values.need("group.consumer.session.timeout.ms"),
    consumerHeartbeatIntervalMs: values.need("group.consumer.heartbeat.interval.ms"),
    consumerGroupSizeMax: values.need("group.consumer.max.size"),
    consumerAssignors: values.need("group.consumer.assignors"),
    consumerMigrationPolicy: values.need("group.consumer.migration.policy"),
    consumerProtocolEnabled: values.need("group.coordinator.rebalance.protocols").includes("consumer"),
    offsetsCommitTimeoutMs: values.need("offsets.commit.timeout.ms"),
    offsetMetadataBytesMax: values.need("offset.metadata.max.bytes"),
    offsetsRetentionMs: values.need("offsets.retention.minutes") * msPerMinute,
    offsetsRetentionCheckIntervalMs: values.need("offsets.retention.check.interval.ms"),
  };
}

export function groupCoordinator(options: {
  readonly env: Env;
  readonly nodeId: number;
  readonly settings: GroupSettings;
  readonly replicas: ReplicaSet;
  image(): MetadataImage;
}): GroupCoordinator {
  const { env, nodeId, settings, replicas, image } = options;
  const { clock, codecs, log, metrics } = env;
  return new GroupCoordinator({
    ...{ nodeId, clock, codecs, log, metrics, image },
    halt: (reason) => env.host.halt(reason),
    settings: () => settings,
    endOffset: (topic, index) => {
      const topicId = image().topicIdsByName.get(topic);
      const partition = topicId === undefined ? undefined : replicas.partition(topicId, index);
      return partition === undefined || partition.role === "offline" ? null : partition.highWatermark;
    },
    shardLog: (topicId: Uuid, index: number) => {
      const partition = replicas.partition(topicId, index);
      return partition?.isLeader ? new LedPartition(partition) : null;
    },
  });
}

/** One leadership of a partition. */
class LedPartition implements ShardLog {
  readonly name: string;
  readonly leaderEpoch: number;
  readonly #partition: Partition;

  constructor(partition: Partition) {
    this.#partition = partition;
    this.leaderEpoch = partition.leaderEpoch;
    this.name = `${partition.id.topicName}-${partition.id.partition}`;
  }

  get isLed(): boolean {
    return this.#partition.isLeader && this.#partition.leaderEpoch === this.leaderEpoch;
  }

  get startOffset(): number {
    return this.#partition.logStartOffset;
  }

  get end(): number {
    return this.#partition.logEndOffset;
  }

  get highWatermark(): number {
    return this.#partition.highWatermark;
  }

  append(batch: Uint8Array): { baseOffset: number; end: number } {
    const currentLeaderEpoch = this.leaderEpoch;
    return this.#partition.append({ batch, acks: -1, origin: "internal", currentLeaderEpoch });
  }

  read(offset: number, maxBytes: number): Uint8Array {
    const range = { offset, maxBytes, minOneBatch: true, isolation: "readUncommitted" } as const;
    return this.#partition.read({ ...range, currentLeaderEpoch: this.leaderEpoch }).records;
  }

  watch(listener: () => void): () => void {
    return this.#partition.watch(listener);
  }
}
