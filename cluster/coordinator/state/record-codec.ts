// core: the bytes of the records of __consumer_offsets, as Kafka writes them: a key that begins with an int16
// saying what kind of record it is, a value that begins with its version. Tools that read that topic of a
// Kafka cluster can read it here.
//
// Sources: Kafka, group-coordinator/src/main/resources/common/message; the versions written are those that
// Kafka 3.x and 4.x both read.
import { BrokerError, ProtocolError } from "../../../proto/errors.ts";
import { readMessage, writeMessage } from "../../../proto/kafka/codec.ts";
import { Reader } from "../../../proto/kafka/reader.ts";
import { recordSchemas } from "../../../proto/kafka/record-schemas.ts";
import type { Input, MessageSchema } from "../../../proto/kafka/schema.ts";
import { joinChunks, Writer } from "../../../proto/kafka/writer.ts";
import type { GroupRecord, WrittenRecord } from "./group-records.ts";
import { packRecord, valueStart } from "./packed-record.ts";
import * as values from "./record-values.ts";

const other: GroupRecord = { kind: "other" };

/** Versions of the values that are written. */
const writes = { offset: 3, classicGroup: 3 } as const;

function versioned<T>(schema: MessageSchema<T>, version: number, value: Input<T>): Uint8Array {
  const writer = new Writer(128);
  writer.int16(version);
  writeMessage(writer, schema, version, value);
  return joinChunks(writer.finish());
}

export function encodeGroupRecord(record: WrittenRecord): Uint8Array {
  return packRecord({ key: keyBytes(record), value: valueBytes(record) });
}

function keyBytes(record: WrittenRecord): Uint8Array {
  const { groupId } = record;
  switch (record.kind) {
    case "offset": {
      const { topic, partition } = record;
      return versioned(recordSchemas.OffsetCommitKey, 1, { group: groupId, topic, partition });
    }
    case "classicGroup":
      return versioned(recordSchemas.GroupMetadataKey, 2, { group: groupId });
    case "groupEpoch":
      return versioned(recordSchemas.ConsumerGroupMetadataKey, 3, { groupId });
    case "subscribedTopics":
      return versioned(recordSchemas.ConsumerGroupPartitionMetadataKey, 4, { groupId });
    case "member":
      return versioned(recordSchemas.ConsumerGroupMemberMetadataKey, 5, {
        ...{ groupId, memberId: record.memberId },
      });
    case "targetEpoch":
      return versioned(recordSchemas.ConsumerGroupTargetAssignmentMetadataKey, 6, { groupId });
    case "target":
      return versioned(recordSchemas.ConsumerGroupTargetAssignmentMemberKey, 7, {
        ...{ groupId, memberId: record.memberId },
      });
    case "current":
      return versioned(recordSchemas.ConsumerGroupCurrentMemberAssignmentKey, 8, {
        ...{ groupId, memberId: record.memberId },
      });
    case "regex":
      return versioned(recordSchemas.ConsumerGroupRegularExpressionKey, 16, {
        ...{ groupId, regularExpression: record.regex },
      });
  }
}

function valueBytes(record: WrittenRecord): Uint8Array | null {
  if (record.value === null) return null;
  switch (record.kind) {
    case "offset":
      return versioned(
        recordSchemas.OffsetCommitValue,
        // Only version 1 has a time of its own at which the offset expires.
        record.value.expiresAtMs >= 0 ? 1 : writes.offset,
        values.offsetFields(record.value),
      );
    case "classicGroup":
      return versioned(
        recordSchemas.GroupMetadataValue,
        writes.classicGroup,
        values.classicFields(record.value),
      );
    case "groupEpoch":
      return versioned(recordSchemas.ConsumerGroupMetadataValue, 0, { epoch: record.value.epoch });
    case "subscribedTopics":
      return versioned(
        recordSchemas.ConsumerGroupPartitionMetadataValue,
        0,
        values.topicsFields(record.value),
      );
    case "member":
      return versioned(recordSchemas.ConsumerGroupMemberMetadataValue, 0, values.memberFields(record.value));
    case "targetEpoch":
      return versioned(recordSchemas.ConsumerGroupTargetAssignmentMetadataValue, 0, {
        assignmentEpoch: record.value.epoch,
      });
    case "target":
      return versioned(recordSchemas.ConsumerGroupTargetAssignmentMemberValue, 0, {
        topicPartitions: values.partitionsFields(record.value),
      });
    case "current":
      return versioned(
        recordSchemas.ConsumerGroupCurrentMemberAssignmentValue,
        0,
        values.placeFields(record.value),
      );
    case "regex":
      return versioned(
        recordSchemas.ConsumerGroupRegularExpressionValue,
        0,
        values.regexFields(record.value),
      );
  }
}

