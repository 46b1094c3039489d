// core: "sticky" (KIP-54) and "cooperative-sticky" (KIP-429). The first learns what members had from the
// bytes that they send along, as Kafka's StickyAssignor does; the second from what they say they still own,
// and gives away nothing that another member has yet to give up.
import { byTopic, flat, keyOf, type TopicPartition } from "../places.ts";
import type { Assignor, AssignorMember, AssignorPast, AssignorQuestion } from "./assignor.ts";
import { type Claim, stickyBalance, validOwners } from "./sticky-balance.ts";

/** Kafka's layout, version 1: `[topic, [partition]]`, then the generation; version 0 ends before it. */
export function writeStickyPast(places: readonly TopicPartition[], generationId: number): Uint8Array {
  const topics = byTopic(places).map((entry) => ({ ...entry, name: Buffer.from(entry.topic) }));
  const size = topics.reduce((sum, { name, partitions }) => sum + 6 + name.length + 4 * partitions.length, 8);
  const bytes = Buffer.alloc(size);
  let at = bytes.writeInt32BE(topics.length, 0);
  for (const { name, partitions } of topics) {
    at = bytes.writeInt16BE(name.length, at);
    at += name.copy(bytes, at);
    at = bytes.writeInt32BE(partitions.length, at);
    for (const partition of partitions) at = bytes.writeInt32BE(partition, at);
  }
  bytes.writeInt32BE(generationId, at);
  return bytes;
}

/** Null: not such bytes; they then say nothing, as in Kafka. */
export function readStickyPast(
  given: Uint8Array | null,
): { places: TopicPartition[]; generationId: number } | null {
  if (given === null || given.length === 0) return null;
  const bytes = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
  try {
    const topics: { topic: string; partitions: number[] }[] = [];
    let at = 4;
    for (let left = bytes.readInt32BE(0); left > 0; left--) {
      const length = bytes.readInt16BE(at);
      const topic = bytes.toString("utf8", at + 2, at + 2 + length);
      at += 2 + length;
      const count = bytes.readInt32BE(at);
      at += 4;
      const partitions: number[] = [];
      for (let n = 0; n < count; n++, at += 4) partitions.push(bytes.readInt32BE(at));
      topics.push({ topic, partitions });
    }
    return { places: flat(topics), generationId: at + 4 <= bytes.length ? bytes.readInt32BE(at) : -1 };
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function stickyClaim(member: AssignorMember): Claim {
  const past = readStickyPast(member.userData);
  return { memberId: member.memberId, generationId: past?.generationId ?? -1, places: past?.places ?? [] };
}

export const sticky: Assignor = {
  name: "sticky",
  rebalance: "eager",
  userData: ({ lastAssignment, lastGenerationId }: AssignorPast) =>
    lastAssignment.length === 0 ? null : writeStickyPast(lastAssignment, lastGenerationId),
  assign: (question) => stickyBalance(question, validOwners(question, question.members.map(stickyClaim))),
};

/** The generation is told by the subscription since its version 2, and by these bytes to older readers. */
function cooperativeClaim(member: AssignorMember): Claim {
  const { memberId, userData, ownedPartitions: places } = member;
  let generationId = member.generationId;
  if (generationId < 0 && userData !== null && userData.length >= 4) {
    generationId = Buffer.from(userData.buffer, userData.byteOffset, 4).readInt32BE(0);
  }
  return { memberId, generationId, places };
}

export const cooperativeSticky: Assignor = {
  name: "cooperative-sticky",
  rebalance: "cooperative",
  userData: ({ lastGenerationId }) => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(lastGenerationId, 0);
    return bytes;
  },
  assign: (question) => {
    const target = stickyBalance(question, validOwners(question, question.members.map(cooperativeClaim)));
    return withhold(question, target);
  },
};

/** What somebody still holds goes to another one only in the next generation, after it was given up. */
export function withhold(
  question: AssignorQuestion,
  target: ReadonlyMap<string, readonly TopicPartition[]>,
): Map<string, TopicPartition[]> {
  const holders = new Map<string, string[]>();
  for (const { memberId, ownedPartitions } of question.members) {
    for (const place of ownedPartitions) {
      const key = keyOf(place);
      holders.set(key, [...(holders.get(key) ?? []), memberId]);
    }
  }
  return new Map(
    [...target].map(([memberId, places]) => {
      const free = places.filter((place) => (holders.get(keyOf(place)) ?? []).every((id) => id === memberId));
      return [memberId, free];
    }),
  );
}
