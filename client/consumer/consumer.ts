// shell: what a program reads records with, by explicit assignment: it names the partitions, and where to
// begin. Keeps true: the records of a partition come in the order of their offsets; `position` is the offset
// of the next one; whatever happens, none is skipped silently.

import type { ClientEnv } from "../../base/ports/env.ts";
import { type Deferred, deferred } from "../../base/waits.ts";
import { Cluster } from "../cluster/cluster.ts";
import { listOffsetsAt, type OffsetQuery } from "../cluster/list-offsets.ts";
import { closedError } from "../cluster/sleeper.ts";
import { asError, ClientError, RecordFormatError } from "../errors.ts";
import type { AnyTopic, RawTopic } from "../topics/topic.ts";
import {
  type Assignment,
  type ConsumerOptions,
  type ConsumerSettings,
  endPlaceOf,
  type From,
  placeOf,
  readConsumerOptions,
} from "./consumer-options.ts";
import { type ConsumerBatch, type RecordOf, TopicTable, toConsumerRecord } from "./consumer-record.ts";
import { Fetcher } from "./fetcher.ts";
import { PartitionReader, type ReadBatchView } from "./partition-reader.ts";
import { PositionCheck } from "./position-check.ts";
import { OpenRanges, RecordRange } from "./range.ts";
import { planRange, type RangeQuery } from "./range-query.ts";
import { BatchReading, RecordReading } from "./reading.ts";

export interface ReadOptions {
  /** Aborting it ends the iteration as if all were read. */
  readonly signal?: AbortSignal | undefined;
}

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** A partition that is assigned, and the topic by which its records are decoded. */
interface Assigned {
  readonly reader: PartitionReader;
  readonly topic: AnyTopic;
}

