// core: what is known of the cluster: brokers, topics, and who leads which partition. Keeps true: knowledge
// of a partition never goes back to an older leader epoch, whichever broker tells it (KIP-320, KIP-951).
import { ErrorCode } from "../../proto/errors.ts";
import type {
  MetadataResponse,
  MetadataResponseMetadataResponsePartition,
} from "../../proto/kafka/generated/messages.ts";

export interface BrokerInfo {
  readonly id: number;
  readonly host: string;
  readonly port: number;
  readonly rack: string | null;
}

export interface PartitionInfo {
  readonly partition: number;
  /** Broker id; -1 while there is none. */
  leader: number;
  /** -1 from brokers that do not say. */
  leaderEpoch: number;
  replicas: readonly number[];
  inSyncReplicas: readonly number[];
  offlineReplicas: readonly number[];
}

export interface TopicInfo {
  readonly name: string;
  /** All zeros from brokers that do not say. */
  readonly topicId: string;
  readonly isInternal: boolean;
  /** By partition number. */
  readonly partitions: readonly PartitionInfo[];
}

/** Who leads a partition, as an answer to a refused request may say. */
export interface LeaderHint {
  readonly topic: string;
  readonly partition: number;
  readonly leaderId: number;
  readonly leaderEpoch: number;
  readonly endpoints: readonly { nodeId: number; host: string; port: number; rack: string | null }[];
}

export class MetadataCache {
  clusterId: string | null = null;
  controllerId = -1;
  readonly #brokers = new Map<number, BrokerInfo>();
  readonly #topics = new Map<string, TopicInfo>();
  readonly #nameById = new Map<string, string>();
  /** What the last answer said of a topic that it could not describe. */
  readonly #errors = new Map<string, number>();

  get brokers(): readonly BrokerInfo[] {
    return [...this.#brokers.values()];
  }

  broker(id: number): BrokerInfo | null {
    return this.#brokers.get(id) ?? null;
  }

  topic(name: string): TopicInfo | null {
    return this.#topics.get(name) ?? null;
  }

  nameOf(topicId: string): string | null {
    return this.#nameById.get(topicId) ?? null;
  }

  /** The error code of the topic in the last answer about it; 0 when it was described. */
  errorOf(name: string): number {
    return this.#errors.get(name) ?? ErrorCode.NONE;
  }

  partition(name: string, partition: number): PartitionInfo | null {
    return this.#topics.get(name)?.partitions[partition] ?? null;
  }

  update(answer: MetadataResponse): void {
    if (answer.brokers.length > 0) {
      this.#brokers.clear();
      for (const { nodeId, host, port, rack } of answer.brokers) {
        this.#brokers.set(nodeId, { id: nodeId, host, port, rack });
      }
    }
    this.clusterId = answer.clusterId ?? this.clusterId;
    this.controllerId = answer.controllerId;
    for (const topic of answer.topics) {
      if (topic.name === null) continue;
      if (topic.errorCode !== ErrorCode.NONE) {
        // What was known stays: a broker that lags behind may not know a topic that is there.
        this.#errors.set(topic.name, topic.errorCode);
        continue;
      }
      this.#errors.delete(topic.name);
      const known = this.#topics.get(topic.name) ?? null;
      const isSame = known !== null && known.topicId === topic.topicId;
      if (known !== null && !isSame) this.#nameById.delete(known.topicId);
      this.#nameById.set(topic.topicId, topic.name);
      const partitions: PartitionInfo[] = [];
      for (const told of topic.partitions) {
        const before = isSame ? (known.partitions[told.partitionIndex] ?? null) : null;
        partitions[told.partitionIndex] = newer(before, told);
      }
      const { name, topicId, isInternal } = topic;
      this.#topics.set(name, { name, topicId, isInternal, partitions: Array.from(partitions, orUnknown) });
    }
  }

  /** Answers true when the hint was news. */
  applyHint(hint: LeaderHint): boolean {
    const known = this.partition(hint.topic, hint.partition);
    if (known === null || hint.leaderId < 0 || hint.leaderEpoch <= known.leaderEpoch) return false;
    for (const { nodeId, host, port, rack } of hint.endpoints) {
      this.#brokers.set(nodeId, { id: nodeId, host, port, rack });
    }
    if (!this.#brokers.has(hint.leaderId)) return false;
    known.leader = hint.leaderId;
    known.leaderEpoch = hint.leaderEpoch;
    return true;
  }

  forget(name: string): void {
    const known = this.#topics.get(name);
    if (known !== undefined) this.#nameById.delete(known.topicId);
    this.#topics.delete(name);
    this.#errors.delete(name);
  }
}

/** A partition that the answer left out. */
function orUnknown(partition: PartitionInfo | undefined, index: number): PartitionInfo {
  const nobody = { leader: -1, leaderEpoch: -1, replicas: [], inSyncReplicas: [], offlineReplicas: [] };
  return partition ?? { partition: index, ...nobody };
}

function newer(before: PartitionInfo | null, told: MetadataResponseMetadataResponsePartition): PartitionInfo {
  if (before !== null && told.leaderEpoch >= 0 && told.leaderEpoch < before.leaderEpoch) return before;
  return {
    partition: told.partitionIndex,
    leader: told.leaderId,
    leaderEpoch: told.leaderEpoch,
    replicas: told.replicaNodes,
    inSyncReplicas: told.isrNodes,
    offlineReplicas: told.offlineReplicas,
  };
}
