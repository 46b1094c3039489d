// core: the image after some records: the only writer of the picture of the cluster. Sees nothing but
// records and where they stand in the log, so that every node that applied the same log has the same picture.
//
// A record that cannot be applied (a change to a partition that is not there, a partition epoch of the past)
// means that this node's picture or the log is wrong: it asserts.
import { assert, unreachable } from "../../base/assert.ts";
import { zeroUuid } from "../../base/uuid.ts";
import type { BrokerImage, MetadataDelta, MetadataImage } from "./image.ts";
import { ImageDraft } from "./image-draft.ts";
import type {
  BrokerRegistrationChangeRecord,
  ConfigRecord,
  MetadataRecord,
  PartitionChangeRecord,
  PartitionRecord,
  RegisterBrokerRecord,
} from "./record-schemas.ts";

/** Where a record stands. Same shape as the journal's envelope. */
export interface RecordEnvelope {
  readonly offset: number;
  readonly epoch: number;
  /** Unix milliseconds. */
  readonly timestamp: number;
}

export interface PlacedRecord {
  readonly envelope: RecordEnvelope;
  readonly record: MetadataRecord;
}

/** Kafka's ConfigResource types. */
export const resourceTypes = { topic: 2, broker: 4 } as const;

export function applyRecords(
  image: MetadataImage,
  entries: readonly PlacedRecord[],
): { image: MetadataImage; delta: MetadataDelta } {
  const draft = new ImageDraft(image);
  for (const { record, envelope } of entries) applyRecord(draft, record, envelope.offset);
  const last = entries.at(-1)?.envelope;
  const position = last === undefined ? image : { end: last.offset + 1, epoch: last.epoch };
  return draft.finish(position);
}

export function applyRecord(draft: ImageDraft, record: MetadataRecord, offset: number): void {
  switch (record.type) {
    case "RegisterBroker":
      draft.setBroker(brokerOf(record, record.brokerEpoch < 0 ? offset : record.brokerEpoch));
      return;
    case "UnregisterBroker":
      registered(draft, record.brokerId, record.brokerEpoch);
      draft.removeBroker(record.brokerId);
      return;
    case "Topic":
      draft.addTopic(record.topicId, record.name);
      return;
    case "Partition":
      applyPartition(draft, record);
      return;
    case "Config":
      draft.setConfig(configKeyOf(record), record.name, record.value);
      return;
    case "PartitionChange":
      applyPartitionChange(draft, record);
      return;
    case "FenceBroker":
      draft.setBroker({ ...registered(draft, record.id, record.epoch), fenced: true });
      return;
    case "UnfenceBroker":
      draft.setBroker({ ...registered(draft, record.id, record.epoch), fenced: false });
      return;
    case "RemoveTopic":
      draft.removeTopic(record.topicId);
      return;
    case "FeatureLevel":
      draft.setFeature(record.name, record.featureLevel);
      return;
    case "ProducerIds":
      draft.setNextProducerId(record.nextProducerId);
      return;
    case "BrokerRegistrationChange":
      applyRegistrationChange(draft, record);
      return;
    case "NoOp":
      return;
    default:
      unreachable(record);
  }
}

function brokerOf(record: RegisterBrokerRecord, epoch: number): BrokerImage {
  return {
    id: record.brokerId,
    epoch,
    incarnationId: record.incarnationId,
    listeners: record.endPoints,
    peerHost: record.peerHost,
    peerPort: record.peerPort,
    rack: record.rack,
    directoryIds: record.logDirs,
    fenced: record.fenced,
    inControlledShutdown: record.inControlledShutdown,
  };
}

function registered(draft: ImageDraft, id: number, epoch: number): BrokerImage {
  const broker = draft.broker(id);
  assert(broker?.epoch === epoch, `broker ${id} changes in epoch ${epoch}, but stands in ${broker?.epoch}`);
  return broker;
}

function applyRegistrationChange(draft: ImageDraft, record: BrokerRegistrationChangeRecord): void {
  const broker = registered(draft, record.brokerId, record.brokerEpoch);
  draft.setBroker({
    ...broker,
    fenced: record.fenced === 0 ? broker.fenced : record.fenced > 0,
    inControlledShutdown:
      record.inControlledShutdown === 0 ? broker.inControlledShutdown : record.inControlledShutdown > 0,
    directoryIds: record.logDirs ?? broker.directoryIds,
  });
}

function applyPartition(draft: ImageDraft, record: PartitionRecord): void {
  const { topicId, partitionId } = record;
  const existing = draft.partition(topicId, partitionId);
  assert(existing === undefined, `partition ${partitionId} of ${topicId} is made, and is there already`);
  draft.setPartition({
    topicId,
    partition: partitionId,
    replicas: record.replicas,
    isr: record.isr,
    elr: record.eligibleLeaderReplicas,
    lastKnownElr: record.lastKnownElr,
    leader: record.leader,
    leaderEpoch: record.leaderEpoch,
    partitionEpoch: record.partitionEpoch,
    directories: record.directories.length > 0 ? record.directories : record.replicas.map(() => zeroUuid),
  });
}

function applyPartitionChange(draft: ImageDraft, record: PartitionChangeRecord): void {
  const { topicId, partitionId } = record;
  const before = draft.partition(topicId, partitionId);
  assert(before !== undefined, `partition ${partitionId} of ${topicId} changes, which is not there`);
  const leads = record.leader !== -2;
  draft.setPartition({
    topicId,
    partition: partitionId,
    replicas: record.replicas ?? before.replicas,
    isr: record.isr ?? before.isr,
    elr: record.eligibleLeaderReplicas ?? before.elr,
    lastKnownElr: record.lastKnownElr ?? before.lastKnownElr,
    leader: leads ? record.leader : before.leader,
    leaderEpoch: before.leaderEpoch + (leads ? 1 : 0),
    partitionEpoch: before.partitionEpoch + 1,
    directories: record.directories ?? before.directories,
  });
}

/** "topic:NAME", "broker:ID", or "broker:". */
export function configKeyOf(record: ConfigRecord): string {
  const { resourceType, resourceName } = record;
  if (resourceType === resourceTypes.topic) return `topic:${resourceName}`;
  assert(resourceType === resourceTypes.broker, `a config of resource type ${resourceType} is not known`);
  return `broker:${resourceName}`;
}
