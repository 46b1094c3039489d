// shell: the classic groups of one shard: carries out what their core decides. A request that has to wait is
// a token in the core and a promise here.
//
// Keeps true: every request is answered, at the latest when the shard is dropped; a group's record is
// proposed in the same turn as the step that made it, so records have the order of the steps.

import { limits } from "../../../base/limits.ts";
import type { Clock } from "../../../base/ports/clock.ts";
import { BrokerError, ErrorCode } from "../../../proto/errors.ts";
import { ClassicGroup, type Effect, type JoinReply, type SyncReply } from "../classic/classic-group.ts";
import { ClassicGroups } from "../classic/classic-groups.ts";
import { type JoinRequest, joinGroup } from "../classic/join.ts";
import {
  answerSync,
  joinRefusal,
  passTime,
  prepareRebalance,
  refuseJoin,
  type StepTime,
  syncRefusal,
} from "../classic/rebalance.ts";
import {
  checkCommit,
  type HeartbeatRequest,
  heartbeat,
  isFromOutside,
  type Leaver,
  leaveGroup,
  persisted,
  persistFailed,
  type SyncRequest,
  syncGroup,
} from "../classic/sync.ts";
import type { ClassicProtocols } from "../consumer/consumer-decision.ts";
import type { GroupSettings } from "../group-settings.ts";
import type { ClassicGroupRecord } from "../state/group-state.ts";
import type { PacedClock } from "./paced-clock.ts";
import type { ShardPort } from "./shard-port.ts";

export interface ClassicSurroundings {
  readonly clock: Clock;
  readonly paced: PacedClock;
  settings(): GroupSettings;
  /** The paced clock has to tick from now on. */
  onDeadlines(): void;
  /** For metrics: a generation became stable. */
  onRebalanced(): void;
}

interface Waiting {
  readonly apiVersion: number;
  readonly memberId: string;
  readonly kind: "join" | "sync";
  answer(reply: JoinReply | SyncReply): void;
}

type Unnumbered<T> = Omit<T, "token">;

export class ClassicSide {
  readonly #shard: ShardPort;
  readonly #surroundings: ClassicSurroundings;
  #groups = new ClassicGroups();
  readonly #waiting = new Map<number, Waiting>();
  #lastToken = 0;

  constructor(shard: ShardPort, surroundings: ClassicSurroundings) {
    this.#shard = shard;
    this.#surroundings = surroundings;
  }

  // ---- The life of the shard ----

  /** All of the log is in the state. */
  load(): void {
    this.#groups = new ClassicGroups();
    this.#groups.load(this.#shard.groups(), this.#time());
    this.#planLooks();
  }

  /** The leadership is over: nothing of this counts any more. */
  drop(): void {
    this.#groups = new ClassicGroups();
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    const code = ErrorCode.NOT_COORDINATOR;
    for (const { kind, memberId, apiVersion, answer } of waiting)
      answer(kind === "join" ? joinRefusal(code, memberId, apiVersion) : syncRefusal(code));
  }

  tick(): void {
    const { nowMs } = this.#time();
    for (;;) {
      const group = this.#groups.takeDue(nowMs);
      if (group === null) return;
      this.#step(group, () => passTime(group, this.#surroundings.settings(), this.#time()));
    }
  }

