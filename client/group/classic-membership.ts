// core: one member of a classic group: what it is to the coordinator (member id, generation, leader or not),
// what it says, and what the answers mean. The shell sends and waits.
//
//        join -> (MEMBER_ID_REQUIRED: join again) -> sync -> assigned -+
//          ^                                                           |
//          +---- rebalance in progress, new topics, lost <-------------+
//
// Keeps true: a member that lost its generation never speaks of it again; what it owned is then lost, not
// given up. Source: https://kafka.apache.org/protocol, KIP-394, KIP-345, KIP-429.
import { ErrorCode } from "../../proto/errors.ts";
import type { JoinGroupResponse, SyncGroupResponse } from "../../proto/kafka/generated/messages.ts";
import { asError, ClientError } from "../errors.ts";
import type { Assignor, AssignorMember } from "./assignors/assignor.ts";
import { isCooperative } from "./assignors/known-assignors.ts";
import {
  readAssignment,
  readMember,
  writeAssignment,
  writeSubscription,
} from "./assignors/subscription-bytes.ts";
import type { TopicPartition } from "./places.ts";
import { without } from "./places.ts";
import { type Verdict, verdictOf } from "./verdicts.ts";

export const consumerProtocolType = "consumer";

export interface ClassicSettings {
  readonly groupId: string;
  readonly groupInstanceId: string | null;
  readonly assignors: readonly Assignor[];
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  /** Null: none. */
  readonly rackId: string | null;
}

export type JoinOutcome =
  | {
      readonly kind: "leader";
      readonly members: readonly AssignorMember[];
      readonly assignor: Assignor;
      /** The division stands; the leader only watches over the topics. */
      readonly isDivided: boolean;
    }
  | { readonly kind: "follower" }
  | Exclude<Verdict, { kind: "fine" }>;

export type SyncOutcome =
  | { readonly kind: "assigned"; readonly places: readonly TopicPartition[] }
  | Exclude<Verdict, { kind: "fine" }>;

export class ClassicMembership {
  readonly #settings: ClassicSettings;
  #memberId = "";
  #generationId = -1;
  #protocolName: string | null = null;
  #isLeader = false;
  #lastAssignment: readonly TopicPartition[] = [];
  #lastGenerationId = -1;

  constructor(settings: ClassicSettings) {
    this.#settings = settings;
  }

  /** Empty until the coordinator gave one. */
  get memberId(): string {
    return this.#memberId;
  }

  /** -1: none. */
  get generationId(): number {
    return this.#generationId;
  }

  get protocolName(): string | null {
    return this.#protocolName;
  }

  get isLeader(): boolean {
    return this.#isLeader;
  }

