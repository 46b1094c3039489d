// core: what the members of a classic consumer group tell each other, read from the bytes that brokers pass
// on unseen. Bytes that cannot be read are the member's affair: null, not an error. Newer versions are read
// as the newest known: they only add fields at the end.
import { readMessage } from "../../proto/kafka/codec.ts";
import type {
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
} from "../../proto/kafka/generated/messages.ts";
import { Reader } from "../../proto/kafka/reader.ts";
import type { MessageSchema } from "../../proto/kafka/schema.ts";
import {
  consumerProtocolAssignment,
  consumerProtocolSubscription,
} from "../../proto/kafka/schemas/consumer-protocol.ts";

export function readMemberAssignment(bytes: Uint8Array): ConsumerProtocolAssignment | null {
  return read(consumerProtocolAssignment, bytes);
}

export function readMemberSubscription(bytes: Uint8Array): ConsumerProtocolSubscription | null {
  return read(consumerProtocolSubscription, bytes);
}

function read<T>(schema: MessageSchema<T>, bytes: Uint8Array): T | null {
  try {
    const reader = new Reader(bytes, 0);
    const version = reader.int16();
    if (version < schema.versions.min) return null;
    return readMessage(reader, schema, Math.min(version, schema.versions.max));
  } catch {
    // Whatever is wrong with them, they are not what members of this kind write.
    return null;
  }
}
