// shell: a member of a classic group: joins, syncs, takes and gives up partitions, and says that it lives,
// apart from whatever the program does meanwhile. ClassicMembership decides. Keeps true: partitions are given
// up before a join (eager) or after a sync (cooperative), never behind the back of the one who reads them.
import type { ClientEnv } from "../../base/ports/env.ts";
import { type Deferred, deferred } from "../../base/waits.ts";
import { apis } from "../../proto/kafka/apis.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { asError, ClientError } from "../errors.ts";
import { type ClassicMembership, changeOf, faultOfDivision, type JoinOutcome } from "./classic-membership.ts";
import type { MemberIdentity } from "./committed-offset.ts";
import type { Coordinator } from "./coordinator.ts";
import type { GroupMember, MemberEvents } from "./group-member.ts";
import type { Handover } from "./handover.ts";
import { Nudge } from "./nudge.ts";
import type { TopicPartition } from "./places.ts";
import { type Subscription, sameNames } from "./subscription.ts";
import { sameCounts, type TopicWatch } from "./topic-watch.ts";
import { fine, type Verdict, verdictOf, verdictOfFailure } from "./verdicts.ts";

/** From joining to the first heartbeat, where the program leaves the interval to the broker. */
const firstHeartbeatMs = 250;
/** How much longer than the rebalance timeout the answer to a join may take. */
const joinGraceMs = 5_000;
/** A topic that seems gone has to seem so several times: a broker that lags behind may not know it. */
const shrinksToBelieve = 3;

export interface ClassicMemberParts {
  readonly env: ClientEnv;
  readonly cluster: Cluster;
  readonly coordinator: Coordinator;
  readonly handover: Handover;
  readonly watch: TopicWatch;
  readonly core: ClassicMembership;
  readonly subscription: () => Subscription;
  readonly events: MemberEvents;
}

export interface ClassicTimes {
  readonly groupInstanceId: string | null;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  /** By the program: then no broker is asked for another. */
  readonly isIntervalGiven: boolean;
  readonly requestTimeoutMs: number;
  /** Time between two looks at the topics. */
  readonly topicCheckMs: number;
  /** What giving up partitions may take. */
  readonly revokeMs: number;
}

export class ClassicMember implements GroupMember {
  readonly #parts: ClassicMemberParts;
  readonly #times: ClassicTimes;
  readonly #core: ClassicMembership;
  /** For the joining side, its pauses after failures, the heartbeats, and the looks at topics. */
  readonly #work: Nudge;
  readonly #rest: Nudge;
  readonly #pulse: Nudge;
  readonly #glance: Nudge;
  #isOver = false;
  #isAway = false;
  /** A join is about to be sent; then it is under way. */
  #isPreparing = false;
  #isJoining = false;
  /** Why to join again; null: no reason. */
  #reason: string | null = "first join";
  #isLost = false;
  #gone: Deferred<void> = deferred();
  #fatal: Error | null = null;
  /** What the division was made of: topics subscribed to, and for the leader how many partitions all have. */
  #topics: readonly string[] = [];
  #counts: ReadonlyMap<string, number> | null = null;
  #shrinks = 0;

  constructor(parts: ClassicMemberParts, times: ClassicTimes) {
    this.#parts = parts;
    this.#times = times;
    this.#core = parts.core;
    this.#work = new Nudge(parts.env.clock);
    this.#rest = new Nudge(parts.env.clock);
    this.#pulse = new Nudge(parts.env.clock);
    this.#glance = new Nudge(parts.env.clock);
  }

  identity(): MemberIdentity {
    const { memberId, generationId: generationOrMemberEpoch } = this.#core;
    const { groupInstanceId } = this.#times;
    return { memberId, generationOrMemberEpoch, groupInstanceId, protocol: "classic" };
  }