export class ConsumerClient<T extends AnyTopic = RawTopic>
  implements AsyncDisposable, AsyncIterable<RecordOf<T>>
{
  readonly #env: ClientEnv;
  readonly #settings: ConsumerSettings;
  readonly #cluster: Cluster;
  readonly #topics: TopicTable<T>;
  readonly #onInvalid: ((error: RecordFormatError) => void) | null;
  readonly #check: PositionCheck;
  readonly #fetcher: Fetcher;
  readonly #ranges: OpenRanges;
  readonly #signal: AbortSignal | null;
  #assigned: readonly Assigned[] = [];
  /** Resolved when there may be something to read, or a reason to stop. */
  #news: Deferred<void> = deferred();
  #isReading = false;
  #turn = 0;
  #isClosed = false;
  #ended = Promise.resolve();

  /** Throws ClientError INVALID_OPTION. Connects at the first `assign`. */
  constructor(env: ClientEnv, options: ConsumerOptions<T>) {
    this.#env = env;
    this.#settings = readConsumerOptions(options);
    this.#topics = new TopicTable(options.topics ?? null);
    this.#onInvalid = options.onInvalid ?? null;
    this.#cluster = new Cluster(env, this.#settings);
    this.#check = new PositionCheck(env, this.#cluster, this.#settings);
    this.#fetcher = new Fetcher(env, this.#cluster, this.#settings, this.#check, () => this.#tell());
    this.#ranges = new OpenRanges({ env, settings: this.#settings, onInvalid: this.#onInvalid });
    this.#signal = options.signal ?? null;
    if (this.#signal?.aborted) this.#end();
    else this.#signal?.addEventListener("abort", this.#end, { once: true });
  }

  /**
   * Reads these partitions from now on, and no others. Resolves once every place is known: "latest" means the
   * end at that time. Rejects with ClientError UNKNOWN_TOPIC, INVALID_OPTION, TIMED_OUT, CLUSTER_UNREACHABLE
   * or with BrokerError; the former assignment then stands.
   */
  async assign(assignments: readonly Assignment<T>[]): Promise<void> {
    if (this.#isClosed) throw closedError();
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
    this.#assigned = asked.map(({ place, from, to, latest }) => {
      const end = latest === null ? null : answers.get(latest)!;
      const found = "offset" in from ? { offset: from.offset, leaderEpoch: -1 } : answers.get(from.query)!;
      const start = found.offset < 0 ? end! : found;
      const last = to === null || "offset" in to ? to : answers.get(to.query)!;
      const stop = last === null ? null : last.offset < 0 ? end!.offset : last.offset;
      const { topic, partition } = place;
      const at = { topic, partition, offset: start.offset, leaderEpoch: start.leaderEpoch, end: stop };
      return { reader: new PartitionReader(at, options), topic: place.definition };
    });
    this.#fetcher.setReaders(this.#assigned.map((item) => item.reader));
    this.#tell();
  }

  /** What is assigned, in order. */
  assignment(): TopicPartition[] {
    return this.#assigned.map(({ reader: { topic, partition } }) => ({ topic, partition }));
  }

  /**
   * The offset of the next record that will be read. Throws ClientError when the partition is not assigned.
   */
  position(place: TopicPartition): number {
    return this.#find(place, "position").position;
  }

  /** Goes on from another place; what was fetched is dropped. Also after an error of this partition. */
  async seek(place: TopicPartition, to: From): Promise<void> {
    const reader = this.#find(place, "seek");
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
    this.#fetcher.wake();
    this.#tell();
  }

  /** Hands out nothing more of these partitions, and fetches nothing, until `resume`. */
  pause(places: readonly TopicPartition[]): void {
    for (const place of places) this.#find(place, "pause").isPaused = true;
  }

  resume(places: readonly TopicPartition[]): void {
    for (const place of places) this.#find(place, "resume").isPaused = false;
    this.#fetcher.wake();
    this.#tell();
  }

  /**
   * The records as they come; ends when every partition has reached its `to`, when the signal is aborted, or
   * at `close`. One iteration at a time; a new one goes on where the last one stopped. Throws
   * OffsetOutOfRangeError, LogTruncationError, RecordFormatError, BrokerError; after `seek` a new iteration
   * goes on.
   */
  records(options: ReadOptions = {}): AsyncIterableIterator<RecordOf<T>> {
    return new RecordReading<RecordOf<T>>(this.#source(options, null));
  }

  /** The same a batch at a time, which is quicker. The position is after the batch once it is handed out. */
  batches(options: ReadOptions = {}): AsyncIterableIterator<ConsumerBatch<T>> {
    return new BatchReading<ConsumerBatch<T>>(this.#source(options, null));
  }

  [Symbol.asyncIterator](): AsyncIterator<RecordOf<T>> {
    return this.records();
  }

  /** The records up to what is the end of every assigned partition when the iteration begins. */
  readToEnd(options: ReadOptions = {}): AsyncIterableIterator<RecordOf<T>> {
    const findEnds = async (): Promise<Map<PartitionReader, number>> => {
      const readers = this.#assigned.map((item) => item.reader);
      const queries = readers.map(({ topic, partition }) => {
        return { topic, partition, timestamp: listOffsetsAt.latest };
      });
      const answers = await this.#check.lookUp(queries);
      for (const [at, reader] of readers.entries()) reader.goal = answers[at]!.offset;
      return new Map(readers.map((reader, at) => [reader, answers[at]!.offset]));
    };
    return new RecordReading<RecordOf<T>>(this.#source(options, findEnds));
  }

  /**
   * A piece of a topic by time or offset, whatever is assigned: read with connections of its own, beside what
   * the consumer reads otherwise. Throws ClientError INVALID_OPTION, CLOSED.
   */
  range(query: RangeQuery<T>): RecordRange<T> {
    if (this.#isClosed) throw closedError();
    return new RecordRange(this.#ranges, this.#topics.find(query.topic), planRange(query));
  }

  /** Ends every iteration at once, and closes the connections within a moment. Never rejects. */
  async close(): Promise<void> {
    this.#end();
    await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  readonly #end = (): void => {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#signal?.removeEventListener("abort", this.#end);
    this.#ended = this.#leave();
    this.#tell();
  };

  async #leave(): Promise<void> {
    await Promise.all([this.#ranges.close(), this.#fetcher.close()]);
    this.#cluster.close();
  }

  async #expand(item: Assignment<T>) {
    const definition = this.#topics.find(item.topic);
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

  /** Voids what the former assignment still holds. */
  #retire(places: readonly TopicPartition[]): void {
    const kept = new Set(places.map((place) => place.topic));
    for (const { reader } of this.#assigned) {
      reader.generation++;
      if (!kept.has(reader.topic)) this.#cluster.untrack(reader.topic);
    }
  }

  #find(place: TopicPartition, what: string): PartitionReader {
    for (const { reader } of this.#assigned) {
      if (reader.topic === place.topic && reader.partition === place.partition) return reader;
    }
    const text = `${what}: ${place.topic}-${place.partition} is not assigned to this consumer`;
    throw new ClientError("NOTHING_ASSIGNED", text);
  }

  #tell(): void {
    const news = this.#news;
    this.#news = deferred();
    news.resolve();
  }

  /** How an iteration gets at the batches; see reading.ts. */
  #source(options: ReadOptions, findEnds: (() => Promise<Map<PartitionReader, number>>) | null) {
    let ends: Map<PartitionReader, number> | null = null;
    let isHeld = false;
    const { signal } = options;
    const wake = (): void => this.#tell();
    return {
      begin: async (): Promise<void> => {
        if (this.#isReading) throw new ClientError("ALREADY_READING", "read: another iteration is under way");
        if (this.#assigned.length === 0 && !this.#isClosed) {
          throw new ClientError("NOTHING_ASSIGNED", "read: no partitions are assigned");
        }
        this.#isReading = true;
        isHeld = true;
        signal?.addEventListener("abort", wake);
        // What the last iteration took and did not hand out has to be fetched again.
        this.#fetcher.wake();
        if (findEnds !== null && !this.#isClosed) ends = await findEnds();
      },
      finish: (): void => {
        if (!isHeld) return;
        isHeld = false;
        this.#isReading = false;
        signal?.removeEventListener("abort", wake);
      },
      next: async () => {
        for (;;) {
          if (this.#isClosed || signal?.aborted) return null;
          const found = this.#take(ends);
          if (found !== null) return found;
          if (this.#assigned.every(({ reader }) => isDone(reader, ends))) return null;
          await this.#news.promise;
        }
      },
      isStopped: (): boolean => this.#isClosed || signal?.aborted === true,
    };
  }

  /** A batch from the partition whose turn it is. Throws what stops a partition. */
  #take(ends: Map<PartitionReader, number> | null) {
    const count = this.#assigned.length;
    for (let n = 0; n < count; n++) {
      const at = (this.#turn + n) % count;
      const { reader, topic } = this.#assigned[at]!;
      if (reader.failure !== null) throw reader.failure;
      if (reader.isPaused || isDone(reader, ends)) continue;
      const hadBytes = reader.bufferedBytes > 0;
      let view: ReadBatchView | null;
      try {
        view = reader.nextBatch();
      } catch (error) {
        reader.failure = asError(error);
        throw error;
      }
      if (hadBytes) this.#fetcher.wake();
      if (view === null) continue;
      this.#turn = (at + 1) % count;
      return this.#handOut(reader, topic, view, ends?.get(reader) ?? null);
    }
    return null;
  }

  #handOut(reader: PartitionReader, topic: AnyTopic, view: ReadBatchView, end: number | null) {
    const { generation } = reader;
    const records =
      end === null || view.nextOffset <= end
        ? view.records
        : view.records.filter((record) => record.offset < end);
    return {
      reader,
      generation,
      leaderEpoch: view.leaderEpoch,
      nextOffset: end === null ? view.nextOffset : Math.min(view.nextOffset, end),
      records,
      /** Records beyond the end that is read to are fetched again by the next iteration. */
      isCut: records.length < view.records.length,
      highWatermark: reader.highWatermark,
      /** Null: invalid, and skipped. Throws RecordFormatError. */
      decode: (index: number): RecordOf<T> | null => {
        try {
          return toConsumerRecord(topic, reader.partition, records[index]!) as RecordOf<T>;
        } catch (error) {
          if (this.#onInvalid === null || !(error instanceof RecordFormatError)) throw error;
          this.#onInvalid(error);
          return null;
        }
      },
    };
  }
}

function isDone(reader: PartitionReader, ends: Map<PartitionReader, number> | null): boolean {
  const end = ends?.get(reader);
  return reader.isAtEnd || (end !== undefined && reader.position >= end);
}
