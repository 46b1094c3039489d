// core: the layout of every record of the metadata log, as tables (see proto/kafka/schema.ts). Names and
// numbers are those of Kafka's KRaft metadata; fields of our own come last, as tagged fields.
//
// Source: Kafka, metadata/src/main/resources/common/metadata
import type { Uuid } from "../../base/uuid.ts";
import { field, type Input, list, type MessageSchema, message } from "../../proto/kafka/schema.ts";

export interface EndPoint {
  name: string;
  host: string;
  port: number;
}

export interface RegisterBrokerRecord {
  brokerId: number;
  incarnationId: Uuid;
  /** -1 in the log: the record's own offset is the epoch. In snapshots the epoch itself. */
  brokerEpoch: number;
  endPoints: EndPoint[];
  rack: string | null;
  fenced: boolean;
  inControlledShutdown: boolean;
  logDirs: Uuid[];
  peerHost: string;
  peerPort: number;
}

export interface UnregisterBrokerRecord {
  brokerId: number;
  brokerEpoch: number;
}

export interface TopicRecord {
  name: string;
  topicId: Uuid;
}

export interface PartitionRecord {
  partitionId: number;
  topicId: Uuid;
  replicas: number[];
  isr: number[];
  leader: number;
  leaderEpoch: number;
  partitionEpoch: number;
  directories: Uuid[];
  eligibleLeaderReplicas: number[];
  lastKnownElr: number[];
}

export interface ConfigRecord {
  /** 2: topic, 4: broker. */
  resourceType: number;
  resourceName: string;
  name: string;
  /** Null removes it. */
  value: string | null;
}

/** Raises the partition epoch; raises the leader epoch too when `leader` is given, even if it is the same. */
export interface PartitionChangeRecord {
  partitionId: number;
  topicId: Uuid;
  /** Null: as it was; the same for the other lists. */
  isr: number[] | null;
  /** -2: as it was; -1: nobody. */
  leader: number;
  replicas: number[] | null;
  eligibleLeaderReplicas: number[] | null;
  lastKnownElr: number[] | null;
  directories: Uuid[] | null;
}

export interface FenceBrokerRecord {
  id: number;
  epoch: number;
}

export interface UnfenceBrokerRecord {
  id: number;
  epoch: number;
}

export interface RemoveTopicRecord {
  topicId: Uuid;
}

export interface FeatureLevelRecord {
  name: string;
  featureLevel: number;
}

export interface ProducerIdsRecord {
  brokerId: number;
  brokerEpoch: number;
  /** The first one that has not been given away. */
  nextProducerId: number;
}

export interface BrokerRegistrationChangeRecord {
  brokerId: number;
  brokerEpoch: number;
  /** 1: from now on fenced; -1: no longer; 0: as it was. */
  fenced: number;
  /** 1: from now on in controlled shutdown; 0: as it was. */
  inControlledShutdown: number;
  /** The log directories that work; null: as they were. */
  logDirs: Uuid[] | null;
}

export type NoOpRecord = Record<never, never>;

/** Record types by name. */
export interface RecordValues {
  RegisterBroker: RegisterBrokerRecord;
  UnregisterBroker: UnregisterBrokerRecord;
  Topic: TopicRecord;
  Partition: PartitionRecord;
  Config: ConfigRecord;
  PartitionChange: PartitionChangeRecord;
  FenceBroker: FenceBrokerRecord;
  UnfenceBroker: UnfenceBrokerRecord;
  RemoveTopic: RemoveTopicRecord;
  FeatureLevel: FeatureLevelRecord;
  ProducerIds: ProducerIdsRecord;
  BrokerRegistrationChange: BrokerRegistrationChangeRecord;
  NoOp: NoOpRecord;
}

export type RecordName = keyof RecordValues;

/** A record as it is read: every field there. */
export type MetadataRecord = {
  [Name in RecordName]: { readonly type: Name } & RecordValues[Name];
}[RecordName];

/** A record as it may be written: what is missing takes its default. */
export type NewRecord = {
  [Name in RecordName]: { readonly type: Name } & Input<RecordValues[Name]>;
}[RecordName];

const options = { kind: "data", versions: "0", flexible: "0+" } as const;

const registerBroker = message<RegisterBrokerRecord>("RegisterBrokerRecord", options, [
  field("brokerId", "int32", "0+"),
  field("incarnationId", "uuid", "0+"),
  field("brokerEpoch", "int64", "0+; = -1"),
  list("endPoints", "BrokerEndpoint", "0+", [
    field("name", "string", "0+"),
    field("host", "string", "0+"),
    field("port", "uint16", "0+"),
  ]),
  field("rack", "string", "0+; null 0+; = null"),
  field("fenced", "bool", "0+; = true"),
  field("inControlledShutdown", "bool", "0+"),
  field("logDirs", "[]uuid", "0+; tag 0"),
  field("peerHost", "string", "0+; tag 10000"),
  field("peerPort", "uint16", "0+; tag 10001"),
]);

