// shell: the partitions that a consumer reads now, however they came to it, and the turns they take in
// handing out. Keeps true: of a partition that is held or gone nothing more is handed out; who waits for
// records is woken by whatever may bring some, or a reason to stop.
import { type Deferred, deferred } from "../../base/waits.ts";
import { asError, ClientError, RecordFormatError } from "../errors.ts";
import { keyOf, type TopicPartition } from "../group/places.ts";
import type { AnyTopic } from "../topics/topic.ts";
import { toConsumerRecord } from "./consumer-record.ts";
import type { PartitionReader, ReadBatchView } from "./partition-reader.ts";
import type { ReadBatch, ReadingSource } from "./reading.ts";

/** A partition that is assigned, and the topic by which its records are decoded. */
export interface Assigned {
  readonly reader: PartitionReader;
  readonly topic: AnyTopic;
}

export interface ReadSetEnv {
  /** Something may be fetched that was not before. */
  wakeFetcher(): void;
  setReaders(readers: readonly PartitionReader[]): void;
  onInvalid: ((error: RecordFormatError) => void) | null;
}

export interface ReadScope {
  readonly signal?: AbortSignal | undefined;
  /** Finds where the iteration ends; null: it goes on. */
  readonly findEnds: (() => Promise<ReadonlyMap<PartitionReader, number>>) | null;
}

export class ReadSet {
  /** Partitions come and go by themselves: an iteration waits while there are none. */
  isOfGroup = false;
  /** Grows with everything that is asked for. */
  asks = 0;
  /** Somebody waits for records. */
  waiting = 0;
  /** Called when somebody asks and has to wait. */
  onWait: (() => void) | null = null;
  readonly #env: ReadSetEnv;
  #assigned: readonly Assigned[] = [];
  #byKey = new Map<string, PartitionReader>();
  #news: Deferred<void> = deferred();
  #turn = 0;
  #isReading = false;
  #isClosed = false;
  #failure: { error: Error; isOnce: boolean } | null = null;

  constructor(env: ReadSetEnv) {
    this.#env = env;
  }

  get assigned(): readonly Assigned[] {
    return this.#assigned;
  }

