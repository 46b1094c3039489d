// shell: what a program administers a cluster with: one method a task. The tasks stand in files of their own.
import type { ClientEnv } from "../../base/ports/env.ts";
import { listOffsets, listOffsetsAt } from "../cluster/list-offsets.ts";
import { ClientError } from "../errors.ts";
import { quote } from "../options/read-options.ts";
import { AdminCalls } from "./admin-calls.ts";
import { type AdminOptions, readAdminOptions } from "./admin-options.ts";
import {
  alterConfigs,
  type ConfigChange,
  createPartitions,
  describeLogDirs,
  electLeaders,
  type LeaderElection,
  type LogDirDescription,
  type PartitionGrowth,
} from "./alter-calls.ts";
import {
  type ClusterDescription,
  type ConfigDescription,
  type ConfigSubject,
  describeCluster,
  describeConfigs,
  describeQuorum,
  type QuorumDescription,
} from "./cluster-calls.ts";
import { describeGroups, type GroupDescription } from "./group-description.ts";
import { type GroupLag, groupLags } from "./group-lag.ts";
import { type GroupFilter, type GroupListing, listGroups } from "./group-listing.ts";
import {
  alterGroupOffsets,
  deleteGroupOffsets,
  type GroupOffset,
  listGroupOffsets,
  type NewGroupOffset,
} from "./group-offsets.ts";
import { deleteGroups, type MemberRemoval, removeGroupMembers } from "./group-removal.ts";
import {
  deleteRecords,
  type RecordDeletion,
  type RecordsDeleted,
  type TopicPartition,
} from "./record-calls.ts";
import {
  type CreatedTopic,
  createTopics,
  deleteTopics,
  describeTopics,
  listTopics,
  type NewTopic,
  type TopicDescription,
  type TopicListing,
  waitForTopic,
} from "./topic-calls.ts";
import { addVoter, type NewVoter, removeVoter, type VoterName } from "./voter-calls.ts";

/** `timestamp`: the first record of that time or later; "maxTimestamp": the record with the largest time. */
export type OffsetPlace = "earliest" | "latest" | "maxTimestamp" | { readonly timestamp: number | Date };

export interface OffsetListing {
  readonly topic: string;
  readonly partition: number;
  /** -1: no record of that time or later. */
  readonly offset: number;
  /** Of the record found; -1 for "earliest" and "latest". */
  readonly timestamp: number;
  readonly leaderEpoch: number;
}

/**
 * Every call tries for `apiTimeoutMs` and then rejects with ClientError TIMED_OUT; what the cluster refuses
 * for good is a BrokerError that names the thing refused.
 */
export class AdminClient implements AsyncDisposable {
  readonly #calls: AdminCalls;

  /** Throws ClientError INVALID_OPTION. Connects at the first call. */
  constructor(env: ClientEnv, options: AdminOptions) {
    this.#calls = new AdminCalls(env, readAdminOptions(options));
  }

