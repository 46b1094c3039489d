// port: where a state machine's records go. Raft implements it for the controller, a partition for group and
// transaction shards.
//
// A record is committed when it can no longer be lost. Entries arrive at `onCommitted` in offset order, on
// every node alike, whether this node proposed them or not.

export interface Envelope {
  /** Offset of this record. */
  offset: number;
  /** Term or leader epoch under which it was written. */
  epoch: number;
  /** When the leader appended it, unix milliseconds. */
  timestamp: number;
}

export interface JournalEntry {
  envelope: Envelope;
  /** The encoded record. */
  value: Uint8Array;
}

export interface AppendResult {
  /** Offsets the records got, consecutive, known at once. */
  baseOffset: number;
  /**
   * Resolves when all of them are committed. Rejects when this node lost leadership before that, in which
   * case they may or may not survive.
   */
  committed: Promise<void>;
}

export interface Journal {
  /**
   * Appends the records as one atomic batch, if this node still leads in `epoch`; throws BrokerError
   * NOT_CONTROLLER (or NOT_LEADER_OR_FOLLOWER) if not. Synchronous, so that nothing comes between a decision
   * and its record.
   */
  append(records: readonly Uint8Array[], options: { epoch: number; timestamp: number }): AppendResult;
}

export interface JournalEvents {
  /** Committed entries, in order, each once. */
  onCommitted(entries: readonly JournalEntry[]): void;
  /** The state so far is thrown away and replaced by this snapshot, taken at `end` (exclusive). */
  onSnapshot(snapshot: { end: number; epoch: number; bytes: Uint8Array }): void;
  /** This node leads in `epoch`, and all entries of older epochs have been given to `onCommitted`. */
  onLeading(epoch: number): void;
  onNotLeading(): void;
}
