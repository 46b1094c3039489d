// core: what the records of a shard make of its state: the only writer. Sees nothing but records, in order;
// replaying them in one call or in many gives equal states.
import type { ReplayEntry } from "../../machine/machine.ts";
import { emptyConsumerGroup, firstPlace } from "./beginnings.ts";
import type { GroupRecord, MemberFacts, MemberPlace } from "./group-records.ts";
import type { ConsumerGroupRecord, GroupState, Offsets } from "./group-state.ts";
import { GroupTable, GroupTableDraft, type OwnedMaps, own } from "./group-table.ts";

export interface ShardState {
  readonly groups: GroupTable;
}

/** Groups that records were replayed for. */
export type ShardChange = ReadonlySet<string>;

export const emptyShard: ShardState = { groups: GroupTable.empty };

/**
 * `owned`: maps that this call may change in place; it adds those it makes. Who keeps it for the next call
 * says that nobody else has seen a state in between.
 */
export function replayGroupRecords(
  state: ShardState,
  entries: readonly ReplayEntry<GroupRecord>[],
  owned: OwnedMaps = new Set(),
): { state: ShardState; change: ShardChange } {
  const touched = new Map<string, GroupDraft>();
  for (const { record } of entries) {
    if (record.kind === "other") continue;
    let draft = touched.get(record.groupId);
    if (draft === undefined) {
      draft = new GroupDraft(state.groups.get(record.groupId), record.groupId, owned);
      touched.set(record.groupId, draft);
    }
    draft.replay(record);
  }
  if (touched.size === 0) return { state, change: new Set() };
  const groups = new GroupTableDraft(state.groups, owned);
  for (const [groupId, draft] of touched) {
    const group = draft.finish();
    if (group === null) groups.delete(groupId);
    else groups.set(group);
  }
  return { state: { groups: groups.finish() }, change: new Set(touched.keys()) };
}

const noFacts: MemberFacts = {
  instanceId: null,
  rackId: null,
  clientId: "",
  clientHost: "",
  subscribedTopicNames: [],
  subscribedTopicRegex: null,
  rebalanceTimeoutMs: -1,
  serverAssignor: null,
  classic: null,
};

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** One group while records are replayed on it; copies each map that is not owned at its first change. */
class GroupDraft {
  readonly #group: Mutable<GroupState>;
  readonly #owned: OwnedMaps;
  #ownConsumer: Mutable<ConsumerGroupRecord> | null = null;

  constructor(base: GroupState | null, groupId: string, owned: OwnedMaps) {
    this.#owned = owned;
    this.#group =
      base === null ? { groupId, classic: null, consumer: null, offsets: new Map() } : { ...base };
  }

  /** Null: nothing is left of it. */
  finish(): GroupState | null {
    const { classic, consumer, offsets } = this.#group;
    return classic === null && consumer === null && offsets.size === 0 ? null : this.#group;
  }

  replay(record: Exclude<GroupRecord, { kind: "other" }>): void {
    switch (record.kind) {
      case "offset":
        this.#offset(record);
        break;
      case "classicGroup":
        this.#group.classic = record.value;
        break;
      case "groupEpoch":
        if (record.value === null) this.#group.consumer = null;
        else this.#consumer().epoch = record.value.epoch;
        break;
      case "member":
        this.#member(record.memberId, record.value);
        break;
      case "current":
        this.#place(record.memberId, record.value);
        break;
      case "target": {
        if (this.#isGone(record.value)) break;
        const consumer = this.#consumer();
        consumer.target = setIn(this.#own(consumer.target), record.memberId, record.value);
        break;
      }
      default:
        this.#ofWholeGroup(record);
    }
  }

  #ofWholeGroup(record: Extract<GroupRecord, { kind: "subscribedTopics" | "targetEpoch" | "regex" }>): void {
    if (this.#isGone(record.value)) return;
    const consumer = this.#consumer();
    if (record.kind === "subscribedTopics") consumer.topics = record.value ?? new Map();
    else if (record.kind === "targetEpoch") consumer.targetEpoch = record.value?.epoch ?? 0;
    else consumer.regexes = setIn(this.#own(consumer.regexes), record.regex, record.value);
  }

  /** A tombstone for a group that has ended must not begin it anew. */
  #isGone(value: unknown): boolean {
    return value === null && this.#group.consumer === null;
  }

  #offset({ topic, partition, value }: Extract<GroupRecord, { kind: "offset" }>): void {
    if (value === null && !this.#group.offsets.get(topic)?.has(partition)) return;
    const offsets = this.#own(this.#group.offsets);
    this.#group.offsets = offsets as Offsets;
    const ofTopic = this.#own(offsets.get(topic) ?? new Map());
    setIn(ofTopic, partition, value);
    if (ofTopic.size === 0) offsets.delete(topic);
    else offsets.set(topic, ofTopic);
  }

  #member(memberId: string, facts: MemberFacts | null): void {
    if (this.#isGone(facts)) return;
    const consumer = this.#consumer();
    const members = this.#own(consumer.members);
    consumer.members = members;
    if (facts === null) members.delete(memberId);
    else members.set(memberId, { ...firstPlace, ...members.get(memberId), ...facts, memberId });
  }

  #place(memberId: string, place: MemberPlace | null): void {
    const isKnown = this.#group.consumer?.members.has(memberId) === true;
    if (place === null && !isKnown) return;
    const consumer = this.#consumer();
    const members = this.#own(consumer.members);
    consumer.members = members;
    // In a compacted log what a member says of itself may stand behind what it has.
    const known = members.get(memberId) ?? { ...noFacts, ...firstPlace, memberId };
    members.set(memberId, { ...known, ...(place ?? firstPlace) });
  }

  #consumer(): Mutable<ConsumerGroupRecord> {
    const current = this.#group.consumer;
    if (current !== null && this.#ownConsumer === current) return current;
    const copy = { ...(current ?? emptyConsumerGroup) };
    this.#ownConsumer = copy;
    this.#group.consumer = copy;
    return copy;
  }

  #own<K, V>(map: ReadonlyMap<K, V>): Map<K, V> {
    return own(map, this.#owned);
  }
}

function setIn<K, V>(map: Map<K, V>, key: K, value: V | null): Map<K, V> {
  if (value === null) map.delete(key);
  else map.set(key, value);
  return map;
}
