// core: what follows from a member that came, changed or spoke: the group's epoch, the target assignment and
// the member's own step towards it. The same for members of either protocol.

import { firstPlace } from "../state/beginnings.ts";
import type { MemberFacts } from "../state/group-records.ts";
import { type ConsumerMember, memberState } from "../state/group-state.ts";
import type { ConsumerContext } from "./consumer-decision.ts";
import { type ConsumerDraft, factsOf, placeOf } from "./consumer-draft.ts";
import { areRegexesChanged, refreshRegexes } from "./group-regexes.ts";
import { type Heard, reconciled } from "./reconcile.ts";
import { allNames, areTopicsChanged, sameTexts, sameTopics, topicsNow } from "./subscriptions.ts";
import { renewTarget } from "./target.ts";

export interface Spoken {
  readonly memberId: string;
  /** The member as it was; null: it is new. */
  readonly known: ConsumerMember | null;
  /** The static member whose place it takes over. */
  readonly replaced: ConsumerMember | null;
  readonly facts: MemberFacts;
  readonly heard: Heard;
}

/** The member after it. Writes into the draft what changes. */
export function settle(draft: ConsumerDraft, spoken: Spoken, context: ConsumerContext): ConsumerMember {
  const { memberId, known, replaced, facts } = spoken;
  const before = known ?? replaced;
  if (replaced !== null) takeOver(draft, replaced, spoken);
  else if (known === null || !sameFacts(factsOf(known), facts)) draft.setFacts(memberId, facts);
  const isOtherRegex = before?.subscribedTopicRegex !== facts.subscribedTopicRegex;
  const isOther =
    before === null || isOtherRegex || !sameTexts(before.subscribedTopicNames, facts.subscribedTopicNames);
  raiseEpoch(draft, isOther, context);
  if (draft.group.epoch > draft.group.targetEpoch) renewTarget(draft, context.settings);
  stepOn(draft, memberId, spoken.heard);
  return draft.group.members.get(memberId)!;
}

/** A new member id in an old place: what it is to have and what it has stays, so nobody else is disturbed. */
function takeOver(draft: ConsumerDraft, replaced: ConsumerMember, { memberId, facts }: Spoken): void {
  const target = draft.group.target.get(replaced.memberId);
  draft.removeMember(replaced.memberId);
  draft.setFacts(memberId, facts);
  if (target !== undefined) draft.setTarget(memberId, target);
  draft.setPlace(memberId, {
    ...placeOf(replaced),
    memberEpoch: 0,
    previousMemberEpoch: firstPlace.memberEpoch,
  });
}

function raiseEpoch(draft: ConsumerDraft, isOtherSubscription: boolean, context: ConsumerContext): void {
  let isRaised = isOtherSubscription || draft.group.epoch === 0;
  if (isOtherSubscription || areRegexesChanged(draft.group, context)) {
    isRaised = refreshRegexes(draft, context) || isRaised;
  }
  if (isRaised || areTopicsChanged(draft.group, context.image)) {
    isRaised = renewTopics(draft, context) || isRaised;
  }
  if (isRaised) draft.setEpoch(draft.group.epoch + 1);
}

/** Whether they differ from those in the record, which is written then. */
export function renewTopics(draft: ConsumerDraft, { image }: Pick<ConsumerContext, "image">): boolean {
  const topics = topicsNow(allNames(draft.group), image);
  if (sameTopics(topics, draft.group.topics)) return false;
  draft.setTopics(topics);
  return true;
}

function stepOn(draft: ConsumerDraft, memberId: string, heard: Heard): void {
  const member = draft.group.members.get(memberId)!;
  const place = reconciled(draft.group, member, heard);
  if (place === null) return;
  draft.setPlace(memberId, place);
  // Members of the classic protocol have timers for their joins and syncs instead.
  if (member.classic !== null) return;
  if (place.state === memberState.unrevokedPartitions) {
    const { memberEpoch } = place;
    draft.timers.push({ kind: "revocation", memberId, memberEpoch, afterMs: member.rebalanceTimeoutMs });
  } else draft.timers.push({ kind: "cancelRevocation", memberId });
}

function sameFacts(one: MemberFacts, other: MemberFacts): boolean {
  return (
    one.instanceId === other.instanceId &&
    one.rackId === other.rackId &&
    one.clientId === other.clientId &&
    one.clientHost === other.clientHost &&
    one.subscribedTopicRegex === other.subscribedTopicRegex &&
    one.rebalanceTimeoutMs === other.rebalanceTimeoutMs &&
    one.serverAssignor === other.serverAssignor &&
    sameTexts(one.subscribedTopicNames, other.subscribedTopicNames) &&
    sameClassicSides(one.classic, other.classic)
  );
}

function sameClassicSides(one: MemberFacts["classic"], other: MemberFacts["classic"]): boolean {
  if (one === null || other === null) return one === other;
  return (
    one.sessionTimeoutMs === other.sessionTimeoutMs &&
    one.protocols.length === other.protocols.length &&
    one.protocols.every(({ name, metadata }, at) => {
      const same = other.protocols[at]!;
      return name === same.name && Buffer.compare(metadata, same.metadata) === 0;
    })
  );
}
