// core: SyncGroup, Heartbeat and LeaveGroup of the classic protocol, and what the commit of a record changes.
// Refusals are thrown; the answer of SyncGroup is an effect, those of the others come back.
//
// Source: kafka-protocol SyncGroup, Heartbeat, LeaveGroup; KIP-345.
import { BrokerError, ErrorCode } from "../../../proto/errors.ts";
import type { GroupSettings } from "../group-settings.ts";
import type { ClassicGroup } from "./classic-group.ts";
import type { ClassicMember, Token } from "./member.ts";
import {
  answerSync,
  completeJoinIfAll,
  memberWent,
  persist,
  prepareRebalance,
  removeMember,
  type StepTime,
} from "./rebalance.ts";

export interface SyncRequest {
  readonly token: Token;
  readonly generation: number;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly assignments: readonly { readonly memberId: string; readonly assignment: Uint8Array }[];
}

export function syncGroup(group: ClassicGroup, request: SyncRequest, time: StepTime): void {
  const { memberId, groupInstanceId, generation, token } = request;
  const member = group.need(memberId, groupInstanceId, generation);
  checkGeneration(group, generation);
  checkProtocol(group, request);
  switch (group.phase) {
    case "preparing":
      throw new BrokerError("REBALANCE_IN_PROGRESS", rebalancing(group));
    case "completing":
      // A second request of one member: nobody waits for the first any more.
      answerSync(group, member, ErrorCode.REBALANCE_IN_PROGRESS);
      member.syncing = token;
      group.unsynced.delete(memberId);
      if (memberId === group.leader && group.syncPersist === null) takeAssignments(group, request);
      return;
    case "stable":
      group.unsynced.delete(memberId);
      member.syncing = token;
      answerSync(group, member, ErrorCode.NONE);
      group.heard(member, time.nowMs);
      return;
    default:
      throw group.unknown(`member "${memberId}"`);
  }
}

function takeAssignments(group: ClassicGroup, { assignments }: SyncRequest): void {
  const byMember = new Map(assignments.map(({ memberId, assignment }) => [memberId, assignment]));
  for (const member of group.members.values())
    member.assignment = byMember.get(member.memberId) ?? new Uint8Array(0);
  group.syncPersist = group.persistNumber + 1;
  persist(group);
}

/** Its record is committed: whoever waited for it is answered. */
export function persisted(group: ClassicGroup, number: number, time: StepTime): void {
  group.settledNumber = Math.max(group.settledNumber, number);
  const answer = group.afterPersist.get(number);
  if (answer !== undefined) {
    group.afterPersist.delete(number);
    group.effects.push(answer);
  }
  if (group.syncPersist !== number) return;
  group.syncPersist = null;
  if (group.phase !== "completing") return;
  group.enter("stable", time.wallMs);
  for (const member of group.members.values()) {
    if (member.syncing === null) continue;
    answerSync(group, member, ErrorCode.NONE);
    group.heard(member, time.nowMs);
  }
}

/** Between tries to tell the log that a group is empty. */
const repeatAfterMs = 1_000;

/**
 * It could not be written, for that reason: the leader has to say it again, after a rebalance. That a group
 * is empty nobody says again: it is kept until the log has it, lest its old members come back to life.
 */
export function persistFailed(
  group: ClassicGroup,
  { number, errorCode }: { readonly number: number; readonly errorCode: number },
  settings: GroupSettings,
  time: StepTime,
): void {
  group.settledNumber = Math.max(group.settledNumber, number);
  const answer = group.afterPersist.get(number);
  group.afterPersist.delete(number);
  if (answer?.kind === "joined") {
    const reply = { ...answer.reply, errorCode, members: [] };
    group.effects.push({ ...answer, reply });
  }
  if (group.phase === "empty" && number === group.persistNumber) {
    group.repeatAtMs = time.nowMs + repeatAfterMs;
    group.lookBy(group.repeatAtMs);
  }
  if (group.syncPersist !== number) return;
  group.syncPersist = null;
  if (group.phase !== "completing") return;
  for (const member of group.members.values()) {
    if (member.syncing === null) continue;
    answerSync(group, member, errorCode);
    group.heard(member, time.nowMs);
  }
  prepareRebalance(group, settings, time);
}

