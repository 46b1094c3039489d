// core: what members of a classic group of consumers tell each other, as bytes: Kafka's consumer protocol.
// Subscriptions are written in version 3, assignments too; readers of older versions read the part they know.
import { BrokerError } from "../../../proto/errors.ts";
import { encodeMessage, readMessage } from "../../../proto/kafka/codec.ts";
import { Reader } from "../../../proto/kafka/reader.ts";
import { recordSchemas } from "../../../proto/kafka/record-schemas.ts";
import type { MessageSchema } from "../../../proto/kafka/schema.ts";
import { byTopic, flat, type TopicPartition } from "../places.ts";
import type { AssignorMember } from "./assignor.ts";

const version = 3;

export interface MemberSubscription {
  readonly topics: readonly string[];
  readonly userData: Uint8Array | null;
  readonly ownedPartitions: readonly TopicPartition[];
  /** -1: none yet. */
  readonly generationId: number;
  readonly rackId: string | null;
}

export function writeSubscription(given: MemberSubscription): Uint8Array {
  const { userData, generationId, rackId } = given;
  const ownedPartitions = byTopic(given.ownedPartitions);
  const topics = [...given.topics].sort();
  const value = { topics, userData, ownedPartitions, generationId, rackId };
  return versioned(encodeMessage(recordSchemas.ConsumerProtocolSubscription, version, value));
}

/** Throws BrokerError or ProtocolError when the bytes are no subscription. */
export function readMember(given: {
  memberId: string;
  groupInstanceId: string | null;
  metadata: Uint8Array;
}): AssignorMember {
  const { memberId, groupInstanceId, metadata } = given;
  const read = unversioned(recordSchemas.ConsumerProtocolSubscription, metadata);
  const { topics, userData, generationId, rackId } = read;
  const ownedPartitions = flat(read.ownedPartitions);
  return { memberId, groupInstanceId, topics, userData, ownedPartitions, generationId, rackId };
}

export function writeAssignment(places: readonly TopicPartition[]): Uint8Array {
  const value = { assignedPartitions: byTopic(places), userData: null };
  return versioned(encodeMessage(recordSchemas.ConsumerProtocolAssignment, version, value));
}

/** No bytes at all mean no partitions: a member that the leader's assignment leaves out. */
export function readAssignment(bytes: Uint8Array): TopicPartition[] {
  if (bytes.length === 0) return [];
  return flat(unversioned(recordSchemas.ConsumerProtocolAssignment, bytes).assignedPartitions);
}

function versioned(body: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(2 + body.length);
  bytes.writeInt16BE(version, 0);
  bytes.set(body, 2);
  return bytes;
}

function unversioned<T>(schema: MessageSchema<T>, bytes: Uint8Array): T {
  const written = bytes.length < 2 ? -1 : (((bytes[0]! << 8) | bytes[1]!) << 16) >> 16;
  if (written < 0) {
    throw new BrokerError(
      "INCONSISTENT_GROUP_PROTOCOL",
      `${schema.name}: ${bytes.length} bytes without a version`,
    );
  }
  // A newer version may go on after what is known here.
  return readMessage(new Reader(bytes, 2), schema, Math.min(written, version));
}
