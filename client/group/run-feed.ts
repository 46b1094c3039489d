// shell: a consumer as the source of a runner of handlers: batches go out as they come, and only what the
// runner says is done is committed.

import type { ReadSet } from "../consumer/read-set.ts";
import { nextOfNow } from "../consumer/reading.ts";
import type { ExtraTopic, RunBatch, RunPlace, RunSource } from "../run/run-source.ts";
import type { RevokedListener } from "./handover.ts";

export interface RunFeedParts {
  readonly reads: ReadSet;
  /** Null: not in a group. */
  readonly onRevoked: ((listener: RevokedListener) => () => void) | null;
  readonly commit: () => Promise<void>;
  readonly isAutoCommit: boolean;
  readonly follow: (topics: readonly ExtraTopic[]) => void;
}

export class RunFeed<R> implements RunSource<R> {
  readonly #parts: RunFeedParts;

  constructor(parts: RunFeedParts) {
    this.#parts = parts;
  }

  async next({ signal }: { readonly signal?: AbortSignal | undefined }): Promise<RunBatch<R> | null> {
    const { reads } = this.#parts;
    reads.asks++;
    const release = reads.hold(signal);
    try {
      const batch = await nextOfNow(() => reads.next(signal, null));
      if (batch === null) return null;
      const { reader, nextOffset, highWatermark, records } = batch;
      reader.isTracked = true;
      reader.handOut(nextOffset);
      reader.position = Math.max(reader.position, nextOffset);
      reader.positionEpoch = batch.leaderEpoch;
      const { topic, partition, token: generation } = reader;
      return {
        topic,
        partition,
        generation,
        isCurrent: () => reads.reader(reader) === reader && reader.token === generation,
        records,
        decode: (index) => batch.decode(index) as R | null,
        nextOffset,
        highWatermark,
      };
    } finally {
      release();
    }
  }

  processed(place: RunPlace, generation: number, nextOffset: number): void {
    const reader = this.#parts.reads.reader(place);
    if (reader?.token === generation) reader.done(Math.min(nextOffset, reader.handedTo));
  }

  pause(places: readonly RunPlace[]): void {
    this.#setFull(places, true);
  }

  resume(places: readonly RunPlace[]): void {
    this.#setFull(places, false);
    this.#parts.reads.wake();
  }

  alive(): void {
    this.#parts.reads.asks++;
  }

  onRevoked(listener: RevokedListener): () => void {
    return this.#parts.onRevoked?.(listener) ?? (() => {});
  }

  /** The run is over: what it was handed out and is not done with is read again by whoever reads next. */
  release(): void {
    for (const { reader } of this.#parts.reads.assigned) {
      if (!reader.isTracked) continue;
      reader.isTracked = false;
      reader.isFull = false;
      if (reader.inHand !== "nothing") reader.seek(reader.processed, -1);
    }
    this.#parts.reads.wake();
  }

  commit(): Promise<void> {
    return this.#parts.commit();
  }

  async commitAtEnd(): Promise<void> {
    if (this.#parts.isAutoCommit) await this.#parts.commit();
  }

  follow(topics: readonly ExtraTopic[]): void {
    this.#parts.follow(topics);
  }

  #setFull(places: readonly RunPlace[], isFull: boolean): void {
    for (const place of places) {
      const reader = this.#parts.reads.reader(place);
      if (reader !== null) reader.isFull = isFull;
    }
  }
}
