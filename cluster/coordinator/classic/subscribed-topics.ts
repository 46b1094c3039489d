// core: which topics the members of a classic group read, as far as they say so in the consumer protocol.

import { BrokerError, ProtocolError } from "../../../proto/errors.ts";
import { decodeMessage } from "../../../proto/kafka/codec.ts";
import { recordSchemas } from "../../../proto/kafka/record-schemas.ts";
import type { ClassicGroup } from "./classic-group.ts";

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
  if (subscription.length < 2) return null;
  const version = (subscription[0]! << 8) | subscription[1]!;
  const known = Math.min(version, recordSchemas.ConsumerProtocolSubscription.versions.max);
  try {
    // What a newer version adds stands behind what is known.
    return readTopics(known, subscription);
  } catch (error) {
    if (error instanceof ProtocolError || error instanceof BrokerError) return null;
    throw error;
  }
}

function readTopics(version: number, subscription: Uint8Array): readonly string[] {
  const { ConsumerProtocolSubscription: schema } = recordSchemas;
  return decodeMessage(schema, version, subscription, 2).topics;
}
