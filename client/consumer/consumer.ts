// shell: what a program reads records with: partitions that it names (`assign`), or that its group gives it
// (`subscribe`). Keeps true: the records of a partition come in the order of their offsets; `position` is the
// offset of the next one; whatever happens, none is skipped silently.

import type { ClientEnv } from "../../base/ports/env.ts";
import { Cluster } from "../cluster/cluster.ts";
import { listOffsetsAt, type OffsetQuery } from "../cluster/list-offsets.ts";
import { closedError } from "../cluster/sleeper.ts";
import { ClientError } from "../errors.ts";
import type { CommittedOffset, OffsetCommit } from "../group/committed-offset.ts";
import { GroupSession } from "../group/group-session.ts";
import type { TopicPartition } from "../group/places.ts";
import { RunFeed } from "../group/run-feed.ts";
import { readSubscription, type SubscriptionInput } from "../group/subscription.ts";
import { ConsumerRuns } from "../run/consumer-runs.ts";
import type { RunOptions } from "../run/run-options.ts";
import { type AnyTopic, type RawTopic, rawTopic } from "../topics/topic.ts";
import {
  type Assignment,
  type ConsumerOptions,
  type ConsumerSettings,
  endPlaceOf,
  type From,
  placeOf,
  readConsumerOptions,
} from "./consumer-options.ts";
import { type ConsumerBatch, type RecordOf, TopicTable } from "./consumer-record.ts";
import { Fetcher } from "./fetcher.ts";
import { PartitionReader } from "./partition-reader.ts";
import { PositionCheck } from "./position-check.ts";
import { OpenRanges, RecordRange } from "./range.ts";
import { planRange, type RangeQuery } from "./range-query.ts";
import { ReadSet } from "./read-set.ts";
import { BatchReading, RecordReading } from "./reading.ts";

export interface ReadOptions {
  /** Aborting it ends the iteration as if all were read. */
  readonly signal?: AbortSignal | undefined;
}

export interface CloseOptions {
  /** A static member (`groupInstanceId`) leaves for good too, instead of being kept its place for a while. */
  readonly leaveGroup?: boolean;
}

/** How far a partition is behind. */
export interface PositionLag extends TopicPartition {
  readonly position: number;
  /** The end of what can be read, as of the last fetch; null: nothing was fetched yet. */
  readonly highWatermark: number | null;
  /** Offsets between them; null when it is not known. */
  readonly lag: number | null;
}

/** As whom the consumer takes part in its group. */
export interface GroupMetadata {
  readonly groupId: string;
  /** Of the classic protocol the generation, of the consumer protocol the member epoch; -1: no member now. */
  readonly generationOrMemberEpoch: number;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
}

