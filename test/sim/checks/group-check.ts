// test: what coordinators have committed of groups: the same on all of them at the same end of the log, no
// partition with two owners, no offset of records that nobody processed, no generation that goes back.
import type { GroupShard } from "../../../cluster/coordinator/shard/group-shard.ts";
import type { GroupState } from "../../../cluster/coordinator/state/group-state.ts";
import { decodeMessage } from "../../../proto/kafka/codec.ts";
import { recordSchemas } from "../../../proto/kafka/record-schemas.ts";
import type { GroupModel } from "../group-model.ts";
import type { SimNode } from "../sim-node.ts";
import type { CheckCounts } from "../violation.ts";

export class GroupCheck {
  readonly #checks: CheckCounts;
  /** What was committed at an end of a shard's log, by shard and end. */
  readonly #states = new Map<string, string>();
  /** Where each shard of each life of a node was looked at last. */
  readonly #lookedAt = new WeakMap<GroupShard, number>();
  readonly #generations = new Map<string, number>();
  /** The end of a shard's log where generations were noted last. */
  readonly #notedTo = new Map<number, number>();
  /** Of members of the consumer protocol. */
  readonly #memberEpochs = new Map<string, number>();
  readonly #classic = new Set<string>();
  #model: GroupModel | null = null;
  /** Shards that were loaded with something in them. */
  loaded = 0;

  constructor(checks: CheckCounts) {
    this.#checks = checks;
  }

  watch(model: GroupModel): void {
    this.#model = model;
  }

  /** The newest generation, or epoch of the member, that was committed; -1: the member is not in it. */
  generationOf(groupId: string, memberId: string): number {
    const member = this.#memberEpochs.get(`${groupId}/${memberId}`);
    return member ?? (this.#classic.has(groupId) ? (this.#generations.get(groupId) ?? -1) : -1);
  }

  /** A commit of a member in generation `own` was accepted; `known` was committed before it began. */
  accepted(groupId: string, { own, known }: { own: number; known: number }): void {
    this.#checks.hold(
      "groups: an accepted commit carries the current generation",
      own >= known,
      () => `${groupId}: a member of generation ${own} committed; ${known} was there before`,
    );
  }

  look(node: SimNode): void {
    const groups = node.running?.groups;
    if (groups == null) return;
    for (const shard of groups.shards()) {
      const { committedEnd } = shard;
      const before = this.#lookedAt.get(shard);
      if (before === committedEnd) continue;
      if (before === undefined && committedEnd > 0) this.loaded++;
      this.#lookedAt.set(shard, committedEnd);
      this.#lookAt(node, shard);
    }
  }

  #lookAt(node: SimNode, shard: GroupShard): void {
    const groups = [...shard.committedGroups()].sort((one, other) => (one.groupId < other.groupId ? -1 : 1));
    const key = `${shard.index} at ${shard.committedEnd}`;
    const text = JSON.stringify(groups, asText);
    const known = this.#states.get(key);
    this.#checks.hold(
      "groups: coordinators have the same at the same end",
      known === undefined || known === text,
      () => `shard ${key} on ${node.name} is ${text}; another coordinator had ${known}`,
    );
    this.#states.set(key, text);
    // A coordinator that is deposed, and does not know it, learns late what was committed, or never.
    const isNews = shard.committedEnd >= (this.#notedTo.get(shard.index) ?? 0);
    if (isNews) this.#notedTo.set(shard.index, shard.committedEnd);
    for (const group of groups) {
      this.#owners(group);
      if (isNews) this.#generation(group);
      if (this.#model === null) continue;
      for (const partitions of group.offsets.values())
        for (const [partition, { offset }] of partitions)
          this.#model.committed(group.groupId, partition, offset);
    }
  }

  #owners(group: GroupState): void {
    const owners = new Map<string, string>();
    for (const [memberId, places] of placesOf(group)) {
      for (const place of places) {
        const other = owners.get(place);
        this.#checks.hold(
          "groups: a partition has one owner",
          other === undefined || other === memberId,
          () => `${group.groupId}: ${place} is with ${other} and with ${memberId}`,
        );
        owners.set(place, memberId);
      }
    }
  }

  #generation({ groupId, classic, consumer }: GroupState): void {
    const generation = classic?.generation ?? consumer?.epoch ?? -1;
    const before = this.#generations.get(groupId) ?? -1;
    if (classic !== null) this.#classic.add(groupId);
    for (const { memberId, memberEpoch } of consumer?.members.values() ?? [])
      this.#memberEpochs.set(`${groupId}/${memberId}`, memberEpoch);
    this.#checks.hold(
      "groups: generations never go back",
      generation >= before || (classic === null && consumer === null),
      () => `${groupId} is in generation ${generation}, and was in ${before}`,
    );
    this.#generations.set(groupId, Math.max(before, generation));
  }
}

/** Partitions by member: of the generation, or what each has and gives up. */
function* placesOf({ classic, consumer }: GroupState): Generator<[string, string[]]> {
  for (const { memberId, assignment } of classic?.members ?? []) {
    if (assignment.length < 2) continue;
    const version = (assignment[0]! << 8) | assignment[1]!;
    const { assignedPartitions } = decodeMessage(
      recordSchemas.ConsumerProtocolAssignment,
      version,
      assignment,
      2,
    );
    const places = assignedPartitions.flatMap(({ topic, partitions }) =>
      partitions.map((partition) => `${topic}-${partition}`),
    );
    yield [memberId, places];
  }
  for (const { memberId, assigned, pendingRevocation } of consumer?.members.values() ?? []) {
    const places = [...assigned, ...pendingRevocation].flatMap(([topicId, partitions]) =>
      partitions.map((partition) => `${topicId}-${partition}`),
    );
    yield [memberId, places];
  }
}

/** The same for equal states, in whatever order a compacted log told of them. */
function asText(_key: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (Array.isArray(value) || typeof value !== "object" || value === null) return value;
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  return entries.sort(([one], [other]) => (String(one) < String(other) ? -1 : 1));
}