/** Reads the key and then the value of one record. What it gives is made of views. */
class RecordReader {
  readonly #reader: Reader;
  readonly #valueAt: number;
  readonly #end: number;
  /** Version of the key: what kind of record it is. */
  readonly kind: number;

  constructor(bytes: Uint8Array) {
    this.#reader = new Reader(bytes, 4);
    this.#valueAt = valueStart(bytes);
    this.#end = bytes.length;
    this.kind = this.#reader.int16();
    if (this.#reader.at > this.#valueAt) throw new ProtocolError("the key of a group record has no version");
  }

  key<T>(schema: MessageSchema<T>): T {
    const key = readMessage(this.#reader, schema, this.kind);
    const { at } = this.#reader;
    if (at === this.#valueAt) return key;
    throw new ProtocolError(`a ${schema.name} ends at byte ${at}, not at ${this.#valueAt}`);
  }

  /** Null: a tombstone. */
  value<T, V>(schema: MessageSchema<T>, to: (fields: T) => V): V | null {
    if (this.#valueAt === this.#end) return null;
    const version = this.#reader.int16();
    if (version > schema.versions.max) {
      const text =
        `a record of groups has version ${version} of ${schema.name}, and this release knows up to ` +
        `${schema.versions.max}; it was written by a newer release, which is needed to read it`;
      throw new BrokerError("UNSUPPORTED_VERSION", text);
    }
    const fields = readMessage(this.#reader, schema, version);
    this.#reader.finish();
    return to(fields);
  }
}

/**
 * What belongs to others, or to a newer release, comes back as "other". Throws ProtocolError for damaged
 * bytes of a known kind, BrokerError UNSUPPORTED_VERSION for a newer version of a known kind.
 */
export function decodeGroupRecord(bytes: Uint8Array): GroupRecord {
  const record = new RecordReader(bytes);
  switch (record.kind) {
    case 0:
    case 1: {
      const { group: groupId, topic, partition } = record.key(recordSchemas.OffsetCommitKey);
      const value = record.value(recordSchemas.OffsetCommitValue, values.toOffset);
      return { kind: "offset", groupId, topic, partition, value };
    }
    case 2: {
      const { group: groupId } = record.key(recordSchemas.GroupMetadataKey);
      const value = record.value(recordSchemas.GroupMetadataValue, values.toClassic);
      return { kind: "classicGroup", groupId, value };
    }
    case 3: {
      const { groupId } = record.key(recordSchemas.ConsumerGroupMetadataKey);
      const value = record.value(recordSchemas.ConsumerGroupMetadataValue, ({ epoch }) => ({ epoch }));
      return { kind: "groupEpoch", groupId, value };
    }
    case 4: {
      const { groupId } = record.key(recordSchemas.ConsumerGroupPartitionMetadataKey);
      const value = record.value(recordSchemas.ConsumerGroupPartitionMetadataValue, values.toTopics);
      return { kind: "subscribedTopics", groupId, value };
    }
    default:
      return decodeMemberRecord(record);
  }
}

function decodeMemberRecord(record: RecordReader): GroupRecord {
  switch (record.kind) {
    case 5: {
      const named = record.key(recordSchemas.ConsumerGroupMemberMetadataKey);
      const value = record.value(recordSchemas.ConsumerGroupMemberMetadataValue, values.toMember);
      return { kind: "member", ...named, value };
    }
    case 6: {
      const { groupId } = record.key(recordSchemas.ConsumerGroupTargetAssignmentMetadataKey);
      const schema = recordSchemas.ConsumerGroupTargetAssignmentMetadataValue;
      const value = record.value(schema, ({ assignmentEpoch }) => ({ epoch: assignmentEpoch }));
      return { kind: "targetEpoch", groupId, value };
    }
    case 7: {
      const named = record.key(recordSchemas.ConsumerGroupTargetAssignmentMemberKey);
      const schema = recordSchemas.ConsumerGroupTargetAssignmentMemberValue;
      const value = record.value(schema, ({ topicPartitions }) => values.toPartitions(topicPartitions));
      return { kind: "target", ...named, value };
    }
    case 8: {
      const named = record.key(recordSchemas.ConsumerGroupCurrentMemberAssignmentKey);
      const value = record.value(recordSchemas.ConsumerGroupCurrentMemberAssignmentValue, values.toPlace);
      return { kind: "current", ...named, value };
    }
    case 16: {
      const { groupId, regularExpression } = record.key(recordSchemas.ConsumerGroupRegularExpressionKey);
      const value = record.value(recordSchemas.ConsumerGroupRegularExpressionValue, values.toRegex);
      return { kind: "regex", groupId, regex: regularExpression, value };
    }
    default:
      return other;
  }
}
