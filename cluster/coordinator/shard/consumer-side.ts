// shell: the groups of the consumer protocol (KIP-848) of one shard: brings requests to the decisions in
// consumer/, keeps the timers that these ask for, and hands groups over between the two protocols.
import type { Clock } from "../../../base/ports/clock.ts";
import { BrokerError } from "../../../proto/errors.ts";
import type { RequestOf, ResponseOf } from "../../../proto/kafka/apis.ts";
import type { MetadataImage } from "../../metadata/image.ts";
import { classicJoin } from "../consumer/classic-join.ts";
import {
  type ClassicHeartbeatReply,
  classicHeartbeat,
  classicLeave,
  classicSync,
  type InConsumerGroup,
} from "../consumer/classic-members.ts";
import type { ConsumerContext, ConsumerDecision, Conversion } from "../consumer/consumer-decision.ts";
import { consumerHeartbeat } from "../consumer/heartbeat.ts";
import { expireMember } from "../consumer/leave.ts";
import { sessionsOf } from "../consumer/sessions-of.ts";
import { tombstones } from "../consumer/tombstones.ts";
import type { GroupSettings } from "../group-settings.ts";
import type { GroupState } from "../state/group-state.ts";
import type { ClassicSide } from "./classic-side.ts";
import { MemberTimers, type RunOut } from "./member-timers.ts";
import type { PacedClock } from "./paced-clock.ts";
import type { ShardPort } from "./shard-port.ts";

export interface ConsumerSurroundings {
  readonly clock: Clock;
  readonly paced: PacedClock;
  settings(): GroupSettings;
  /** What members are told: as it is set, or longer where there are many. */
  heartbeatIntervalMs(): number;
  image(): MetadataImage;
  /** The paced clock has to tick from now on. */
  onDeadlines(): void;
  /** For metrics: members are to have other partitions from now on. */
  onRebalanced(): void;
}

/** Who asks. */
export type Asker = Pick<ConsumerContext, "clientId" | "clientHost" | "apiVersion" | "newMemberId">;

/** Of what the coordinator does by itself. */
const nobody: Asker = { clientId: "", clientHost: "", apiVersion: 0, newMemberId: "" };

type Decide<Reply> = (group: GroupState | null, context: ConsumerContext) => ConsumerDecision<Reply>;

export class ConsumerSide {
  readonly #shard: ShardPort;
  readonly #classic: ClassicSide;
  readonly #surroundings: ConsumerSurroundings;
  #timers = new MemberTimers();

  constructor(shard: ShardPort, classic: ClassicSide, surroundings: ConsumerSurroundings) {
    this.#shard = shard;
    this.#classic = classic;
    this.#surroundings = surroundings;
  }

  // ---- The life of the shard ----

  /** All of the log is in the state: every session begins anew. */
  load(): void {
    this.#timers = new MemberTimers();
    const settings = this.#surroundings.settings();
    const { nowMs } = this.#surroundings.paced;
    for (const { groupId, consumer } of this.#shard.groups()) {
      if (consumer === null) continue;
      for (const change of sessionsOf(consumer, settings)) this.#timers.change(groupId, change, nowMs);
    }
    this.#planTicks();
  }

  drop(): void {
    this.#timers = new MemberTimers();
  }

  tick(): void {
    const { nowMs } = this.#surroundings.paced;
    for (;;) {
      const runOut = this.#timers.takeRunOut(nowMs);
      if (runOut === null) return;
      this.#expire(runOut);
    }
  }

  get members(): number {
    return this.#timers.sessions;
  }

  get hasDeadlines(): boolean {
    return !this.#timers.isEmpty;
  }

