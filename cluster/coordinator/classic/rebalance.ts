// core: how a rebalance of a classic group begins, goes on and ends; and what the passing of time does. Every
// step is called with the coordinator's own time: it stands still while the process does, so that a process
// that slept expires nobody (sessions/paced-clock.ts).
//
// Source: Kafka, GroupMetadataManager and ClassicGroup (facts: rows 59 to 66 of the protocol's semantics).
import { ErrorCode } from "../../../proto/errors.ts";
import type { GroupSettings } from "../group-settings.ts";
import type { ClassicGroup, JoinReply, SyncReply } from "./classic-group.ts";
import type { ClassicMember } from "./member.ts";

export interface StepTime {
  /** The coordinator's time: deadlines are counted in it. */
  readonly nowMs: number;
  readonly wallMs: number;
}

/** From this version on protocol type and name may be null in an answer. */
const firstVersionWithNullProtocol = 7;
const nothing = new Uint8Array(0);

export function joinRefusal(errorCode: number, memberId: string, apiVersion: number): JoinReply {
  return {
    errorCode,
    generationId: -1,
    protocolType: null,
    protocolName: apiVersion >= firstVersionWithNullProtocol ? null : "",
    leader: "",
    skipAssignment: false,
    memberId,
    members: [],
  };
}

export function syncRefusal(errorCode: number): SyncReply {
  return { errorCode, protocolType: null, protocolName: null, assignment: nothing };
}

/** What a member is told of the generation as it stands. */
export function joinReply(group: ClassicGroup, member: ClassicMember): JoinReply {
  const { generation: generationId, protocolType, protocol: protocolName, leader } = group;
  return {
    errorCode: ErrorCode.NONE,
    ...{ generationId, protocolType, protocolName, leader: leader ?? "" },
    skipAssignment: false,
    memberId: member.memberId,
    members: leader === member.memberId ? group.memberList() : [],
  };
}

export function answerJoin(group: ClassicGroup, member: ClassicMember, reply: JoinReply): void {
  const { joining } = member;
  if (joining === null) return;
  member.joining = null;
  group.effects.push({ kind: "joined", token: joining.token, reply });
}

export function refuseJoin(group: ClassicGroup, member: ClassicMember, errorCode: number): void {
  // Its answer may wait for a record: what that says of the member is not so any more.
  for (const [number, effect] of group.afterPersist) {
    if (effect.kind !== "joined" || effect.reply.memberId !== member.memberId) continue;
    group.afterPersist.delete(number);
    group.effects.push({ ...effect, reply: { ...effect.reply, errorCode, members: [] } });
  }
  if (member.joining === null) return;
  answerJoin(group, member, joinRefusal(errorCode, member.memberId, member.joining.apiVersion));
}

export function answerSync(group: ClassicGroup, member: ClassicMember, errorCode: number): void {
  const { syncing } = member;
  if (syncing === null) return;
  member.syncing = null;
  const { protocolType, protocol: protocolName } = group;
  const reply =
    errorCode === ErrorCode.NONE
      ? { errorCode, protocolType, protocolName, assignment: member.assignment }
      : syncRefusal(errorCode);
  group.effects.push({ kind: "synced", token: syncing, reply });
}

/** From stable or completing to preparing; from empty to the first wait for members. */
export function prepareRebalance(group: ClassicGroup, settings: GroupSettings, time: StepTime): void {
  if (group.phase === "completing") cancelSyncs(group, time);
  const wasEmpty = group.phase === "empty";
  group.syncDeadlineMs = Number.POSITIVE_INFINITY;
  group.syncPersist = null;
  group.unsynced.clear();
  group.enter("preparing", time.wallMs);
  const { rebalanceTimeoutMs } = group;
  const firstMs = settings.initialRebalanceDelayMs;
  group.initialWait = wasEmpty
    ? { leftMs: Math.max(0, rebalanceTimeoutMs - firstMs), hasGrown: false }
    : null;
  group.joinDeadlineMs = time.nowMs + (wasEmpty ? firstMs : rebalanceTimeoutMs);
  group.lookBy(group.joinDeadlineMs);
  completeJoinIfAll(group, time);
}

function cancelSyncs(group: ClassicGroup, { nowMs }: StepTime): void {
  for (const member of group.members.values()) {
    member.assignment = nothing;
    if (member.syncing === null) continue;
    answerSync(group, member, ErrorCode.REBALANCE_IN_PROGRESS);
    group.heard(member, nowMs);
  }
}

/** A member was added or changed its mind. */
export function memberJoins(group: ClassicGroup, settings: GroupSettings, time: StepTime): void {
  const { phase } = group;
  if (phase === "empty" || phase === "stable" || phase === "completing")
    prepareRebalance(group, settings, time);
  else completeJoinIfAll(group, time);
}

/** A member went. */
export function memberWent(group: ClassicGroup, settings: GroupSettings, time: StepTime): void {
  if (group.phase === "stable" || group.phase === "completing") prepareRebalance(group, settings, time);
  else completeJoinIfAll(group, time);
}

export function completeJoinIfAll(group: ClassicGroup, time: StepTime): void {
  if (group.phase === "preparing" && group.initialWait === null && group.haveAllJoined)
    completeJoin(group, time);
}

