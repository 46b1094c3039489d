// core: what a replica says when it cannot do what it is asked for: as errors of the protocol, in sentences
// that name the partition.
import { BrokerError } from "../../proto/errors.ts";
import type { PartitionId } from "./replication-ports.ts";

/** FENCED_LEADER_EPOCH or UNKNOWN_LEADER_EPOCH. */
export function wrongEpoch({ topicName, partition }: PartitionId, asked: number, known: number): BrokerError {
  const text =
    `${topicName}-${partition}: the request is of leader epoch ${asked}, ` +
    `this broker knows epoch ${known}`;
  return new BrokerError(asked < known ? "FENCED_LEADER_EPOCH" : "UNKNOWN_LEADER_EPOCH", text);
}

export function notLeader(
  { topicName, partition }: PartitionId,
  known: { leaderId: number; leaderEpoch: number },
  nodeId: number,
): BrokerError {
  const text =
    `${topicName}-${partition} is led by broker ${known.leaderId} in epoch ${known.leaderEpoch}, ` +
    `not by broker ${nodeId}`;
  return new BrokerError("NOT_LEADER_OR_FOLLOWER", text);
}

export function storageError({ topicName, partition }: PartitionId, reason: string | null): BrokerError {
  return new BrokerError("KAFKA_STORAGE_ERROR", `${topicName}-${partition}: ${reason}`);
}