  /** Of all groups; found by counting. */
  get members(): number {
    let members = 0;
    for (const group of this.#groups.values()) members += group.members.size;
    return members;
  }

  get hasDeadlines(): boolean {
    return this.#groups.hasDeadlines;
  }

  #planLooks(): void {
    if (this.#groups.hasDeadlines) this.#surroundings.onDeadlines();
  }

  // ---- Requests: all throw, or reject with, BrokerError ----

  /** Answers once the rebalance that it causes or finds is over. */
  join(groupId: string, request: Unnumbered<JoinRequest>): Promise<JoinReply> {
    this.#shard.needLoaded();
    const { memberId, apiVersion } = request;
    const state = this.#shard.group(groupId);
    const known = this.#groups.find(groupId) ?? (state?.classic ? this.#get(groupId) : null);
    if (known === null && memberId !== "") throw unknownGroup(groupId, memberId);
    const group = known ?? this.#get(groupId);
    return this.#wait<JoinReply>(group, { kind: "join", memberId, apiVersion }, (token) =>
      joinGroup(group, { ...request, token }, this.#surroundings.settings(), this.#time()),
    );
  }

  /** Answers once the leader's assignment is committed. */
  sync(groupId: string, request: Unnumbered<SyncRequest>): Promise<SyncReply> {
    const { memberId } = request;
    const group = this.#need(groupId, memberId);
    return this.#wait<SyncReply>(group, { kind: "sync", memberId, apiVersion: 0 }, (token) =>
      syncGroup(group, { ...request, token }, this.#time()),
    );
  }

  /** The error code of the answer. */
  heartbeat(groupId: string, request: HeartbeatRequest): number {
    const group = this.#need(groupId, request.memberId);
    return this.#step(group, () => heartbeat(group, request, this.#time()));
  }

  /** An error code for each. */
  leave(groupId: string, leavers: readonly Leaver[]): number[] {
    const group = this.#need(groupId, leavers[0]?.memberId ?? "");
    const { settings } = this.#surroundings;
    return this.#step(group, () => leaveGroup(group, leavers, settings(), this.#time()));
  }

  /** Throws when the sender may not commit offsets for the group. */
  checkCommit(groupId: string, request: HeartbeatRequest): void {
    this.#shard.needLoaded();
    const group = this.find(groupId);
    if (group === null) {
      if (isFromOutside(request)) return;
      throw unknownGroup(groupId, request.memberId);
    }
    this.#step(group, () => checkCommit(group, request, this.#time()));
  }

  /** Null: the log has no members of it, and nobody is on the way. */
  find(groupId: string): ClassicGroup | null {
    const known = this.#groups.find(groupId);
    if (known !== null) return known;
    const classic = this.#shard.group(groupId)?.classic ?? null;
    if (classic === null) return null;
    // Of an empty one the log says all: looking at thousands of them keeps none.
    return classic.members.length > 0
      ? this.#get(groupId)
      : ClassicGroup.load(groupId, classic, this.#time().nowMs);
  }

  values(): Iterable<ClassicGroup> {
    return this.#groups.values();
  }

  /** It was deleted, or goes on by the other protocol. */
  forget(groupId: string): void {
    const group = this.#groups.find(groupId);
    if (group !== null) this.#groups.forget(group);
  }

  // ---- Groups that change between the protocols ----

  /** A group with members, as its record would be now. Null: there is none, the log says all. */
  convertible(groupId: string): { record: ClassicGroupRecord; protocols: ClassicProtocols } | null {
    const group = this.#groups.find(groupId);
    if (group === null || group.members.size === 0) return null;
    const protocols = new Map([...group.members].map(([memberId, member]) => [memberId, member.protocols]));
    return { record: group.toRecord(), protocols };
  }

  /** It goes by the consumer protocol from now on: its members have to join again, there. */
  release(groupId: string): void {
    const group = this.#groups.find(groupId);
    if (group === null) return;
    for (const member of group.members.values()) {
      refuseJoin(group, member, ErrorCode.REBALANCE_IN_PROGRESS);
      answerSync(group, member, ErrorCode.REBALANCE_IN_PROGRESS);
    }
    for (const effect of group.takeEffects()) this.#carryOut(group, effect);
    this.#groups.forget(group);
  }

  /** It went by the consumer protocol until now. */
  adopt(
    groupId: string,
    from: { record: ClassicGroupRecord; protocols: ClassicProtocols; rebalance: boolean },
  ): void {
    const { settings } = this.#surroundings;
    const group = this.#groups.adopt(ClassicGroup.load(groupId, from.record, this.#time().nowMs));
    for (const member of group.members.values())
      member.protocols = from.protocols.get(member.memberId) ?? member.protocols;
    this.#step(group, () => {
      if (from.rebalance) prepareRebalance(group, settings(), this.#time());
    });
  }

  #get(groupId: string): ClassicGroup {
    return this.#groups.get(groupId, this.#shard.group(groupId), this.#time());
  }

  #need(groupId: string, memberId: string): ClassicGroup {
    this.#shard.needLoaded();
    const group = this.find(groupId);
    if (group === null) throw unknownGroup(groupId, memberId);
    return group;
  }

  #time(): StepTime {
    const { paced, clock } = this.#surroundings;
    return { nowMs: paced.nowMs, wallMs: clock.wallMs() };
  }

  // ---- Steps and their effects ----

  #wait<Reply extends JoinReply | SyncReply>(
    group: ClassicGroup,
    facts: Omit<Waiting, "answer">,
    step: (token: number) => void,
  ): Promise<Reply> {
    if (this.#waiting.size >= limits.groupRequestsWaitingMax) {
      const text = `${this.#waiting.size} requests wait for rebalances on this shard; try again later`;
      throw new BrokerError("COORDINATOR_NOT_AVAILABLE", text);
    }
    const token = ++this.#lastToken;
    const { promise, resolve } = Promise.withResolvers<Reply>();
    this.#waiting.set(token, { ...facts, answer: (reply) => resolve(reply as Reply) });
    try {
      this.#step(group, () => step(token));
    } catch (error) {
      this.#waiting.delete(token);
      throw error;
    }
    return promise;
  }

  #step<T>(group: ClassicGroup, run: () => T): T {
    try {
      return run();
    } finally {
      for (const effect of group.takeEffects()) this.#carryOut(group, effect);
      this.#groups.stepped(group);
      this.#planLooks();
    }
  }

  #carryOut(group: ClassicGroup, effect: Effect): void {
    if (effect.kind === "persist") {
      this.#persist(group, effect);
      return;
    }
    const waiting = this.#waiting.get(effect.token);
    this.#waiting.delete(effect.token);
    waiting?.answer(effect.reply);
  }

  #persist(group: ClassicGroup, { value, number }: Extract<Effect, { kind: "persist" }>): void {
    const { groupId } = group;
    const groups = this.#groups;
    const proposed = this.#shard.propose(() => ({
      records: [{ kind: "classicGroup", groupId, value }],
      reply: null,
    }));
    // After a drop the group is of a leadership that is over.
    const isCurrent = (): boolean => this.#groups === groups && groups.find(groupId) === group;
    proposed.then(
      () => {
        if (!isCurrent()) return;
        if (value.members.length > 0) this.#surroundings.onRebalanced();
        this.#step(group, () => persisted(group, number, this.#time()));
      },
      (error: unknown) => {
        if (!(error instanceof BrokerError)) throw error;
        if (!isCurrent()) return;
        const { settings } = this.#surroundings;
        const failed = { number, errorCode: error.code };
        this.#step(group, () => persistFailed(group, failed, settings(), this.#time()));
      },
    );
  }
}

function unknownGroup(groupId: string, memberId: string): BrokerError {
  const text = `there is no group "${groupId}" with a member "${memberId}" here: it has to join again`;
  return new BrokerError("UNKNOWN_MEMBER_ID", text);
}
