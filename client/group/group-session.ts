// shell: a consumer's life in its group: the membership of whichever protocol, commits, and the watch over
// whether the program still asks for records. Keeps true: what is committed by itself was processed; a
// program that does not ask for records does not keep partitions from those who would.
import type { ClientEnv } from "../../base/ports/env.ts";
import { randomUuid } from "../../base/uuid.ts";
import { deferred } from "../../base/waits.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { ConsumerSettings } from "../consumer/consumer-options.ts";
import type { PositionCheck } from "../consumer/position-check.ts";
import type { ReadSet } from "../consumer/read-set.ts";
import { asError, ClientError } from "../errors.ts";
import { tell } from "../events.ts";
import type { ExtraTopic } from "../run/run-source.ts";
import type { AnyTopic } from "../topics/topic.ts";
import { assignorsOf } from "./assignors/known-assignors.ts";
import { ClassicMember } from "./classic-member.ts";
import { ClassicMembership } from "./classic-membership.ts";
import type { MemberIdentity } from "./committed-offset.ts";
import { Committer } from "./committer.ts";
import { Coordinator } from "./coordinator.ts";
import type { GroupMember } from "./group-member.ts";
import { heartbeatIntervalOf, rebalanceTimeoutOf } from "./group-options.ts";
import { Handover } from "./handover.ts";
import { ModernMember, ProtocolRefused } from "./modern-member.ts";
import { ModernMembership } from "./modern-membership.ts";
import { Offsets } from "./offsets.ts";
import type { Subscription } from "./subscription.ts";
import { TopicWatch } from "./topic-watch.ts";

/**
 * Topics are looked at so often at least, by one member of a classic group and by those with a pattern: new
 * partitions are found within it, and are read once the others have heard of it by a heartbeat.
 */
const topicCheckMs = 1_500;
/**
 * What closing takes at most: for what the member is just at, the record in hand, the last commit, listeners,
 * and the farewell.
 */
const endMs = {
  work: 250,
  inHand: 500,
  runner: 10_000,
  commit: 2_000,
  listener: 2_000,
  leave: 1_000,
} as const;

export interface GroupSessionParts {
  readonly env: ClientEnv;
  readonly cluster: Cluster;
  readonly settings: ConsumerSettings;
  readonly groupId: string;
  readonly reads: ReadSet;
  readonly check: PositionCheck;
  readonly definitionOf: (topic: string) => AnyTopic;
}

interface Membership {
  readonly member: GroupMember;
  /** Settles when the member's life ends. */
  readonly ended: Promise<void>;
}

const nobody = { memberId: "", generationOrMemberEpoch: -1, groupInstanceId: null, protocol: null } as const;

export class GroupSession {
  readonly handover: Handover;
  readonly committer: Committer;
  readonly #parts: GroupSessionParts;
  readonly #coordinator: Coordinator;
  readonly #watch: TopicWatch;
  #subscription: Subscription | null = null;
  #membership: Membership | null = null;
  /** Topics that are read besides, and by whose definition. */
  readonly #extras = new Map<string, string>();
  #isRefused = false;
  #leaving: Promise<void> | null = null;
  #isWatching = false;
  #isClosed = false;