export interface HeartbeatRequest {
  readonly generation: number;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
}

/** Answers the error code: NONE, or REBALANCE_IN_PROGRESS for a member that lives but has to come back. */
export function heartbeat(group: ClassicGroup, request: HeartbeatRequest, { nowMs }: StepTime): number {
  const member = group.need(request.memberId, request.groupInstanceId, request.generation);
  checkGeneration(group, request.generation);
  switch (group.phase) {
    case "preparing":
      group.heard(member, nowMs);
      return ErrorCode.REBALANCE_IN_PROGRESS;
    case "completing":
    case "stable":
      group.heard(member, nowMs);
      return ErrorCode.NONE;
    default:
      throw group.unknown(`member "${request.memberId}"`);
  }
}

function checkGeneration(group: ClassicGroup, generation: number): void {
  if (generation === group.generation) return;
  const text =
    `generation ${generation} was named, and group "${group.groupId}" is in generation ` +
    `${group.generation}: the member has to join again`;
  throw new BrokerError("ILLEGAL_GENERATION", text);
}

function checkProtocol(group: ClassicGroup, { protocolType, protocolName }: SyncRequest): void {
  const isOther =
    (protocolType !== null && protocolType !== group.protocolType) ||
    (protocolName !== null && protocolName !== group.protocol);
  if (!isOther) return;
  const text =
    `group "${group.groupId}" goes by ${group.protocolType}/${group.protocol}, and the member syncs by ` +
    `${protocolType}/${protocolName}`;
  throw new BrokerError("INCONSISTENT_GROUP_PROTOCOL", text);
}

function rebalancing(group: ClassicGroup): string {
  return `group "${group.groupId}" is being rebalanced: the member has to join again`;
}

// ---- Leaving ----

export interface Leaver {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
}

/** Takes members out; answers an error code for each, in order. */
export function leaveGroup(
  group: ClassicGroup,
  leavers: readonly Leaver[],
  settings: GroupSettings,
  time: StepTime,
): number[] {
  let hasLost = false;
  const codes = leavers.map((leaver) => {
    // It was no member yet: nobody has to come back for it.
    if (group.pending.delete(leaver.memberId)) return ErrorCode.NONE;
    try {
      removeMember(group, leaving(group, leaver));
      hasLost = true;
      return ErrorCode.NONE;
    } catch (error) {
      if (error instanceof BrokerError) return error.code;
      throw error;
    }
  });
  if (hasLost) memberWent(group, settings, time);
  else completeJoinIfAll(group, time);
  return codes;
}

/** An administrator names an instance alone. */
function leaving(group: ClassicGroup, { memberId, groupInstanceId }: Leaver): ClassicMember {
  // Whoever leaves names no generation that could show that it is newer, and would not join again.
  if (memberId !== "" || groupInstanceId === null)
    return group.need(memberId, groupInstanceId, group.loadedGeneration);
  const current = group.statics.get(groupInstanceId);
  if (current === undefined) throw group.unknown(`instance "${groupInstanceId}"`);
  return group.need(current, groupInstanceId, group.loadedGeneration);
}

// ---- Committing offsets ----

/** Of an administrator, or of a client that reads partitions of its own choice: no generation is named. */
export function isFromOutside({ generation }: HeartbeatRequest): boolean {
  return generation < 0;
}

/**
 * Says whether a member may commit offsets. Throws UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID, ILLEGAL_GENERATION,
 * REBALANCE_IN_PROGRESS. A member that may is heard of by that.
 */
export function checkCommit(group: ClassicGroup, request: HeartbeatRequest, { nowMs }: StepTime): void {
  const { generation, memberId, groupInstanceId } = request;
  if (isFromOutside(request) && group.phase === "empty") return;
  if (isFromOutside(request) && memberId === "" && groupInstanceId === null) {
    const text =
      `group "${group.groupId}" has members; offsets can be set from outside once they have left ` +
      "(or by a member)";
    throw new BrokerError("UNKNOWN_MEMBER_ID", text);
  }
  const member = group.need(memberId, groupInstanceId, generation);
  checkGeneration(group, generation);
  if (group.phase === "completing") throw new BrokerError("REBALANCE_IN_PROGRESS", rebalancing(group));
  group.heard(member, nowMs);
}
