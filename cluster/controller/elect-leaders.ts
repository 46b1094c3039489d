// core: leadership goes to the preferred replicas, when somebody asks or by itself, or, where nobody leads
// and somebody asks for it, to a replica that may lack committed records.
//
// Source: https://kafka.apache.org/protocol#The_Messages_ElectLeaders, KIP-460; Kafka,
// ReplicationControlManager.electLeaders and maybeBalancePartitionLeaders
import { limits } from "../../base/limits.ts";
import { ErrorCode, type ErrorName } from "../../proto/errors.ts";
import type { ElectLeadersRequest, ElectLeadersResponse } from "../../proto/kafka/generated/messages.ts";
import type { MetadataImage, PartitionImage } from "../metadata/image.ts";
import { allPartitions, isReplicaOnline, topicNamed } from "../metadata/queries.ts";
import type { NewRecord } from "../metadata/record-schemas.ts";
import { changePartition } from "./partition-change.ts";
import { ElectionSettings } from "./partitions.ts";
import type { ControllerSettings, Decided } from "./settings.ts";

const electionTypes = { preferred: 0, unclean: 1 } as const;

type Outcome = NewRecord | { readonly error: ErrorName; readonly text: string };
type Row = ElectLeadersResponse["replicaElectionResults"][number]["partitionResult"][number];

export function electLeaders(
  image: MetadataImage,
  request: ElectLeadersRequest,
  settings: ControllerSettings,
): Decided<ElectLeadersResponse> {
  const { electionType, topicPartitions } = request;
  const isUnclean = electionType === electionTypes.unclean;
  if (!isUnclean && electionType !== electionTypes.preferred)
    return { records: [], reply: answer(ErrorCode.INVALID_REQUEST, []) };
  const elections = new ElectionSettings(image, settings.topics);
  const records: NewRecord[] = [];
  const asked = topicPartitions ?? everything(image);
  const seen = new Set<string>();
  const results = asked.map(({ topic, partitions }) => {
    const rows: Row[] = [];
    for (const index of partitions) {
      const key = `${index} ${topic}`;
      if (seen.has(key)) continue;
      seen.add(key);
      const partition = topicNamed(image, topic)?.partitions[index];
      const outcome = electOne(image, partition, { isUnclean, elections });
      if (!("error" in outcome)) records.push(outcome);
      // Of all that there are, only those are told where something was to be done.
      else if (topicPartitions === null && outcome.error === "ELECTION_NOT_NEEDED") continue;
      rows.push(rowOf(index, outcome));
    }
    return { topic, partitionResult: rows };
  });
  const told = results.filter(({ partitionResult }) => partitionResult.length > 0);
  return { records, reply: answer(ErrorCode.NONE, told) };
}

function answer(
  errorCode: number,
  replicaElectionResults: ElectLeadersResponse["replicaElectionResults"],
): ElectLeadersResponse {
  return { throttleTimeMs: 0, errorCode, replicaElectionResults };
}

function everything(image: MetadataImage): { topic: string; partitions: number[] }[] {
  return [...image.topics.values()].map(({ name, partitions }) => ({
    topic: name,
    partitions: partitions.map(({ partition }) => partition),
  }));
}

function rowOf(partitionId: number, outcome: Outcome): Row {
  if (!("error" in outcome)) return { partitionId, errorCode: ErrorCode.NONE, errorMessage: null };
  return { partitionId, errorCode: ErrorCode[outcome.error], errorMessage: outcome.text };
}

function electOne(
  image: MetadataImage,
  partition: PartitionImage | undefined,
  { isUnclean, elections }: { isUnclean: boolean; elections: ElectionSettings },
): Outcome {
  if (partition === undefined)
    return { error: "UNKNOWN_TOPIC_OR_PARTITION", text: "there is no such partition" };
  return isUnclean ? electAny(image, partition, elections) : electPreferred(image, partition);
}

function electPreferred(image: MetadataImage, partition: PartitionImage): Outcome {
  const preferred = partition.replicas[0]!;
  if (partition.leader === preferred)
    return { error: "ELECTION_NOT_NEEDED", text: `broker ${preferred} leads it already` };
  if (!mayTakeOver(image, partition)) {
    const text = `broker ${preferred} is not in the in-sync set [${partition.isr}], or not there`;
    return { error: "PREFERRED_LEADER_NOT_AVAILABLE", text };
  }
  const { topicId, partition: partitionId } = partition;
  return { type: "PartitionChange", topicId, partitionId, leader: preferred };
}

/** Somebody leads who can hand over, and the preferred replica has all that is committed. */
function mayTakeOver(image: MetadataImage, partition: PartitionImage): boolean {
  const preferred = partition.replicas[0]!;
  return (
    partition.leader !== preferred &&
    partition.isr.includes(preferred) &&
    isReplicaOnline(image, partition, preferred)
  );
}

function electAny(image: MetadataImage, partition: PartitionImage, elections: ElectionSettings): Outcome {
  if (partition.leader >= 0)
    return { error: "ELECTION_NOT_NEEDED", text: `broker ${partition.leader} leads it` };
  const isOnline = (id: number): boolean => isReplicaOnline(image, partition, id);
  const isr = partition.isr.filter(isOnline);
  const { minInsyncReplicas } = elections.of(partition.topicId);
  const target = { isr, isOnline, minInsyncReplicas, allowsUnclean: true };
  const record = changePartition(partition, target);
  if (record?.type === "PartitionChange" && (record.leader ?? -1) >= 0) return record;
  const text = `none of its replicas [${partition.replicas}] is there to lead it`;
  return { error: "ELIGIBLE_LEADERS_NOT_AVAILABLE", text };
}

/** Gives back to brokers what they should lead, to those that lack more of it than is allowed. */
export function rebalanceRecords(image: MetadataImage, settings: ControllerSettings): NewRecord[] {
  const { imbalancePercentMax } = settings.leaderRebalance(image);
  const standing = new Map<number, { preferred: number; lacking: PartitionImage[] }>();
  for (const partition of allPartitions(image)) {
    const id = partition.replicas[0]!;
    const one = standing.get(id) ?? { preferred: 0, lacking: [] };
    standing.set(id, one);
    one.preferred++;
    if (partition.leader !== id) one.lacking.push(partition);
  }
  const records: NewRecord[] = [];
  for (const { preferred, lacking } of standing.values()) {
    if (100 * lacking.length <= imbalancePercentMax * preferred) continue;
    for (const partition of lacking) {
      if (records.length >= limits.leadersMovedPerRoundMax) return records;
      if (!mayTakeOver(image, partition)) continue;
      const { topicId, partition: partitionId } = partition;
      records.push({ type: "PartitionChange", topicId, partitionId, leader: partition.replicas[0]! });
    }
  }
  return records;
}
