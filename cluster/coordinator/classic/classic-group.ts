// core: a group of the classic protocol while its coordinator lives: members, who waits for what, and in
// which phase of a rebalance it is. Holds facts; what moves it from phase to phase stands in rebalance.ts and
// in the files of the requests.
//
//              join                     all joined, or time is up           leader's assignment committed
//   empty --------------> preparing -------------------------> completing -----------------------> stable
//     ^                    ^     ^                               | join, leave, expiry               |
//     |  nobody joined     |     +-------------------------------+                                   |
//     +--------------------+------------------------------- join, leave, expiry ---------------------+
//
// Only its stable and its empty generations are in the log (state/group-state.ts). The rest is of this
// coordinator alone, and a new one begins with the last of those and with fresh sessions.
import { assert } from "../../../base/assert.ts";
import { BrokerError } from "../../../proto/errors.ts";
import type { ResponseOf } from "../../../proto/kafka/apis.ts";
import type { ClassicGroupRecord } from "../state/group-state.ts";
import { ClassicMember, type Protocol, type Token } from "./member.ts";

export type Phase = "empty" | "preparing" | "completing" | "stable" | "dead";

/** As Kafka's tools name them. */
export const phaseNames: Readonly<Record<Phase, string>> = {
  empty: "Empty",
  preparing: "PreparingRebalance",
  completing: "CompletingRebalance",
  stable: "Stable",
  dead: "Dead",
};

export type JoinReply = Omit<ResponseOf<"JoinGroup">, "throttleTimeMs">;
export type SyncReply = Omit<ResponseOf<"SyncGroup">, "throttleTimeMs">;

/** What the shell does after a step. */
export type Effect =
  | { readonly kind: "joined"; readonly token: Token; readonly reply: JoinReply }
  | { readonly kind: "synced"; readonly token: Token; readonly reply: SyncReply }
  /** Write it down; then `persisted` with the same generation and number, or `persistFailed`. */
  | { readonly kind: "persist"; readonly value: ClassicGroupRecord; readonly number: number };

/** A member id that was handed out and has not come back to join. */
interface PendingMember {
  deadlineMs: number;
}

export class ClassicGroup {
  readonly groupId: string;
  phase: Phase = "empty";
  generation = 0;
  /** The generation that the log had when this coordinator began. */
  loadedGeneration = 0;
  protocolType: string | null = null;
  protocol: string | null = null;
  leader: string | null = null;
  stateSinceMs: number;
  readonly members = new Map<string, ClassicMember>();
  /** Member ids by instance id. */
  readonly statics = new Map<string, string>();
  readonly pending = new Map<string, PendingMember>();
  /** Members of this generation that have not asked for their assignment. */
  readonly unsynced = new Set<string>();
  /** When the phase of joining ends; infinity while there is none. */
  joinDeadlineMs = Number.POSITIVE_INFINITY;
  /** Of an empty group that begins: it waits for more members, and so long more at most. */
  initialWait: { leftMs: number; hasGrown: boolean } | null = null;
  syncDeadlineMs = Number.POSITIVE_INFINITY;
  /** When the log, which refused it, is told again that the group is empty. */
  repeatAtMs = Number.POSITIVE_INFINITY;
  /** Lower bound of all deadlines: no look at the group is needed before. */
  earliestMs = Number.POSITIVE_INFINITY;
  /** Numbers of records: the last that was proposed, and the last that is committed or has failed. */
  persistNumber = 0;
  settledNumber = 0;
  /** Of the record with the leader's assignment, while that is on its way. */
  syncPersist: number | null = null;
  /** Answers that go out once the record of that number is committed. */
  readonly afterPersist = new Map<number, Effect>();
  effects: Effect[] = [];

  constructor(groupId: string, wallMs: number) {
    this.groupId = groupId;
    this.stateSinceMs = wallMs;
  }

  /** As the log has it; every member's session begins anew at `nowMs`. */
  static load(groupId: string, record: ClassicGroupRecord, nowMs: number): ClassicGroup {
    const group = new ClassicGroup(groupId, record.stateSinceMs);
    group.generation = record.generation;
    group.loadedGeneration = record.generation;
    group.protocolType = record.protocolType === "" ? null : record.protocolType;
    group.protocol = record.protocol;
    group.leader = record.leader;
    for (const one of record.members) group.add(ClassicMember.fromRecord(one, record.protocol));
    group.phase = group.members.size === 0 ? "empty" : "stable";
    for (const member of group.members.values()) group.heard(member, nowMs);
    return group;
  }

  get isPersisting(): boolean {
    return this.settledNumber < this.persistNumber;
  }

  toRecord(): ClassicGroupRecord {
    const { protocolType, generation, protocol, leader, stateSinceMs } = this;
    const members = protocol === null ? [] : [...this.members.values()].map((one) => one.toRecord(protocol));
    return { protocolType: protocolType ?? "", generation, protocol, leader, stateSinceMs, members };
  }

  takeEffects(): Effect[] {
    const { effects } = this;
    if (effects.length > 0) this.effects = [];
    return effects;
  }

  enter(phase: Phase, wallMs: number): void {
    this.phase = phase;
    this.stateSinceMs = wallMs;
  }

  // ---- Members ----

