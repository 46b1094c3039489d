// test: an in-memory group coordinator for the fake cluster: both protocols and committed offsets, as far as
// a client can tell them from the real ones. `coordinator` is the broker that has all groups.
import type { Clock, Timer } from "../../base/ports/clock.ts";
import { type Deferred, deferred } from "../../base/waits.ts";
import { ErrorCode } from "../../proto/errors.ts";
import type * as messages from "../../proto/kafka/generated/messages.ts";
import type { FakeAnswers, FakeCluster, FakeRequest } from "./fake-cluster.ts";
import { FakeModernGroup } from "./fake-modern-group.ts";

interface ClassicMember {
  readonly id: string;
  readonly instanceId: string | null;
  protocols: messages.JoinGroupRequest["protocols"];
  sessionTimeoutMs: number;
  rebalanceTimeoutMs: number;
  expiry: Timer | null;
  joining: Deferred<object> | null;
  syncing: Deferred<object> | null;
}

/** How long the first join of a group waits for others. */
const initialDelayMs = 50;

class FakeClassicGroup {
  readonly members = new Map<string, ClassicMember>();
  /** Members that were put out without having left. */
  putOut = 0;
  generation = 0;
  phase: "empty" | "preparing" | "completing" | "stable" = "empty";
  leader = "";
  protocol = "";
  assignments = new Map<string, Uint8Array>();
  readonly #clock: Clock;
  #deadline: Timer | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async join(body: messages.JoinGroupRequest, version: number, newId: () => string): Promise<object> {
    let id = body.memberId;
    const twin = [...this.members.values()].find(
      (item) => item.instanceId !== null && item.instanceId === body.groupInstanceId,
    );
    if (id === "" && body.groupInstanceId === null && version >= 4) {
      id = newId();
      this.#pending.add(id);
      return { errorCode: ErrorCode.MEMBER_ID_REQUIRED, memberId: id };
    }
    if (id !== "" && twin !== undefined && twin.id !== id) return { errorCode: ErrorCode.FENCED_INSTANCE_ID };
    if (id !== "" && !this.members.has(id) && !this.#pending.delete(id)) {
      return { errorCode: ErrorCode.UNKNOWN_MEMBER_ID };
    }
    if (id === "") id = newId();
    if (twin !== undefined && twin.id !== id) this.#drop(twin);
    const { groupInstanceId: instanceId, protocols, sessionTimeoutMs } = body;
    const rebalanceTimeoutMs = version === 0 ? sessionTimeoutMs : body.rebalanceTimeoutMs;
    const known = this.members.get(id);
    const member: ClassicMember = known ?? {
      id,
      instanceId,
      protocols,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      expiry: null,
      joining: null,
      syncing: null,
    };
    member.protocols = protocols;
    this.members.set(id, member);
    member.expiry?.cancel();
    const joining = deferred<object>();
    member.joining = joining;
    this.#prepare(known === undefined && this.phase === "empty" ? initialDelayMs : 0);
    return await joining.promise;
  }

  async sync(body: messages.SyncGroupRequest): Promise<object> {
    const refusal = this.refusal(body.memberId, body.generationId, body.groupInstanceId);
    if (refusal !== null) return { errorCode: refusal };
    const member = this.members.get(body.memberId)!;
    this.heard(member);
    if (this.phase === "preparing") return { errorCode: ErrorCode.REBALANCE_IN_PROGRESS };
    if (this.phase === "completing" && member.id === this.leader) {
      this.assignments = new Map(body.assignments.map((item) => [item.memberId, item.assignment]));
      this.phase = "stable";
      for (const each of this.members.values()) {
        each.syncing?.resolve(this.#answerOf(each));
        each.syncing = null;
      }
    }
    if (this.phase === "stable") return this.#answerOf(member);
    const syncing = deferred<object>();
    member.syncing = syncing;
    return await syncing.promise;
  }

  heartbeat(body: messages.HeartbeatRequest): number {
    const refusal = this.refusal(body.memberId, body.generationId, body.groupInstanceId);
    if (refusal !== null) return refusal;
    this.heard(this.members.get(body.memberId)!);
    return this.phase === "preparing" ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE;
  }

  leave(memberId: string, instanceId: string | null): void {
    const member = [...this.members.values()].find(
      (item) => item.id === memberId || (instanceId !== null && item.instanceId === instanceId),
    );
    if (member !== undefined) this.expire(member);
  }

  /** As if its session were over. */
  expire(member: ClassicMember): void {
    this.#drop(member);
    if (this.members.size === 0) this.phase = "empty";
    else this.#prepare(0);
  }

  refusal(memberId: string, generation: number, instanceId: string | null): number | null {
    const twin = [...this.members.values()].find(
      (item) => instanceId !== null && item.instanceId === instanceId,
    );
    if (twin !== undefined && twin.id !== memberId) return ErrorCode.FENCED_INSTANCE_ID;
    if (!this.members.has(memberId)) return ErrorCode.UNKNOWN_MEMBER_ID;
    return generation === this.generation ? null : ErrorCode.ILLEGAL_GENERATION;
  }

  heard(member: ClassicMember): void {
    member.expiry?.cancel();
    member.expiry = this.#clock.after(member.sessionTimeoutMs, () => {
      this.putOut++;
      this.expire(member);
    });
  }

  readonly #pending = new Set<string>();

  #drop(member: ClassicMember): void {
    member.expiry?.cancel();
    this.members.delete(member.id);
    for (const waiting of [member.joining, member.syncing]) {
      waiting?.resolve({ errorCode: ErrorCode.UNKNOWN_MEMBER_ID });
    }
  }

  #prepare(delayMs: number): void {
    if (this.phase !== "preparing") {
      this.phase = "preparing";
      for (const member of this.members.values()) {
        member.syncing?.resolve({ errorCode: ErrorCode.REBALANCE_IN_PROGRESS });
        member.syncing = null;
      }
      const longest = Math.max(...[...this.members.values()].map((member) => member.rebalanceTimeoutMs));
      this.#deadline?.cancel();
      this.#deadline = this.#clock.after(delayMs > 0 ? delayMs : longest, () => this.#complete());
      if (delayMs > 0) return;
    }
    if (this.generation > 0 && [...this.members.values()].every((member) => member.joining !== null))
      this.#complete();
  }

  #complete(): void {
    if (this.phase !== "preparing") return;
    this.#deadline?.cancel();
    for (const member of this.members.values()) {
      if (member.joining !== null) continue;
      this.putOut++;
      this.#drop(member);
    }
    if (this.members.size === 0) {
      this.phase = "empty";
      return;
    }
    this.generation++;
    this.phase = "completing";
    const all = [...this.members.values()];
    const names = all.map((member) => member.protocols.map((item) => item.name));
    const chosen = names[0]!.find((name) => names.every((list) => list.includes(name)));
    if (!this.members.has(this.leader)) this.leader = all[0]!.id;
    this.protocol = chosen ?? "";
    const told = all.map((member) => ({
      memberId: member.id,
      groupInstanceId: member.instanceId,
      metadata: member.protocols.find((item) => item.name === chosen)?.metadata ?? new Uint8Array(),
    }));
    for (const member of all) {
      const errorCode = chosen === undefined ? ErrorCode.INCONSISTENT_GROUP_PROTOCOL : ErrorCode.NONE;
      this.heard(member);
      member.joining!.resolve({
        errorCode,
        generationId: this.generation,
        protocolType: "consumer",
        protocolName: this.protocol,
        leader: this.leader,
        memberId: member.id,
        members: member.id === this.leader ? told : [],
      });
      member.joining = null;
    }
  }

  #answerOf(member: ClassicMember): object {
    const assignment = this.assignments.get(member.id) ?? new Uint8Array();
    return { errorCode: 0, protocolType: "consumer", protocolName: this.protocol, assignment };
  }
}

