// core: the bytes of the records of __consumer_offsets, as Kafka writes them: a key that begins with an int16
// saying what kind of record it is, a value that begins with its version. Tools that read that topic of a
// Kafka cluster can read it here.
//
// Sources: Kafka, group-coordinator/src/main/resources/common/message; the versions written are those that
// Kafka 3.x and 4.x both read.
import { BrokerError, ProtocolError } from "../../../proto/errors.ts";
import { decodeMessage, writeMessage } from "../../../proto/kafka/codec.ts";
import { recordSchemas } from "../../../proto/kafka/record-schemas.ts";
import type { Input, MessageSchema } from "../../../proto/kafka/schema.ts";
import { joinChunks, Writer } from "../../../proto/kafka/writer.ts";
import type { GroupRecord, WrittenRecord } from "./group-records.ts";
import { packRecord, unpackRecord } from "./packed-record.ts";
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

function int16At(bytes: Uint8Array, at: number): number {
  if (bytes.length < at + 2) throw new ProtocolError("a group record ends before its version");
  return ((bytes[at]! << 24) >> 16) | bytes[at + 1]!;
}

/**
 * What belongs to others, or to a newer release, comes back as "other". Throws ProtocolError for damaged
 * bytes of a known kind, BrokerError UNSUPPORTED_VERSION for a newer version of a known kind.
 */
export function decodeGroupRecord(bytes: Uint8Array): GroupRecord {
  const { key, value } = unpackRecord(bytes);
  const kind = int16At(key, 0);
  const readKey = <T>(schema: MessageSchema<T>): T => decodeMessage(schema, kind, key, 2);
  switch (kind) {
    case 0:
    case 1: {
      const { group: groupId, topic, partition } = readKey(recordSchemas.OffsetCommitKey);
      const read = readValue(recordSchemas.OffsetCommitValue, value, values.toOffset);
      return { kind: "offset", groupId, topic, partition, value: read };
    }
    case 2: {
      const { group: groupId } = readKey(recordSchemas.GroupMetadataKey);
      const read = readValue(recordSchemas.GroupMetadataValue, value, values.toClassic);
      return { kind: "classicGroup", groupId, value: read };
    }
    case 3: {
      const { groupId } = readKey(recordSchemas.ConsumerGroupMetadataKey);
      const read = readValue(recordSchemas.ConsumerGroupMetadataValue, value, ({ epoch }) => ({ epoch }));
      return { kind: "groupEpoch", groupId, value: read };
    }
    case 4: {
      const { groupId } = readKey(recordSchemas.ConsumerGroupPartitionMetadataKey);
      const read = readValue(recordSchemas.ConsumerGroupPartitionMetadataValue, value, values.toTopics);
      return { kind: "subscribedTopics", groupId, value: read };
    }
    default:
      return decodeMemberRecord(kind, key, value);
  }
}

function decodeMemberRecord(kind: number, key: Uint8Array, value: Uint8Array | null): GroupRecord {
  const readKey = <T>(schema: MessageSchema<T>): T => decodeMessage(schema, kind, key, 2);
  switch (kind) {
    case 5: {
      const read = readValue(recordSchemas.ConsumerGroupMemberMetadataValue, value, values.toMember);
      return { kind: "member", ...readKey(recordSchemas.ConsumerGroupMemberMetadataKey), value: read };
    }
    case 6: {
      const { groupId } = readKey(recordSchemas.ConsumerGroupTargetAssignmentMetadataKey);
      const schema = recordSchemas.ConsumerGroupTargetAssignmentMetadataValue;
      const read = readValue(schema, value, ({ assignmentEpoch }) => ({ epoch: assignmentEpoch }));
      return { kind: "targetEpoch", groupId, value: read };
    }
    case 7: {
      const schema = recordSchemas.ConsumerGroupTargetAssignmentMemberValue;
      const read = readValue(schema, value, ({ topicPartitions }) => values.toPartitions(topicPartitions));
      const named = readKey(recordSchemas.ConsumerGroupTargetAssignmentMemberKey);
      return { kind: "target", ...named, value: read };
    }
    case 8: {
      const read = readValue(recordSchemas.ConsumerGroupCurrentMemberAssignmentValue, value, values.toPlace);
      const named = readKey(recordSchemas.ConsumerGroupCurrentMemberAssignmentKey);
      return { kind: "current", ...named, value: read };
    }
    case 16: {
      const { groupId, regularExpression } = readKey(recordSchemas.ConsumerGroupRegularExpressionKey);
      const read = readValue(recordSchemas.ConsumerGroupRegularExpressionValue, value, values.toRegex);
      return { kind: "regex", groupId, regex: regularExpression, value: read };
    }
    default:
      return other;
  }
}

function readValue<T, V>(schema: MessageSchema<T>, value: Uint8Array | null, to: (fields: T) => V): V | null {
  if (value === null) return null;
  const version = int16At(value, 0);
  if (version > schema.versions.max) {
    const text =
      `a record of groups has version ${version} of ${schema.name}, and this release knows up to ` +
      `${schema.versions.max}; it was written by a newer release, which is needed to read it`;
    throw new BrokerError("UNSUPPORTED_VERSION", text);
  }
  return to(decodeMessage(schema, version, value, 2));
}
