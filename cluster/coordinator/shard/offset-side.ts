// shell: the committed offsets of the groups of one shard: committing, fetching, deleting and expiring them.
import type { Clock } from "../../../base/ports/clock.ts";
import type { Log } from "../../../base/ports/log.ts";
import { BrokerError } from "../../../proto/errors.ts";
import { consumerProtocolType, subscribedTopics } from "../classic/subscribed-topics.ts";
import type { HeartbeatRequest } from "../classic/sync.ts";
import { deleteConsumerGroup } from "../consumer/describe.ts";
import { validateCommit, validateFetch } from "../consumer/offset-checks.ts";
import { isSubscribed } from "../consumer/subscriptions.ts";
import type { GroupSettings } from "../group-settings.ts";
import {
  type CommitTopic,
  commitOffsets,
  deleteOffsets,
  offsetsOfGone,
  type PartitionVerdicts,
} from "../offsets/commit.ts";
import { expiredOffsets, type Keeping } from "../offsets/expiry.ts";
import { type FetchedTopic, fetchOffsets } from "../offsets/fetch.ts";
import type { WrittenRecord } from "../state/group-records.ts";
import type { GroupState } from "../state/group-state.ts";
import type { ClassicSide } from "./classic-side.ts";
import type { ShardPort } from "./shard-port.ts";

/** Groups looked at in one turn while offsets are expired. */
const groupsPerTurn = 200;

export interface CommitRequest extends HeartbeatRequest {
  readonly apiVersion: number;
  readonly retentionTimeMs: number;
  readonly topics: readonly CommitTopic[];
}

export interface Fetcher {
  readonly memberId: string | null;
  /** Negative: it is no member, or of a version that does not say. */
  readonly memberEpoch: number;
}

const noMember: Fetcher = { memberId: null, memberEpoch: -1 };

/** First version that knows GROUP_ID_NOT_FOUND. */
const firstVersionWithMemberEpoch = 9;

export interface OffsetSurroundings {
  readonly clock: Clock;
  readonly log: Log;
  settings(): GroupSettings;
  onExpired(offsets: number): void;
}

export class OffsetSide {
  readonly #shard: ShardPort;
  readonly #classic: ClassicSide;
  readonly #surroundings: OffsetSurroundings;
  /** Topics that were deleted, and when: what was committed of them is to go. */
  readonly #gone = new Map<string, number>();
  #isForgetting = false;

  constructor(shard: ShardPort, classic: ClassicSide, surroundings: OffsetSurroundings) {
    this.#shard = shard;
    this.#classic = classic;
    this.#surroundings = surroundings;
  }

  /** Resolves once the offsets are committed to the log; an error code for each. Rejects with BrokerError. */
  async commit(groupId: string, request: CommitRequest): Promise<PartitionVerdicts[]> {
    this.#shard.needLoaded();
    this.#checkSender(groupId, request);
    const { clock, settings } = this.#surroundings;
    const { topics, retentionTimeMs } = request;
    const metadataBytesMax = settings().offsetMetadataBytesMax;
    const wallMs = clock.wallMs();
    const { records, topics: verdicts } = commitOffsets({
      ...{ groupId, topics, retentionTimeMs, metadataBytesMax, wallMs },
    });
    await this.#shard.commitOffsets(records);
    return verdicts;
  }