export class FakeGroups {
  readonly classic = new Map<string, FakeClassicGroup>();
  readonly modern = new Map<string, FakeModernGroup>();
  /** By group, then "topic partition". */
  readonly offsets = new Map<
    string,
    Map<string, { offset: number; metadata: string; leaderEpoch: number }>
  >();
  coordinator = 1;
  /** Told of each offset that is accepted. */
  onCommit: (told: { groupId: string; topic: string; partition: number; offset: number }) => void = () => {};
  #cluster: FakeCluster | null = null;
  #ids = 0;

  attach(cluster: FakeCluster): void {
    this.#cluster = cluster;
  }

  /** For FakeOptions.more; `isModern`: whether the brokers offer the consumer protocol. */
  answers(isModern: boolean): FakeAnswers {
    const asked = <T>(answer: (request: FakeRequest) => T) => {
      return (request: FakeRequest) =>
        request.broker === this.coordinator ? answer(request) : this.#elsewhere(request);
    };
    const plain: FakeAnswers = {
      FindCoordinator: ({ body, version }) => this.#find(body, version),
      JoinGroup: asked(({ body, version }) =>
        this.group(body.groupId).join(body, version, () => `member-${++this.#ids}`),
      ),
      SyncGroup: asked(({ body }) => this.group(body.groupId).sync(body)),
      Heartbeat: asked(({ body }) => ({ errorCode: this.group(body.groupId).heartbeat(body) })),
      LeaveGroup: asked(({ body, version }) => this.#leave(body, version)),
      OffsetCommit: asked(({ body }) => this.#commit(body)),
      OffsetFetch: asked(({ body, version }) => this.#fetch(body, version)),
    };
    if (!isModern) return plain;
    return {
      ...plain,
      ConsumerGroupHeartbeat: asked(({ body }) => this.modernGroup(body.groupId).heartbeat(body)),
    };
  }

  group(id: string): FakeClassicGroup {
    let group = this.classic.get(id);
    if (group === undefined) {
      group = new FakeClassicGroup(this.#cluster!.client.clock);
      this.classic.set(id, group);
    }
    return group;
  }

  modernGroup(id: string): FakeModernGroup {
    let group = this.modern.get(id);
    if (group === undefined) {
      group = new FakeModernGroup(this.#cluster!);
      this.modern.set(id, group);
    }
    return group;
  }

  committed(group: string, topic: string, partition: number): number {
    return this.offsets.get(group)?.get(`${topic} ${partition}`)?.offset ?? -1;
  }

  #elsewhere({ api, body, version }: FakeRequest): object {
    const errorCode = ErrorCode.NOT_COORDINATOR;
    if (api === "OffsetCommit") return this.#commitAnswer(body, errorCode);
    if (api === "OffsetFetch" && version >= 8) {
      return { groups: [{ groupId: body.groups[0].groupId, topics: [], errorCode }] };
    }
    return { errorCode };
  }

  #find(body: messages.FindCoordinatorRequest, version: number): object {
    const place = { nodeId: this.coordinator, host: `b${this.coordinator}`, port: 9092, errorCode: 0 };
    if (version < 4) return place;
    return { coordinators: body.coordinatorKeys.map((key) => ({ key, ...place })) };
  }

  #leave(body: messages.LeaveGroupRequest, version: number): object {
    const members = version < 3 ? [{ memberId: body.memberId, groupInstanceId: null }] : body.members;
    for (const { memberId, groupInstanceId } of members)
      this.group(body.groupId).leave(memberId, groupInstanceId);
    return { errorCode: 0, members: members.map((item) => ({ ...item, errorCode: 0 })) };
  }

  #commit(body: messages.OffsetCommitRequest): object {
    const { groupId, memberId, generationIdOrMemberEpoch: epoch } = body;
    const modern = this.modern.get(groupId);
    const classic = this.group(groupId);
    let errorCode: number = ErrorCode.NONE;
    if (modern !== undefined) errorCode = modern.refusal(memberId, epoch);
    else if (memberId !== "" || classic.members.size > 0) {
      errorCode = classic.refusal(memberId, epoch, body.groupInstanceId) ?? ErrorCode.NONE;
      if (errorCode === 0 && classic.phase === "completing") errorCode = ErrorCode.REBALANCE_IN_PROGRESS;
    }
    if (errorCode === ErrorCode.NONE) {
      const stored = this.offsets.get(groupId) ?? new Map();
      this.offsets.set(groupId, stored);
      for (const { name, partitions } of body.topics) {
        for (const item of partitions) {
          const {
            committedOffset: offset,
            committedMetadata: metadata,
            committedLeaderEpoch: leaderEpoch,
          } = item;
          this.onCommit({ groupId, topic: name, partition: item.partitionIndex, offset });
          stored.set(`${name} ${item.partitionIndex}`, { offset, metadata: metadata ?? "", leaderEpoch });
        }
      }
    }
    return this.#commitAnswer(body, errorCode);
  }

  #commitAnswer(body: messages.OffsetCommitRequest, errorCode: number): object {
    const topics = body.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    }));
    return { topics };
  }

  #fetch(body: messages.OffsetFetchRequest, version: number): object {
    const asked = version >= 8 ? body.groups[0]! : body;
    const topics = (asked.topics ?? []).map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => {
        const known = this.offsets.get(asked.groupId)?.get(`${name} ${partitionIndex}`);
        const { offset = -1, metadata = "", leaderEpoch = -1 } = known ?? {};
        const told = { committedOffset: offset, committedLeaderEpoch: leaderEpoch, metadata, errorCode: 0 };
        return version >= 5 ? { partitionIndex, ...told } : { ...told, partitionIndex };
      }),
    }));
    return version >= 8
      ? { groups: [{ groupId: asked.groupId, topics, errorCode: 0 }] }
      : { topics, errorCode: 0 };
  }
}
