// core: a group of the consumer protocol while a decision is worked out. Each step writes its record and
// makes the change that replay will make of it, so that later steps see it; the group it began with stays as
// it was.

import { emptyConsumerGroup, firstPlace } from "../state/beginnings.ts";
import type { MemberFacts, MemberPlace, WrittenRecord } from "../state/group-records.ts";
import type {
  ConsumerGroupRecord,
  ConsumerMember,
  ResolvedRegex,
  SubscribedTopic,
  TopicPartitions,
} from "../state/group-state.ts";
import type { TimerChange } from "./consumer-decision.ts";

export function factsOf(member: ConsumerMember): MemberFacts {
  const { instanceId, rackId, clientId, clientHost, subscribedTopicNames } = member;
  const { subscribedTopicRegex, rebalanceTimeoutMs, serverAssignor, classic } = member;
  return {
    ...{ instanceId, rackId, clientId, clientHost, subscribedTopicNames },
    ...{ subscribedTopicRegex, rebalanceTimeoutMs, serverAssignor, classic },
  };
}

export function placeOf(member: ConsumerMember): MemberPlace {
  const { memberEpoch, previousMemberEpoch, state, assigned, pendingRevocation } = member;
  return { memberEpoch, previousMemberEpoch, state, assigned, pendingRevocation };
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

export class ConsumerDraft {
  readonly groupId: string;
  readonly records: WrittenRecord[] = [];
  readonly timers: TimerChange[] = [];
  readonly #group: Mutable<ConsumerGroupRecord>;
  #members: Map<string, ConsumerMember> | null = null;
  #target: Map<string, TopicPartitions> | null = null;
  #regexes: Map<string, ResolvedRegex> | null = null;

  constructor(groupId: string, base: ConsumerGroupRecord | null) {
    this.groupId = groupId;
    this.#group = { ...(base ?? emptyConsumerGroup) };
  }

  /** As it is now. */
  get group(): ConsumerGroupRecord {
    return this.#group;
  }

  setFacts(memberId: string, facts: MemberFacts): void {
    const members = this.#ownMembers();
    members.set(memberId, { ...firstPlace, ...members.get(memberId), ...facts, memberId });
    this.records.push({ kind: "member", groupId: this.groupId, memberId, value: facts });
  }

  setPlace(memberId: string, place: MemberPlace): void {
    const members = this.#ownMembers();
    members.set(memberId, { ...members.get(memberId)!, ...place });
    this.records.push({ kind: "current", groupId: this.groupId, memberId, value: place });
  }

  setTarget(memberId: string, partitions: TopicPartitions): void {
    this.#ownTarget().set(memberId, partitions);
    this.records.push({ kind: "target", groupId: this.groupId, memberId, value: partitions });
  }

  setTargetEpoch(epoch: number): void {
    this.#group.targetEpoch = epoch;
    this.records.push({ kind: "targetEpoch", groupId: this.groupId, value: { epoch } });
  }

  setTopics(topics: ReadonlyMap<string, SubscribedTopic>): void {
    this.#group.topics = topics;
    this.records.push({ kind: "subscribedTopics", groupId: this.groupId, value: topics });
  }

  setRegex(regex: string, value: ResolvedRegex | null): void {
    this.#regexes ??= new Map(this.#group.regexes);
    this.#group.regexes = this.#regexes;
    if (value === null) this.#regexes.delete(regex);
    else this.#regexes.set(regex, value);
    this.records.push({ kind: "regex", groupId: this.groupId, regex, value });
  }

  setEpoch(epoch: number): void {
    this.#group.epoch = epoch;
    this.records.push({ kind: "groupEpoch", groupId: this.groupId, value: { epoch } });
  }

  /** The tombstones stand in this order: a member that replay still knows never has something twice. */
  removeMember(memberId: string): void {
    const { groupId } = this;
    this.#ownMembers().delete(memberId);
    this.#ownTarget().delete(memberId);
    this.records.push(
      { kind: "current", groupId, memberId, value: null },
      { kind: "target", groupId, memberId, value: null },
      { kind: "member", groupId, memberId, value: null },
    );
    this.timers.push({ kind: "end", memberId });
  }

  #ownMembers(): Map<string, ConsumerMember> {
    this.#members ??= new Map(this.#group.members);
    this.#group.members = this.#members;
    return this.#members;
  }

  #ownTarget(): Map<string, TopicPartitions> {
    this.#target ??= new Map(this.#group.target);
    this.#group.target = this.#target;
    return this.#target;
  }
}
