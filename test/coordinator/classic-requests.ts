// test: requests of the classic protocol as consumers make them.

import type { RequestOf } from "../../proto/kafka/apis.ts";
import { encodeMessage, readMessage } from "../../proto/kafka/codec.ts";
import { Reader } from "../../proto/kafka/reader.ts";
import {
  consumerProtocolAssignment,
  consumerProtocolSubscription,
} from "../../proto/kafka/schemas/consumer-protocol.ts";

export type ByTopic = Readonly<Record<string, readonly number[]>>;

function withVersion(version: number, body: Uint8Array): Uint8Array {
  return Uint8Array.of(version >> 8, version & 255, ...body);
}

export function subscriptionBytes(
  topics: readonly string[],
  { owned = {}, version = 1 }: { owned?: ByTopic; version?: number } = {},
): Uint8Array {
  const ownedPartitions = Object.entries(owned).map(([topic, numbers]) => ({
    topic,
    partitions: [...numbers],
  }));
  const value = { topics: [...topics], userData: null, ownedPartitions };
  return withVersion(version, encodeMessage(consumerProtocolSubscription, Math.min(version, 3), value));
}

export function assignmentBytes(partitions: ByTopic): Uint8Array {
  const assignedPartitions = Object.entries(partitions).map(([topic, numbers]) => ({
    ...{ topic, partitions: [...numbers] },
  }));
  return withVersion(1, encodeMessage(consumerProtocolAssignment, 1, { assignedPartitions, userData: null }));
}

export function assignmentIn(bytes: Uint8Array): Record<string, number[]> {
  const version = (bytes[0]! << 8) | bytes[1]!;
  const { assignedPartitions } = readMessage(new Reader(bytes, 2), consumerProtocolAssignment, version);
  return Object.fromEntries(assignedPartitions.map(({ topic, partitions }) => [topic, partitions]));
}

export function joinGroup(change: Partial<RequestOf<"JoinGroup">> = {}): RequestOf<"JoinGroup"> {
  return {
    groupId: "orders",
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 20_000,
    memberId: "",
    groupInstanceId: null,
    protocolType: "consumer",
    protocols: [{ name: "range", metadata: subscriptionBytes(["t"]) }],
    reason: null,
    ...change,
  };
}

export function syncGroup(change: Partial<RequestOf<"SyncGroup">>): RequestOf<"SyncGroup"> {
  return {
    ...{ groupId: "orders", generationId: 0, memberId: "", groupInstanceId: null },
    ...{ protocolType: "consumer", protocolName: "range", assignments: [] },
    ...change,
  };
}