  add(member: ClassicMember): void {
    const { memberId, groupInstanceId } = member;
    assert(!this.members.has(memberId), `group ${this.groupId}: member ${memberId} was added twice`);
    this.members.set(memberId, member);
    if (groupInstanceId !== null) this.statics.set(groupInstanceId, memberId);
    this.leader ??= memberId;
  }

  remove(memberId: string): ClassicMember | null {
    const member = this.members.get(memberId);
    if (member === undefined) return null;
    this.members.delete(memberId);
    this.unsynced.delete(memberId);
    const { groupInstanceId } = member;
    if (groupInstanceId !== null && this.statics.get(groupInstanceId) === memberId)
      this.statics.delete(groupInstanceId);
    if (this.leader === memberId) this.leader = [...this.members.keys()][0] ?? null;
    return member;
  }

  /** The instance came back under a new member id: it takes the place of the old one. */
  rename(member: ClassicMember, memberId: string): void {
    const old = member.memberId;
    const wasLeader = this.leader === old;
    const wasUnsynced = this.unsynced.has(old);
    this.remove(old);
    member.memberId = memberId;
    member.isSilentSinceLoad = false;
    this.add(member);
    if (wasLeader) this.leader = memberId;
    if (wasUnsynced) this.unsynced.add(memberId);
  }

  /** Its session begins anew. */
  heard(member: ClassicMember, nowMs: number): void {
    member.deadlineMs = nowMs + member.sessionTimeoutMs;
    this.lookBy(member.deadlineMs);
  }

  lookBy(deadlineMs: number): void {
    if (deadlineMs < this.earliestMs) this.earliestMs = deadlineMs;
  }

  /** The longest any of them needs to come back. */
  get rebalanceTimeoutMs(): number {
    let longest = 0;
    for (const { rebalanceTimeoutMs } of this.members.values())
      longest = Math.max(longest, rebalanceTimeoutMs);
    return longest;
  }

  get haveAllJoined(): boolean {
    if (this.pending.size > 0) return false;
    for (const { joining } of this.members.values()) if (joining === null) return false;
    return true;
  }

  /**
   * The member that a request names, in the generation that it names (null: in none). Throws
   * FENCED_INSTANCE_ID when its instance has come back under another id since, UNKNOWN_MEMBER_ID when there
   * is no such member.
   */
  need(memberId: string, groupInstanceId: string | null, generation: number | null): ClassicMember {
    if (groupInstanceId !== null) {
      const current = this.statics.get(groupInstanceId);
      if (current === undefined) throw this.unknown(`instance "${groupInstanceId}"`);
      if (current !== memberId) throw this.#otherThan(current, memberId, groupInstanceId, generation);
    }
    const member = this.members.get(memberId);
    if (member === undefined) throw this.unknown(`member "${memberId}"`);
    member.isSilentSinceLoad = false;
    return member;
  }

  /**
   * Two ids of one instance: usually the one that is not in the group is the older one. The last coordinator
   * may have given the instance a new id, though, in a generation that never reached the log. It is to join
   * again then: to fence it would stop the only process that there is.
   */
  #otherThan(
    current: string,
    memberId: string,
    groupInstanceId: string,
    generation: number | null,
  ): BrokerError {
    const mayBeNewer = generation === null || generation > this.loadedGeneration;
    return this.members.get(current)!.isSilentSinceLoad && mayBeNewer
      ? this.unknown(`member "${memberId}"`)
      : this.fenced(groupInstanceId, memberId);
  }

  unknown(who: string): BrokerError {
    const text = `group "${this.groupId}" has no ${who}: it left, or was silent for longer than its session`;
    return new BrokerError("UNKNOWN_MEMBER_ID", text);
  }

  fenced(groupInstanceId: string, memberId: string): BrokerError {
    const text =
      `instance "${groupInstanceId}" of group "${this.groupId}" has come back under another member id than ` +
      `"${memberId}": there may be one process with this group.instance.id only`;
    return new BrokerError("FENCED_INSTANCE_ID", text);
  }

  // ---- Protocols ----

  /** Whether a member with these can be in the group. */
  accepts(protocolType: string, protocols: readonly Protocol[], except: string | null = null): boolean {
    if (protocolType === "" || protocols.length === 0) return false;
    const others = [...this.members.values()].filter(({ memberId }) => memberId !== except);
    if (others.length === 0) return this.members.size === 0 || this.protocolType === protocolType;
    if (this.protocolType !== protocolType) return false;
    return protocols.some(({ name }) => others.every((member) => member.supports(name)));
  }

  /** The protocol most members prefer, of those that all support. Null: there is none, or no member. */
  chooseProtocol(): string | null {
    const members = [...this.members.values()];
    const [first] = members;
    if (first === undefined) return null;
    const candidates = first.protocols.filter(({ name }) => members.every((member) => member.supports(name)));
    const votes = new Map(candidates.map(({ name }) => [name, 0]));
    for (const member of members) {
      const favourite = member.protocols.find(({ name }) => votes.has(name));
      if (favourite !== undefined) votes.set(favourite.name, votes.get(favourite.name)! + 1);
    }
    let chosen: string | null = null;
    for (const [name, count] of votes) if (chosen === null || count > votes.get(chosen)!) chosen = name;
    return chosen;
  }

  /** What the leader is told of everybody, for the protocol of this generation. */
  memberList(): JoinReply["members"] {
    const { protocol } = this;
    if (protocol === null) return [];
    return [...this.members.values()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      metadata: member.metadataOf(protocol),
    }));
  }
}