  set(assigned: readonly Assigned[]): void {
    const kept = new Set(assigned);
    for (const item of this.#assigned) if (!kept.has(item)) item.reader.generation++;
    this.#assigned = assigned;
    // A partition may be assigned twice; the first is the one that is meant by its name.
    this.#byKey = new Map(assigned.toReversed().map(({ reader }) => [keyOf(reader), reader]));
    this.#env.setReaders(assigned.map((item) => item.reader));
    this.tell();
  }

  reader(place: TopicPartition): PartitionReader | null {
    return this.#byKey.get(keyOf(place)) ?? null;
  }

  /** Throws ClientError when the partition is not assigned. */
  find(place: TopicPartition, what: string): PartitionReader {
    const reader = this.reader(place);
    if (reader !== null) return reader;
    const text = `${what}: ${place.topic}-${place.partition} is not assigned to this consumer`;
    throw new ClientError("NOTHING_ASSIGNED", text);
  }

  /** Whoever reads is told this, once or every time. */
  fail(error: Error, isOnce: boolean): void {
    if (this.#failure !== null && !this.#failure.isOnce) return;
    this.#failure = { error, isOnce };
    this.tell();
  }

  forgetFailure(): void {
    this.#failure = null;
  }

  tell(): void {
    const news = this.#news;
    this.#news = deferred();
    news.resolve();
  }

  /** Something may be fetched or handed out that was not before. */
  wake(): void {
    this.#env.wakeFetcher();
    this.tell();
  }

  /** Resolves once no loop has anything in hand of these partitions, or they are gone. */
  async idle(places: readonly TopicPartition[]): Promise<void> {
    const isBusy = (place: TopicPartition): boolean => {
      const reader = this.reader(place);
      return reader !== null && reader.inHand === "held" && !reader.isTracked;
    };
    while (!this.#isClosed && places.some(isBusy)) await this.#news.promise;
  }

  /** The same at the end, when `idle` answers at once. */
  async comeBack(): Promise<void> {
    while (this.#assigned.some(({ reader }) => reader.inHand === "held" && !reader.isTracked)) {
      await this.#news.promise;
    }
  }

  close(): void {
    this.#isClosed = true;
    this.tell();
  }

  /** The next batch of any partition; null once there will be none. Throws what stops a partition. */
  async next(signal: AbortSignal | undefined, ends: ReadonlyMap<PartitionReader, number> | null) {
    for (;;) {
      if (this.#isClosed || signal?.aborted) return null;
      this.#throwFailure();
      const found = this.#take(ends);
      if (found !== null) return found;
      if (this.#isAllRead(ends)) return null;
      this.waiting++;
      this.onWait?.();
      try {
        await this.#news.promise;
      } finally {
        this.waiting--;
      }
    }
  }

  /** How an iteration gets at the batches; see reading.ts. */
  source({ signal, findEnds }: ReadScope): ReadingSource {
    let ends: ReadonlyMap<PartitionReader, number> | null = null;
    let release: (() => void) | null = null;
    return {
      begin: async (): Promise<void> => {
        release = this.hold(signal);
        if (findEnds !== null && !this.#isClosed) ends = await findEnds();
      },
      finish: (): void => {
        release?.();
        release = null;
        // Who waits for what the loop had in hand need not wait any more.
        this.tell();
      },
      next: () => this.next(signal, ends),
      isStopped: (): boolean => this.#isClosed || signal?.aborted === true,
      asked: (back: PartitionReader | null): void => {
        this.asks++;
        if (back?.isHeld || this.#isClosed) this.tell();
      },
    };
  }

  /** One reads at a time. Answers how to let go. Throws ClientError ALREADY_READING, NOTHING_ASSIGNED. */
  hold(signal: AbortSignal | undefined): () => void {
    if (this.#isReading) throw new ClientError("ALREADY_READING", "read: another iteration is under way");
    if (this.#assigned.length === 0 && !this.isOfGroup && !this.#isClosed) {
      throw new ClientError("NOTHING_ASSIGNED", "read: no partitions are assigned");
    }
    this.#isReading = true;
    const wake = (): void => this.tell();
    signal?.addEventListener("abort", wake);
    // Going on after what the last iteration left says that it is done with.
    for (const { reader } of this.#assigned) if (reader.inHand === "left") reader.comeBack();
    // What the last iteration took and did not hand out has to be fetched again.
    this.#env.wakeFetcher();
    return () => {
      this.#isReading = false;
      signal?.removeEventListener("abort", wake);
    };
  }

  #throwFailure(): void {
    if (this.#failure === null) return;
    const { error, isOnce } = this.#failure;
    if (isOnce) this.#failure = null;
    throw error;
  }

  #isAllRead(ends: ReadonlyMap<PartitionReader, number> | null): boolean {
    if (ends !== null) return this.#assigned.every(({ reader }) => !ends.has(reader) || isDone(reader, ends));
    return !this.isOfGroup && this.#assigned.every(({ reader }) => isDone(reader, ends));
  }

  /** A batch from the partition whose turn it is. Throws what stops a partition. */
  #take(ends: ReadonlyMap<PartitionReader, number> | null): ReadBatch | null {
    const count = this.#assigned.length;
    for (let n = 0; n < count; n++) {
      const at = (this.#turn + n) % count;
      const { reader, topic } = this.#assigned[at]!;
      if (reader.isHeld || (ends !== null && !ends.has(reader))) continue;
      if (reader.failure !== null) throw reader.failure;
      if (reader.isPaused || reader.isFull || isDone(reader, ends)) continue;
      const hadBytes = reader.bufferedBytes > 0;
      let view: ReadBatchView | null;
      try {
        view = reader.nextBatch();
      } catch (error) {
        reader.failure = asError(error);
        throw error;
      }
      if (hadBytes) this.#env.wakeFetcher();
      if (view === null) continue;
      this.#turn = (at + 1) % count;
      return this.#toBatch(reader, topic, view, ends?.get(reader) ?? null);
    }
    return null;
  }

  #toBatch(reader: PartitionReader, topic: AnyTopic, view: ReadBatchView, end: number | null): ReadBatch {
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
      isCut: records.length < view.records.length,
      highWatermark: reader.highWatermark,
      decode: (index: number): unknown => {
        try {
          return toConsumerRecord(topic, reader.partition, records[index]!);
        } catch (error) {
          if (this.#env.onInvalid === null || !(error instanceof RecordFormatError)) throw error;
          this.#env.onInvalid(error);
          return null;
        }
      },
    };
  }
}

function isDone(reader: PartitionReader, ends: ReadonlyMap<PartitionReader, number> | null): boolean {
  const end = ends?.get(reader);
  return reader.isAtEnd || (end !== undefined && reader.position >= end);
}
