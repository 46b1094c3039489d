// core: one member of a group whose broker divides the partitions (KIP-848): its epoch, what it shall have,
// what it has, and what its next heartbeat says. The shell sends, gives partitions up and takes them.
//
//     joining (epoch 0) -> stable <-> reconciling -> acknowledging -> stable
//          ^-- fenced, unknown: everything is lost
//
// Keeps true: what it has is reported only after partitions were really given up, so that nobody else gets
// them before; after a failure everything is said again, since nobody knows what arrived.
import type { Uuid } from "../../base/uuid.ts";
import { ErrorCode } from "../../proto/errors.ts";
import type { ConsumerGroupHeartbeatResponse } from "../../proto/kafka/generated/messages.ts";
import { fine, type Verdict, verdictOf } from "./verdicts.ts";

export interface ModernSettings {
  readonly groupId: string;
  readonly groupInstanceId: string | null;
  readonly rackId: string | null;
  readonly rebalanceTimeoutMs: number;
  readonly remoteAssignor: string | null;
}

export interface ModernSubscription {
  readonly topics: readonly string[];
  /** Null: names only. */
  readonly regex: string | null;
}

export interface IdPartition {
  readonly topicId: Uuid;
  readonly partition: number;
}

export interface HeartbeatBody {
  groupId: string;
  memberId: string;
  memberEpoch: number;
  instanceId: string | null;
  rackId: string | null;
  rebalanceTimeoutMs: number;
  subscribedTopicNames: string[] | null;
  subscribedTopicRegex?: string | null;
  serverAssignor: string | null;
  topicPartitions: { topicId: Uuid; partitions: number[] }[] | null;
}

const leaveEpoch = -1;
const staticLeaveEpoch = -2;

export class ModernMembership {
  readonly memberId: string;
  readonly #settings: ModernSettings;
  #epoch = 0;
  #subscription: ModernSubscription;
  /** Of the broker; null: it has not said since the member joined. */
  #target: readonly IdPartition[] | null = null;
  #owned: readonly IdPartition[] = [];
  /** What the broker is known to know; null: everything has to be said. */
  #told: { subscription: ModernSubscription; owned: readonly IdPartition[] } | null = null;
  #sent: { subscription: ModernSubscription; owned: readonly IdPartition[] } | null = null;
  #isReconciling = false;

  constructor(memberId: string, settings: ModernSettings, subscription: ModernSubscription) {
    this.memberId = memberId;
    this.#settings = settings;
    this.#subscription = subscription;
  }

  get epoch(): number {
    return this.#epoch;
  }

  get owned(): readonly IdPartition[] {
    return this.#owned;
  }

  get target(): readonly IdPartition[] | null {
    return this.#target;
  }

  get subscription(): ModernSubscription {
    return this.#subscription;
  }

  set subscription(subscription: ModernSubscription) {
    this.#subscription = subscription;
  }