  constructor(parts: GroupSessionParts) {
    const { env, cluster, settings, groupId, reads } = parts;
    this.#parts = parts;
    this.#coordinator = new Coordinator(env, cluster, settings, groupId);
    const extras = (): Iterable<string> => this.#extras.keys();
    this.#watch = new TopicWatch(cluster, { timeoutMs: settings.requestTimeoutMs, extras });
    const identity = (): MemberIdentity => this.identity;
    const lines = { coordinator: this.#coordinator, sleeper: cluster.sleeper, identity };
    const isStableOnly = settings.isolation === "readCommitted";
    const offsets = new Offsets(env, lines, { groupId, isStableOnly });
    this.committer = new Committer({
      env,
      settings,
      groupId,
      reads,
      offsets,
      sleeper: cluster.sleeper,
      isMember: () => this.#membership !== null,
      heard: (verdict) => this.#membership?.member.heard(verdict),
    });
    this.handover = new Handover({
      env,
      cluster,
      settings,
      groupId,
      reads,
      offsets,
      progress: this.committer.progress,
      definitionOf: (topic) => {
        const of = this.#extras.get(topic);
        return of === undefined ? parts.definitionOf(topic) : { ...parts.definitionOf(of), name: topic };
      },
      isExtra: (topic) => this.#extras.has(topic),
      lookUp: (queries) => parts.check.lookUp(queries),
      commit: (places, timeoutMs) => this.committer.commitDone(places, timeoutMs),
    });
    reads.onWait = () => this.#membership?.member.back();
  }

  get identity(): MemberIdentity {
    return this.#membership?.member.identity() ?? nobody;
  }

  /** Begins to be a member, or changes what it subscribes to. Throws ClientError INVALID_OPTION. */
  subscribe(subscription: Subscription): void {
    if (subscription.kind === "brokerPattern" && this.#isClassic) {
      const text = "subscribe: { re2 } needs the consumer protocol; give a RegExp to match in the client";
      throw new ClientError("INVALID_OPTION", text);
    }
    this.#subscription = subscription;
    // Who is on the way out comes back as a new member.
    if (this.#leaving !== null) return;
    if (this.#membership === null) this.#enter();
    else this.#membership.member.resubscribed();
  }

  #enter(): void {
    this.#parts.reads.isOfGroup = true;
    this.#parts.reads.forgetFailure();
    this.#begin();
    if (this.#isWatching) return;
    this.#isWatching = true;
    this.#watchPolls()
      .catch(() => {})
      .finally(() => {
        this.#isWatching = false;
      });
  }

  /**
   * Subscribes to these as well, however the subscription changes; they are read from the start of the log
   * where nothing is committed. Throws ClientError NOTHING_ASSIGNED.
   */
  follow(topics: readonly ExtraTopic[]): void {
    if (this.#membership === null) {
      throw new ClientError("NOTHING_ASSIGNED", "follow: this consumer has not subscribed");
    }
    const isNew = topics.some(({ name }) => !this.#extras.has(name));
    for (const { name, of } of topics) this.#extras.set(name, of);
    if (isNew) this.#membership.member.resubscribed();
  }

  /** The topics subscribed to by name. */
  get topicNames(): readonly string[] {
    return this.#subscription?.kind === "names" ? this.#subscription.topics : [];
  }

  /**
   * Gives up everything and leaves the group. Bounded: the loop that waits for this may be the one that has a
   * record in hand, and no heartbeats are sent meanwhile. Never rejects.
   */
  async unsubscribe(): Promise<void> {
    const wasSubscribed = this.#subscription !== null;
    this.#subscription = null;
    if (!wasSubscribed) return await (this.#leaving ?? undefined);
    this.#leaving ??= this.#leaveForGood().finally(() => {
      this.#leaving = null;
      if (this.#subscription !== null && !this.#isClosed) this.#enter();
    });
    await this.#leaving;
  }

  async #leaveForGood(): Promise<void> {
    const { reads, settings } = this.#parts;
    const membership = this.#membership;
    if (membership !== null) {
      membership.member.stop();
      await this.#within(membership.ended, endMs.work);
      const boundMs = Math.min(endMs.runner, rebalanceTimeoutOf(settings));
      await this.handover.giveUp(this.handover.owned, boundMs, new Promise(() => {}));
      await this.#farewell(membership, true, "unsubscribed");
    }
    // Who reads goes on waiting for what was subscribed to meanwhile.
    if (this.#subscription !== null) return;
    reads.isOfGroup = false;
    // What ended the membership is of no account for what is assigned next.
    reads.forgetFailure();
    reads.tell();
  }

  /** Bounded, broker or not: the last commit, then the farewell. Never rejects. */
  async close(isForGood: boolean): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const membership = this.#membership;
    membership?.member.stop();
    if (membership !== null) await this.#within(membership.ended, endMs.work);
    const { reads, settings } = this.#parts;
    await this.#within(reads.comeBack(), endMs.inHand);
    await this.handover.tellEnd(Math.min(endMs.runner, rebalanceTimeoutOf(settings)));
    if (settings.autoCommit) {
      await this.#within(this.committer.commitDone(this.handover.owned, endMs.commit), endMs.commit);
    }
    if (membership === null) return;
    await this.handover.tellProgramOfEnd(endMs.listener);
    await this.#farewell(membership, isForGood, "closed");
  }

  async #farewell(membership: Membership, isForGood: boolean, reason: string): Promise<void> {
    const leaving = membership.member.leave({ isForGood, reason, timeoutMs: endMs.leave });
    await this.#within(leaving, endMs.leave);
    if (this.#membership === membership) this.#membership = null;
    this.#tellLeft(reason);
  }

  get #isClassic(): boolean {
    const { groupProtocol, assignors } = this.#parts.settings;
    return groupProtocol === "classic" || this.#isRefused || (groupProtocol === "auto" && assignors !== null);
  }

  #begin(): void {
    const member = this.#isClassic ? this.#classic() : this.#modern();
    const membership: Membership = { member, ended: member.live() };
    this.#membership = membership;
    membership.ended.catch((error) => this.#ended(membership, asError(error)));
  }

  /** A life ended otherwise than by being stopped. */
  #ended(membership: Membership, error: Error): void {
    if (this.#membership !== membership) return;
    this.#membership = null;
    if (this.#isClosed || this.#subscription === null) return;
    const { settings, reads, groupId, env } = this.#parts;
    if (error instanceof ProtocolRefused) {
      if (settings.groupProtocol === "auto" && this.#subscription?.kind !== "brokerPattern") {
        env.log.info({ group: groupId, reason: error.message }, "the classic protocol is used");
        this.#isRefused = true;
        this.#begin();
        return;
      }
    }
    const told = error instanceof ProtocolRefused ? error.reason : error;
    reads.fail(told, false);
    tell(settings.onEvent, { kind: "groupFailed", groupId, error: told });
    env.log.error({ group: groupId, reason: told.message }, "the membership in the group is over");
  }

  #classic(): GroupMember {
    const { env, cluster, settings, groupId } = this.#parts;
    const { groupInstanceId, sessionTimeoutMs, requestTimeoutMs } = settings;
    const heartbeatIntervalMs = heartbeatIntervalOf(settings);
    const rebalanceTimeoutMs = rebalanceTimeoutOf(settings);
    const rackId = settings.rack === "" ? null : settings.rack;
    const assignors = assignorsOf(settings.assignors ?? ["range", "cooperativeSticky"]);
    const own = { groupId, groupInstanceId, assignors, sessionTimeoutMs, rebalanceTimeoutMs, rackId };
    const times = {
      groupInstanceId,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      heartbeatIntervalMs,
      isIntervalGiven: settings.heartbeatIntervalMs !== null,
      requestTimeoutMs,
    };
    // The broker waits since before this member heard of the rebalance.
    const lateMs = Math.min(heartbeatIntervalMs + 1_000, rebalanceTimeoutMs / 4);
    const revokeMs = rebalanceTimeoutMs - lateMs;
    return new ClassicMember(
      { ...this.#common(env), cluster, core: new ClassicMembership(own) },
      { ...times, topicCheckMs: this.#topicCheckMs, revokeMs },
    );
  }

  #modern(): GroupMember {
    const { env, settings, groupId } = this.#parts;
    const { groupInstanceId, remoteAssignor, requestTimeoutMs } = settings;
    const rebalanceTimeoutMs = rebalanceTimeoutOf(settings);
    const rackId = settings.rack === "" ? null : settings.rack;
    const own = { groupId, groupInstanceId, rackId, rebalanceTimeoutMs, remoteAssignor };
    const core = new ModernMembership(randomUuid(env.random), own, { topics: [], regex: null });
    const times = { groupInstanceId, requestTimeoutMs, topicCheckMs: this.#topicCheckMs };
    return new ModernMember(
      { ...this.#common(env), core },
      { ...times, revokeMs: rebalanceTimeoutMs * 0.75 },
    );
  }

  #common(env: ClientEnv) {
    const subscription = (): Subscription => this.#subscription ?? { kind: "names", topics: [] };
    const { groupId, settings } = this.#parts;
    const events = {
      joined: (told: { assignor: string | null; isLeader: boolean }): void => {
        const { memberId, generationOrMemberEpoch, protocol } = this.identity;
        if (protocol === null) return;
        const facts = { groupId, memberId, generationOrMemberEpoch, protocol, ...told };
        tell(settings.onEvent, { kind: "groupJoined", ...facts });
        env.log.info(facts, "joined the group");
      },
      left: (reason: string): void => this.#tellLeft(reason),
    };
    const { handover } = this;
    return { env, coordinator: this.#coordinator, handover, watch: this.#watch, subscription, events };
  }

  get #topicCheckMs(): number {
    return Math.min(topicCheckMs, this.#parts.settings.metadataMaxAgeMs);
  }

  #tellLeft(reason: string): void {
    const { groupId, settings, env } = this.#parts;
    tell(settings.onEvent, { kind: "groupLeft", groupId, reason });
    env.log.info({ group: groupId, reason }, "left the group");
  }

  /** Leaves the group when nobody asks for records any more; asking brings it back (see onWait). */
  async #watchPolls(): Promise<void> {
    const { env, reads, cluster, settings } = this.#parts;
    const { maxPollIntervalMs } = settings;
    const stepMs = Math.max(5, Math.min(1_000, maxPollIntervalMs / 4));
    let asks = -1;
    let activeMs = env.clock.monotonicMs();
    let isAway = false;
    while (!this.#isClosed && this.#subscription !== null) {
      const nowMs = env.clock.monotonicMs();
      if (reads.waiting > 0 || reads.asks !== asks) {
        asks = reads.asks;
        activeMs = nowMs;
        if (isAway) this.#membership?.member.back();
        isAway = false;
      } else if (!isAway && nowMs - activeMs >= maxPollIntervalMs) {
        isAway = true;
        this.#membership?.member.goAway();
        env.log.warn({ maxPollIntervalMs }, "no record was asked for; the member leaves until one is");
      }
      await cluster.sleeper.sleep(stepMs);
    }
  }

  async #within(work: Promise<unknown>, boundMs: number): Promise<void> {
    const over = deferred<void>();
    const timer = this.#parts.env.clock.after(boundMs, () => over.resolve());
    await Promise.race([work.catch(() => {}), over.promise]);
    timer.cancel();
  }
}
