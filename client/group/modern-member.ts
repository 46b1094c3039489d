// shell: a member of a group whose broker divides the partitions (KIP-848): heartbeats, and beside them one
// reconciliation at a time, which gives up and takes. ModernMembership decides. Keeps true: heartbeats go on
// whatever a reconciliation waits for; it is reported only when it is done.
import type { ClientEnv } from "../../base/ports/env.ts";
import { type Deferred, deferred } from "../../base/waits.ts";
import { apis } from "../../proto/kafka/apis.ts";
import { asError, ClientError } from "../errors.ts";
import type { MemberIdentity } from "./committed-offset.ts";
import type { Coordinator } from "./coordinator.ts";
import type { GroupMember, MemberEvents } from "./group-member.ts";
import type { Handover } from "./handover.ts";
import { type IdPartition, isProtocolRefusal, type ModernMembership } from "./modern-membership.ts";
import { Nudge } from "./nudge.ts";
import { keyOf, keysOf, type TopicPartition } from "./places.ts";
import { type Subscription, sameNames } from "./subscription.ts";
import type { TopicWatch } from "./topic-watch.ts";
import { fine, type Verdict, verdictOfFailure } from "./verdicts.ts";

/** Before the broker has said how often it wants to hear of its members. */
const firstIntervalMs = 3_000;
/** Between two tries to learn the names of topics that brokers name by id. */
const nameRetryMs = 250;

export interface ModernMemberParts {
  readonly env: ClientEnv;
  readonly coordinator: Coordinator;
  readonly handover: Handover;
  readonly watch: TopicWatch;
  readonly core: ModernMembership;
  readonly subscription: () => Subscription;
  readonly events: MemberEvents;
}

export interface ModernTimes {
  readonly groupInstanceId: string | null;
  readonly requestTimeoutMs: number;
  readonly topicCheckMs: number;
  readonly revokeMs: number;
}

/** The cluster, or the group, does not do the consumer protocol; it was not joined. */
export class ProtocolRefused extends Error {
  readonly reason: Error;

  constructor(reason: Error) {
    super(`the consumer protocol is refused: ${reason.message}`);
    this.name = "ProtocolRefused";
    this.reason = reason;
  }
}

export class ModernMember implements GroupMember {
  readonly #parts: ModernMemberParts;
  readonly #times: ModernTimes;
  readonly #core: ModernMembership;
  readonly #pulse: Nudge;
  readonly #glance: Nudge;
  readonly #rest: Nudge;
  #isOver = false;
  #isAway = false;
  /** It went away, if only for a moment: it leaves, and begins anew. */
  #mustLeave = false;
  #wasMember = false;
  #intervalMs = firstIntervalMs;
  #gone: Deferred<void> = deferred();
  #reconciling: Promise<void> | null = null;
  #fatal: Error | null = null;
  #beating: Promise<unknown> = Promise.resolve();

  constructor(parts: ModernMemberParts, times: ModernTimes) {
    this.#parts = parts;
    this.#times = times;
    this.#core = parts.core;
    this.#pulse = new Nudge(parts.env.clock);
    this.#glance = new Nudge(parts.env.clock);
    this.#rest = new Nudge(parts.env.clock);
  }

  identity(): MemberIdentity {
    const { memberId, epoch: generationOrMemberEpoch } = this.#core;
    const { groupInstanceId } = this.#times;
    return { memberId, generationOrMemberEpoch, groupInstanceId, protocol: "consumer" };
  }

  async live(): Promise<void> {
    const watching = this.#watchPattern().catch((error) => this.#fail(asError(error)));
    try {
      await this.#heartbeats();
    } finally {
      this.stop();
      await watching;
    }
  }

  resubscribed(): void {
    this.#glance.now();
  }

  heard(verdict: Verdict): void {
    if (verdict.kind === "coordinator") this.#parts.coordinator.forget();
    // The next heartbeat tells what is so.
    if (verdict.kind !== "fine") this.#pulse.now();
  }

  goAway(): void {
    this.#isAway = true;
    this.#mustLeave = true;
    this.#gone.resolve();
    this.#pulse.now();
  }