  #checkSender(groupId: string, request: CommitRequest): void {
    const isKnown = this.#shard.group(groupId) !== null || this.#classic.find(groupId) !== null;
    if (!isKnown && request.generation >= 0) {
      const text = `there is no group "${groupId}" here, and so no generation ${request.generation} of it`;
      const isNew = request.apiVersion >= firstVersionWithMemberEpoch;
      throw new BrokerError(isNew ? "GROUP_ID_NOT_FOUND" : "ILLEGAL_GENERATION", text);
    }
    const consumer = this.#shard.group(groupId)?.consumer ?? null;
    if (consumer === null) {
      this.#classic.checkCommit(groupId, request);
      return;
    }
    const { memberId, generation: memberEpoch, apiVersion } = request;
    validateCommit(consumer, { groupId, memberId, memberEpoch, apiVersion, isTransactional: false });
  }

  /** A member of the consumer protocol says who it is; throws UNKNOWN_MEMBER_ID, STALE_MEMBER_EPOCH. */
  fetch(
    groupId: string,
    topics: Parameters<typeof fetchOffsets>[1],
    asker: Fetcher = noMember,
  ): FetchedTopic[] {
    this.#shard.needLoaded();
    const consumer = this.#shard.group(groupId)?.consumer ?? null;
    if (consumer !== null) validateFetch(consumer, { groupId, ...asker });
    return fetchOffsets(this.#shard.committedGroup(groupId), topics);
  }

  async delete(groupId: string, topics: Parameters<typeof deleteOffsets>[1]): Promise<PartitionVerdicts[]> {
    this.#shard.needLoaded();
    const isSubscribed = this.#subscribedBy(groupId);
    return await this.#shard.proposeWithin(this.#surroundings.settings().offsetsCommitTimeoutMs, (state) => {
      const group = state.groups.get(groupId);
      if (group === null) {
        throw new BrokerError("GROUP_ID_NOT_FOUND", `there is no group "${groupId}" here`);
      }
      const { records, topics: reply } = deleteOffsets(group, topics, isSubscribed);
      return { records, reply };
    });
  }

  /** Throws NON_EMPTY_GROUP when the group has members of which it cannot be said what they read. */
  #subscribedBy(groupId: string): (topic: string) => boolean {
    const consumer = this.#shard.group(groupId)?.consumer ?? null;
    if (consumer !== null) return (topic) => isSubscribed(consumer, topic);
    const group = this.#classic.find(groupId);
    if (group === null || group.members.size === 0) return () => false;
    if (group.protocolType !== consumerProtocolType) {
      const text = `group "${groupId}" has members of type "${group.protocolType}"; they have to leave first`;
      throw new BrokerError("NON_EMPTY_GROUP", text);
    }
    const topics = subscribedTopics(group);
    return (topic) => topics === null || topics.has(topic);
  }

  // ---- Topics that are deleted ----

  /** What was committed of these goes. What is committed once they are made anew stays. */
  async topicsGone(names: readonly string[]): Promise<void> {
    const { clock } = this.#surroundings;
    for (const name of names) this.#gone.set(name, clock.wallMs());
    // Commits that were let in before are written by then.
    await new Promise<void>((resolve) => clock.endOfTurn(resolve));
    await this.#forgetGone();
  }

  /** All groups are there: those that were told of while they were loaded too. */
  load(): void {
    if (this.#gone.size > 0) this.#surroundings.clock.endOfTurn(() => void this.#forgetGone());
  }

  /**
   * Again with every expiry where the log refused it. One pass at a time: what is deleted meanwhile has the
   * next one, however many topics go one after the other.
   */
  async #forgetGone(): Promise<void> {
    if (this.#isForgetting) return;
    this.#isForgetting = true;
    try {
      let isThrough = true;
      while (isThrough && this.#gone.size > 0 && this.#shard.isLoaded) isThrough = await this.#forgetOnce();
    } finally {
      this.#isForgetting = false;
    }
  }

  /** False: the log refused some of it, or the shard is no more. */
  async #forgetOnce(): Promise<boolean> {
    const gone = new Map(this.#gone);
    let isThrough = true;
    await this.#eachGroup(async (groupId) => {
      if (!(await this.#forget(groupId, gone))) isThrough = false;
    });
    if (!isThrough || !this.#shard.isLoaded) return false;
    for (const [name, sinceMs] of gone) if (this.#gone.get(name) === sinceMs) this.#gone.delete(name);
    return true;
  }

  /** False: the log refused it. */
  async #forget(groupId: string, gone: ReadonlyMap<string, number>): Promise<boolean> {
    const group = this.#shard.group(groupId);
    if (group === null || offsetsOfGone(group, gone).length === 0) return true;
    try {
      const count = await this.#shard.propose((state) => {
        const now = state.groups.get(groupId);
        const records = now === null ? [] : offsetsOfGone(now, gone);
        return { records, reply: records.length };
      });
      const told = { group: groupId, topics: [...gone.keys()], offsets: count };
      if (count > 0) this.#surroundings.log.info(told, "committed offsets of deleted topics were removed");
      return true;
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      return false;
    }
  }

  // ---- Expiry ----

  /** Looks at all groups, some a turn. Resolves when it is through, or the shard is no more. */
  async expire(): Promise<void> {
    await this.#forgetGone();
    await this.#eachGroup((groupId) => this.#expireGroup(groupId));
  }

  async #eachGroup(run: (groupId: string) => Promise<void>): Promise<void> {
    const groups = [...this.#shard.groups()].map(({ groupId }) => groupId);
    for (let at = 0; at < groups.length && this.#shard.isLoaded; at += groupsPerTurn) {
      for (const groupId of groups.slice(at, at + groupsPerTurn)) await run(groupId);
      await new Promise<void>((resolve) => this.#surroundings.clock.endOfTurn(resolve));
    }
  }

  async #expireGroup(groupId: string): Promise<void> {
    if (!this.#shard.isLoaded) return;
    // Most groups have nothing to lose, and need not wait for what others have under way.
    const now = this.#shard.group(groupId);
    if (now === null || !this.#hasOutdated(now)) return;
    try {
      const count = await this.#shard.propose((state, { wallMs }) => {
        const group = state.groups.get(groupId);
        const records = group === null ? [] : this.#outdated(group, wallMs);
        return { records, reply: records.length };
      });
      if (count === 0) return;
      this.#surroundings.onExpired(count);
      this.#surroundings.log.info({ group: groupId, records: count }, "committed offsets expired");
    } catch (error) {
      // The next round finds them again.
      if (!(error instanceof BrokerError)) throw error;
    }
  }

  #hasOutdated(group: GroupState): boolean {
    return this.#outdated(group, this.#surroundings.clock.wallMs()).length > 0;
  }

  #outdated(group: GroupState, wallMs: number): WrittenRecord[] {
    const { groupId } = group;
    const retentionMs = this.#surroundings.settings().offsetsRetentionMs;
    const records = expiredOffsets(group, this.#keeping(group), { retentionMs, wallMs });
    const left = [...group.offsets.values()].reduce((sum, { size }) => sum + size, 0) - records.length;
    if (left === 0 && group.consumer !== null && group.consumer.members.size === 0)
      return [...records, ...deleteConsumerGroup(group)];
    const soft = this.#classic.find(groupId);
    const isEmpty = soft === null || (soft.phase === "empty" && soft.pending.size === 0);
    if (left > 0 || !isEmpty || group.classic === null || soft?.isPersisting) return records;
    return [...records, { kind: "classicGroup", groupId, value: null }];
  }

  #keeping({ groupId, classic, consumer }: GroupState): Keeping {
    if (consumer !== null)
      return { kind: "subscribed", isSubscribed: (topic) => isSubscribed(consumer, topic) };
    const soft = this.#classic.find(groupId);
    if (soft === null || (soft.phase === "empty" && soft.pending.size === 0))
      return { kind: "none", sinceMs: classic?.stateSinceMs ?? -1 };
    const topics = subscribedTopics(soft);
    if (topics === null) return { kind: "all" };
    return { kind: "subscribed", isSubscribed: (topic) => topics.has(topic) };
  }
}
