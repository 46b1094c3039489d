// test: a consumer as the protocol sees it: it owns partitions, gives them up only when it gets to it, and
// may lose answers. Says everything after it lost one, and else only what changed, as real clients do.
import { consumerHeartbeat } from "../../cluster/coordinator/consumer/heartbeat.ts";
import { BrokerError } from "../../proto/errors.ts";
import { type HeartbeatReply, type HeartbeatRequest, heartbeatOf, type TestGroup } from "./consumer-group.ts";

export type Partition = `${string}/${number}`;

export function partitionsIn(list: readonly { topicId: string; partitions: number[] }[]): Set<Partition> {
  return new Set(
    list.flatMap(({ topicId, partitions }) => partitions.map((n): Partition => `${topicId}/${n}`)),
  );
}

export function listOf(partitions: Iterable<Partition>): { topicId: string; partitions: number[] }[] {
  const byTopic = new Map<string, number[]>();
  for (const partition of partitions) {
    const [topicId = "", number] = partition.split("/");
    byTopic.set(topicId, [...(byTopic.get(topicId) ?? []), Number(number)]);
  }
  return [...byTopic].map(([topicId, numbers]) => ({ topicId, partitions: numbers }));
}

export interface Subscription {
  readonly names: string[];
  readonly regex: string | null;
}

export interface ModelMember {
  readonly name: string;
  readonly instanceId: string | null;
  readonly memberId: string;
  /** Or generation. */
  readonly epoch: number;
  readonly owned: ReadonlySet<Partition>;
  /** It has left for good, or left with -2 and is not back. */
  isGone: boolean;
  /** The coordinator gave it up, and it does not know: what it thinks it owns does not count. */
  isExpired: boolean;
  giveUp(): void;
  subscribe(subscription: Subscription): void;
  /** `handled`: how often the request is handled; `arrives`: whether the client hears the answers. */
  beat(group: TestGroup, how?: { handled?: number; arrives?: boolean }): void;
  leave(group: TestGroup, epoch: -1 | -2): void;
  /** A new process in the place of the old: it has a new member id. */
  comeBack(): void;
}

export class ModelClient implements ModelMember {
  readonly name: string;
  readonly instanceId: string | null;
  memberId: string;
  epoch = 0;
  owned = new Set<Partition>();
  subscription: Subscription;
  isGone = false;
  isExpired = false;
  #told = new Set<Partition>();
  #saidOwned: string | null = null;
  #isUnsure = true;
  #lives = 0;

  constructor(name: string, instanceId: string | null, subscription: Subscription) {
    this.name = name;
    this.instanceId = instanceId;
    this.memberId = name;
    this.subscription = subscription;
  }

  /** The user's code has let go of what is to be given up. */
  giveUp(): void {
    for (const partition of this.owned) if (!this.#told.has(partition)) this.owned.delete(partition);
  }

  subscribe(subscription: Subscription): void {
    this.subscription = subscription;
    this.#isUnsure = true;
  }

  beat(group: TestGroup, { handled = 1, arrives = true } = {}): void {
    const request = this.#request();
    try {
      for (let time = 0; time < handled; time++) {
        const reply = group.take(consumerHeartbeat(group.state, request, group.context()));
        if (arrives) this.#hear(reply, request);
      }
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      this.#refused(error);
    }
    if (!arrives) this.#isUnsure = true;
  }

  leave(group: TestGroup, epoch: -1 | -2): void {
    if (this.epoch !== 0 && !this.isExpired) {
      const { memberId, instanceId } = this;
      const request = heartbeatOf({ memberId, instanceId, memberEpoch: epoch });
      group.take(consumerHeartbeat(group.state, request, group.context()));
    }
    this.#begin();
    this.isGone = true;
  }

  comeBack(): void {
    this.isGone = false;
    this.isExpired = false;
    this.memberId = `${this.name}.${++this.#lives}`;
    this.#begin();
  }

  #begin(): void {
    this.epoch = 0;
    this.owned.clear();
    this.#told.clear();
    this.#saidOwned = null;
    this.#isUnsure = true;
  }

  #request(): HeartbeatRequest {
    const { memberId, instanceId, epoch: memberEpoch, subscription } = this;
    const owned = [...this.owned].sort();
    const says = this.#isUnsure || owned.join() !== this.#saidOwned;
    const base = heartbeatOf({
      memberId,
      instanceId,
      memberEpoch,
      topicPartitions: says ? listOf(owned) : null,
    });
    if (!this.#isUnsure && memberEpoch > 0) return base;
    return {
      ...base,
      rebalanceTimeoutMs: 10_000,
      subscribedTopicNames: subscription.names,
      subscribedTopicRegex: subscription.regex ?? "",
    };
  }

  #hear(reply: HeartbeatReply, request: HeartbeatRequest): void {
    this.#isUnsure = false;
    this.epoch = reply.memberEpoch;
    this.isExpired = false;
    if (request.topicPartitions !== null) {
      this.#saidOwned = [...partitionsIn(request.topicPartitions)].sort().join();
    }
    if (reply.assignment === null) return;
    this.#told = partitionsIn(reply.assignment.topicPartitions);
    for (const partition of this.#told) this.owned.add(partition);
  }

  #refused(error: BrokerError): void {
    const mayJoinAgain = ["FENCED_MEMBER_EPOCH", "UNKNOWN_MEMBER_ID", "UNRELEASED_INSTANCE_ID"];
    if (!mayJoinAgain.includes(error.errorName)) throw error;
    this.#begin();
  }
}
