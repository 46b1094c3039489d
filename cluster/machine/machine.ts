// port: what a replicated state machine is made of. Requests are decided on a state and change nothing;
// records are replayed and are the only thing that changes a state. The runtime (runtime.ts) does the rest.
import type { Envelope } from "./journal.ts";

/** The time at which a request is decided. */
export interface Moment {
  /** Unix milliseconds. */
  readonly wallMs: number;
  readonly monotonicMs: number;
}

/** Records to append as one atomic batch, and the answer that is given once they are committed. */
export interface Decision<Rec, Reply> {
  readonly records: readonly Rec[];
  readonly reply: Reply;
  /**
   * Called in the same turn, once the records are in the journal (also when there are none): for what is kept
   * beside the state, like timers. Not called when the journal refused them.
   */
  readonly appended?: () => void;
}

export interface ReplayEntry<Rec> {
  readonly envelope: Envelope;
  readonly record: Rec;
}

/**
 * `State` must be immutable: the runtime holds several generations of it at once, and so do those to whom it
 * is published. `Change` says what differs between two states. `Written` is a record as it may be proposed,
 * where that is less strict than a record as it is read.
 */
export interface Machine<State, Rec, Change, Written = Rec> {
  /** For logs and errors. */
  readonly name: string;
  readonly initial: State;
  /**
   * The state after these records, in order. Sees nothing but records and envelopes. Replaying in one call or
   * in many gives equal states.
   */
  replay(state: State, entries: readonly ReplayEntry<Rec>[]): { state: State; change: Change };
  encode(record: Written): Uint8Array;
  /** Throws on unknown types, newer versions and damaged bytes; the process then must not go on. */
  decode(bytes: Uint8Array): Rec;
  /** Null: its journal keeps every record that still counts (a compacted log), and there are none. */
  readonly snapshots: SnapshotCodec<State, Change> | null;
}

export interface SnapshotCodec<State, Change> {
  encode(state: State): Uint8Array;
  decode(bytes: Uint8Array): State;
  /** What differs between two states that are not a replay apart: after a snapshot was taken over. */
  between(before: State, after: State): Change;
}

export interface MachineSnapshot {
  /** End (exclusive) of what it covers, and the epoch of the last record in it. */
  readonly end: number;
  readonly epoch: number;
  readonly bytes: Uint8Array;
}
