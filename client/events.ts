// core: what a client tells of its work to whoever wants to watch it: connections, what it learns of the
// cluster, and what becomes of its batches and of records whose handlers fail. A listener that throws does no
// harm.

export type ClientEvent =
  | { readonly kind: "connected" | "disconnected"; readonly address: string; readonly lane: string }
  | { readonly kind: "connectFailed"; readonly address: string; readonly lane: string; readonly error: Error }
  /** Brokers and topics as they were just learnt. */
  | { readonly kind: "metadataUpdated"; readonly brokers: number; readonly topics: number }
  | { readonly kind: "metadataFailed"; readonly error: Error }
  /** -1: nobody leads it for now. */
  | {
      readonly kind: "leaderChanged";
      readonly topic: string;
      readonly partition: number;
      readonly from: number;
      readonly to: number;
      readonly leaderEpoch: number;
    }
  /** `waitedMs`: since the first of its records was given to the producer. */
  | ({ readonly kind: "batchDelivered"; readonly waitedMs: number } & BatchTold)
  | ({ readonly kind: "batchRetried" | "batchFailed"; readonly error: Error } & BatchTold)
  | GroupEvent
  | RunEvent;

/** What becomes of a consumer's membership in its group. */
export type GroupEvent =
  /** Of a new generation, or with a new member epoch; `assignor` is null where the broker divides. */
  | {
      readonly kind: "groupJoined";
      readonly groupId: string;
      readonly memberId: string;
      readonly generationOrMemberEpoch: number;
      readonly protocol: "classic" | "consumer";
      readonly assignor: string | null;
      readonly isLeader: boolean;
    }
  /** Partitions came or went. `lost`: without having been given up. */
  | {
      readonly kind: "partitionsAssigned" | "partitionsRevoked" | "partitionsLost";
      readonly groupId: string;
      readonly partitions: readonly { readonly topic: string; readonly partition: number }[];
    }
  /** Out of the group, and why: "closed", "unsubscribed", "not polled". */
  | { readonly kind: "groupLeft"; readonly groupId: string; readonly reason: string }
  /** For good: the iteration throws the error. */
  | { readonly kind: "groupFailed"; readonly groupId: string; readonly error: Error }
  | { readonly kind: "offsetsCommitted"; readonly groupId: string; readonly partitions: number }
  | { readonly kind: "commitFailed"; readonly groupId: string; readonly error: Error };

/** What becomes of a record whose handler failed. */
export type RunEvent =
  /** A handler of `run` failed and is called again after so long. */
  | ({ readonly kind: "recordRetried"; readonly delayMs: number } & FailedRecordTold)
  /** ...the record was written to a retry topic or a dead-letter topic. */
  | ({ readonly kind: "recordMoved"; readonly to: string } & FailedRecordTold)
  /** ...that does not succeed yet, for this reason; it is tried again. */
  | ({ readonly kind: "recordNotMoved"; readonly to: string; readonly reason: Error } & FailedRecordTold)
  /** ...the record was passed over. */
  | ({ readonly kind: "recordSkipped" } & FailedRecordTold);

export interface BatchTold {
  readonly topic: string;
  readonly partition: number;
  readonly records: number;
  readonly bytes: number;
  /** Times it was sent. */
  readonly attempts: number;
}

export interface FailedRecordTold {
  readonly topic: string;
  readonly partition: number;
  /** Of the first record, for a batch. */
  readonly offset: number;
  /** How often the handler was called for it, in this topic. */
  readonly attempts: number;
  /** What the handler threw. */
  readonly error: Error;
}

export type OnClientEvent = (event: ClientEvent) => void;

export function tell(onEvent: OnClientEvent | null, event: ClientEvent): void {
  if (onEvent === null) return;
  try {
    onEvent(event);
  } catch {
    // Whoever watches must not stop the work.
  }
}
