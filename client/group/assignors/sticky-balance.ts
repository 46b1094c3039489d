// core: divides partitions among members so that loads are as even as subscriptions allow, and as much as
// possible stays where it was. Even: no chain of moves takes a partition from a member to another that has at
// least two less. Each move of the search shortens the longest loads, so it ends.
import { compareText, inOrder, keyOf, type TopicPartition } from "../places.ts";
import type { AssignorMember, AssignorQuestion } from "./assignor.ts";
import { inMemberOrder, wantedTopics } from "./range.ts";

export interface Claim {
  readonly memberId: string;
  readonly generationId: number;
  readonly places: readonly TopicPartition[];
}

/**
 * Who may keep what: of several that claim a partition the one of the newest generation; when two claim it
 * for the same generation, nobody. Claims of topics that are gone or not subscribed to do not count.
 */
export function validOwners(question: AssignorQuestion, claims: readonly Claim[]): Map<string, string> {
  const topicsOf = new Map(question.members.map((member) => [member.memberId, new Set(member.topics)]));
  const best = new Map<string, { memberId: string | null; generationId: number }>();
  for (const { memberId, generationId, places } of claims) {
    for (const place of places) {
      if (place.partition >= (question.partitionCounts.get(place.topic) ?? 0)) continue;
      const key = keyOf(place);
      const before = best.get(key);
      if (before === undefined || generationId > before.generationId)
        best.set(key, { memberId, generationId });
      else if (generationId === before.generationId && before.memberId !== memberId) before.memberId = null;
    }
  }
  const owners = new Map<string, string>();
  for (const [key, { memberId }] of best) {
    if (memberId === null) continue;
    const topic = key.slice(0, key.lastIndexOf(" "));
    if (topicsOf.get(memberId)?.has(topic)) owners.set(key, memberId);
  }
  return owners;
}

/** The division; `owners` by the key of a place. */
export function stickyBalance(
  question: AssignorQuestion,
  owners: ReadonlyMap<string, string>,
): Map<string, TopicPartition[]> {
  const division = new Division(question, owners);
  division.placeTheUnowned();
  division.even();
  return division.result();
}

class Division {
  readonly #members: readonly AssignorMember[];
  readonly #owners: ReadonlyMap<string, string>;
  readonly #unowned: TopicPartition[] = [];
  /** Per member id, what it has of each topic. */
  readonly #held = new Map<string, Map<string, number[]>>();
  readonly #loads = new Map<string, number>();
  /** Member ids that subscribe to a topic. */
  readonly #subscribers = new Map<string, string[]>();