  /** Whether partitions are kept while the group rebalances. */
  get isCooperative(): boolean {
    return isCooperative(this.#settings.assignors);
  }

  /** What has to be given up before a join: everything, or only what is not subscribed to any more. */
  beforeJoin(owned: readonly TopicPartition[], topics: readonly string[]): readonly TopicPartition[] {
    if (!this.isCooperative) return owned;
    const wanted = new Set(topics);
    return owned.filter((place) => !wanted.has(place.topic));
  }

  joinBody(version: number, topics: readonly string[], owned: readonly TopicPartition[], reason: string) {
    const { groupId, groupInstanceId, sessionTimeoutMs, rebalanceTimeoutMs, rackId, assignors } =
      this.#settings;
    const past = { lastAssignment: this.#lastAssignment, lastGenerationId: this.#lastGenerationId };
    const ownedPartitions = this.isCooperative ? owned : [];
    const generationId = this.#lastGenerationId;
    return {
      groupId,
      sessionTimeoutMs,
      ...(version >= 1 ? { rebalanceTimeoutMs } : {}),
      memberId: this.#memberId,
      ...(version >= 5 ? { groupInstanceId } : {}),
      ...(version >= 8 ? { reason } : {}),
      protocolType: consumerProtocolType,
      protocols: assignors.map((assignor) => ({
        name: assignor.name,
        metadata: writeSubscription({
          topics,
          userData: assignor.userData(past),
          ownedPartitions,
          generationId,
          rackId,
        }),
      })),
    };
  }

  joined(answer: JoinGroupResponse): JoinOutcome {
    const what = `join group ${this.#settings.groupId}`;
    if (answer.errorCode === ErrorCode.MEMBER_ID_REQUIRED) {
      this.#memberId = answer.memberId;
      const verdict = verdictOf(what, answer.errorCode);
      return { kind: "rejoin", error: verdict.kind === "fine" ? new Error(what) : verdict.error };
    }
    const verdict = this.heard(verdictOf(what, answer.errorCode));
    if (verdict.kind !== "fine") return verdict;
    this.#memberId = answer.memberId;
    this.#generationId = answer.generationId;
    this.#protocolName = answer.protocolName;
    this.#isLeader = answer.leader === answer.memberId;
    if (!this.#isLeader) return { kind: "follower" };
    try {
      const assignor = this.#settings.assignors.find((item) => item.name === answer.protocolName);
      if (assignor === undefined) {
        const names = this.#settings.assignors.map((item) => item.name).join(", ");
        const text = `${what}: the group chose the assignor ${answer.protocolName}, this member has ${names}`;
        return { kind: "fatal", error: new ClientError("INVALID_OPTION", text) };
      }
      // A static leader that came back need not divide again (KIP-814), but has to know who subscribes to
      // what.
      const members = answer.members.map(readMember);
      return { kind: "leader", members, assignor, isDivided: answer.skipAssignment };
    } catch (error) {
      return { kind: "fatal", error: asError(error) };
    }
  }

  /** `division` is null for followers. */
  syncBody(version: number, division: ReadonlyMap<string, readonly TopicPartition[]> | null) {
    const { groupId, groupInstanceId } = this.#settings;
    return {
      groupId,
      generationId: this.#generationId,
      memberId: this.#memberId,
      ...(version >= 3 ? { groupInstanceId } : {}),
      ...(version >= 5 ? { protocolType: consumerProtocolType, protocolName: this.#protocolName } : {}),
      assignments: [...(division ?? [])].map(([memberId, places]) => ({
        memberId,
        assignment: writeAssignment(places),
      })),
    };
  }

  synced(answer: SyncGroupResponse): SyncOutcome {
    const verdict = this.heard(verdictOf(`sync with group ${this.#settings.groupId}`, answer.errorCode));
    if (verdict.kind !== "fine") return verdict;
    try {
      const places = readAssignment(answer.assignment);
      this.#lastAssignment = places;
      this.#lastGenerationId = this.#generationId;
      return { kind: "assigned", places };
    } catch (error) {
      return { kind: "fatal", error: asError(error) };
    }
  }

  /** `asksForInterval`: an Ottla broker is to say when it wants to hear of it again. */
  heartbeatBody(version: number, asksForInterval: boolean) {
    const { groupId, groupInstanceId } = this.#settings;
    const plain = { groupId, generationId: this.#generationId, memberId: this.#memberId };
    if (version < 3) return plain;
    return version >= 4 ? { ...plain, groupInstanceId, asksForInterval } : { ...plain, groupInstanceId };
  }

  leaveBody(version: number, reason: string) {
    const { groupId, groupInstanceId } = this.#settings;
    if (version < 3) return { groupId, memberId: this.#memberId };
    const member = { memberId: this.#memberId, groupInstanceId };
    return { groupId, members: [version >= 5 ? { ...member, reason } : member] };
  }

  /** Takes in what any answer says of the membership itself; answers the verdict again. */
  heard(verdict: Verdict): Verdict {
    if (verdict.kind === "lost") this.#forget(verdict.forgetsMember);
    return verdict;
  }

  /** It left, or was left out. */
  left(): void {
    this.#forget(true);
  }

  #forget(forgetsMember: boolean): void {
    if (forgetsMember) this.#memberId = "";
    this.#generationId = -1;
    this.#isLeader = false;
  }
}

/** What a division changes for a member that kept its partitions. */
export interface Change {
  readonly revoked: readonly TopicPartition[];
  readonly added: readonly TopicPartition[];
}

export function changeOf(owned: readonly TopicPartition[], target: readonly TopicPartition[]): Change {
  return { revoked: without(owned, target), added: without(target, owned) };
}

/** A division that names no member that is not there, and no partition twice; null when it is sound. */
export function faultOfDivision(
  members: readonly AssignorMember[],
  division: ReadonlyMap<string, readonly TopicPartition[]>,
): string | null {
  const known = new Set(members.map((member) => member.memberId));
  const seen = new Map<string, string>();
  for (const [memberId, places] of division) {
    if (!known.has(memberId)) return `it names the member ${memberId}, which is not in the group`;
    for (const { topic, partition } of places) {
      const key = `${topic}-${partition}`;
      const other = seen.get(key);
      if (other !== undefined) return `it gives ${key} to ${other} and to ${memberId}`;
      seen.set(key, memberId);
    }
  }
  return null;
}
