// core: an image as bytes and back: the records that would make it, in an order of its own that does not
// depend on how it came about. Two equal images have equal bytes.
//
//   format uvarint (1) | end int64 | epoch int32 | count uvarint | count times: length uvarint, record
import { BrokerError, ProtocolError } from "../../proto/errors.ts";
import { Reader } from "../../proto/kafka/reader.ts";
import { joinChunks, Writer } from "../../proto/kafka/writer.ts";
import { applyRecord, resourceTypes } from "./apply.ts";
import { emptyImage, type MetadataImage, type PartitionImage } from "./image.ts";
import { ImageDraft } from "./image-draft.ts";
import { decodeRecord, encodeRecord } from "./record-codec.ts";
import type { NewRecord } from "./record-schemas.ts";

const format = 1;

function sorted<Key extends string | number, Value>(map: ReadonlyMap<Key, Value>): [Key, Value][] {
  return [...map].sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0));
}

function partitionRecord(partition: PartitionImage): NewRecord {
  return {
    type: "Partition",
    partitionId: partition.partition,
    topicId: partition.topicId,
    replicas: partition.replicas,
    isr: partition.isr,
    leader: partition.leader,
    leaderEpoch: partition.leaderEpoch,
    partitionEpoch: partition.partitionEpoch,
    directories: partition.directories,
    eligibleLeaderReplicas: partition.elr,
    lastKnownElr: partition.lastKnownElr,
  };
}

/** The records that make this image out of the empty one. */
export function* imageRecords(image: MetadataImage): Generator<NewRecord> {
  for (const [name, featureLevel] of sorted(image.features))
    yield { type: "FeatureLevel", name, featureLevel };
  for (const [, broker] of sorted(image.brokers)) {
    yield {
      type: "RegisterBroker",
      brokerId: broker.id,
      incarnationId: broker.incarnationId,
      brokerEpoch: broker.epoch,
      endPoints: broker.listeners,
      rack: broker.rack,
      fenced: broker.fenced,
      inControlledShutdown: broker.inControlledShutdown,
      logDirs: broker.directoryIds,
      peerHost: broker.peerHost,
      peerPort: broker.peerPort,
    };
  }
  for (const [topicId, topic] of sorted(image.topics)) {
    yield { type: "Topic", name: topic.name, topicId };
    for (const partition of topic.partitions) yield partitionRecord(partition);
  }
  for (const [key, values] of sorted(image.configs)) {
    const at = key.indexOf(":");
    const resourceType = key.startsWith("topic:") ? resourceTypes.topic : resourceTypes.broker;
    const resourceName = key.slice(at + 1);
    for (const [name, value] of sorted(values))
      yield { type: "Config", resourceType, resourceName, name, value };
  }
  yield { type: "ProducerIds", brokerId: -1, brokerEpoch: -1, nextProducerId: image.nextProducerId };
}

export function encodeSnapshot(image: MetadataImage): Uint8Array {
  const records = [...imageRecords(image)].map(encodeRecord);
  const writer = new Writer(records.reduce((sum, record) => sum + record.length + 5, 32));
  writer.uvarint(format);
  writer.int64(image.end);
  writer.int32(image.epoch);
  writer.uvarint(records.length);
  for (const record of records) {
    writer.uvarint(record.length);
    writer.raw(record);
  }
  return joinChunks(writer.finish());
}

/** Throws BrokerError UNSUPPORTED_VERSION for a newer release's format, ProtocolError for damaged bytes. */
export function decodeSnapshot(bytes: Uint8Array): MetadataImage {
  const reader = new Reader(bytes, 0);
  const found = reader.uvarint();
  if (found > format) {
    throw new BrokerError(
      "UNSUPPORTED_VERSION",
      `reading a metadata snapshot: its format is ${found}, and this release knows format ${format}; ` +
        "it was written by a newer release, which is needed to read it",
    );
  }
  if (found !== format) throw new ProtocolError(`metadata snapshot: ${found} is no format`);
  const end = reader.int64();
  const epoch = reader.int32();
  const count = reader.uvarint();
  const draft = new ImageDraft(emptyImage);
  for (let at = 0; at < count; at++) {
    const record = decodeRecord(reader.view(reader.uvarint()));
    // Registrations in a snapshot say their epoch: where they stand here means nothing.
    applyRecord(draft, record, -1);
  }
  reader.finish();
  return draft.finish({ end, epoch }).image;
}