  constructor(question: AssignorQuestion, owners: ReadonlyMap<string, string>) {
    this.#members = inMemberOrder(question.members);
    this.#owners = owners;
    for (const { memberId } of this.#members) {
      this.#held.set(memberId, new Map());
      this.#loads.set(memberId, 0);
    }
    for (const topic of wantedTopics(question)) {
      const subscribed = this.#members.filter((member) => member.topics.includes(topic));
      this.#subscribers.set(
        topic,
        subscribed.map((member) => member.memberId),
      );
      for (let partition = 0; partition < question.partitionCounts.get(topic)!; partition++) {
        const owner = owners.get(keyOf({ topic, partition }));
        if (owner === undefined) this.#unowned.push({ topic, partition });
        else this.#give(owner, topic, partition);
      }
    }
  }

  /** Those with the fewest possible members first, each to the least loaded of them. */
  placeTheUnowned(): void {
    const choices = (place: TopicPartition): number => this.#subscribers.get(place.topic)!.length;
    const ordered = [...this.#unowned].sort((one, other) => choices(one) - choices(other));
    for (const { topic, partition } of ordered) {
      let least: string | null = null;
      for (const memberId of this.#subscribers.get(topic)!) {
        if (least === null || this.#loads.get(memberId)! < this.#loads.get(least)!) least = memberId;
      }
      this.#give(least!, topic, partition);
    }
  }

  /** From the most loaded on, moves along the shortest chain to somebody who has at least two less. */
  even(): void {
    const done = new Set<string>();
    for (;;) {
      let from: string | null = null;
      for (const { memberId } of this.#members) {
        if (done.has(memberId)) continue;
        if (from === null || this.#loads.get(memberId)! > this.#loads.get(from)!) from = memberId;
      }
      if (from === null) return;
      const chain = this.#chainFrom(from);
      if (chain === null) {
        // Moves elsewhere never make room for it: they only fill those that have less.
        done.add(from);
        continue;
      }
      for (const { giver, taker, topic } of chain) this.#move(giver, taker, topic);
    }
  }

  result(): Map<string, TopicPartition[]> {
    return new Map(
      this.#members.map(({ memberId }) => {
        const held = [...this.#held.get(memberId)!].flatMap(([topic, partitions]) =>
          partitions.map((partition) => ({ topic, partition })),
        );
        return [memberId, inOrder(held)];
      }),
    );
  }

  #chainFrom(start: string): { giver: string; taker: string; topic: string }[] | null {
    const enough = this.#loads.get(start)! - 2;
    const cameBy = new Map<string, { giver: string; topic: string }>();
    const seen = new Set([start]);
    const topicsSeen = new Set<string>();
    let layer = [start];
    while (layer.length > 0) {
      const next: string[] = [];
      for (const giver of layer) {
        for (const topic of [...this.#held.get(giver)!.keys()].sort(compareText)) {
          if (topicsSeen.has(topic)) continue;
          topicsSeen.add(topic);
          for (const taker of this.#subscribers.get(topic)!) {
            if (seen.has(taker)) continue;
            seen.add(taker);
            cameBy.set(taker, { giver, topic });
            next.push(taker);
          }
        }
      }
      const end = this.#leastOf(next);
      if (end !== null && this.#loads.get(end)! <= enough) return chainTo(end, cameBy);
      layer = next;
    }
    return null;
  }

  #leastOf(memberIds: readonly string[]): string | null {
    let least: string | null = null;
    for (const memberId of memberIds) {
      if (least === null || this.#loads.get(memberId)! < this.#loads.get(least)!) least = memberId;
    }
    return least;
  }

  #give(memberId: string, topic: string, partition: number): void {
    const topics = this.#held.get(memberId)!;
    const partitions = topics.get(topic);
    if (partitions === undefined) topics.set(topic, [partition]);
    else partitions.push(partition);
    this.#loads.set(memberId, this.#loads.get(memberId)! + 1);
  }

  /** Back to the taker if it was its own, else what was not the giver's before, else the last one. */
  #move(giver: string, taker: string, topic: string): void {
    const topics = this.#held.get(giver)!;
    const partitions = topics.get(topic)!;
    const ownerOf = (partition: number): string | undefined => this.#owners.get(keyOf({ topic, partition }));
    let at = partitions.findIndex((partition) => ownerOf(partition) === taker);
    if (at < 0) at = partitions.findLastIndex((partition) => ownerOf(partition) !== giver);
    if (at < 0) at = partitions.length - 1;
    const [partition] = partitions.splice(at, 1);
    if (partitions.length === 0) topics.delete(topic);
    this.#loads.set(giver, this.#loads.get(giver)! - 1);
    this.#give(taker, topic, partition!);
  }
}

/** Nearest the end first, so that nobody gives what it does not have yet to give. */
function chainTo(
  end: string,
  cameBy: ReadonlyMap<string, { giver: string; topic: string }>,
): { giver: string; taker: string; topic: string }[] {
  const chain: { giver: string; taker: string; topic: string }[] = [];
  let taker = end;
  for (;;) {
    const step = cameBy.get(taker);
    if (step === undefined) return chain;
    chain.push({ giver: step.giver, taker, topic: step.topic });
    taker = step.giver;
  }
}
