// core: who is to have which partition while an assignment of members with different subscriptions is worked
// out. Members and topics are numbers here, for speed; keeps loads and holdings in step with the owners.
import { assert } from "../../../base/assert.ts";
import type { Uuid } from "../../../base/uuid.ts";
import type { Assignment, AssignorInput } from "./assignor.ts";
import { inRisingOrder } from "./even-shares.ts";
import { compareTexts, inOrder } from "./member-order.ts";

const nobody = -1;

export interface Topic {
  readonly topicId: Uuid;
  /** Members, in their order. */
  readonly subscribers: readonly number[];
  /** By partition: the member that is to have it now, and the one that was to have it before. */
  readonly owners: Int32Array;
  readonly before: Int32Array;
}

export class PartitionOwners {
  readonly topics: readonly Topic[];
  /** Partitions by member. */
  readonly loads: Int32Array;
  /** By member: how many partitions of which topic. */
  readonly holdings: readonly Map<number, number>[];
  readonly #memberIds: readonly string[];

  /** Everybody keeps what it has and may have. */
  constructor({ members, partitionCounts }: AssignorInput) {
    const ordered = inOrder(members);
    this.#memberIds = ordered.map((member) => member.memberId);
    this.loads = new Int32Array(ordered.length);
    this.holdings = ordered.map(() => new Map());
    const subscribers = new Map<Uuid, number[]>();
    ordered.forEach(({ topicIds }, member) => {
      for (const topicId of topicIds) {
        const ofTopic = subscribers.get(topicId);
        if (ofTopic === undefined) subscribers.set(topicId, [member]);
        else ofTopic.push(member);
      }
    });
    this.topics = [...subscribers].map(([topicId, ofTopic]) => {
      const owners = new Int32Array(partitionCounts.get(topicId) ?? 0).fill(nobody);
      return { topicId, subscribers: ofTopic, owners, before: owners.slice() };
    });
    // Those with the least choice first, and then the same order always.
    (this.topics as Topic[]).sort(
      (one, other) =>
        one.subscribers.length - other.subscribers.length ||
        other.owners.length - one.owners.length ||
        compareTexts(one.topicId, other.topicId),
    );
    this.#keep(ordered);
  }

  /** What each was to have; and of what nobody was to have, what it has. */
  #keep(ordered: AssignorInput["members"]): void {
    const topicNumbers = new Map(this.topics.map(({ topicId }, topic) => [topicId, topic]));
    const subscribed = ordered.map(({ topicIds }) => new Set(topicIds));
    for (const which of ["target", "assigned"] as const) {
      ordered.forEach((one, member) => {
        for (const [topicId, numbers] of one[which]) {
          const topic = topicNumbers.get(topicId);
          if (topic === undefined || !subscribed[member]!.has(topicId)) continue;
          const { owners, before } = this.topics[topic]!;
          for (const partition of numbers) {
            if (owners[partition] !== nobody) continue;
            before[partition] = member;
            this.give(topic, partition, member);
          }
        }
      });
    }
  }

  unowned(topic: number): number[] {
    const { owners } = this.topics[topic]!;
    const found: number[] = [];
    for (let partition = 0; partition < owners.length; partition++) {
      if (owners[partition] === nobody) found.push(partition);
    }
    return found;
  }

  give(topic: number, partition: number, member: number): void {
    const { owners } = this.topics[topic]!;
    const from = owners[partition]!;
    if (from !== nobody) this.#count(topic, from, -1);
    owners[partition] = member;
    this.#count(topic, member, 1);
  }

  /** One partition of `topic` that is to go from one to the other: rather one that has moved already. */
  choose(topic: number, from: number, to: number): number {
    const { owners, before } = this.topics[topic]!;
    let chosen = nobody;
    for (let partition = owners.length - 1; partition >= 0; partition--) {
      if (owners[partition] !== from) continue;
      if (before[partition] === to) return partition;
      if (chosen === nobody || (before[chosen] === from && before[partition] !== from)) chosen = partition;
    }
    assert(chosen !== nobody, "a partition is to be taken from a member that has none of the topic");
    return chosen;
  }

  assignment(): Assignment {
    const mine: Map<Uuid, number[]>[] = this.#memberIds.map(() => new Map());
    for (const { topicId, owners } of this.topics) {
      owners.forEach((member, partition) => {
        const numbers = mine[member]!.get(topicId);
        if (numbers === undefined) mine[member]!.set(topicId, [partition]);
        else numbers.push(partition);
      });
    }
    return new Map(this.#memberIds.map((memberId, member) => [memberId, inRisingOrder(mine[member]!)]));
  }

  #count(topic: number, member: number, change: number): void {
    this.loads[member]! += change;
    const holding = this.holdings[member]!;
    const count = (holding.get(topic) ?? 0) + change;
    if (count === 0) holding.delete(topic);
    else holding.set(topic, count);
  }
}