/** Takes a member out, whoever waits for it is told. */
export function removeMember(group: ClassicGroup, member: ClassicMember): void {
  refuseJoin(group, member, ErrorCode.UNKNOWN_MEMBER_ID);
  answerSync(group, member, ErrorCode.UNKNOWN_MEMBER_ID);
  group.remove(member.memberId);
}

/** All are here, or the time is up: the next generation begins with those that are. */
function completeJoin(group: ClassicGroup, time: StepTime): void {
  for (const member of [...group.members.values()])
    if (member.joining === null && !member.isStatic) removeMember(group, member);
  const joined = [...group.members.values()].filter(({ joining }) => joining !== null);
  if (group.members.size > 0 && joined.length === 0) {
    // Static members only, and none has come back: they keep their places until their sessions are over.
    group.joinDeadlineMs = time.nowMs + group.rebalanceTimeoutMs;
    group.lookBy(group.joinDeadlineMs);
    return;
  }
  group.joinDeadlineMs = Number.POSITIVE_INFINITY;
  group.initialWait = null;
  group.generation++;
  if (group.members.size === 0) {
    becomeEmpty(group, time);
    return;
  }
  if (!joined.some(({ memberId }) => memberId === group.leader)) group.leader = joined[0]!.memberId;
  group.protocol = group.chooseProtocol();
  group.enter("completing", time.wallMs);
  for (const member of group.members.values()) {
    member.assignment = nothing;
    if (member.joining === null) continue;
    answerJoin(group, member, joinReply(group, member));
    member.isNew = false;
    group.unsynced.add(member.memberId);
    group.heard(member, time.nowMs);
  }
  group.syncDeadlineMs = time.nowMs + group.rebalanceTimeoutMs;
  group.lookBy(group.syncDeadlineMs);
}

function becomeEmpty(group: ClassicGroup, time: StepTime): void {
  group.protocol = null;
  group.leader = null;
  group.enter("empty", time.wallMs);
  persist(group);
}

/** The group as it is now goes to the log. */
export function persist(group: ClassicGroup): void {
  group.persistNumber++;
  group.effects.push({ kind: "persist", value: group.toRecord(), number: group.persistNumber });
}

/** What the passing of time does: sessions, pending ids, the ends of joining and of syncing. */
export function passTime(group: ClassicGroup, settings: GroupSettings, time: StepTime): void {
  const { nowMs } = time;
  const hasLostPending = expirePending(group, nowMs);
  let hasLost = false;
  for (const member of [...group.members.values()]) {
    if (member.isExcused || member.deadlineMs > nowMs) continue;
    removeMember(group, member);
    hasLost = true;
  }
  if (hasLost) memberWent(group, settings, time);
  else if (hasLostPending) completeJoinIfAll(group, time);
  if (group.phase === "preparing" && group.joinDeadlineMs <= nowMs) endJoining(group, settings, time);
  if (group.syncDeadlineMs <= nowMs) endSyncing(group, settings, time);
  if (group.repeatAtMs <= nowMs) repeatEmpty(group);
  group.earliestMs = nextDeadline(group);
}

/** Once it has members again, their generation says more. */
function repeatEmpty(group: ClassicGroup): void {
  group.repeatAtMs = Number.POSITIVE_INFINITY;
  if (group.phase === "empty") persist(group);
}

function expirePending(group: ClassicGroup, nowMs: number): boolean {
  const before = group.pending.size;
  for (const [memberId, { deadlineMs }] of [...group.pending])
    if (deadlineMs <= nowMs) group.pending.delete(memberId);
  return group.pending.size < before;
}

/** An empty group waits on while members keep coming, up to their rebalance timeout. */
function endJoining(group: ClassicGroup, settings: GroupSettings, time: StepTime): void {
  const wait = group.initialWait;
  if (wait?.hasGrown && wait.leftMs > 0) {
    const delayMs = Math.min(settings.initialRebalanceDelayMs, wait.leftMs);
    group.initialWait = { leftMs: wait.leftMs - delayMs, hasGrown: false };
    group.joinDeadlineMs = time.nowMs + delayMs;
    return;
  }
  completeJoin(group, time);
}

/** Who has not asked for its assignment is not there any more; the leader may have been, and others. */
function endSyncing(group: ClassicGroup, settings: GroupSettings, time: StepTime): void {
  group.syncDeadlineMs = Number.POSITIVE_INFINITY;
  const gone = [...group.unsynced].map((memberId) => group.members.get(memberId));
  for (const member of gone) if (member !== undefined) removeMember(group, member);
  group.unsynced.clear();
  if (gone.length > 0) prepareRebalance(group, settings, time);
}

function nextDeadline(group: ClassicGroup): number {
  let earliest = group.repeatAtMs;
  if (group.phase === "preparing") earliest = Math.min(earliest, group.joinDeadlineMs);
  if (group.unsynced.size > 0) earliest = Math.min(earliest, group.syncDeadlineMs);
  for (const member of group.members.values())
    if (!member.isExcused) earliest = Math.min(earliest, member.deadlineMs);
  for (const { deadlineMs } of group.pending.values()) earliest = Math.min(earliest, deadlineMs);
  return earliest;
}
