// core: what a group of the consumer protocol, and the place of a member in it, are before any record says
// more. Decisions and replay begin from the same.
import type { MemberPlace } from "./group-records.ts";
import { type ConsumerGroupRecord, memberState, type TopicPartitions } from "./group-state.ts";

const noPartitions: TopicPartitions = new Map();

export const emptyConsumerGroup: ConsumerGroupRecord = {
  epoch: 0,
  members: new Map(),
  topics: new Map(),
  targetEpoch: 0,
  target: new Map(),
  regexes: new Map(),
};

export const firstPlace: MemberPlace = {
  memberEpoch: 0,
  previousMemberEpoch: -1,
  state: memberState.stable,
  assigned: noPartitions,
  pendingRevocation: noPartitions,
};