export class ConsumerClient<T extends AnyTopic = RawTopic>
  implements AsyncDisposable, AsyncIterable<RecordOf<T>>
{
  readonly #env: ClientEnv;
  readonly #settings: ConsumerSettings;
  readonly #cluster: Cluster;
  readonly #topics: TopicTable<T>;
  readonly #check: PositionCheck;
  readonly #fetcher: Fetcher;
  readonly #reads: ReadSet;
  readonly #group: GroupSession | null;
  readonly #runs: ConsumerRuns<RecordOf<T>>;
  readonly #ranges: OpenRanges;
  readonly #signal: AbortSignal | null;
  #ownerships = 0;
  #isClosed = false;
  #ended = Promise.resolve();

  /** Throws ClientError INVALID_OPTION. Connects at the first `assign` or `subscribe`. */
  constructor(env: ClientEnv, options: ConsumerOptions<T>) {
    this.#env = env;
    this.#settings = readConsumerOptions(options);
    this.#topics = new TopicTable(options.topics ?? null);
    this.#cluster = new Cluster(env, this.#settings);
    this.#check = new PositionCheck(env, this.#cluster, this.#settings);
    this.#reads = new ReadSet({
      wakeFetcher: () => this.#fetcher.wake(),
      setReaders: (readers) => this.#fetcher.setReaders(readers),
      onInvalid: options.onInvalid ?? null,
    });
    this.#fetcher = new Fetcher(env, this.#cluster, this.#settings, this.#check, () => this.#reads.tell());
    this.#group = this.#makeGroup();
    this.#runs = this.#makeRuns(this.#group);
    this.#ranges = new OpenRanges({ env, settings: this.#settings, onInvalid: options.onInvalid ?? null });
    this.#signal = options.signal ?? null;
    if (this.#signal?.aborted) this.#end(false);
    else this.#signal?.addEventListener("abort", this.#abort, { once: true });
  }

  /**
   * Reads these partitions from now on, and no others. Resolves once every place is known: "latest" means the
   * end at that time. Rejects with ClientError UNKNOWN_TOPIC, INVALID_OPTION, TIMED_OUT, CLUSTER_UNREACHABLE
   * or with BrokerError; the former assignment then stands. Excludes `subscribe` (MIXED_ASSIGNMENT).
   */
  async assign(assignments: readonly Assignment<T>[]): Promise<void> {
    if (this.#isClosed) throw closedError();
    this.#refuseMix(this.#reads.isOfGroup, "assign");
    const places = (await Promise.all(assignments.map((item) => this.#expand(item)))).flat();
    const queries: OffsetQuery[] = [];
    const ask = (place: TopicPartition, timestamp: number): OffsetQuery => {
      const query = { topic: place.topic, partition: place.partition, timestamp };
      queries.push(query);
      return query;
    };
    const asked = places.map((place) => {
      const from = placeOf(place.from);
      const to = endPlaceOf(place.to);
      const isByTime = "timestamp" in from || (to !== null && "timestamp" in to);
      return {
        place,
        from: "offset" in from ? from : { query: ask(place, from.timestamp) },
        to: to === null || "offset" in to ? to : { query: ask(place, to.timestamp) },
        // A time after the last record means the end.
        latest: isByTime ? ask(place, listOffsetsAt.latest) : null,
      };
    });
    const answers = new Map((await this.#check.lookUp(queries)).map((answer, at) => [queries[at], answer]));
    if (this.#isClosed) throw closedError();
    this.#retire(places);
    const options = { codecs: this.#env.codecs, checkCrcs: this.#settings.checkCrcs };
    const assigned = asked.map(({ place, from, to, latest }) => {
      const end = latest === null ? null : answers.get(latest)!;
      const found = "offset" in from ? { offset: from.offset, leaderEpoch: -1 } : answers.get(from.query)!;
      const start = found.offset < 0 ? end! : found;
      const last = to === null || "offset" in to ? to : answers.get(to.query)!;
      const stop = last === null ? null : last.offset < 0 ? end!.offset : last.offset;
      const { topic, partition } = place;
      const { offset, leaderEpoch } = start;
      const at = { topic, partition, offset, leaderEpoch, end: stop, ownership: ++this.#ownerships };
      return { reader: new PartitionReader(at, options), topic: place.definition };
    });
    this.#reads.set(assigned);
    this.#group?.committer.begin();
  }

  /**
   * Reads what the group gives this consumer of these topics: names, typed topics, a RegExp that is matched
   * again and again, or `{ re2 }`, which the broker matches (consumer protocol); records of topics that a
   * pattern finds and `topics` has no definition of are plain bytes. Called again it changes the
   * subscription. Resolves once the member is on its way in; what goes wrong there the iteration throws.
   * Throws ClientError NO_GROUP, MIXED_ASSIGNMENT, INVALID_OPTION.
   */
  async subscribe(topics: SubscriptionInput<T>): Promise<void> {
    if (this.#isClosed) throw closedError();
    const group = this.#needGroup("subscribe");
    this.#refuseMix(!this.#reads.isOfGroup && this.#reads.assigned.length > 0, "subscribe");
    group.subscribe(readSubscription(topics, (item) => this.#topics.find(item, "subscribe").name));
    group.committer.begin();
  }

  /**
   * Commits what is processed, gives up everything, and leaves the group; waits ten seconds at most for what
   * is in hand. `subscribe` makes it a new member.
   */
  async unsubscribe(): Promise<void> {
    await this.#group?.unsubscribe();
  }

  /**
   * Without a list: everything that was handed out so far, so call it when the record in hand is done (during
   * `run`: everything that was handled). With one: these offsets, each of the next record to be read.
   * Automatic commits never wait for it. Rejects with ClientError NO_GROUP, COMMIT_FENCED (the partition is
   * another member's by now), TIMED_OUT, or BrokerError.
   */
  async commit(offsets?: readonly OffsetCommit[]): Promise<void> {
    if (this.#isClosed) throw closedError();
    const { committer } = this.#needGroup("commit");
    await (offsets === undefined ? committer.commitHandedOut() : committer.commitThese(offsets));
  }

  /**
   * What the group has committed, in the order asked (without a list: of what is assigned); null: nothing.
   */
  async committed(places?: readonly TopicPartition[]): Promise<(CommittedOffset | null)[]> {
    if (this.#isClosed) throw closedError();
    return await this.#needGroup("committed").committer.committed(places ?? this.assignment());
  }

  /** How far each assigned partition is behind. */
  lag(): PositionLag[] {
    return this.#reads.assigned.map(({ reader: { topic, partition, position, highWatermark: end } }) => {
      const isKnown = end >= 0 && position >= 0;
      const lag = isKnown ? Math.max(0, end - position) : null;
      return { topic, partition, position, highWatermark: end < 0 ? null : end, lag };
    });
  }

  /** As whom it takes part in the group now. Throws ClientError NO_GROUP. */
  groupMetadata(): GroupMetadata {
    const { memberId, generationOrMemberEpoch, groupInstanceId } = this.#needGroup("groupMetadata").identity;
    return { groupId: this.#settings.groupId!, generationOrMemberEpoch, memberId, groupInstanceId };
  }

  /**
   * Calls a handler for each record, or for many at a time, instead of an iteration: several at once, ordered
   * by partition or by key, and with an answer to those that fail (`onError`). What was handled is committed
   * by itself (unless `autoCommit` is off). Resolves when the consumer is closed or the signal aborted, once
   * what was in work has ended, within `closeTimeoutMs`. Rejects with HandlerError when a record failed for
   * good, with ClientError INVALID_OPTION, ALREADY_READING, NO_GROUP, and with what stops reading.
   */
  async run(options: RunOptions<RecordOf<T>>): Promise<void> {
    if (this.#isClosed) throw closedError();
    await this.#runs.run(options);
  }

  /** What is assigned, in order. */
  assignment(): TopicPartition[] {
    return this.#reads.assigned.map(({ reader: { topic, partition } }) => ({ topic, partition }));
  }

  /**
   * The offset of the next record that will be read; -1 while it is being looked up (groups). Throws
   * ClientError when the partition is not assigned.
   */
  position(place: TopicPartition): number {
    return this.#reads.find(place, "position").position;
  }

  /** Goes on from another place; what was fetched is dropped. Also after an error of this partition. */
  async seek(place: TopicPartition, to: From): Promise<void> {
    const reader = this.#reads.find(place, "seek");
    const target = placeOf(to);
    if ("offset" in target) {
      reader.seek(target.offset, -1);
    } else {
      const { topic, partition } = place;
      const [found, end] = await this.#check.lookUp([
        { topic, partition, timestamp: target.timestamp },
        { topic, partition, timestamp: listOffsetsAt.latest },
      ]);
      const at = found!.offset < 0 ? end! : found!;
      reader.seek(at.offset, at.leaderEpoch);
    }
    this.#reads.wake();
  }

  /** Hands out nothing more of these partitions, and fetches nothing, until `resume`. */
  pause(places: readonly TopicPartition[]): void {
    for (const place of places) this.#reads.find(place, "pause").isPaused = true;
  }

  resume(places: readonly TopicPartition[]): void {
    for (const place of places) this.#reads.find(place, "resume").isPaused = false;
    this.#reads.wake();
  }

  /**
   * The records as they come; ends when every partition has reached its `to` (in a group: never), when the
   * signal is aborted, or at `close`. A record counts as processed, for automatic commits, when the next one
   * is asked for; one that a loop ended with (by break or by an error, which cannot be told apart) when
   * another iteration begins. One iteration at a time; a new one goes on where the last one stopped. Throws
   * OffsetOutOfRangeError, LogTruncationError, RecordFormatError, BrokerError; after `seek` a new iteration
   * goes on.
   */
  records(options: ReadOptions = {}): AsyncIterableIterator<RecordOf<T>> {
    return new RecordReading<RecordOf<T>>(this.#reads.source({ ...options, findEnds: null }));
  }

  /** The same a batch at a time, which is quicker. The position is after the batch once it is handed out. */
  batches(options: ReadOptions = {}): AsyncIterableIterator<ConsumerBatch<T>> {
    return new BatchReading<ConsumerBatch<T>>(this.#reads.source({ ...options, findEnds: null }));
  }

  [Symbol.asyncIterator](): AsyncIterator<RecordOf<T>> {
    return this.records();
  }

  /** The records up to what is the end of every assigned partition when the iteration begins. */
  readToEnd(options: ReadOptions = {}): AsyncIterableIterator<RecordOf<T>> {
    const findEnds = async (): Promise<Map<PartitionReader, number>> => {
      const readers = this.#reads.assigned.map((item) => item.reader);
      const queries = readers.map(({ topic, partition }) => {
        return { topic, partition, timestamp: listOffsetsAt.latest };
      });
      const answers = await this.#check.lookUp(queries);
      for (const [at, reader] of readers.entries()) reader.goal = answers[at]!.offset;
      return new Map(readers.map((reader, at) => [reader, answers[at]!.offset]));
    };
    return new RecordReading<RecordOf<T>>(this.#reads.source({ ...options, findEnds }));
  }

  /**
   * A piece of a topic by time or offset, whatever is assigned: read with connections of its own, beside what
   * the consumer reads otherwise. Throws ClientError INVALID_OPTION, CLOSED.
   */
  range(query: RangeQuery<T>): RecordRange<T> {
    if (this.#isClosed) throw closedError();
    return new RecordRange(this.#ranges, this.#topics.find(query.topic, "range"), planRange(query));
  }

  /**
   * Ends every iteration at once. In a group: commits what is processed (unless `autoCommit` is off), tells
   * onRevoked, and leaves. Then closes the connections. Takes a moment, and a few seconds at most when
   * brokers do not answer. Never rejects.
   */
  async close(options: CloseOptions = {}): Promise<void> {
    this.#end(options.leaveGroup === true);
    await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  readonly #abort = (): void => this.#end(false);

  #end(isForGood: boolean): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#signal?.removeEventListener("abort", this.#abort);
    this.#ended = this.#leave(isForGood);
  }

  async #leave(isForGood: boolean): Promise<void> {
    await this.#runs.stop();
    this.#reads.close();
    await this.#group?.close(isForGood);
    await Promise.all([this.#ranges.close(), this.#fetcher.close()]);
    this.#cluster.close();
  }

  #makeGroup(): GroupSession | null {
    const { groupId } = this.#settings;
    if (groupId === null) return null;
    return new GroupSession({
      env: this.#env,
      cluster: this.#cluster,
      settings: this.#settings,
      groupId,
      reads: this.#reads,
      check: this.#check,
      definitionOf: (topic) => this.#topics.known(topic) ?? rawTopic(topic),
    });
  }

  #makeRuns(group: GroupSession | null): ConsumerRuns<RecordOf<T>> {
    const source = new RunFeed<RecordOf<T>>({
      reads: this.#reads,
      onRevoked: group === null ? null : (listener) => group.handover.onRevoked(listener),
      commit: async () => await group?.committer.commitDone(null, this.#settings.apiTimeoutMs),
      isAutoCommit: this.#settings.autoCommit,
      follow: (topics) => this.#needGroup("run: retryTopics").follow(topics),
    });
    const named = (): readonly string[] => group?.topicNames ?? [];
    return new ConsumerRuns({
      ...{ env: this.#env, settings: this.#settings, source },
      topics: () => [...new Set([...named(), ...this.assignment().map(({ topic }) => topic)])],
    });
  }

  #needGroup(what: string): GroupSession {
    if (this.#group !== null) return this.#group;
    throw new ClientError("NO_GROUP", `${what}: this consumer was made without a groupId`);
  }

  #refuseMix(isMixed: boolean, what: string): void {
    if (!isMixed) return;
    const other = what === "assign" ? "subscribed" : "assigned partitions";
    throw new ClientError("MIXED_ASSIGNMENT", `${what}: this consumer was ${other} before`);
  }

  async #expand(item: Assignment<T>) {
    const definition = this.#topics.find(item.topic, "assign");
    const { apiTimeoutMs: timeoutMs, unknownTopicMs } = this.#settings;
    const info = await this.#cluster.topic(definition.name, { timeoutMs, unknownTopicMs });
    const count = info.partitions.length;
    const { partition, from = "earliest", to } = item;
    if (partition !== undefined && !(Number.isInteger(partition) && partition >= 0 && partition < count)) {
      const text = `assign: ${definition.name} has the partitions 0 to ${count - 1}, not ${partition}`;
      throw new ClientError("INVALID_OPTION", text);
    }
    const chosen = partition === undefined ? info.partitions.map((each) => each.partition) : [partition];
    return chosen.map((each) => ({ topic: definition.name, partition: each, from, to, definition }));
  }

  /** Forgets the topics of which the former assignment had something and the new one has nothing. */
  #retire(places: readonly TopicPartition[]): void {
    const kept = new Set(places.map((place) => place.topic));
    for (const { reader } of this.#reads.assigned) {
      if (!kept.has(reader.topic)) this.#cluster.untrack(reader.topic);
    }
  }
}
