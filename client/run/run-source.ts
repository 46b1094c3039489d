// port: what running handlers over a consumer needs of others: of the consumer its records, and the right
// to say what is processed; of a producer and of the cluster what the failure policy needs. Tests bind
// small ones.
import type { RawHeader } from "./retry-headers.ts";

export interface RunPlace {
  readonly topic: string;
  readonly partition: number;
}

/** A record as it is in the log. The bytes must stay as they are until the record is processed. */
export interface RunRecord {
  readonly offset: number;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly RawHeader[];
}

/** Records of one partition, in order of their offsets, handed out once per ownership of the partition. */
export interface RunBatch<R> extends RunPlace {
  /**
   * Changes when the partition was given up and came back, or was sought: what is told for an older one is
   * ignored. The same number never comes again for the partition.
   */
  readonly generation: number;
  /** False once that has changed: nothing more of the batch is begun then. */
  isCurrent(): boolean;
  /** May be empty: then only `nextOffset` says something. */
  readonly records: readonly RunRecord[];
  /**
   * The record of that index as handlers get it; those of a retry topic by the definition of the topic that
   * it is a retry topic of. Null: passed over by the consumer itself, and so processed. Throws
   * RecordFormatError.
   */
  decode(index: number): R | null;
  /** Offset after the batch (records may be missing at its end: compaction, transaction markers). */
  readonly nextOffset: number;
  readonly highWatermark: number;
}

export interface RunSource<R> {
  /**
   * The next records of any partition that is not paused; null: the consumer was closed or the signal
   * aborted. Asking counts as a poll; while it waits, and otherwise, `alive` is called. Rejects with what
   * stops reading.
   */
  next(options: { readonly signal?: AbortSignal | undefined }): Promise<RunBatch<R> | null>;
  /**
   * Says that everything of the partition below `nextOffset` is done: automatic and plain commits cover it
   * from now on. Never goes back within a generation.
   */
  processed(place: RunPlace, generation: number, nextOffset: number): void;
  /** Hands out nothing more of them until resumed. Partitions that are not assigned any more are no error. */
  pause(places: readonly RunPlace[]): void;
  resume(places: readonly RunPlace[]): void;
  /**
   * Keeps max.poll liveness; called every few seconds unless all handlers have stood still since the last
   * time.
   */
  alive(): void;
  /**
   * The listener is called when partitions are about to be given up (revoked), or are somebody else's already
   * (lost); a seek need not be told. It makes the runner begin no more work on them, and resolves once
   * what is in work has ended and was told by `processed`. Bounded by the consumer as well. Answers how to
   * stop listening.
   */
  onRevoked(listener: (places: readonly RunPlace[], why: "revoked" | "lost") => Promise<void>): () => void;
  /** Commits what is processed so far. */
  commit(): Promise<void>;
  /** The same when the run ends; nothing where the program said that it commits itself. */
  commitAtEnd(): Promise<void>;
}

/** Where records are put that handlers failed for. It must wait for all in-sync replicas (acks "all"). */
export interface RunProducer {
  /** Resolves once the record is safe. */
  send(record: {
    readonly topic: string;
    readonly partition: number;
    readonly key: Uint8Array | null;
    readonly value: Uint8Array | null;
    readonly headers: readonly RawHeader[];
  }): Promise<unknown>;
}

/** A retry topic that is to be read beside those that the program asked for. */
export interface ExtraTopic {
  readonly name: string;
  /** Its records are decoded by the definition of this topic. */
  readonly of: string;
}

export interface RunTopics {
  /** Makes the topic if it is missing, with as many partitions (and replicas) as `like` has. */
  ensureTopic(topic: {
    readonly name: string;
    readonly like: string;
  }): Promise<{ readonly partitions: number }>;
  /**
   * Reads these too from now on, from the start of the log where nothing is committed. Called before the
   * first `next`, and again when a record of a topic comes that was not named before (a pattern matches new
   * topics).
   */
  follow(topics: readonly ExtraTopic[]): void | Promise<void>;
}