  /** Resolves when all exist; rejects with the first refusal (TOPIC_ALREADY_EXISTS, INVALID_CONFIG, ...). */
  createTopics(
    topics: readonly NewTopic[],
    options: { readonly validateOnly?: boolean } = {},
  ): Promise<CreatedTopic[]> {
    return createTopics(this.#calls, topics, options);
  }

  /** Deletes topics with all their records. */
  deleteTopics(names: readonly string[]): Promise<void> {
    return deleteTopics(this.#calls, names);
  }

  /** All topics by name; those of the cluster itself only with `internal`. */
  listTopics(options: { readonly internal?: boolean } = {}): Promise<TopicListing[]> {
    return listTopics(this.#calls, options);
  }

  /** In the order of the names; rejects with ClientError UNKNOWN_TOPIC when one is not there. */
  describeTopics(names: readonly string[]): Promise<TopicDescription[]> {
    return describeTopics(this.#calls, names);
  }

  /** Resolves once every broker knows the topic and a leader of each partition. */
  waitForTopic(name: string, options: { readonly timeoutMs?: number } = {}): Promise<void> {
    return waitForTopic(this.#calls, name, options.timeoutMs ?? this.#calls.settings.apiTimeoutMs);
  }

  describeCluster(): Promise<ClusterDescription> {
    return describeCluster(this.#calls);
  }

  /** The metadata quorum (KIP-595). */
  describeQuorum(): Promise<QuorumDescription> {
    return describeQuorum(this.#calls);
  }

  /**
   * Makes a controller that follows the metadata log a voter; resolves once that is committed. Rejects with
   * DUPLICATE_VOTER, REQUEST_TIMED_OUT (it did not catch up in time, or another change is under way).
   */
  addVoter(voter: NewVoter): Promise<void> {
    return addVoter(this.#calls, voter);
  }

  /** Takes a voter out; the leader too, which hands over. Rejects with VOTER_NOT_FOUND. */
  removeVoter(voter: VoterName): Promise<void> {
    return removeVoter(this.#calls, voter);
  }

  describeConfigs(
    subjects: readonly ConfigSubject[],
    options: { readonly documentation?: boolean } = {},
  ): Promise<ConfigDescription[]> {
    return describeConfigs(this.#calls, subjects, options);
  }

  /** Changes settings while the cluster runs; each subject as a whole, rejects with the first refusal. */
  alterConfigs(
    changes: readonly ConfigChange[],
    options: { readonly validateOnly?: boolean } = {},
  ): Promise<void> {
    return alterConfigs(this.#calls, changes, options);
  }

  /** Topics grow to so many partitions; INVALID_PARTITIONS when that is not more than there are. */
  createPartitions(
    growths: readonly PartitionGrowth[],
    options: { readonly validateOnly?: boolean } = {},
  ): Promise<void> {
    return createPartitions(this.#calls, growths, options);
  }

  /** Records below the offsets go for good. Resolves once no in-sync replica has them. */
  deleteRecords(deletions: readonly RecordDeletion[]): Promise<RecordsDeleted[]> {
    return deleteRecords(this.#calls, deletions);
  }

  /** "preferred": leadership goes to first replicas. "unclean": to any replica, where nobody leads. */
  electLeaders(query: {
    readonly election: "preferred" | "unclean";
    /** All partitions when not given. */
    readonly partitions?: readonly TopicPartition[];
  }): Promise<LeaderElection[]> {
    return electLeaders(this.#calls, query);
  }

  /** Log directories of brokers (of all that are up when none are named). */
  describeLogDirs(brokers?: readonly number[]): Promise<LogDirDescription[]> {
    return describeLogDirs(this.#calls, brokers);
  }

  /** Offsets of one partition, or of all partitions of a topic in order. */
  async listOffsets(query: {
    readonly topic: string;
    readonly partition?: number;
    readonly at: OffsetPlace;
    readonly isolation?: "readUncommitted" | "readCommitted";
  }): Promise<OffsetListing[]> {
    const { cluster, env, settings } = this.#calls;
    const timestamp = timestampOf(query.at);
    const { apiTimeoutMs: timeoutMs, retryBackoffMs, retryBackoffMaxMs } = settings;
    const topic = await cluster.topic(query.topic, { timeoutMs, unknownTopicMs: 0 });
    const numbers = topic.partitions.map((item) => item.partition);
    if (query.partition !== undefined && !numbers.includes(query.partition)) {
      const text = `list offsets: ${query.topic} has the partitions 0 to ${numbers.length - 1}`;
      throw new ClientError("INVALID_OPTION", `${text}, not ${query.partition}`);
    }
    const asked = query.partition === undefined ? numbers : [query.partition];
    const queries = asked.map((partition) => ({ topic: query.topic, partition, timestamp }));
    const isCommittedOnly = query.isolation === "readCommitted";
    const lookup = { isCommittedOnly, timeoutMs, retryBackoffMs, retryBackoffMaxMs };
    const answers = await listOffsets(env, cluster, queries, lookup);
    return answers.map((answer) => ({
      topic: answer.topic,
      partition: answer.partition,
      offset: answer.offset,
      timestamp: answer.foundTimestamp,
      leaderEpoch: answer.leaderEpoch,
    }));
  }

  /** All groups of the cluster by id; those of some states or types only with `states` or `types`. */
  listGroups(filter: GroupFilter = {}): Promise<GroupListing[]> {
    return listGroups(this.#calls, filter);
  }

  /**
   * State, members and assignments, in the order of the ids. Rejects with BrokerError GROUP_ID_NOT_FOUND when
   * one is not there.
   */
  describeGroups(ids: readonly string[]): Promise<GroupDescription[]> {
    return describeGroups(this.#calls, ids);
  }

  /**
   * What a group committed, by topic and partition; none for a group that is not there. `requireStable` waits
   * while a transaction that commits offsets is open (KIP-447).
   */
  listGroupOffsets(
    group: string,
    options: { readonly requireStable?: boolean } = {},
  ): Promise<GroupOffset[]> {
    return listGroupOffsets(this.#calls, group, options);
  }

  /**
   * Sets what a group reads next, where it is named; the group is made if there is none. Rejects with
   * BrokerError NON_EMPTY_GROUP while it has members, with ClientError UNKNOWN_TOPIC; the message says what
   * was done all the same.
   */
  alterGroupOffsets(group: string, offsets: readonly NewGroupOffset[]): Promise<void> {
    return alterGroupOffsets(this.#calls, group, offsets);
  }

  /** Forgets what a group committed. Rejects with GROUP_SUBSCRIBED_TO_TOPIC while members read the topic. */
  deleteGroupOffsets(group: string, partitions: readonly TopicPartition[]): Promise<void> {
    return deleteGroupOffsets(this.#calls, group, partitions);
  }

  /** Deletes groups with what they committed. Rejects with the first refusal: NON_EMPTY_GROUP, ... */
  deleteGroups(ids: readonly string[]): Promise<void> {
    return deleteGroups(this.#calls, ids);
  }

  /**
   * Takes members out of a group (KIP-345), and answers how many. One that still runs joins again by itself.
   * Rejects with GROUP_ID_NOT_FOUND, and with UNKNOWN_MEMBER_ID when one that is named is not in it.
   */
  removeGroupMembers(group: string, removal: MemberRemoval): Promise<number> {
    return removeGroupMembers(this.#calls, group, removal);
  }

  /** How far a group is behind, partition by partition. Rejects as `describeGroups` does. */
  async groupLag(group: string): Promise<GroupLag> {
    return (await groupLags(this.#calls, [group]))[0]!;
  }

  /** The same for many groups, in the order of the ids; `skipMissing` leaves out those that are not there. */
  groupLags(
    groups: readonly string[],
    options: { readonly skipMissing?: boolean } = {},
  ): Promise<GroupLag[]> {
    return groupLags(this.#calls, groups, options);
  }

  /** Ends what is under way and closes the connections. Never rejects. */
  close(): Promise<void> {
    this.#calls.cluster.close();
    return Promise.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function timestampOf(at: OffsetPlace): number {
  if (typeof at === "string" && Object.hasOwn(listOffsetsAt, at)) return listOffsetsAt[at];
  if (typeof at === "object" && at !== null) {
    const timestamp = typeof at.timestamp === "number" ? at.timestamp : at.timestamp.getTime();
    if (Number.isSafeInteger(timestamp) && timestamp >= 0) return timestamp;
  }
  const should = '"earliest", "latest", "maxTimestamp" or { timestamp }';
  throw new ClientError("INVALID_OPTION", `list offsets: at is ${quote(at)}; it should be ${should}`);
}
