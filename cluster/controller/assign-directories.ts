// core: a broker says in which of its log directories its replicas are. Kept in the metadata, so that whoever
// decides knows which replicas go with a directory.
//
// Source: KIP-858; Kafka, ReplicationControlManager.handleAssignReplicasToDirs
import { limits } from "../../base/limits.ts";
import { type Uuid, zeroUuid } from "../../base/uuid.ts";
import { ErrorCode } from "../../proto/errors.ts";
import type {
  AssignReplicasToDirsRequest,
  AssignReplicasToDirsResponse,
} from "../../proto/kafka/generated/messages.ts";
import type { BrokerImage, MetadataImage } from "../metadata/image.ts";
import { directoryOf, partitionOf } from "../metadata/queries.ts";
import type { NewRecord } from "../metadata/record-schemas.ts";
import type { Decided } from "./settings.ts";

export function assignReplicasToDirs(
  image: MetadataImage,
  request: AssignReplicasToDirsRequest,
): Decided<AssignReplicasToDirsResponse> {
  const refuse = (errorCode: number): Decided<AssignReplicasToDirsResponse> => ({
    records: [],
    reply: { throttleTimeMs: 0, errorCode, directories: [] },
  });
  const broker = image.brokers.get(request.brokerId);
  if (broker === undefined || broker.epoch !== request.brokerEpoch)
    return refuse(ErrorCode.STALE_BROKER_EPOCH);
  if (countOf(request) > limits.alterPartitionItemsMax) return refuse(ErrorCode.INVALID_REQUEST);
  const records: NewRecord[] = [];
  const seen = new Set<string>();
  const directories = request.directories.map(({ id, topics }) => ({
    id,
    topics: topics.map(({ topicId, partitions }) => ({
      topicId,
      partitions: partitions.map(({ partitionIndex }) => {
        const place = { topicId, partitionIndex, directoryId: id };
        const errorCode = seen.has(`${topicId} ${partitionIndex}`)
          ? ErrorCode.INVALID_REQUEST
          : assign(image, broker, place, records);
        seen.add(`${topicId} ${partitionIndex}`);
        return { partitionIndex, errorCode };
      }),
    })),
  }));
  return { records, reply: { throttleTimeMs: 0, errorCode: ErrorCode.NONE, directories } };
}

function countOf({ directories }: AssignReplicasToDirsRequest): number {
  let count = 0;
  for (const { topics } of directories) for (const { partitions } of topics) count += partitions.length;
  return count;
}

function assign(
  image: MetadataImage,
  broker: BrokerImage,
  place: { topicId: Uuid; partitionIndex: number; directoryId: Uuid },
  records: NewRecord[],
): number {
  const { topicId, partitionIndex, directoryId } = place;
  if (!broker.directoryIds.includes(directoryId)) return ErrorCode.LOG_DIR_NOT_FOUND;
  const partition = partitionOf(image, topicId, partitionIndex);
  if (partition === undefined) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
  if (!partition.replicas.includes(broker.id)) return ErrorCode.NOT_LEADER_OR_FOLLOWER;
  if (directoryOf(partition, broker.id) === directoryId) return ErrorCode.NONE;
  const directories = partition.replicas.map((id, at) =>
    id === broker.id ? directoryId : (partition.directories[at] ?? zeroUuid),
  );
  records.push({ type: "PartitionChange", topicId, partitionId: partitionIndex, directories });
  return ErrorCode.NONE;
}
