// core: the in-sync set that a leader asks for, checked against what is so: its epochs, and that every
// member is alive in the life the leader saw. The only way into an in-sync set.
//
// Source: KIP-497, KIP-841 (ineligible replicas), KIP-903 (broker epochs);
// Kafka, ReplicationControlManager.validateAlterPartitionData
import { limits } from "../../base/limits.ts";
import { zeroUuid } from "../../base/uuid.ts";
import { ErrorCode } from "../../proto/errors.ts";
import type {
  AlterPartitionItem,
  AlterPartitionRequest,
  AlterPartitionResponse,
} from "../../proto/peer/peer-api.ts";
import type { MetadataImage, PartitionImage } from "../metadata/image.ts";
import { directoryOf, isReplicaOnline } from "../metadata/queries.ts";
import type { NewRecord } from "../metadata/record-schemas.ts";
import { changePartition } from "./partition-change.ts";
import { ElectionSettings } from "./partitions.ts";
import type { ControllerSettings, Decided } from "./settings.ts";

export function alterPartition(
  image: MetadataImage,
  request: AlterPartitionRequest,
  settings: ControllerSettings,
): Decided<AlterPartitionResponse> {
  const refuse = (errorCode: number): Decided<AlterPartitionResponse> => ({
    records: [],
    reply: { errorCode, items: [] },
  });
  const broker = image.brokers.get(request.nodeId);
  if (broker === undefined || broker.epoch !== request.brokerEpoch)
    return refuse(ErrorCode.STALE_BROKER_EPOCH);
  if (request.items.length > limits.alterPartitionItemsMax) return refuse(ErrorCode.INVALID_REQUEST);
  const elections = new ElectionSettings(image, settings.topics);
  const records: NewRecord[] = [];
  const seen = new Set<string>();
  const items = request.items.map((item) => {
    const { topicId, partition: index } = item;
    const key = `${topicId} ${index}`;
    // The second change of one partition would be based on what the first has replaced.
    const errorCode = seen.has(key) ? ErrorCode.INVALID_UPDATE_VERSION : errorOf(image, request.nodeId, item);
    seen.add(key);
    if (errorCode === ErrorCode.NONE) records.push(recordOf(image, item, elections));
    return { topicId, partition: index, errorCode };
  });
  return { records, reply: { errorCode: ErrorCode.NONE, items } };
}

function errorOf(image: MetadataImage, nodeId: number, item: AlterPartitionItem): number {
  const topic = image.topics.get(item.topicId);
  if (topic === undefined) return ErrorCode.UNKNOWN_TOPIC_ID;
  const partition = topic.partitions[item.partition];
  if (partition === undefined) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
  // It has seen more than this node: another controller must be active.
  if (item.leaderEpoch > partition.leaderEpoch || item.partitionEpoch > partition.partitionEpoch)
    return ErrorCode.NOT_CONTROLLER;
  if (item.leaderEpoch < partition.leaderEpoch) return ErrorCode.FENCED_LEADER_EPOCH;
  if (partition.leader !== nodeId) return ErrorCode.INVALID_REQUEST;
  if (item.partitionEpoch < partition.partitionEpoch) return ErrorCode.INVALID_UPDATE_VERSION;
  const members = item.isr.map((member) => member.nodeId);
  const areReplicas = members.every((id) => partition.replicas.includes(id));
  if (!areReplicas || new Set(members).size < members.length) return ErrorCode.INVALID_REQUEST;
  if (!members.includes(nodeId)) return ErrorCode.INVALID_REQUEST;
  return item.isr.every((member) => isEligible(image, partition, member))
    ? ErrorCode.NONE
    : ErrorCode.INELIGIBLE_REPLICA;
}

function isEligible(
  image: MetadataImage,
  partition: PartitionImage,
  member: { nodeId: number; brokerEpoch: number },
): boolean {
  const broker = image.brokers.get(member.nodeId);
  if (broker?.epoch !== member.brokerEpoch || !isReplicaOnline(image, partition, member.nodeId)) return false;
  // Whoever joins says before in which of its directories the replica is: when one is lost, it is known then
  // whether the replica is lost with it.
  const isKnown = directoryOf(partition, member.nodeId) !== zeroUuid || broker.directoryIds.length === 1;
  return isKnown || partition.isr.includes(member.nodeId);
}

function recordOf(image: MetadataImage, item: AlterPartitionItem, elections: ElectionSettings): NewRecord {
  const { topicId, partition: index } = item;
  const partition = image.topics.get(topicId)!.partitions[index]!;
  const isr = item.isr.map((member) => member.nodeId);
  const isOnline = (id: number): boolean => isReplicaOnline(image, partition, id);
  const record = changePartition(partition, { isr, isOnline, ...elections.of(topicId) });
  // The set is that already: the leader still waits for a newer partition epoch.
  return record ?? { type: "PartitionChange", topicId, partitionId: index, isr };
}
