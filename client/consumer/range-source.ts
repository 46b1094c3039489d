// shell: reads one piece of a topic with connections and readers of its own, so that the consumer it was
// asked of goes on undisturbed. Opens them when the reading begins and closes them when it ends, however it
// ends. See reading.ts for how it is read from.
import type { ClientEnv } from "../../base/ports/env.ts";
import { type Deferred, deferred } from "../../base/waits.ts";
import type { ReadRecord } from "../../proto/batch/read.ts";
import { Cluster } from "../cluster/cluster.ts";
import { listOffsetsAt, type OffsetQuery } from "../cluster/list-offsets.ts";
import { asError, ClientError, OffsetOutOfRangeError, RecordFormatError } from "../errors.ts";
import type { AnyTopic } from "../topics/topic.ts";
import type { ConsumerSettings } from "./consumer-options.ts";
import { toConsumerRecord } from "./consumer-record.ts";
import { Fetcher } from "./fetcher.ts";
import { PartitionReader } from "./partition-reader.ts";
import { PositionCheck } from "./position-check.ts";
import { isInTime, type RangePlan, spanOf } from "./range-query.ts";
import type { ReadBatch } from "./reading.ts";
import { TimeMerge } from "./time-merge.ts";

export interface RangeEnv {
  readonly env: ClientEnv;
  readonly settings: ConsumerSettings;
  readonly onInvalid: ((error: RecordFormatError) => void) | null;
}

/** Of the partition's records that are held for merging. */
interface Held {
  readonly nextOffset: number;
  readonly leaderEpoch: number;
  /** Of the reader: with another one they are void, and fetched again. */
  readonly generation: number;
}

export class RangeSource {
  readonly #from: RangeEnv;
  readonly #topic: AnyTopic;
  readonly #plan: RangePlan;
  readonly #signal: AbortSignal | null;
  readonly #onOver: (source: RangeSource) => void;
  readonly #cluster: Cluster;
  readonly #check: PositionCheck;
  readonly #fetcher: Fetcher;
  #readers: PartitionReader[] = [];
  #merge = new TimeMerge<PartitionReader, ReadRecord>([]);
  readonly #held = new Map<PartitionReader, Held>();
  /** Nothing of these is held for merging, though there may be more. */
  #lacking = new Set<PartitionReader>();
  #news: Deferred<void> = deferred();
  #turn = 0;
  #isStopped = false;
  #ended: Promise<void> | null = null;

  /** `onOver` is called once, when the reading has ended. */
  constructor(
    from: RangeEnv,
    what: { topic: AnyTopic; plan: RangePlan; signal: AbortSignal | null },
    onOver: (source: RangeSource) => void,
  ) {
    this.#from = from;
    this.#topic = what.topic;
    this.#plan = what.plan;
    this.#signal = what.signal;
    this.#onOver = onOver;
    const { env, settings } = from;
    this.#cluster = new Cluster(env, settings);
    this.#check = new PositionCheck(env, this.#cluster, settings);
    this.#fetcher = new Fetcher(env, this.#cluster, rangeSettings(settings), this.#check, () => this.#tell());
  }

  /** Rejects with ClientError UNKNOWN_TOPIC, INVALID_OPTION, OFFSET_OUT_OF_RANGE, TIMED_OUT, ... */
  async begin(): Promise<void> {
    if (this.#signal?.aborted) this.stop();
    this.#signal?.addEventListener("abort", this.stop, { once: true });
    if (this.#isStopped) return;
    try {
      this.#readers = await this.#open();
    } catch (error) {
      // Whoever ended it meanwhile is told nothing of it.
      if (!this.#isStopped) throw error;
    }
    if (this.#isStopped) return;
    this.#merge = new TimeMerge(this.#readers);
    this.#lacking = new Set(this.#readers);
    this.#fetcher.setReaders(this.#readers);
  }

  finish(): void {
    void this.close();
  }

  async next(): Promise<ReadBatch | null> {
    for (;;) {
      if (this.#isStopped) return null;
      const found = this.#plan.order === "time" ? this.#takeInTime() : this.#take();
      if (found !== "wait") return found;
      await this.#news.promise;
    }
  }

  isStopped(): boolean {
    return this.#isStopped;
  }

  /** Ends the reading as if all were read. */
  readonly stop = (): void => {
    this.#isStopped = true;
    this.#tell();
    void this.close();
  };

  /** Ends the reading, and resolves once the connections are closed. Never rejects. */
  close(): Promise<void> {
    this.#isStopped = true;
    this.#ended ??= this.#leave();
    return this.#ended;
  }

  async #leave(): Promise<void> {
    this.#signal?.removeEventListener("abort", this.stop);
    this.#tell();
    await this.#fetcher.close();
    this.#cluster.close();
    this.#onOver(this);
  }

  #tell(): void {
    const news = this.#news;
    this.#news = deferred();
    news.resolve();
  }

  async #open(): Promise<PartitionReader[]> {
    const { env, settings } = this.#from;
    const { apiTimeoutMs: timeoutMs, unknownTopicMs } = settings;
    const topic = this.#topic.name;
    const info = await this.#cluster.topic(topic, { timeoutMs, unknownTopicMs });
    const count = info.partitions.length;
    const partitions = this.#plan.partitions ?? info.partitions.map(({ partition }) => partition);
    const missing = partitions.find((partition) => partition >= count);
    if (missing !== undefined) {
      const text = `range: ${topic} has the partitions 0 to ${count - 1}, not ${missing}`;
      throw new ClientError("INVALID_OPTION", text);
    }
    const facts = await this.#factsOf(partitions);
    const options = { codecs: env.codecs, checkCrcs: settings.checkCrcs };
    return facts.flatMap(({ partition, startEpoch, ...rest }) => {
      const { start, stop } = spanOf(this.#plan, rest);
      if (start < rest.logStart || start > rest.logEnd) {
        const place = { topic, partition, offset: start };
        if (settings.offsetReset === "error")
          throw new OffsetOutOfRangeError(place, rest.logStart, rest.logEnd);
      }
      const offset = Math.max(start, rest.logStart);
      if (offset >= stop) return [];
      const place = { topic, partition, offset, leaderEpoch: startEpoch, end: stop };
      return [new PartitionReader(place, options)];
    });
  }

  async #factsOf(partitions: readonly number[]) {
    const { from, to } = this.#plan;
    const topic = this.#topic.name;
    const ask = (timestamp: number): OffsetQuery[] =>
      partitions.map((partition) => ({ topic, partition, timestamp }));
    const isByTime = (bound: typeof from): bound is { time: number } => bound !== null && "time" in bound;
    // The ends last: what was found by time does not lie after them.
    const times = await this.#check.lookUp([
      ...(isByTime(from) ? ask(from.time) : []),
      ...(isByTime(to) ? ask(to.time) : []),
    ]);
    const ends = await this.#check.lookUp([...ask(listOffsetsAt.earliest), ...ask(listOffsetsAt.latest)]);
    const count = partitions.length;
    return partitions.map((partition, at) => {
      const found = isByTime(from) ? times[at]! : null;
      const stop = isByTime(to) ? times[(isByTime(from) ? count : 0) + at]! : null;
      return {
        partition,
        logStart: ends[at]!.offset,
        logEnd: ends[count + at]!.offset,
        atFrom: found?.offset ?? -1,
        atTo: stop?.offset ?? -1,
        startEpoch: found !== null && found.offset >= 0 ? found.leaderEpoch : -1,
      };
    });
  }

