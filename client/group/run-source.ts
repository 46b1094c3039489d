// port: what a runner of handlers needs of a consumer: batches, and a way to say what of them is done. The
// runner keeps track of its work itself; the consumer commits only what it was told.

export interface RunPlace {
  readonly topic: string;
  readonly partition: number;
}

/** A record as it is in the log. Its bytes stay as they are. */
export interface RunRecord {
  readonly offset: number;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly { readonly key: string; readonly value: Uint8Array | null }[];
}

/** Records of one partition, in order of their offsets, handed out once per ownership of the partition. */
export interface RunBatch<R> extends RunPlace {
  /**
   * Changes when the partition was given up and came back, or was sought: what is told for an older one is
   * ignored. The same number never comes again for the partition.
   */
  readonly generation: number;
  /** False once that has changed: nothing more of the batch is to be begun then. */
  isCurrent(): boolean;
  readonly records: readonly RunRecord[];
  /**
   * The record of that index, decoded; null: passed over as invalid (`onInvalid`). Throws
   * RecordFormatError.
   */
  decode(index: number): R | null;
  /** Offset after the batch (records may be missing at its end: compaction, transaction markers). */
  readonly nextOffset: number;
  readonly highWatermark: number;
}

/** A topic that is to be read beside those that the program subscribed to. */
export interface ExtraTopic {
  readonly name: string;
  /** Its records are decoded by the definition of this topic. */
  readonly of: string;
}

export interface RunSource<R> {
  /**
   * The next records of any partition that is not paused; null: the consumer was closed or the signal
   * aborted. Asking counts as a poll. Rejects as an iteration throws.
   */
  next(options: { readonly signal?: AbortSignal | undefined }): Promise<RunBatch<R> | null>;
  /**
   * Says that everything of the partition below `nextOffset` is done: automatic and plain commits cover it
   * from now on. Never goes back within a generation.
   */
  processed(place: RunPlace, generation: number, nextOffset: number): void;
  /** Hands out nothing more of them until resumed. Partitions that are not assigned are passed over. */
  pause(places: readonly RunPlace[]): void;
  resume(places: readonly RunPlace[]): void;
  /**
   * Keeps max.poll liveness while handlers are busy and nothing is asked for (to be called every few seconds
   * as long as handlers make progress).
   */
  alive(): void;
  /**
   * Called when partitions are about to be given up (or were lost): the runner stops starting work on them,
   * and resolves once what is in flight has ended and was told by `processed`. Bounded by the consumer.
   * Answers how to stop listening.
   */
  onRevoked(listener: (places: readonly RunPlace[], why: "revoked" | "lost") => Promise<void>): () => void;
  /** Commits what is processed so far. */
  commit(): Promise<void>;
  /**
   * Reads these too from now on, from the start of the log where nothing is committed. Throws ClientError
   * NOTHING_ASSIGNED when the consumer has not subscribed.
   */
  follow(topics: readonly ExtraTopic[]): void;
}
