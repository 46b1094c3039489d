// test: a group that members of both protocols speak to.
import { classicJoin } from "../../cluster/coordinator/consumer/classic-join.ts";
import {
  classicHeartbeat,
  classicLeave,
  classicSync,
  type InConsumerGroup,
} from "../../cluster/coordinator/consumer/classic-members.ts";
import type { ConsumerContext, Conversion } from "../../cluster/coordinator/consumer/consumer-decision.ts";
import { consumerHeartbeat } from "../../cluster/coordinator/consumer/heartbeat.ts";
import { expireMember } from "../../cluster/coordinator/consumer/leave.ts";
import type { ClassicGroupRecord } from "../../cluster/coordinator/state/group-state.ts";
import type { RequestOf, ResponseOf } from "../../proto/kafka/apis.ts";
import {
  assignmentBytes,
  type ByTopic,
  joinGroup,
  subscriptionBytes,
  syncGroup,
} from "./classic-requests.ts";
import { joinOf, TestGroup } from "./consumer-group.ts";

/** Stable, in generation 7, subscribed to topic t. */
export function classicGroup(
  members: Readonly<Record<string, ByTopic>>,
  change: Partial<ClassicGroupRecord> = {},
) {
  return {
    ...{ protocolType: "consumer", generation: 7, protocol: "range", leader: "a", stateSinceMs: 5 },
    members: Object.entries(members).map(([memberId, assigned]) => ({
      ...{ memberId, groupInstanceId: null, clientId: "old", clientHost: "h" },
      ...{ rebalanceTimeoutMs: 20_000, sessionTimeoutMs: 10_000 },
      subscription: subscriptionBytes(["t"]),
      assignment: assignmentBytes(assigned),
    })),
    ...change,
  };
}

/** Speaks both protocols to one group. */
export class MixedGroup extends TestGroup {
  conversion: Conversion | null = null;

  static of(value: ClassicGroupRecord, topics: Readonly<Record<string, number>> = { t: 4 }): MixedGroup {
    const group = new MixedGroup(topics);
    group.replay([{ kind: "classicGroup", groupId: "orders", value }]);
    return group;
  }

  get inConsumer(): InConsumerGroup {
    return this.state as InConsumerGroup;
  }

  consumerJoin(memberId: string, change: Partial<ConsumerContext> = {}, more = {}) {
    const context = { ...this.context(), ...change };
    const decision = consumerHeartbeat(this.state, joinOf(memberId, ["t"], more), context);
    this.conversion = decision.conversion;
    return this.take(decision);
  }

  joins(change: Partial<RequestOf<"JoinGroup">>, version = 9): ResponseOf<"JoinGroup"> {
    this.apiVersion = version;
    const decision = classicJoin(this.inConsumer, joinGroup(change), this.context());
    this.apiVersion = 1;
    this.conversion = decision.conversion;
    return this.take(decision);
  }

  syncs(memberId: string, generationId: number, change: Partial<RequestOf<"SyncGroup">> = {}) {
    const request = syncGroup({ memberId, generationId, ...change });
    return this.take(classicSync(this.inConsumer, request, this.context()));
  }

  beats(memberId: string, generationId: number): number {
    const request = { groupId: "orders", memberId, generationId, groupInstanceId: null };
    return this.take(classicHeartbeat(this.inConsumer, request)).errorCode;
  }

  leaves(members: { memberId: string; groupInstanceId: string | null }[]): ResponseOf<"LeaveGroup"> {
    const request = {
      groupId: "orders",
      memberId: "",
      members: members.map((one) => ({ ...one, reason: null })),
    };
    const decision = classicLeave(this.inConsumer, request, this.context());
    this.conversion = decision.conversion;
    return this.take(decision);
  }

  expires(memberId: string): void {
    const decision = expireMember(this.state, { memberId, why: "session" }, this.context());
    this.conversion = decision.conversion;
    this.take(decision);
  }
}