  /** From the partition whose turn it is. Null: all are read. Throws what stops a partition. */
  #take(): ReadBatch | "wait" | null {
    const count = this.#readers.length;
    for (let n = 0; n < count; n++) {
      const at = (this.#turn + n) % count;
      const reader = this.#readers[at]!;
      const view = this.#nextView(reader);
      if (view === null) continue;
      this.#turn = (at + 1) % count;
      return this.#toBatch(reader, view.records, view);
    }
    return this.#readers.every((reader) => reader.isAtEnd) ? null : "wait";
  }

  /** From the partition with the smallest timestamp, once each has something or is read. */
  #takeInTime(): ReadBatch | "wait" | null {
    for (;;) {
      this.#fillMerge();
      if (this.#lacking.size > 0) {
        this.#fetcher.wake();
        return "wait";
      }
      const run = this.#merge.next();
      if (run === null) return null;
      const { source: reader, items, isLast } = run;
      const held = this.#held.get(reader)!;
      const isVoid = held.generation !== reader.generation;
      if (isVoid) this.#merge.drop(reader);
      if (isVoid || isLast) {
        this.#held.delete(reader);
        this.#lacking.add(reader);
      }
      const nextOffset = isLast ? held.nextOffset : items.at(-1)!.offset + 1;
      if (!isVoid) return this.#toBatch(reader, items, { ...held, nextOffset });
    }
  }

  /** Takes what is at hand of partitions of which nothing is held; one that is read lacks nothing. */
  #fillMerge(): void {
    for (const reader of [...this.#lacking]) {
      const view = this.#nextView(reader);
      reader.isAwaited = view === null && !reader.isAtEnd;
      if (reader.isAwaited) continue;
      this.#lacking.delete(reader);
      if (view === null) continue;
      this.#merge.add(reader, view.records);
      this.#held.set(reader, view);
    }
  }

  /** The next records of a partition that belong to the range; null: none are at hand. */
  #nextView(reader: PartitionReader): ({ readonly records: readonly ReadRecord[] } & Held) | null {
    if (reader.failure !== null) throw reader.failure;
    const hadBytes = reader.bufferedBytes > 0;
    try {
      for (;;) {
        const view = reader.nextBatch();
        if (view === null) return null;
        const records = view.records.filter(({ timestamp }) => isInTime(this.#plan, timestamp));
        if (records.length > 0) return { ...view, records, generation: reader.generation };
        reader.position = Math.max(reader.position, view.nextOffset);
        reader.positionEpoch = view.leaderEpoch;
      }
    } catch (error) {
      reader.failure = asError(error);
      throw error;
    } finally {
      if (hadBytes) this.#fetcher.wake();
    }
  }

  #toBatch(reader: PartitionReader, records: readonly ReadRecord[], held: Held): ReadBatch {
    const { onInvalid } = this.#from;
    const topic = this.#topic;
    return {
      reader,
      generation: held.generation,
      leaderEpoch: held.leaderEpoch,
      nextOffset: held.nextOffset,
      records,
      isCut: false,
      highWatermark: reader.highWatermark,
      decode: (index) => {
        try {
          return toConsumerRecord(topic, reader.partition, records[index]!);
        } catch (error) {
          if (onInvalid === null || !(error instanceof RecordFormatError)) throw error;
          onInvalid(error);
          return null;
        }
      },
    };
  }
}

/** What retention takes away while it is read is an error, or passed over; never the rest of the range. */
function rangeSettings(settings: ConsumerSettings): ConsumerSettings {
  return settings.offsetReset === "latest" ? { ...settings, offsetReset: "earliest" } : settings;
}