  #planTicks(): void {
    if (this.hasDeadlines) this.#surroundings.onDeadlines();
  }

  #expire({ groupId, ...expiry }: RunOut): void {
    const expired = this.#decide(groupId, nobody, (group, context) => expireMember(group, expiry, context));
    expired.catch((error: unknown) => {
      if (!(error instanceof BrokerError)) throw error;
      // Where the log refused it, the member is looked at again after a while.
      if (!this.#shard.isLoaded) return;
      const { nowMs } = this.#surroundings.paced;
      const { memberId, memberEpoch = -1 } = expiry;
      const again =
        expiry.why === "revocation"
          ? ({ kind: "revocation", memberId, memberEpoch, afterMs: retryMs } as const)
          : ({ kind: expiry.why, memberId, afterMs: retryMs } as const);
      if (this.#shard.group(groupId)?.consumer?.members.has(memberId))
        this.#timers.change(groupId, again, nowMs);
      this.#planTicks();
    });
  }

  // ---- Requests: all reject with BrokerError ----

  heartbeat(
    request: RequestOf<"ConsumerGroupHeartbeat">,
    asker: Asker,
  ): Promise<ResponseOf<"ConsumerGroupHeartbeat">> {
    return this.#decide(request.groupId, asker, (group, context) =>
      consumerHeartbeat(group, request, context),
    );
  }

  /** Whether requests of the classic protocol for this group are to come here. */
  has(groupId: string): boolean {
    return this.#shard.group(groupId)?.consumer != null;
  }

  /**
   * An empty group of this protocol makes room for one of the classic protocol; offsets stay. False: it has
   * members.
   */
  makeRoom(groupId: string): boolean {
    const consumer = this.#shard.group(groupId)?.consumer ?? null;
    if (consumer === null) return true;
    if (consumer.members.size > 0) return false;
    const ended = this.#shard.propose(() => ({ records: tombstones(groupId, consumer), reply: null }));
    ended.catch(() => {});
    this.#timers.forget(groupId);
    // Where the log refused it, the group is as it was.
    return !this.has(groupId);
  }

  classicJoin(request: RequestOf<"JoinGroup">, asker: Asker): Promise<ResponseOf<"JoinGroup">> {
    return this.#inGroup(request.groupId, asker, (group, context) => classicJoin(group, request, context));
  }

  classicSync(request: RequestOf<"SyncGroup">, asker: Asker): Promise<ResponseOf<"SyncGroup">> {
    return this.#inGroup(request.groupId, asker, (group, context) => classicSync(group, request, context));
  }

  classicHeartbeat(request: RequestOf<"Heartbeat">, asker: Asker): Promise<ClassicHeartbeatReply> {
    return this.#inGroup(request.groupId, asker, (group) => classicHeartbeat(group, request));
  }

  classicLeave(request: RequestOf<"LeaveGroup">, asker: Asker): Promise<ResponseOf<"LeaveGroup">> {
    return this.#inGroup(request.groupId, asker, (group, context) => classicLeave(group, request, context));
  }

  #inGroup<Reply>(
    groupId: string,
    asker: Asker,
    decide: (group: InConsumerGroup, context: ConsumerContext) => ConsumerDecision<Reply>,
  ): Promise<Reply> {
    return this.#decide(groupId, asker, (group, context) => {
      if (group?.consumer == null)
        throw new BrokerError("UNKNOWN_MEMBER_ID", `group "${groupId}" goes by the classic protocol now`);
      return decide(group as InConsumerGroup, context);
    });
  }

  async #decide<Reply>(groupId: string, asker: Asker, decide: Decide<Reply>): Promise<Reply> {
    this.#shard.needLoaded();
    const settings = this.#surroundings.settings();
    const soft = this.#classic.convertible(groupId);
    return await this.#shard.proposeWithin(settings.offsetsCommitTimeoutMs, (state, now) => {
      const known = state.groups.get(groupId);
      const group = soft === null ? known : { ...(known ?? noGroup(groupId)), classic: soft.record };
      const context = {
        ...{ ...asker, now, settings, image: this.#surroundings.image() },
        heartbeatIntervalMs: this.#surroundings.heartbeatIntervalMs(),
        ...(soft === null ? {} : { classicProtocols: soft.protocols }),
      };
      const decision = decide(group, context);
      const { records, reply } = decision;
      return { records, reply, appended: () => this.#applied(groupId, decision) };
    });
  }

  #applied(groupId: string, { records, timers, conversion }: ConsumerDecision<unknown>): void {
    const { nowMs } = this.#surroundings.paced;
    if (conversion !== null) this.#convert(groupId, conversion);
    for (const change of timers) this.#timers.change(groupId, change, nowMs);
    if (records.some(({ kind }) => kind === "targetEpoch")) this.#surroundings.onRebalanced();
    this.#planTicks();
  }

  #convert(groupId: string, conversion: Conversion): void {
    if (conversion.to === "consumer") {
      this.#classic.release(groupId);
      return;
    }
    this.#timers.forget(groupId);
    const { group, protocols, rebalance } = conversion;
    this.#classic.adopt(groupId, { record: group, protocols, rebalance });
  }
}

/** A member that the log did not let go is looked at again after so long. */
const retryMs = 1_000;

function noGroup(groupId: string): GroupState {
  return { groupId, classic: null, consumer: null, offsets: new Map() };
}
