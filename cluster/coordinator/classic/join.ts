// core: JoinGroup of the classic protocol. The answer comes as an effect, at once or when the rebalance that
// it caused is over; a refusal is thrown.
//
// Source: kafka-protocol JoinGroup; KIP-394 (member id first), KIP-345 (static members), KIP-814.
import { BrokerError, ErrorCode } from "../../../proto/errors.ts";
import type { GroupSettings } from "../group-settings.ts";
import type { ClassicGroup } from "./classic-group.ts";
import { ClassicMember, type Protocol, type Token } from "./member.ts";
import {
  answerJoin,
  answerSync,
  completeJoinIfAll,
  joinRefusal,
  joinReply,
  memberJoins,
  persist,
  prepareRebalance,
  refuseJoin,
  type StepTime,
} from "./rebalance.ts";
import { asksForTheSame } from "./subscribed-topics.ts";

const firstVersionWithMemberIdFirst = 4;
const firstVersionThatSkipsAssignment = 9;

/**
 * Clients that give up and ask again leave requests behind that nobody waits for; one of a new member is
 * given up after so long, however long the rebalance takes. As in Kafka, where it is no setting either.
 */
const newMemberJoinTimeoutMs = 300_000;

export interface JoinRequest {
  readonly token: Token;
  readonly apiVersion: number;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly protocolType: string;
  readonly protocols: readonly Protocol[];
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  /** Never used before: for members that have no id yet. */
  readonly newMemberId: string;
}

export function joinGroup(
  group: ClassicGroup,
  request: JoinRequest,
  settings: GroupSettings,
  time: StepTime,
): void {
  const { memberId, groupInstanceId, protocolType, protocols } = request;
  if (group.phase === "dead") throw gone(group);
  const known = groupInstanceId === null ? memberId : (group.statics.get(groupInstanceId) ?? memberId);
  if (!group.accepts(protocolType, protocols, known)) throw inconsistent(group, request);
  checkSize(group, request, settings);
  if (memberId !== "") {
    rejoin(group, request, settings, time);
    return;
  }
  if (groupInstanceId !== null) {
    joinAsStatic(group, request, settings, time);
    return;
  }
  if (request.apiVersion >= firstVersionWithMemberIdFirst) {
    handOutId(group, request, time);
    return;
  }
  addMember(group, request, request.newMemberId, settings, time);
}

function gone(group: ClassicGroup): BrokerError {
  const text = `group "${group.groupId}" was deleted just now; find its coordinator again`;
  return new BrokerError("COORDINATOR_NOT_AVAILABLE", text);
}

function inconsistent(group: ClassicGroup, { protocolType, protocols }: JoinRequest): BrokerError {
  const names = protocols.map(({ name }) => name).join(", ");
  const own = group.members.size === 0 ? "no members" : `members of type "${group.protocolType}"`;
  const text =
    `group "${group.groupId}" has ${own}; a member of type "${protocolType}" with the assignors [${names}] ` +
    "cannot join: all members need one type, and one assignor at least that all of them know";
  return new BrokerError("INCONSISTENT_GROUP_PROTOCOL", text);
}

function checkSize(group: ClassicGroup, request: JoinRequest, { groupSizeMax }: GroupSettings): void {
  const { memberId, groupInstanceId } = request;
  const isKnown =
    group.members.has(memberId) || (groupInstanceId !== null && group.statics.has(groupInstanceId));
  if (isKnown) return;
  // Those that were only handed an id count once they come back with it: too many may have begun.
  const others = group.members.size + group.pending.size - (group.pending.has(memberId) ? 1 : 0);
  if (others < groupSizeMax) return;
  const text = `group "${group.groupId}" has ${groupSizeMax} members, as many as group.max.size allows`;
  throw new BrokerError("GROUP_MAX_SIZE_REACHED", text);
}

function handOutId(group: ClassicGroup, request: JoinRequest, { nowMs }: StepTime): void {
  const { newMemberId, sessionTimeoutMs, token, apiVersion } = request;
  const deadlineMs = nowMs + sessionTimeoutMs;
  group.pending.set(newMemberId, { deadlineMs });
  group.lookBy(deadlineMs);
  const reply = joinRefusal(ErrorCode.MEMBER_ID_REQUIRED, newMemberId, apiVersion);
  group.effects.push({ kind: "joined", token, reply });
}

