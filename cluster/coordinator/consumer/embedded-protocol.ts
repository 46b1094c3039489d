// core: what consumers of the classic protocol carry inside JoinGroup and SyncGroup, read and written by the
// broker where such consumers are members of a group of the consumer protocol.
//
// Source: https://kafka.apache.org/protocol, ConsumerProtocolSubscription, ConsumerProtocolAssignment
import { BrokerError, ProtocolError } from "../../../proto/errors.ts";
import { encodeMessage, readMessage } from "../../../proto/kafka/codec.ts";
import type { ConsumerProtocolSubscription } from "../../../proto/kafka/generated/messages.ts";
import { Reader } from "../../../proto/kafka/reader.ts";
import {
  consumerProtocolAssignment,
  consumerProtocolSubscription,
} from "../../../proto/kafka/schemas/consumer-protocol.ts";
import type { MetadataImage } from "../../metadata/image.ts";
import { topicNamed } from "../../metadata/queries.ts";
import type { TopicPartitions } from "../state/group-state.ts";
import { fromPartitionList } from "./topic-partitions.ts";

export const consumerProtocolType = "consumer";
const newestVersion = 3;

type Named = readonly { readonly topic: string; readonly partitions: readonly number[] }[];

/** Null: the bytes are not what a consumer sends. */
export function readSubscription(bytes: Uint8Array): ConsumerProtocolSubscription | null {
  return readEmbedded(bytes, (reader, version) => readMessage(reader, consumerProtocolSubscription, version));
}

/** Partitions of topics that exist; null: the bytes are not what a consumer sends. No bytes: none. */
export function readAssignment(bytes: Uint8Array, image: MetadataImage): TopicPartitions | null {
  if (bytes.length === 0) return new Map();
  const message = readEmbedded(bytes, (reader, version) =>
    readMessage(reader, consumerProtocolAssignment, version),
  );
  return message === null ? null : byTopicId(message.assignedPartitions, image);
}

export function byTopicId(named: Named, image: MetadataImage): TopicPartitions {
  return fromPartitionList(
    named.flatMap(({ topic, partitions }) => {
      const known = topicNamed(image, topic);
      return known === undefined ? [] : [{ topicId: known.topicId, partitions: [...partitions] }];
    }),
  );
}

/** In the version that the member used for its own `subscription`. Topics that are gone are left out. */
export function writeAssignment(
  partitions: TopicPartitions,
  subscription: Uint8Array,
  image: MetadataImage,
): Uint8Array {
  const version = Math.min(versionOf(subscription), newestVersion);
  const assignedPartitions = [...partitions].flatMap(([topicId, numbers]) => {
    const topic = image.topics.get(topicId);
    return topic === undefined ? [] : [{ topic: topic.name, partitions: [...numbers] }];
  });
  const body = encodeMessage(consumerProtocolAssignment, version, { assignedPartitions, userData: null });
  const bytes = new Uint8Array(2 + body.length);
  bytes[1] = version;
  bytes.set(body, 2);
  return bytes;
}

function versionOf(bytes: Uint8Array): number {
  return bytes.length < 2 ? -1 : (((bytes[0]! << 8) | bytes[1]!) << 16) >> 16;
}

/** A newer version is read as the newest known: what it adds stands at the end. */
function readEmbedded<T>(bytes: Uint8Array, read: (reader: Reader, version: number) => T): T | null {
  const version = versionOf(bytes);
  if (version < 0) return null;
  try {
    return read(new Reader(bytes, 2), Math.min(version, newestVersion));
  } catch (error) {
    if (error instanceof ProtocolError || error instanceof BrokerError) return null;
    throw error;
  }
}
