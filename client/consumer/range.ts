// shell: `consumer.range(...)`: a piece of a topic as something to iterate over, as often as one likes.
import { limits } from "../../base/limits.ts";
import { closedError } from "../cluster/sleeper.ts";
import { ClientError } from "../errors.ts";
import type { AnyTopic } from "../topics/topic.ts";
import type { ConsumerBatch, RecordOf } from "./consumer-record.ts";
import type { RangePlan } from "./range-query.ts";
import { type RangeEnv, RangeSource } from "./range-source.ts";
import { BatchReading, type ReadBatch, type ReadingSource, RecordReading } from "./reading.ts";

interface RangeReadOptions {
  /** Aborting it ends the iteration as if all were read. */
  readonly signal?: AbortSignal | undefined;
}

/** What of a consumer's ranges is being read. */
export class OpenRanges {
  readonly #from: RangeEnv;
  readonly #open = new Set<RangeSource>();
  #isClosed = false;

  constructor(from: RangeEnv) {
    this.#from = from;
  }

  /** Throws ClientError CLOSED, and ALREADY_READING when too many are being read. */
  source(topic: AnyTopic, plan: RangePlan, signal: AbortSignal | null): RangeSource {
    if (this.#isClosed) throw closedError();
    if (this.#open.size >= limits.rangesPerConsumerMax)
      throw new ClientError("ALREADY_READING", `range: ${this.#open.size} ranges are being read already`);
    const source = new RangeSource(this.#from, { topic, plan, signal }, (over) => this.#open.delete(over));
    this.#open.add(source);
    return source;
  }

  /** Ends all of them at once. Never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const source of this.#open) source.stop();
    await Promise.all([...this.#open].map((source) => source.close()));
  }
}

/**
 * A piece of a topic. Each iteration reads it anew, and ends at what is the end of the log when it begins.
 * Throws OffsetOutOfRangeError when retention takes away what was still to be read (with `offsetReset` of the
 * consumer "earliest" or "latest" that is passed over), LogTruncationError, RecordFormatError, BrokerError;
 * ClientError UNKNOWN_TOPIC, INVALID_OPTION, TIMED_OUT.
 */
export class RecordRange<T extends AnyTopic> implements AsyncIterable<RecordOf<T>> {
  readonly #ranges: OpenRanges;
  readonly #topic: AnyTopic;
  readonly #plan: RangePlan;

  constructor(ranges: OpenRanges, topic: AnyTopic, plan: RangePlan) {
    this.#ranges = ranges;
    this.#topic = topic;
    this.#plan = plan;
  }

  records(options: RangeReadOptions = {}): AsyncIterableIterator<RecordOf<T>> {
    return new RecordReading<RecordOf<T>>(new LateSource(() => this.#source(options)));
  }

  /** The same some records of one partition at a time, which is quicker. */
  batches(options: RangeReadOptions = {}): AsyncIterableIterator<ConsumerBatch<T>> {
    return new BatchReading<ConsumerBatch<T>>(new LateSource(() => this.#source(options)));
  }

  [Symbol.asyncIterator](): AsyncIterator<RecordOf<T>> {
    return this.records();
  }

  #source({ signal }: RangeReadOptions): RangeSource {
    return this.#ranges.source(this.#topic, this.#plan, signal ?? null);
  }
}

/** Opens what it reads from when the reading begins: an iteration that never begins holds nothing. */
class LateSource implements ReadingSource {
  readonly #make: () => RangeSource;
  #source: RangeSource | null = null;

  constructor(make: () => RangeSource) {
    this.#make = make;
  }

  async begin(): Promise<void> {
    this.#source = this.#make();
    await this.#source.begin();
  }

  finish(): void {
    this.#source?.finish();
  }

  async next(): Promise<ReadBatch | null> {
    return (await this.#source?.next()) ?? null;
  }

  isStopped(): boolean {
    return this.#source?.isStopped() ?? false;
  }

  /** Nobody commits what a range hands out. */
  asked(): void {}
}
