// test: a group whose broker divides the partitions (KIP-848), in memory: members by epoch, a target that
// deals partitions in turn, and nothing handed over before its former owner reported that it gave it up.
import type { Timer } from "../../base/ports/clock.ts";
import { ErrorCode } from "../../proto/errors.ts";
import type * as messages from "../../proto/kafka/generated/messages.ts";
import type { FakeCluster } from "./fake-cluster.ts";

interface ModernMember {
  readonly id: string;
  readonly instanceId: string | null;
  epoch: number;
  topics: string[];
  regex: string | null;
  /** Given to it; "topicId partition". */
  assigned: Set<string>;
  /** Asked back and not yet reported as given up. */
  pending: Set<string>;
  told: string;
  expiry: Timer | null;
}

export class FakeModernGroup {
  readonly members = new Map<string, ModernMember>();
  epoch = 0;
  /** Members that were put out without having left. */
  putOut = 0;
  heartbeatIntervalMs = 500;
  sessionTimeoutMs = 5_000;
  /** What a heartbeat is refused with; null: nothing. */
  refuse: number | null = null;
  readonly #cluster: FakeCluster;
  #shape = "";

  constructor(cluster: FakeCluster) {
    this.#cluster = cluster;
  }

  refusal(memberId: string, epoch: number): number {
    const member = this.members.get(memberId);
    if (member === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
    return member.epoch === epoch ? ErrorCode.NONE : ErrorCode.STALE_MEMBER_EPOCH;
  }

  /** Throws a member out, as a session that is over. */
  expire(id: string): void {
    this.members.get(id)?.expiry?.cancel();
    this.members.delete(id);
  }

  heartbeat(body: messages.ConsumerGroupHeartbeatRequest): object {
    if (this.refuse !== null) return { errorCode: this.refuse, errorMessage: null };
    const { memberId: id, memberEpoch } = body;
    if (memberEpoch < 0) {
      if (memberEpoch === -1) this.expire(id);
      return { errorCode: 0, memberId: id, memberEpoch };
    }
    let member = this.members.get(id);
    if (memberEpoch === 0) {
      const twin = [...this.members.values()].find(
        (item) => item.instanceId !== null && item.instanceId === body.instanceId,
      );
      if (
        body.topicPartitions === null ||
        (body.subscribedTopicNames === null && body.subscribedTopicRegex === null)
      ) {
        return { errorCode: ErrorCode.INVALID_REQUEST };
      }
      this.expire(id);
      if (twin !== undefined) this.expire(twin.id);
      const fresh = {
        epoch: 0,
        topics: [],
        regex: null,
        pending: new Set<string>(),
        told: "-",
        expiry: null,
      };
      const assigned = twin?.assigned ?? new Set<string>();
      member = { id, instanceId: body.instanceId, ...fresh, assigned };
      this.members.set(id, member);
    }
    if (member === undefined) return { errorCode: ErrorCode.UNKNOWN_MEMBER_ID };
    if (memberEpoch > member.epoch) return { errorCode: ErrorCode.FENCED_MEMBER_EPOCH };
    member.expiry?.cancel();
    member.expiry = this.#cluster.client.clock.after(this.sessionTimeoutMs, () => {
      this.putOut++;
      this.expire(id);
    });
    if (body.subscribedTopicNames !== null) member.topics = body.subscribedTopicNames;
    if (body.subscribedTopicRegex !== null) member.regex = body.subscribedTopicRegex || null;
    if (body.topicPartitions !== null) {
      const owned = new Set(
        body.topicPartitions.flatMap((t) => t.partitions.map((p) => `${t.topicId} ${p}`)),
      );
      for (const key of member.pending) if (!owned.has(key)) member.pending.delete(key);
    }
    // Who says everything is told everything: it may have missed an answer.
    const isFull = body.subscribedTopicNames !== null && body.topicPartitions !== null;
    return this.#answer(member, memberEpoch === 0 || isFull);
  }

  #answer(member: ModernMember, isFirst: boolean): object {
    const target = this.#target();
    const wanted = target.get(member.id)!;
    for (const key of member.assigned) {
      if (wanted.has(key)) continue;
      member.assigned.delete(key);
      member.pending.add(key);
    }
    const others = [...this.members.values()].filter((item) => item !== member);
    for (const key of wanted) {
      if (others.some((item) => item.assigned.has(key) || item.pending.has(key))) continue;
      if (member.pending.size === 0) member.assigned.add(key);
    }
    if (member.pending.size === 0) member.epoch = this.epoch;
    const told = [...member.assigned].sort().join();
    const isNews = isFirst || told !== member.told;
    member.told = told;
    const topics = new Map<string, number[]>();
    for (const key of member.assigned) {
      const [topicId, partition] = key.split(" ") as [string, string];
      topics.set(topicId, [...(topics.get(topicId) ?? []), Number(partition)]);
    }
    const topicPartitions = [...topics].map(([topicId, partitions]) => ({ topicId, partitions }));
    const { id: memberId, epoch: memberEpoch } = member;
    const { heartbeatIntervalMs } = this;
    return {
      errorCode: 0,
      memberId,
      memberEpoch,
      heartbeatIntervalMs,
      assignment: isNews ? { topicPartitions } : null,
    };
  }

  /** Deals every topic's partitions in turn to those who want it. */
  #target(): Map<string, Set<string>> {
    const ids = [...this.members.keys()].sort();
    const target = new Map(ids.map((id) => [id, new Set<string>()]));
    const shape: string[] = [];
    let turn = 0;
    for (const { name, topicId, logs } of this.#cluster.topics.values()) {
      const takers = ids.filter((id) => {
        const { topics, regex } = this.members.get(id)!;
        return topics.includes(name) || (regex !== null && new RegExp(`^(${regex})$`).test(name));
      });
      shape.push(`${name} ${logs.length} ${takers.join()}`);
      for (let partition = 0; takers.length > 0 && partition < logs.length; partition++) {
        target.get(takers[turn++ % takers.length]!)!.add(`${topicId} ${partition}`);
      }
    }
    const now = [...ids, ...shape].join(";");
    if (now !== this.#shape) this.epoch++;
    this.#shape = now;
    return target;
  }
}
