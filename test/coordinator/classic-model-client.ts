// test: a consumer of the classic protocol: joins, syncs, beats; one request at a time. An eager one gives up
// all it has before it joins; a cooperative one goes on with it, and joins again once it has given up what it
// must.
import { classicJoin } from "../../cluster/coordinator/consumer/classic-join.ts";
import {
  classicHeartbeat,
  classicLeave,
  classicSync,
  type InConsumerGroup,
} from "../../cluster/coordinator/consumer/classic-members.ts";
import type { ConsumerDecision } from "../../cluster/coordinator/consumer/consumer-decision.ts";
import { BrokerError, ErrorCode } from "../../proto/errors.ts";
import { assignmentIn, joinGroup, subscriptionBytes, syncGroup } from "./classic-requests.ts";
import type { TestGroup } from "./consumer-group.ts";
import { listOf, type ModelMember, type Partition, partitionsIn, type Subscription } from "./model-client.ts";

export class ClassicModelClient implements ModelMember {
  readonly name: string;
  readonly instanceId = null;
  memberId = "";
  epoch = 0;
  owned = new Set<Partition>();
  isGone = false;
  isExpired = false;
  readonly #isEager: boolean;
  #subscription: Subscription;
  #next: "join" | "sync" | "beat" = "join";

  constructor(name: string, { isEager, subscription }: { isEager: boolean; subscription: Subscription }) {
    this.name = name;
    this.#isEager = isEager;
    this.#subscription = subscription;
  }

  giveUp(): void {}

  subscribe(subscription: Subscription): void {
    this.#subscription = subscription;
    this.#next = "join";
  }

  beat(group: TestGroup, { handled = 1, arrives = true } = {}): void {
    // A group without members is the shell's to end; the classic protocol begins anew then.
    if (!group.state?.consumer?.members.size) return;
    const next = this.#next;
    if (next === "join" && this.#isEager) this.owned.clear();
    for (let time = 0; time < handled; time++) {
      try {
        if (next === "join") this.#join(group, arrives);
        else if (next === "sync") this.#sync(group, arrives);
        else this.#heartbeat(group, arrives);
      } catch (error) {
        if (!(error instanceof BrokerError)) throw error;
        this.#refused(error);
        return;
      }
    }
  }

  leave(group: TestGroup): void {
    if (this.memberId !== "" && group.state?.consumer != null) {
      const members = [{ memberId: this.memberId, groupInstanceId: null, reason: null }];
      const request = { groupId: "orders", memberId: "", members };
      group.take(classicLeave(group.state as InConsumerGroup, request, group.context()));
    }
    this.#begin();
    this.isGone = true;
  }

  comeBack(): void {
    this.isGone = false;
    this.isExpired = false;
    this.#begin();
  }

  #begin(): void {
    this.memberId = "";
    this.epoch = 0;
    this.owned.clear();
    this.#next = "join";
  }

  #ask<Reply>(group: TestGroup, decide: (state: InConsumerGroup) => ConsumerDecision<Reply>): Reply {
    return group.take(decide(group.state as InConsumerGroup));
  }

  #join(group: TestGroup, arrives: boolean): void {
    const context = { ...group.context(), apiVersion: 9 };
    const owned = Object.fromEntries(
      listOf(this.owned).flatMap(({ topicId, partitions }) => {
        const topic = group.image.topics.get(topicId);
        return topic === undefined ? [] : [[topic.name, partitions]];
      }),
    );
    const metadata = subscriptionBytes(this.#subscription.names, { owned });
    const request = joinGroup({ memberId: this.memberId, protocols: [{ name: "range", metadata }] });
    const reply = this.#ask(group, (state) => classicJoin(state, request, context));
    if (!arrives) return;
    this.memberId = reply.memberId;
    if (reply.errorCode === ErrorCode.MEMBER_ID_REQUIRED) return;
    this.isExpired = false;
    this.epoch = reply.generationId;
    this.#next = "sync";
  }

  #sync(group: TestGroup, arrives: boolean): void {
    const request = syncGroup({ memberId: this.memberId, generationId: this.epoch });
    const reply = this.#ask(group, (state) => classicSync(state, request, group.context()));
    if (!arrives) return;
    if (reply.errorCode === ErrorCode.REBALANCE_IN_PROGRESS) {
      this.#next = "join";
      return;
    }
    const told = Object.entries(assignmentIn(reply.assignment)).map(([name, partitions]) => ({
      ...{ topicId: group.image.topicIdsByName.get(name)!, partitions },
    }));
    const before = this.owned;
    this.owned = partitionsIn(told);
    const gaveUp = [...before].some((partition) => !this.owned.has(partition));
    this.#next = gaveUp ? "join" : "beat";
  }

  #heartbeat(group: TestGroup, arrives: boolean): void {
    const { memberId, epoch: generationId } = this;
    const request = { groupId: "orders", memberId, generationId, groupInstanceId: null };
    const reply = this.#ask(group, (state) => classicHeartbeat(state, request));
    if (arrives && reply.errorCode === ErrorCode.REBALANCE_IN_PROGRESS) this.#next = "join";
  }

  #refused(error: BrokerError): void {
    if (!["UNKNOWN_MEMBER_ID", "ILLEGAL_GENERATION"].includes(error.errorName)) throw error;
    const { memberId } = this;
    this.#begin();
    if (error.errorName === "ILLEGAL_GENERATION") this.memberId = memberId;
  }
}
