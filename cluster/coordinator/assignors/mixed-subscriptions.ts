// core: the uniform assignor where members are subscribed to different topics. No assignment can be more
// even: there is no member, and no chain of members that pass partitions on, by which a partition could go
// from one to another that has two or more fewer. Members keep what they have where that is so already.
//
// It is the problem of the optimal semi-matching; where the search for chains would take too long, it ends
// with what is even topic by topic (limits.assignmentSearchStepsMax).
// Source: Harvey, Ladner, Lovasz, Tamir: "Semi-matchings for bipartite graphs and load balancing", 2003
import { limits } from "../../../base/limits.ts";
import { MinHeap } from "../../../base/min-heap.ts";
import type { Assignment, AssignorInput } from "./assignor.ts";
import { PartitionOwners } from "./partition-owners.ts";

const roundsMax = 16;

export function assignMixed(input: AssignorInput): Assignment {
  const owners = new PartitionOwners(input);
  for (let topic = 0; topic < owners.topics.length; topic++) dealOut(owners, topic);
  for (let round = 0; round < roundsMax; round++) {
    let moved = 0;
    for (let topic = 0; topic < owners.topics.length; topic++) moved += evenOut(owners, topic);
    if (moved === 0) break;
  }
  new ChainSearch(owners).run();
  return owners.assignment();
}

/** A member and its load when it was put into a heap: loads change while it stands there. */
interface Entry {
  readonly member: number;
  readonly load: number;
}

const isLighter = (one: Entry, other: Entry): boolean =>
  one.load < other.load || (one.load === other.load && one.member < other.member);
const isHeavier = (one: Entry, other: Entry): boolean =>
  one.load > other.load || (one.load === other.load && one.member < other.member);

/** Partitions that nobody has go to the member that has least, one by one. */
function dealOut(owners: PartitionOwners, topic: number): void {
  const unowned = owners.unowned(topic);
  if (unowned.length === 0) return;
  const { loads } = owners;
  const lightest = new MinHeap<Entry>(isLighter);
  for (const member of owners.topics[topic]!.subscribers) lightest.push({ member, load: loads[member]! });
  for (const partition of unowned) {
    const { member } = lightest.pop()!;
    owners.give(topic, partition, member);
    lightest.push({ member, load: loads[member]! });
  }
}

/** From the heaviest holder to the lightest subscriber of a topic, until they are even. Answers how many. */
function evenOut(owners: PartitionOwners, topic: number): number {
  const { loads, holdings } = owners;
  const { subscribers } = owners.topics[topic]!;
  let least = Number.POSITIVE_INFINITY;
  let most = 0;
  for (const member of subscribers) {
    least = Math.min(least, loads[member]!);
    if (holdings[member]!.has(topic)) most = Math.max(most, loads[member]!);
  }
  if (most - least < 2) return 0;
  const heaviest = new MinHeap<Entry>(isHeavier);
  const lightest = new MinHeap<Entry>(isLighter);
  for (const member of subscribers) {
    const entry = { member, load: loads[member]! };
    lightest.push(entry);
    if (holdings[member]!.has(topic)) heaviest.push(entry);
  }
  for (let moved = 0; ; moved++) {
    const from = popCurrent(heaviest, loads);
    const to = popCurrent(lightest, loads);
    if (from === null || to === null || loads[from]! - loads[to]! < 2) return moved;
    owners.give(topic, owners.choose(topic, from, to), to);
    for (const member of [from, to]) {
      const entry = { member, load: loads[member]! };
      lightest.push(entry);
      if (holdings[member]!.has(topic)) heaviest.push(entry);
    }
  }
}

/** An entry whose load is no longer right has a newer one in the same heap. */
function popCurrent(heap: MinHeap<Entry>, loads: Int32Array): number | null {
  for (;;) {
    const entry = heap.pop();
    if (entry === null) return null;
    if (entry.load === loads[entry.member]!) return entry.member;
  }
}

/** Looks for chains of members by which a partition's worth of load can go from one to a lighter one. */
class ChainSearch {
  readonly #owners: PartitionOwners;
  readonly #settled: Uint8Array;
  readonly #cameFrom: Int32Array;
  readonly #cameBy: Int32Array;
  #steps = 0;

  constructor(owners: PartitionOwners) {
    const members = owners.loads.length;
    this.#owners = owners;
    this.#settled = new Uint8Array(members);
    this.#cameFrom = new Int32Array(members);
    this.#cameBy = new Int32Array(members);
  }

  run(): void {
    for (let found = true; found && !this.#isTooLong(); ) {
      found = false;
      this.#settled.fill(0);
      for (const member of this.#heaviestFirst()) {
        while (this.#settled[member] === 0 && !this.#isTooLong() && this.#lighten(member)) found = true;
      }
    }
  }

  #isTooLong(): boolean {
    return this.#steps >= limits.assignmentSearchStepsMax;
  }

  /** Those that have hardly more than the lightest have nothing to pass on. */
  #heaviestFirst(): number[] {
    const { loads } = this.#owners;
    let least = Number.POSITIVE_INFINITY;
    for (const load of loads) least = Math.min(least, load);
    return [...loads.keys()]
      .filter((member) => loads[member]! >= least + 2)
      .sort((one, other) => loads[other]! - loads[one]! || one - other);
  }

  /** True: it has one partition fewer now. */
  #lighten(start: number): boolean {
    const { loads } = this.#owners;
    const reached = this.#reach(start);
    let end = start;
    for (const member of reached) if (loads[member]! < loads[end]!) end = member;
    if (loads[start]! - loads[end]! >= 2) {
      this.#passOn(start, end);
      return true;
    }
    // Whoever can be reached from here reaches nothing else, so those that are no heavier are done too.
    for (const member of reached) if (loads[member]! <= loads[start]!) this.#settled[member] = 1;
    return false;
  }

  #reach(start: number): readonly number[] {
    const { topics, holdings } = this.#owners;
    const reached = [start];
    const isReached = new Uint8Array(this.#cameFrom.length);
    const isOpen = new Uint8Array(topics.length);
    isReached[start] = 1;
    for (let at = 0; at < reached.length; at++) {
      const from = reached[at]!;
      for (const topic of holdings[from]!.keys()) {
        this.#steps += 1;
        if (isOpen[topic] === 1) continue;
        isOpen[topic] = 1;
        this.#steps += topics[topic]!.subscribers.length;
        for (const member of topics[topic]!.subscribers) {
          if (isReached[member] === 1) continue;
          isReached[member] = 1;
          this.#cameFrom[member] = from;
          this.#cameBy[member] = topic;
          reached.push(member);
        }
      }
    }
    return reached;
  }

  #passOn(start: number, end: number): void {
    for (let to = end; to !== start; to = this.#cameFrom[to]!) {
      const from = this.#cameFrom[to]!;
      const topic = this.#cameBy[to]!;
      this.#steps += this.#owners.topics[topic]!.owners.length;
      this.#owners.give(topic, this.#owners.choose(topic, from, to), to);
    }
  }
}
