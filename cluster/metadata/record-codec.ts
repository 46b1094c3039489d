// core: records of the metadata log to bytes and back:
//
//   frame version uvarint (1) | record type uvarint | record version uvarint | the fields
//
// A type or version that this release does not know is refused with a sentence that says so: the log was
// written by a newer release, and guessing at it would make this node's picture differ from the others'.
// Source: Kafka, MetadataRecordSerde
import { BrokerError, ProtocolError } from "../../proto/errors.ts";
import { readMessage, writeMessage } from "../../proto/kafka/codec.ts";
import { Reader } from "../../proto/kafka/reader.ts";
import { joinChunks, Writer } from "../../proto/kafka/writer.ts";
import { type MetadataRecord, type NewRecord, type RecordType, recordTypes } from "./record-schemas.ts";

const frameVersion = 1;

const typesById: ReadonlyMap<number, RecordType> = new Map(
  Object.values(recordTypes).map((type): [number, RecordType] => [type.id, type as unknown as RecordType]),
);

export function encodeRecord(record: NewRecord): Uint8Array {
  const type = recordTypes[record.type];
  const version = type.schema.versions.max;
  const writer = new Writer(128);
  writer.uvarint(frameVersion);
  writer.uvarint(type.id);
  writer.uvarint(version);
  writeMessage(writer, type.schema as RecordType["schema"], version, record);
  return joinChunks(writer.finish());
}

function refuseNewer(what: string, found: number, known: string): never {
  throw new BrokerError(
    "UNSUPPORTED_VERSION",
    `reading a metadata record: its ${what} is ${found}, and this release knows ${known}; ` +
      "the log was written by a newer release, which is needed to read it",
  );
}

/** Throws BrokerError UNSUPPORTED_VERSION for what a newer release wrote, ProtocolError for damaged bytes. */
export function decodeRecord(bytes: Uint8Array): MetadataRecord {
  const reader = new Reader(bytes, 0);
  const frame = reader.uvarint();
  if (frame > frameVersion) refuseNewer("frame version", frame, `version ${frameVersion}`);
  if (frame !== frameVersion) throw new ProtocolError(`metadata record: ${frame} is no frame version`);
  const id = reader.uvarint();
  const type = typesById.get(id);
  if (type === undefined) refuseNewer("type", id, `types ${[...typesById.keys()].join(", ")}`);
  const version = reader.uvarint();
  const { min, max } = type.schema.versions;
  if (version > max) refuseNewer(`version of ${type.name}`, version, `versions ${min} to ${max}`);
  const value = readMessage(reader, type.schema, version);
  reader.finish();
  return { type: type.name, ...value } as MetadataRecord;
}
