// core: the replica on this broker that a request is about, and what to say when the leader is elsewhere.
import type { MetadataImage, PartitionImage } from "../../cluster/metadata/image.ts";
import { BrokerError, ErrorCode } from "../../proto/errors.ts";
import { brokerAddress, type NodeAddress } from "./brokers.ts";
import type { BrokerPorts, ClientPartition } from "./ports.ts";

/** Throws NOT_LEADER_OR_FOLLOWER when no replica of it is here. */
export function needReplica(ports: BrokerPorts, partition: PartitionImage): ClientPartition {
  const { topicId, partition: index, leader, leaderEpoch } = partition;
  const replica = ports.replicas.partition(topicId, index);
  if (replica !== undefined) return replica;
  const text =
    `partition ${index} is led by broker ${leader} in epoch ${leaderEpoch}, not by broker ` +
    `${ports.nodeId}`;
  throw new BrokerError("NOT_LEADER_OR_FOLLOWER", text);
}

/** The code of an expected failure; anything else is thrown on. */
export function expectedError(error: unknown): BrokerError {
  if (error instanceof BrokerError) return error;
  throw error;
}

export interface LeaderHint {
  leaderId: number;
  leaderEpoch: number;
}

export const noLeaderHint: LeaderHint = { leaderId: -1, leaderEpoch: -1 };

/** Leaders that answers name besides their errors (KIP-951), and where they are on the asker's listener. */
export class LeaderHints {
  readonly #image: MetadataImage;
  readonly #listenerName: string;
  #endpoints: Map<number, NodeAddress> | null = null;

  constructor(image: MetadataImage, listenerName: string) {
    this.#image = image;
    this.#listenerName = listenerName;
  }

  hint(errorCode: number, partition: PartitionImage | undefined): LeaderHint {
    const helps =
      errorCode === ErrorCode.NOT_LEADER_OR_FOLLOWER || errorCode === ErrorCode.FENCED_LEADER_EPOCH;
    if (!helps || partition === undefined || partition.leader < 0) return noLeaderHint;
    const { leader: leaderId, leaderEpoch } = partition;
    const broker = this.#image.brokers.get(leaderId);
    const address = broker === undefined ? null : brokerAddress(broker, this.#listenerName);
    if (address !== null) (this.#endpoints ??= new Map()).set(leaderId, address);
    return { leaderId, leaderEpoch };
  }

  get endpoints(): NodeAddress[] {
    return this.#endpoints === null ? [] : [...this.#endpoints.values()];
  }
}