  /** Whether there is something to be said at once. */
  get isNews(): boolean {
    if (this.#told === null) return true;
    if (!sameSubscription(this.#told.subscription, this.#subscription)) return true;
    return !this.#isReconciling && !sameIds(this.#told.owned, this.#owned);
  }

  heartbeatBody(version: number): HeartbeatBody {
    const { groupId, groupInstanceId, rackId, rebalanceTimeoutMs, remoteAssignor } = this.#settings;
    const told = this.#told;
    const isAll = told === null || this.#epoch === 0;
    const isNewSubscription = isAll || !sameSubscription(told.subscription, this.#subscription);
    // While it gives up and takes, it is between two states, of which neither is to be reported.
    const isNewOwned = isAll || (!this.#isReconciling && !sameIds(told.owned, this.#owned));
    const owned = isNewOwned ? this.#owned : told.owned;
    this.#sent = { subscription: this.#subscription, owned };
    return {
      groupId,
      memberId: this.memberId,
      memberEpoch: this.#epoch,
      instanceId: groupInstanceId,
      rackId: isAll ? rackId : null,
      rebalanceTimeoutMs: isAll ? rebalanceTimeoutMs : -1,
      subscribedTopicNames: isNewSubscription ? [...this.#subscription.topics].sort() : null,
      // An empty expression takes a former one back.
      ...(version >= 1 && isNewSubscription ? { subscribedTopicRegex: this.#regexToSend(told) } : {}),
      serverAssignor: isAll ? remoteAssignor : null,
      topicPartitions: isNewOwned ? grouped(owned) : null,
    };
  }

  /** Static members stay members for the session timeout, unless they leave for good. */
  leaveBody(isForGood: boolean): HeartbeatBody {
    const { groupId, groupInstanceId } = this.#settings;
    const isAway = groupInstanceId !== null && !isForGood;
    return {
      groupId,
      memberId: this.memberId,
      memberEpoch: isAway ? staticLeaveEpoch : leaveEpoch,
      instanceId: groupInstanceId,
      rackId: null,
      rebalanceTimeoutMs: -1,
      subscribedTopicNames: null,
      serverAssignor: null,
      topicPartitions: null,
    };
  }

  /** "lost": everything owned is gone already; it goes on with epoch 0. */
  answered(answer: ConsumerGroupHeartbeatResponse): Verdict {
    const { groupId } = this.#settings;
    const verdict = verdictOf(`heartbeat to group ${groupId}`, answer.errorCode, answer.errorMessage);
    if (verdict.kind !== "fine") {
      this.failed();
      if (verdict.kind === "lost") this.fenced();
      return verdict;
    }
    this.#epoch = answer.memberEpoch;
    this.#told = this.#sent;
    if (answer.assignment !== null) {
      this.#target = answer.assignment.topicPartitions.flatMap(({ topicId, partitions }) =>
        partitions.map((partition) => ({ topicId, partition })),
      );
    }
    return fine;
  }

  /** Nobody knows whether the heartbeat arrived: everything is said again. */
  failed(): void {
    this.#told = null;
  }

  /** Out of the group: joins anew with the same member id. */
  fenced(): void {
    this.#epoch = 0;
    this.#owned = [];
    this.#target = null;
    this.#told = null;
    this.#isReconciling = false;
  }

  /** What to give up and what to take; null: it has what it shall have. To be followed by `reconciled`. */
  reconcile(): { revoked: readonly IdPartition[]; added: readonly IdPartition[] } | null {
    const target = this.#target;
    if (target === null || this.#isReconciling || sameIds(target, this.#owned)) return null;
    this.#isReconciling = true;
    return { revoked: minus(this.#owned, target), added: minus(target, this.#owned) };
  }

  /** What it has now. */
  reconciled(owned: readonly IdPartition[]): void {
    this.#owned = owned;
    this.#isReconciling = false;
  }

  #regexToSend(told: { subscription: ModernSubscription } | null): string | null {
    const { regex } = this.#subscription;
    return regex ?? (told !== null && told.subscription.regex !== null ? "" : null);
  }
}

/** Codes by which a broker or a group says that it does not do this protocol. */
export function isProtocolRefusal(code: number): boolean {
  const refusals: readonly number[] = [
    ErrorCode.UNSUPPORTED_VERSION,
    ErrorCode.GROUP_ID_NOT_FOUND,
    ErrorCode.INCONSISTENT_GROUP_PROTOCOL,
  ];
  return refusals.includes(code);
}

export function idKey({ topicId, partition }: IdPartition): string {
  return `${topicId} ${partition}`;
}

function minus(ones: readonly IdPartition[], others: readonly IdPartition[]): IdPartition[] {
  const left = new Set(others.map(idKey));
  return ones.filter((one) => !left.has(idKey(one)));
}

function sameIds(one: readonly IdPartition[], other: readonly IdPartition[]): boolean {
  return one.length === other.length && minus(one, other).length === 0;
}

function sameSubscription(one: ModernSubscription, other: ModernSubscription): boolean {
  if (one.regex !== other.regex || one.topics.length !== other.topics.length) return false;
  const known = new Set(one.topics);
  return other.topics.every((topic) => known.has(topic));
}

function grouped(places: readonly IdPartition[]): { topicId: Uuid; partitions: number[] }[] {
  const topics = new Map<Uuid, number[]>();
  for (const { topicId, partition } of places) {
    const partitions = topics.get(topicId);
    if (partitions === undefined) topics.set(topicId, [partition]);
    else partitions.push(partition);
  }
  return [...topics].map(([topicId, partitions]) => ({ topicId, partitions }));
}
