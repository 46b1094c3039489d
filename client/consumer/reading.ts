// shell: one iteration over what a consumer reads: a record or a batch at a time. Moves the position as it
// hands out, and lets go of the consumer when it ends, however it ends.
import type { ReadRecord } from "../../proto/batch/read.ts";
import { asError } from "../errors.ts";
import type { PartitionReader } from "./partition-reader.ts";

/** The records of one batch, decoded one by one. */
export interface ReadBatch {
  readonly reader: PartitionReader;
  /** The batch is void once the reader has another one (a seek). */
  readonly generation: number;
  readonly leaderEpoch: number;
  readonly nextOffset: number;
  readonly records: readonly ReadRecord[];
  /** Not all records of the batch are handed out: the rest has to be fetched again. */
  readonly isCut: boolean;
  readonly highWatermark: number;
  /** Null: to be skipped. */
  decode(index: number): unknown;
}

export interface ReadingSource {
  begin(): Promise<void>;
  finish(): void;
  /** Null: nothing more will come. */
  next(): Promise<ReadBatch | null>;
  /** The iteration shall end at once. */
  isStopped(): boolean;
  /** Something more was asked for; `back` is the partition of what was in hand before. */
  asked(back: PartitionReader | null): void;
}

abstract class Reading<Item> implements AsyncIterableIterator<Item> {
  protected readonly source: ReadingSource;
  #state: "new" | "open" | "over" = "new";
  /** The partition of what was handed out last. */
  #hand: PartitionReader | null = null;

  constructor(source: ReadingSource) {
    this.source = source;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Ends it; whether the loop is done with what it has in hand, or failed with it, cannot be told. */
  async return(): Promise<IteratorResult<Item>> {
    if (this.#hand !== null && this.#hand.inHand === "held") this.#hand.inHand = "left";
    this.#hand = null;
    this.end();
    return { value: undefined, done: true };
  }

  /** The loop asks for more, so it is done with what it had. */
  protected comeBack(): void {
    const back = this.#hand;
    this.#hand = null;
    back?.comeBack();
    this.source.asked(back);
  }

  /** Before the position moves past it. */
  protected handOut(reader: PartitionReader, nextOffset: number): void {
    reader.isTracked = false;
    reader.handOut(nextOffset);
    this.#hand = reader;
  }

  protected get isOver(): boolean {
    return this.#state === "over";
  }

  protected end(): void {
    if (this.#state === "over") return;
    const wasOpen = this.#state === "open";
    this.#state = "over";
    this.letGo();
    if (wasOpen) this.source.finish();
  }

  /** What was taken and not handed out is fetched again. */
  protected abstract letGo(): void;

  /** Rejects after the iteration has let go of the consumer. */
  protected async nextBatch(): Promise<ReadBatch | null> {
    try {
      if (this.#state === "new") {
        const begun = this.source.begin();
        this.#state = "open";
        await begun;
      }
      const batch = this.isOver ? null : await this.source.next();
      if (this.isOver || batch === null) this.end();
      return this.isOver ? null : batch;
    } catch (error) {
      this.end();
      throw error;
    }
  }

  abstract next(): Promise<IteratorResult<Item>>;
}

/**
 * The next batch that may still be handed out: between the taking of one and this, the program may have set
 * another position or paused the partition, or the group may be taking it away.
 */
export async function nextOfNow(next: () => Promise<ReadBatch | null>): Promise<ReadBatch | null> {
  for (;;) {
    const batch = await next();
    if (batch === null) return null;
    const { reader } = batch;
    if (batch.generation !== reader.generation) continue;
    if (!reader.isHeld && !reader.isPaused) return batch;
    // It is fetched again, once it may be.
    reader.rewind();
  }
}

/** Moves the reader past what was handed out. */
function advance(batch: ReadBatch, offset: number): void {
  batch.reader.position = Math.max(batch.reader.position, offset);
  batch.reader.positionEpoch = batch.leaderEpoch;
}

/** A record at a time. */
export class RecordReading<Item> extends Reading<Item> {
  #batch: ReadBatch | null = null;
  #index = 0;

  next(): Promise<IteratorResult<Item>> {
    this.comeBack();
    try {
      const ready = this.#take();
      if (ready !== null) return Promise.resolve(ready);
    } catch (error) {
      this.end();
      return Promise.reject(asError(error));
    }
    return this.#nextSlowly();
  }

  async #nextSlowly(): Promise<IteratorResult<Item>> {
    for (;;) {
      if (this.isOver) return { value: undefined, done: true };
      const batch = await this.nextBatch();
      if (batch === null) return { value: undefined, done: true };
      this.#batch = batch;
      this.#index = 0;
      try {
        const ready = this.#take();
        if (ready !== null) return ready;
      } catch (error) {
        this.end();
        throw error;
      }
    }
  }

  /** The next record of the batch at hand, or null when it has none left. */
  #take(): IteratorResult<Item> | null {
    for (;;) {
      const batch = this.#batch;
      if (batch === null) return null;
      const { reader } = batch;
      const isOut = reader.isPaused || reader.isHeld || batch.generation !== reader.generation;
      if (isOut || this.source.isStopped()) {
        this.letGo();
        return null;
      }
      const index = this.#index;
      if (index >= batch.records.length) {
        advance(batch, batch.nextOffset);
        if (batch.isCut) reader.rewind();
        this.#batch = null;
        return null;
      }
      // A record that cannot be decoded stays the next one.
      const value = batch.decode(index) as Item | null;
      this.#index++;
      const isLast = this.#index === batch.records.length;
      const nextOffset = isLast ? batch.nextOffset : batch.records[index]!.offset + 1;
      if (value !== null) this.handOut(reader, nextOffset);
      advance(batch, nextOffset);
      if (isLast) {
        this.#batch = null;
        if (batch.isCut) reader.rewind();
      }
      if (value !== null) return { value, done: false };
    }
  }

  protected letGo(): void {
    const batch = this.#batch;
    this.#batch = null;
    // The rest of the batch is fetched again, from the position.
    if (batch !== null && batch.generation === batch.reader.generation) batch.reader.rewind();
  }
}

/** A batch at a time; `Item` is a ConsumerBatch. */
export class BatchReading<Item> extends Reading<Item> {
  async next(): Promise<IteratorResult<Item>> {
    this.comeBack();
    for (;;) {
      const batch = this.isOver ? null : await nextOfNow(() => this.nextBatch());
      if (batch === null) return { value: undefined, done: true };
      const { reader, nextOffset, highWatermark } = batch;
      const records: unknown[] = [];
      try {
        for (let index = 0; index < batch.records.length; index++) {
          const record = batch.decode(index);
          if (record !== null) records.push(record);
        }
      } catch (error) {
        reader.rewind();
        this.end();
        throw error;
      }
      if (records.length > 0) this.handOut(reader, nextOffset);
      advance(batch, nextOffset);
      if (batch.isCut) reader.rewind();
      if (records.length === 0) continue;
      const { topic, partition } = reader;
      return { value: { topic, partition, records, nextOffset, highWatermark } as Item, done: false };
    }
  }

  protected letGo(): void {}
}
