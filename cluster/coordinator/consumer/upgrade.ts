// core: a group of the classic protocol becomes one of the consumer protocol while its members go on. They
// stay members, with what they have; the one that caused it joins next, which raises the epoch, so they are
// told to join again at their next heartbeat.
//
// Source: KIP-848, "Upgrade"
import { BrokerError } from "../../../proto/errors.ts";
import type { TopicPartitions } from "../state/group-state.ts";
import { type ClassicGroupRecord, type ClassicMemberRecord, memberState } from "../state/group-state.ts";
import type { ConsumerContext } from "./consumer-decision.ts";
import { ConsumerDraft } from "./consumer-draft.ts";
import { consumerProtocolType, readAssignment, readSubscription } from "./embedded-protocol.ts";
import { sharedNames } from "./subscriptions.ts";
import { without } from "./topic-partitions.ts";

/** Throws GROUP_ID_NOT_FOUND: it stays what it is. */
export function upgrade(
  groupId: string,
  classic: ClassicGroupRecord,
  context: ConsumerContext,
): ConsumerDraft {
  const { settings } = context;
  const policy = settings.consumerMigrationPolicy;
  if (policy !== "bidirectional" && policy !== "upgrade") {
    throw stays(groupId, `group.consumer.migration.policy is ${policy}`);
  }
  const { protocolType, protocol, members } = classic;
  if (protocolType !== consumerProtocolType || protocol === null) {
    throw stays(groupId, `its protocol type is '${protocolType}', not '${consumerProtocolType}'`);
  }
  if (members.length > settings.consumerGroupSizeMax) {
    const most = settings.consumerGroupSizeMax;
    throw stays(groupId, `it has ${members.length} members; group.consumer.max.size is ${most}`);
  }
  const draft = new ConsumerDraft(groupId, null);
  draft.records.push({ kind: "classicGroup", groupId, value: null });
  draft.setEpoch(classic.generation);
  const assigned = members.map((member) => addMember(draft, member, protocol, context));
  dropDoubles(assigned);
  members.forEach(({ memberId, sessionTimeoutMs }, at) => {
    draft.setTarget(memberId, assigned[at]!);
    draft.setPlace(memberId, {
      memberEpoch: classic.generation,
      previousMemberEpoch: classic.generation,
      state: memberState.stable,
      assigned: assigned[at]!,
      pendingRevocation: new Map(),
    });
    draft.timers.push({ kind: "session", memberId, afterMs: sessionTimeoutMs });
  });
  draft.setTargetEpoch(classic.generation);
  return draft;
}

/** Answers what it has. */
function addMember(
  draft: ConsumerDraft,
  member: ClassicMemberRecord,
  protocol: string,
  { image, classicProtocols }: ConsumerContext,
): TopicPartitions {
  const { memberId, groupInstanceId, clientId, clientHost, rebalanceTimeoutMs, sessionTimeoutMs } = member;
  const subscription = readSubscription(member.subscription);
  const assigned = readAssignment(member.assignment, image);
  if (subscription === null || assigned === null) {
    throw stays(draft.groupId, `what member ${memberId} sent is not what a consumer sends`);
  }
  const protocols = classicProtocols?.get(memberId) ?? [{ name: protocol, metadata: member.subscription }];
  draft.setFacts(memberId, {
    instanceId: groupInstanceId,
    rackId: subscription.rackId,
    clientId,
    clientHost,
    subscribedTopicNames: sharedNames(subscription.topics, draft.group),
    subscribedTopicRegex: null,
    rebalanceTimeoutMs,
    serverAssignor: null,
    classic: { sessionTimeoutMs, protocols },
  });
  return assigned;
}

/** An assignor of a client may have given a partition to two. The first keeps it. */
function dropDoubles(assigned: TopicPartitions[]): void {
  const taken = new Map<string, Set<number>>();
  assigned.forEach((partitions, at) => {
    const doubles = new Map<string, readonly number[]>();
    for (const [topicId, numbers] of partitions) {
      const ofTopic = taken.get(topicId) ?? new Set();
      taken.set(topicId, ofTopic);
      const twice = numbers.filter((number) => ofTopic.has(number));
      if (twice.length > 0) doubles.set(topicId, twice);
      for (const number of numbers) ofTopic.add(number);
    }
    if (doubles.size > 0) assigned[at] = without(partitions, doubles);
  });
}

function stays(groupId: string, why: string): BrokerError {
  return new BrokerError(
    "GROUP_ID_NOT_FOUND",
    `group '${groupId}' speaks the classic protocol and cannot change to the consumer protocol: ${why}`,
  );
}
