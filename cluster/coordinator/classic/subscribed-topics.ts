// core: which topics the members of a classic group read, as far as they say so in the consumer protocol.

import { BrokerError, ProtocolError } from "../../../proto/errors.ts";
import { decodeMessage } from "../../../proto/kafka/codec.ts";
import { recordSchemas } from "../../../proto/kafka/record-schemas.ts";
import type { ClassicGroup } from "./classic-group.ts";
import { equalBytes } from "./member.ts";

/** The type under which consumers join. */
export const consumerProtocolType = "consumer";

/** Null: it cannot be known, since its members are no consumers or say it in a way of their own. */
export function subscribedTopics(group: ClassicGroup): ReadonlySet<string> | null {
  const { protocolType, protocol, phase } = group;
  if (protocolType !== consumerProtocolType || protocol === null || phase !== "stable") return null;
  const topics = new Set<string>();
  for (const member of group.members.values()) {
    const read = topicsOf(member.metadataOf(protocol));
    if (read === null) return null;
    for (const topic of read) topics.add(topic);
  }
  return topics;
}

export function topicsOf(subscription: Uint8Array): readonly string[] | null {
  return readSubscription(subscription)?.topics ?? null;
}

/**
 * Whether both ask for the same. What a consumer had when it said so does not count: one that comes back has
 * nothing, and is of no generation.
 */
export function asksForTheSame(protocolType: string | null, one: Uint8Array, other: Uint8Array): boolean {
  if (equalBytes(one, other)) return true;
  if (protocolType !== consumerProtocolType) return false;
  const [before, after] = [readSubscription(one), readSubscription(other)];
  if (before === null || after === null || before.rackId !== after.rackId) return false;
  const noBytes = new Uint8Array(0);
  const topics = new Set(before.topics);
  return (
    topics.size === new Set(after.topics).size &&
    after.topics.every((topic) => topics.has(topic)) &&
    equalBytes(before.userData ?? noBytes, after.userData ?? noBytes)
  );
}

/** Null: it cannot be read. */
function readSubscription(subscription: Uint8Array) {
  if (subscription.length < 2) return null;
  const { ConsumerProtocolSubscription: schema } = recordSchemas;
  const version = (subscription[0]! << 8) | subscription[1]!;
  try {
    // What a newer version adds stands behind what is known.
    return decodeMessage(schema, Math.min(version, schema.versions.max), subscription, 2);
  } catch (error) {
    if (error instanceof ProtocolError || error instanceof BrokerError) return null;
    throw error;
  }
}