function addMember(
  group: ClassicGroup,
  request: JoinRequest,
  memberId: string,
  settings: GroupSettings,
  time: StepTime,
): void {
  const member = new ClassicMember({ ...request, memberId });
  member.joining = { token: request.token, apiVersion: request.apiVersion };
  member.isNew = true;
  member.deadlineMs = time.nowMs + newMemberJoinTimeoutMs;
  group.lookBy(member.deadlineMs);
  group.pending.delete(memberId);
  if (group.members.size === 0) group.protocolType = request.protocolType;
  group.add(member);
  if (group.initialWait !== null) group.initialWait.hasGrown = true;
  memberJoins(group, settings, time);
}

function rejoin(group: ClassicGroup, request: JoinRequest, settings: GroupSettings, time: StepTime): void {
  const { memberId, groupInstanceId } = request;
  if (group.pending.has(memberId) && groupInstanceId === null) {
    addMember(group, request, memberId, settings, time);
    return;
  }
  const member = group.need(memberId, groupInstanceId, null);
  switch (group.phase) {
    case "preparing": {
      comeBack(group, member, request, settings, time);
      return;
    }
    case "completing":
      if (!member.hasSameProtocols(request.protocols)) {
        comeBack(group, member, request, settings, time);
        return;
      }
      {
        answerAsIs(group, member, request, time);
        return;
      }
    case "stable":
      // The leader asks for a new assignment by coming back: only it knows why.
      if (memberId === group.leader || !member.hasSameProtocols(request.protocols)) {
        comeBack(group, member, request, settings, time);
        return;
      }
      {
        answerAsIs(group, member, request, time);
        return;
      }
    default:
      throw group.unknown(`member "${memberId}"`);
  }
}

/** The generation goes on; the member had not heard its answer. */
function answerAsIs(
  group: ClassicGroup,
  member: ClassicMember,
  request: JoinRequest,
  { nowMs }: StepTime,
): void {
  update(member, request);
  answerJoin(group, member, joinReply(group, member));
  group.heard(member, nowMs);
}

function comeBack(
  group: ClassicGroup,
  member: ClassicMember,
  request: JoinRequest,
  settings: GroupSettings,
  time: StepTime,
): void {
  // A second request of one member: nobody waits for the first any more.
  refuseJoin(group, member, ErrorCode.REBALANCE_IN_PROGRESS);
  update(member, request);
  memberJoins(group, settings, time);
}

function update(member: ClassicMember, request: JoinRequest): void {
  const { token, apiVersion } = request;
  member.joining = { token, apiVersion };
  member.protocols = request.protocols;
  member.clientId = request.clientId;
  member.clientHost = request.clientHost;
  member.rebalanceTimeoutMs = request.rebalanceTimeoutMs;
  member.sessionTimeoutMs = request.sessionTimeoutMs;
}

// ---- Static members ----

function joinAsStatic(
  group: ClassicGroup,
  request: JoinRequest,
  settings: GroupSettings,
  time: StepTime,
): void {
  const { newMemberId, apiVersion } = request;
  const oldId = group.statics.get(request.groupInstanceId!);
  if (oldId === undefined) {
    addMember(group, request, newMemberId, settings, time);
    return;
  }
  const member = group.members.get(oldId)!;
  refuseJoin(group, member, ErrorCode.FENCED_INSTANCE_ID);
  answerSync(group, member, ErrorCode.FENCED_INSTANCE_ID);
  const oldLeader = group.leader;
  const chosenBefore = group.protocol;
  const metadataBefore = chosenBefore === null ? null : member.metadataOf(chosenBefore);
  group.rename(member, newMemberId);
  update(member, request);
  group.heard(member, time.nowMs);
  if (group.phase === "preparing") {
    completeJoinIfAll(group, time);
    return;
  }
  const isUnchanged =
    group.phase === "stable" &&
    chosenBefore !== null &&
    group.chooseProtocol() === chosenBefore &&
    asksForTheSame(group.protocolType, metadataBefore!, member.metadataOf(chosenBefore));
  if (!isUnchanged) {
    prepareRebalance(group, settings, time);
    return;
  }
  // Its place is as it was: no rebalance. Older clients are told of another leader, lest one of them makes
  // an assignment for a generation that has one.
  const reply = joinReply(group, member);
  const isLeader = group.leader === newMemberId;
  const skips = apiVersion >= firstVersionThatSkipsAssignment;
  member.joining = null;
  group.afterPersist.set(group.persistNumber + 1, {
    kind: "joined",
    token: request.token,
    reply: skips
      ? { ...reply, skipAssignment: isLeader }
      : { ...reply, leader: oldLeader ?? "", members: [] },
  });
  persist(group);
}