  back(): void {
    if (!this.#isAway) return;
    this.#isAway = false;
    this.#pulse.now();
  }

  stop(): void {
    this.#isOver = true;
    this.#gone.resolve();
    for (const nudge of [this.#pulse, this.#glance, this.#rest]) nudge.now();
  }

  async leave({ isForGood, timeoutMs }: { isForGood: boolean; reason: string; timeoutMs: number }) {
    const { coordinator, env } = this.#parts;
    // A join that arrives after the farewell would leave a member behind that is nobody.
    await this.#settled(timeoutMs / 2);
    if (this.#core.epoch <= 0) return;
    try {
      const body = this.#core.leaveBody(isForGood);
      await coordinator.request("control", apis.ConsumerGroupHeartbeat, body, { timeoutMs });
    } catch (error) {
      env.log.debug({ reason: asError(error).message }, "the group was not told of the leave");
    }
  }

  /** The heartbeat under way is answered, or the time is over. */
  async #settled(boundMs: number): Promise<void> {
    const over = deferred<void>();
    const timer = this.#parts.env.clock.after(boundMs, () => over.resolve());
    await Promise.race([this.#beating, over.promise]);
    timer.cancel();
  }

  #fail(error: Error): void {
    if (this.#isOver) return;
    this.#fatal ??= error;
    this.#gone.resolve();
    this.#pulse.now();
  }

  async #heartbeats(): Promise<void> {
    const backoff = this.#parts.coordinator.backoff();
    const { requestTimeoutMs } = this.#times;
    await this.#learnSubscription();
    while (!this.#isOver) {
      if (this.#fatal !== null) {
        await this.#loseAll();
        throw this.#fatal;
      }
      if (this.#mustLeave) {
        await this.leave({ isForGood: false, reason: "not polled", timeoutMs: requestTimeoutMs });
        this.#core.fenced();
        this.#parts.events.left("not polled");
        await this.#loseAll();
        this.#mustLeave = false;
        while (this.#isAway && !this.#isOver) await this.#pulse.wait(null);
        continue;
      }
      const beating = this.#beat();
      this.#beating = beating;
      const verdict = await beating;
      if (this.#isOver) return;
      if (verdict.kind === "fatal") {
        this.#fail(verdict.error);
        continue;
      }
      if (verdict.kind === "fine") {
        backoff.reset();
        this.#reconcile();
        await this.#pulse.wait(this.#core.isNews ? 0 : this.#intervalMs);
        continue;
      }
      if (verdict.kind === "coordinator") this.#parts.coordinator.forget();
      if (verdict.kind === "lost") await this.#loseAll();
      await this.#rest.wait(backoff.nextMs());
    }
  }

  async #beat(): Promise<Verdict> {
    const { coordinator, events } = this.#parts;
    const timeoutMs = Math.min(this.#times.requestTimeoutMs, Math.max(1_000, 2 * this.#intervalMs));
    const isByPattern = this.#parts.subscription().kind === "brokerPattern";
    const before = this.#core.epoch;
    try {
      const body = (version: number) => this.#core.heartbeatBody(version);
      const answer = await coordinator.request("group", apis.ConsumerGroupHeartbeat, body, {
        timeoutMs,
        versions: isByPattern ? { min: 1 } : {},
      });
      const verdict = this.#core.answered(answer);
      if (verdict.kind === "fatal" && !this.#wasMember && isProtocolRefusal(answer.errorCode)) {
        return { kind: "fatal", error: new ProtocolRefused(verdict.error) };
      }
      if (verdict.kind !== "fine") return verdict;
      this.#wasMember = true;
      if (answer.heartbeatIntervalMs > 0) this.#intervalMs = answer.heartbeatIntervalMs;
      if (this.#core.epoch !== before) events.joined({ assignor: null, isLeader: false });
      return fine;
    } catch (error) {
      this.#core.failed();
      const isUnknown = error instanceof ClientError && error.code === "UNSUPPORTED_BY_BROKER";
      if (isUnknown && !this.#wasMember) return { kind: "fatal", error: new ProtocolRefused(error) };
      return verdictOfFailure(error);
    }
  }

  /** Everything owned is another's by now; a reconciliation under way ends first. */
  async #loseAll(): Promise<void> {
    const { handover } = this.#parts;
    this.#gone.resolve();
    await this.#reconciling;
    await handover.lose(handover.owned, this.#times.revokeMs);
    this.#gone = deferred();
    if (this.#isOver || this.#fatal !== null) this.#gone.resolve();
  }

  /** Begins to give up and take what the broker says, unless that is under way. */
  #reconcile(): void {
    if (this.#reconciling !== null) return;
    const plan = this.#core.reconcile();
    if (plan === null) return;
    this.#reconciling = this.#carryOut(plan, this.#gone)
      .catch((error) => this.#fail(asError(error)))
      .finally(() => {
        this.#reconciling = null;
        this.#pulse.now();
      });
  }

  async #carryOut(
    plan: { revoked: readonly IdPartition[]; added: readonly IdPartition[] },
    gone: Deferred<void>,
  ): Promise<void> {
    const { handover, watch } = this.#parts;
    let isGone = false;
    void gone.promise.then(() => {
      isGone = true;
    });
    const { owned } = this.#core;
    const idsOf = (places: readonly IdPartition[]): string[] => [
      ...new Set(places.map((item) => item.topicId)),
    ];
    const isRevoked = new Set(plan.revoked);
    const kept = owned.filter((item) => !isRevoked.has(item));
    let names = await this.#namesOf(idsOf([...plan.revoked, ...kept]));
    await handover.giveUp(named(plan.revoked, names), this.#times.revokeMs, gone.promise);
    if (isGone) return;
    names = await this.#namesOf(idsOf([...kept, ...plan.added]));
    watch.keep(new Set(names.keys()));
    const known = plan.added.filter((item) => names.has(item.topicId));
    const isTaken = await handover.take(named(known, names), this.#times.revokeMs, () => !isGone);
    if (isGone || !isTaken) return;
    const has = keysOf(handover.owned);
    const isHeld = (item: IdPartition): boolean =>
      has.has(keyOf({ topic: names.get(item.topicId) ?? "", partition: item.partition }));
    this.#core.reconciled([...kept, ...known].filter(isHeld));
    // A topic so new that no broker asked knows its name: it is looked for again.
    if (known.length < plan.added.length) await this.#rest.wait(nameRetryMs);
  }

  /** Where brokers do not answer, what is known: what is owned must not seem to be gone. */
  async #namesOf(topicIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const { watch, env } = this.#parts;
    try {
      await watch.learnNames(topicIds);
    } catch (error) {
      env.log.debug({ reason: asError(error).message }, "topics could not be looked up by id");
    }
    return watch.names(topicIds);
  }

  /** A pattern of the client's is matched again and again; names go to the broker as they change. */
  async #watchPattern(): Promise<void> {
    while (!this.#isOver) {
      const isPattern = this.#parts.subscription().kind === "pattern";
      await this.#glance.wait(isPattern ? this.#times.topicCheckMs : null);
      if (!this.#isOver && (await this.#learnSubscription())) this.#pulse.now();
    }
  }

  /** Answers true when there is news to tell. */
  async #learnSubscription(): Promise<boolean> {
    const { watch, subscription, env } = this.#parts;
    const wanted = subscription();
    const regex = wanted.kind === "brokerPattern" ? wanted.re2 : null;
    try {
      const topics = await watch.topicsOf(wanted);
      const { subscription: before } = this.#core;
      if (before.regex === regex && sameNames(before.topics, topics)) return false;
      this.#core.subscription = { topics, regex };
      return true;
    } catch (error) {
      env.log.debug({ reason: asError(error).message }, "the topics of the pattern could not be looked up");
      return false;
    }
  }
}

function named(places: readonly IdPartition[], names: ReadonlyMap<string, string>): TopicPartition[] {
  return places.flatMap(({ topicId, partition }) => {
    const topic = names.get(topicId);
    return topic === undefined ? [] : [{ topic, partition }];
  });
}