  async live(): Promise<void> {
    const side = [this.#heartbeats(), this.#watchTopics()].map((loop) =>
      loop.catch((error) => this.#fail(error)),
    );
    try {
      await this.#joinings();
    } finally {
      this.stop();
      await Promise.all(side);
    }
  }

  resubscribed(): void {
    this.#rejoin("the subscription changed");
  }

  heard(verdict: Verdict): void {
    // Asked to join while it is about to, it would join a second time, and have everybody do so. What becomes
    // of it while it joins the answer to that says.
    if (verdict.kind === "rejoin" && (this.#isPreparing || this.#isJoining)) return;
    if (verdict.kind === "lost" && this.#isJoining) return;
    this.#take(this.#core.heard(verdict));
  }

  goAway(): void {
    this.#isAway = true;
    this.#lose();
  }

  back(): void {
    if (!this.#isAway) return;
    this.#isAway = false;
    this.#rejoin("records are asked for again");
  }

  stop(): void {
    this.#isOver = true;
    this.#gone.resolve();
    for (const nudge of [this.#work, this.#rest, this.#pulse, this.#glance]) nudge.now();
  }

  async leave({ isForGood, reason, timeoutMs }: { isForGood: boolean; reason: string; timeoutMs: number }) {
    const { coordinator, env } = this.#parts;
    const isStaying = this.#times.groupInstanceId !== null && !isForGood;
    if (this.#core.memberId === "" || isStaying) return;
    try {
      // Not in the lane of joins: one that waits there would hold it up.
      const body = (version: number) => this.#core.leaveBody(version, reason);
      await coordinator.request("control", apis.LeaveGroup, body, { timeoutMs });
    } catch (error) {
      env.log.debug({ reason: asError(error).message }, "the group was not told of the leave");
    }
    this.#core.left();
  }

  #rejoin(reason: string): void {
    this.#reason ??= reason;
    this.#work.now();
  }

  #lose(): void {
    this.#isLost = true;
    this.#gone.resolve();
    this.#work.now();
  }

  #fail(error: Error): void {
    if (this.#isOver) return;
    this.#fatal ??= error;
    this.#gone.resolve();
    this.#work.now();
  }

  /** What any answer means for the joining side. */
  #take(verdict: Verdict): void {
    if (verdict.kind === "rejoin") this.#rejoin(verdict.error.message);
    if (verdict.kind === "lost") {
      this.#rejoin(verdict.error.message);
      this.#lose();
    }
    if (verdict.kind === "coordinator") this.#parts.coordinator.forget();
    if (verdict.kind === "fatal") this.#fail(verdict.error);
  }

  async #joinings(): Promise<void> {
    const { handover, events } = this.#parts;
    const backoff = this.#parts.coordinator.backoff();
    while (!this.#isOver) {
      if (this.#fatal !== null) {
        await handover.lose(handover.owned, this.#times.revokeMs);
        throw this.#fatal;
      }
      if (this.#isAway && this.#core.memberId !== "") {
        await this.leave({ isForGood: false, reason: "not polled", timeoutMs: this.#times.requestTimeoutMs });
        this.#core.left();
        events.left("not polled");
      }
      if (this.#isLost) {
        this.#isLost = false;
        await handover.lose(handover.owned, this.#times.revokeMs);
        this.#gone = deferred();
        if (this.#isOver) this.#gone.resolve();
        continue;
      }
      if (this.#isAway || this.#reason === null) {
        await this.#work.wait(null);
        continue;
      }
      const verdict = await this.#round();
      if (verdict.kind === "fine") backoff.reset();
      else await this.#rest.wait(backoff.nextMs());
    }
  }

  /** Gives up what has to be, joins, syncs, and takes what came of it. */
  async #round(): Promise<Verdict> {
    const { handover, watch, subscription } = this.#parts;
    const { revokeMs } = this.#times;
    const reason = this.#reason ?? "join";
    this.#reason = null;
    this.#isPreparing = true;
    const verdict = await this.#attempt(async () => {
      this.#topics = await watch.topicsOf(subscription());
      await handover.giveUp(
        this.#core.beforeJoin(handover.owned, this.#topics),
        revokeMs,
        this.#gone.promise,
      );
      if (!this.#isCalled) return fine;
      return await this.#joinAndSync(reason);
    });
    this.#isPreparing = false;
    if (verdict.kind !== "fine") {
      this.#reason ??= reason;
      this.#take(verdict);
    }
    return verdict;
  }

  get #isCalled(): boolean {
    return !this.#isOver && !this.#isLost && !this.#isAway && this.#fatal === null;
  }

  async #joinAndSync(reason: string): Promise<Verdict> {
    const { handover, events } = this.#parts;
    this.#isJoining = true;
    this.#isPreparing = false;
    let places: readonly TopicPartition[];
    try {
      const joined = await this.#join(reason);
      if (joined.kind !== "leader" && joined.kind !== "follower") return joined;
      const synced = await this.#sync(joined);
      if (synced.kind !== "assigned") return synced;
      places = synced.places;
    } finally {
      this.#isJoining = false;
      this.#pulse.now();
    }
    events.joined({ assignor: this.#core.protocolName, isLeader: this.#core.isLeader });
    const { revoked, added } = changeOf(handover.owned, places);
    await handover.giveUp(revoked, this.#times.revokeMs, this.#gone.promise);
    if (!this.#isCalled) return fine;
    await handover.take(added, this.#times.revokeMs, () => this.#isCalled);
    // What was given up can go to others only in another generation (KIP-429).
    if (revoked.length > 0) this.#rejoin("partitions were given up");
    return fine;
  }

  async #join(reason: string): Promise<JoinOutcome> {
    const { coordinator, handover } = this.#parts;
    const { groupInstanceId } = this.#times;
    for (let attempt = 0; ; attempt++) {
      const before = this.#core.memberId;
      const body = (version: number) => this.#core.joinBody(version, this.#topics, handover.owned, reason);
      const answer = await coordinator.longRequest(apis.JoinGroup, body, {
        timeoutMs: this.#joinTimeoutMs,
        versions: groupInstanceId === null ? {} : { min: 5 },
      });
      const outcome = this.#core.joined(answer);
      // The first answer may only bring the member id (KIP-394).
      const isIdOnly = outcome.kind === "rejoin" && before === "" && this.#core.memberId !== "";
      if (!isIdOnly || attempt > 0 || this.#isOver) return outcome;
    }
  }

  get #joinTimeoutMs(): number {
    return Math.max(this.#times.requestTimeoutMs, this.#times.rebalanceTimeoutMs + joinGraceMs);
  }

  async #sync(joined: Extract<JoinOutcome, { kind: "leader" | "follower" }>) {
    let division: ReadonlyMap<string, readonly TopicPartition[]> | null = null;
    this.#counts = null;
    if (joined.kind === "leader") {
      const topics = [...new Set(joined.members.flatMap((member) => member.topics))];
      const counts = await this.#countsOf(topics);
      if (!joined.isDivided) division = divide(joined, counts);
      this.#counts = counts;
    }
    const body = (version: number) => this.#core.syncBody(version, division);
    const timeoutMs = this.#joinTimeoutMs;
    return this.#core.synced(await this.#parts.coordinator.longRequest(apis.SyncGroup, body, { timeoutMs }));
  }

  /** Asks a second time when topics seem to be missing. */
  async #countsOf(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const counts = await this.#parts.watch.counts(topics);
    return counts.size === topics.length ? counts : await this.#parts.watch.counts(topics);
  }

  async #attempt(work: () => Promise<Verdict>): Promise<Verdict> {
    try {
      return await work();
    } catch (error) {
      return verdictOfFailure(error);
    }
  }

  /** Whether the coordinator takes it for a member, and hears of it by heartbeats. */
  get #isMember(): boolean {
    return this.#core.generationId >= 0 && !this.#isJoining && !this.#isAway;
  }

  async #heartbeats(): Promise<void> {
    const { coordinator } = this.#parts;
    const { heartbeatIntervalMs, isIntervalGiven, sessionTimeoutMs, requestTimeoutMs } = this.#times;
    const timeoutMs = Math.min(requestTimeoutMs, Math.max(1_000, sessionTimeoutMs / 3));
    const backoff = coordinator.backoff();
    // What a broker asks for is learned with the first one.
    let intervalMs = isIntervalGiven ? heartbeatIntervalMs : Math.min(firstHeartbeatMs, heartbeatIntervalMs);
    let delayMs = intervalMs;
    while (!this.#isOver) {
      await this.#pulse.wait(delayMs);
      delayMs = intervalMs;
      if (this.#isOver || !this.#isMember) continue;
      const { generationId } = this.#core;
      const verdict = await this.#attempt(async () => {
        const body = (version: number) => this.#core.heartbeatBody(version, !isIntervalGiven);
        const answer = await coordinator.request("group", apis.Heartbeat, body, { timeoutMs });
        const { heartbeatIntervalMs: askedMs } = answer;
        intervalMs = askedMs > 0 ? Math.min(askedMs, sessionTimeoutMs / 3) : heartbeatIntervalMs;
        delayMs = intervalMs;
        return verdictOf("heartbeat", answer.errorCode);
      });
      if (this.#isOver) return;
      const isOfNow = this.#isMember && this.#core.generationId === generationId;
      if (verdict.kind === "fine") backoff.reset();
      else if (isOfNow || verdict.kind === "coordinator") this.heard(verdict);
      if (verdict.kind === "coordinator" || verdict.kind === "later") {
        delayMs = Math.min(intervalMs, backoff.nextMs());
      }
    }
  }

  /** New partitions of what the group subscribes to, and new topics of a pattern, call for a new division. */
  async #watchTopics(): Promise<void> {
    const { watch, cluster, subscription, env } = this.#parts;
    while (!this.#isOver && !cluster.isClosed) {
      await this.#glance.wait(this.#times.topicCheckMs);
      if (this.#isOver || !this.#isMember || this.#reason !== null) continue;
      const counts = this.#counts;
      try {
        const topics = await watch.topicsOf(subscription());
        const now = counts === null ? null : await watch.counts([...counts.keys(), ...this.#unknown(counts)]);
        if (counts !== this.#counts || !this.#isMember) continue;
        if (!sameNames(topics, this.#topics)) this.#rejoin("topics of the pattern came or went");
        else if (now !== null && this.#isChange(counts!, now))
          this.#rejoin("the number of partitions changed");
      } catch (error) {
        env.log.debug({ reason: asError(error).message }, "the topics of the group could not be looked at");
      }
    }
  }

  /** Subscribed by this member, and not there when the division was made. */
  #unknown(counts: ReadonlyMap<string, number>): string[] {
    return this.#topics.filter((topic) => !counts.has(topic));
  }

  #isChange(before: ReadonlyMap<string, number>, now: ReadonlyMap<string, number>): boolean {
    if (sameCounts(before, now)) {
      this.#shrinks = 0;
      return false;
    }
    const isShrunk = [...before].some(([topic, count]) => (now.get(topic) ?? 0) < count);
    if (isShrunk && ++this.#shrinks < shrinksToBelieve) return false;
    this.#shrinks = 0;
    return true;
  }
}

/** Throws ClientError when an own assignor divides unsoundly, and whatever it throws. */
function divide(
  { members, assignor }: Extract<JoinOutcome, { kind: "leader" }>,
  partitionCounts: ReadonlyMap<string, number>,
): ReadonlyMap<string, readonly TopicPartition[]> {
  const division = assignor.assign({ members, partitionCounts });
  const fault = faultOfDivision(members, division);
  if (fault === null) return division;
  throw new ClientError("INVALID_OPTION", `the assignor ${assignor.name} divided wrongly: ${fault}`);
}
