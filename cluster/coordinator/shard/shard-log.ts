// port: one partition of __consumer_offsets that this broker leads, for the length of one leadership.
// services binds it to the replica.

export interface ShardLog {
  /** For logs: topic and partition. */
  readonly name: string;
  readonly leaderEpoch: number;
  readonly startOffset: number;
  /** One past the last record, committed or not. */
  readonly end: number;
  /** What is below is committed: it can no longer be lost. */
  readonly highWatermark: number;
  /** False once this leadership is over. */
  readonly isLed: boolean;
  /**
   * Appends one batch in the page cache, and asks for it to be made durable. Throws BrokerError:
   * NOT_ENOUGH_REPLICAS, NOT_LEADER_OR_FOLLOWER, KAFKA_STORAGE_ERROR, MESSAGE_TOO_LARGE; nothing of it is
   * then in the log.
   */
  append(batch: Uint8Array): { readonly baseOffset: number; readonly end: number };
  /**
   * Committed batches; the first may begin before `offset`. Empty at the high watermark. Throws BrokerError.
   */
  read(offset: number, bytesMax: number): Uint8Array;
  /** Calls `listener` after turns in which the high watermark or the leadership changed, until stopped. */
  watch(listener: () => void): () => void;
}

/** What loading a shard took. */
export interface LoadFacts {
  readonly records: number;
  readonly bytes: number;
  readonly tookMs: number;
}