const unregisterBroker = message<UnregisterBrokerRecord>("UnregisterBrokerRecord", options, [
  field("brokerId", "int32", "0+"),
  field("brokerEpoch", "int64", "0+"),
]);

const topic = message<TopicRecord>("TopicRecord", options, [
  field("name", "string", "0+"),
  field("topicId", "uuid", "0+"),
]);

const partition = message<PartitionRecord>("PartitionRecord", options, [
  field("partitionId", "int32", "0+"),
  field("topicId", "uuid", "0+"),
  field("replicas", "[]int32", "0+"),
  field("isr", "[]int32", "0+"),
  field("leader", "int32", "0+; = -1"),
  field("leaderEpoch", "int32", "0+"),
  field("partitionEpoch", "int32", "0+"),
  field("directories", "[]uuid", "0+"),
  field("eligibleLeaderReplicas", "[]int32", "0+; tag 1"),
  field("lastKnownElr", "[]int32", "0+; tag 2"),
]);

const config = message<ConfigRecord>("ConfigRecord", options, [
  field("resourceType", "int8", "0+"),
  field("resourceName", "string", "0+"),
  field("name", "string", "0+"),
  field("value", "string", "0+; null 0+"),
]);

const partitionChange = message<PartitionChangeRecord>("PartitionChangeRecord", options, [
  field("partitionId", "int32", "0+"),
  field("topicId", "uuid", "0+"),
  field("isr", "[]int32", "0+; null 0+; tag 0; = null"),
  field("leader", "int32", "0+; tag 1; = -2"),
  field("replicas", "[]int32", "0+; null 0+; tag 2; = null"),
  field("eligibleLeaderReplicas", "[]int32", "0+; null 0+; tag 6; = null"),
  field("lastKnownElr", "[]int32", "0+; null 0+; tag 7; = null"),
  field("directories", "[]uuid", "0+; null 0+; tag 8; = null"),
]);

const fenceBroker = message<FenceBrokerRecord>("FenceBrokerRecord", options, [
  field("id", "int32", "0+"),
  field("epoch", "int64", "0+"),
]);

const unfenceBroker = message<UnfenceBrokerRecord>("UnfenceBrokerRecord", options, [
  field("id", "int32", "0+"),
  field("epoch", "int64", "0+"),
]);

const removeTopic = message<RemoveTopicRecord>("RemoveTopicRecord", options, [
  field("topicId", "uuid", "0+"),
]);

const featureLevel = message<FeatureLevelRecord>("FeatureLevelRecord", options, [
  field("name", "string", "0+"),
  field("featureLevel", "int16", "0+"),
]);

const producerIds = message<ProducerIdsRecord>("ProducerIdsRecord", options, [
  field("brokerId", "int32", "0+"),
  field("brokerEpoch", "int64", "0+"),
  field("nextProducerId", "int64", "0+"),
]);

const brokerRegistrationChange = message<BrokerRegistrationChangeRecord>(
  "BrokerRegistrationChangeRecord",
  options,
  [
    field("brokerId", "int32", "0+"),
    field("brokerEpoch", "int64", "0+"),
    field("fenced", "int8", "0+; tag 0"),
    field("inControlledShutdown", "int8", "0+; tag 1"),
    field("logDirs", "[]uuid", "0+; null 0+; tag 2; = null"),
  ],
);

const noOp = message<NoOpRecord>("NoOpRecord", options, []);

export interface RecordType<Name extends RecordName = RecordName> {
  readonly id: number;
  readonly name: Name;
  readonly schema: MessageSchema<RecordValues[Name]>;
}

function recordType<Name extends RecordName>(
  id: number,
  name: Name,
  schema: MessageSchema<RecordValues[Name]>,
): RecordType<Name> {
  return { id, name, schema };
}

export const recordTypes: { readonly [Name in RecordName]: RecordType<Name> } = {
  RegisterBroker: recordType(0, "RegisterBroker", registerBroker),
  UnregisterBroker: recordType(1, "UnregisterBroker", unregisterBroker),
  Topic: recordType(2, "Topic", topic),
  Partition: recordType(3, "Partition", partition),
  Config: recordType(4, "Config", config),
  PartitionChange: recordType(5, "PartitionChange", partitionChange),
  FenceBroker: recordType(7, "FenceBroker", fenceBroker),
  UnfenceBroker: recordType(8, "UnfenceBroker", unfenceBroker),
  RemoveTopic: recordType(9, "RemoveTopic", removeTopic),
  FeatureLevel: recordType(12, "FeatureLevel", featureLevel),
  ProducerIds: recordType(15, "ProducerIds", producerIds),
  BrokerRegistrationChange: recordType(17, "BrokerRegistrationChange", brokerRegistrationChange),
  NoOp: recordType(20, "NoOp", noOp),
};
