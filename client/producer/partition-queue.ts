// core: the batches of one partition, in order, from the first record to the last word about them.
//
//   [ in flight | in flight | waits for a retry | new | new | open ]      front = oldest
//     sequence 7  sequence 8  sequence 9          no sequence yet
//
// Keeps true, for an idempotent producer:
//   * a batch is sent only when every older one is on its way on the same connection, so that they arrive
//     in order; at most `maxInFlight` are numbered and without an answer (brokers remember 5);
//   * until a batch of the present identity was acknowledged, only one travels: a broker that does not know
//     the producer takes any first number, so a second batch could get in front of a refused first one;
//   * a number is given once, at the first sending, and kept through all retries;
//   * when a numbered batch is given up (expired, refused for good) there is a gap, which no later batch of
//     the same producer epoch can cross. Then nothing new is numbered until nothing travels; what is
//     certain not to be in the log is numbered anew under the next epoch, which also shuts out whatever of
//     the old one is still under way; what may be in the log is never sent under a new number, but given up
//     with a clear error.
// Source: KIP-98, KIP-360, and Kafka's TransactionManager for idempotent producers.
import { assert } from "../../base/assert.ts";
import { ClientError } from "../errors.ts";
import { Batch, type ProducerIdentity } from "./batch.ts";
import type { Outgoing } from "./record.ts";

export interface QueueSettings {
  readonly batchBytes: number;
  readonly lingerMs: number;
  readonly deliveryTimeoutMs: number;
  readonly maxInFlight: number;
  readonly idempotent: boolean;
}

const epochMax = 32_767;
/** A broker may forget producers that were idle for long (Kafka: producer.id.expiration.ms, a day). */
const knownForMs = 3_600_000;
const nothing: readonly Batch[] = [];

export class PartitionQueue {
  readonly topic: string;
  readonly partition: number;
  readonly #settings: QueueSettings;
  readonly #batches: Batch[] = [];
  #identity: ProducerIdentity | null = null;
  #nextSequence = 0;
  #hasGap = false;
  #usedUpProducerId = -1;
  /** The identity of the last acknowledged batch, and when that was. */
  #knownIdentity: ProducerIdentity | null = null;
  #knownAtMs = 0;
  /** As far as is known; -1: nobody was known yet. */
  #leader = -1;

  constructor(place: { topic: string; partition: number }, settings: QueueSettings) {
    this.topic = place.topic;
    this.partition = place.partition;
    this.#settings = settings;
  }

  get isEmpty(): boolean {
    return this.#batches.length === 0;
  }

  get identity(): ProducerIdentity | null {
    return this.#identity;
  }

  get batches(): readonly Batch[] {
    return this.#batches;
  }

  /** True when the queue must be given an identity before its next batch can be sent. */
  get needsIdentity(): boolean {
    return this.#settings.idempotent && this.#identity === null;
  }

  /** The producer id whose last epoch was used here; an identity with another id is needed. -1: none. */
  get usedUpProducerId(): number {
    return this.#usedUpProducerId;
  }

  adopt(identity: ProducerIdentity): void {
    assert(this.#identity === null, `${this.topic}-${this.partition} has an identity already`);
    this.#identity = identity;
    this.#nextSequence = 0;
  }

  /** Puts the record into the open batch, or opens one. Answers the bytes it takes. */
  append(record: Outgoing, nowMs: number): number {
    const last = this.#batches.at(-1);
    if (last !== undefined && !last.isClosed) {
      const bytes = last.bytesOf(record);
      if (last.byteLength + bytes <= this.#settings.batchBytes) {
        last.add(record, bytes);
        return bytes;
      }
      last.isClosed = true;
    }
    const batch = new Batch(this, nowMs, nowMs + this.#settings.deliveryTimeoutMs);
    const bytes = batch.bytesOf(record);
    batch.add(record, bytes);
    const isFull = batch.byteLength >= this.#settings.batchBytes;
    batch.isClosed = isFull;
    this.#batches.push(batch);
    return bytes;
  }

  /** The next batch that may go out on `carrier` now, or null. `isUrgent`: do not linger. */
  sendable(carrier: object, nowMs: number, isUrgent: boolean): Batch | null {
    let ahead = 0;
    const aheadMax = this.#isKnown(nowMs) ? this.#settings.maxInFlight : 1;
    for (const batch of this.#batches) {
      if (batch.carrier !== null) {
        if (batch.carrier !== carrier) return null;
        ahead++;
        continue;
      }
      if (ahead >= aheadMax || batch.retryAtMs > nowMs) return null;
      if (this.#hasGap && (ahead > 0 || batch.sequence < 0)) return null;
      if (batch.sequence < 0 && this.needsIdentity) return null;
      if (batch.sentCount > 0 || batch.isClosed || isUrgent) return batch;
      return nowMs >= batch.createdAtMs + this.#settings.lingerMs ? batch : null;
    }
    return null;
  }

  /** Marks a batch that `sendable` answered as on its way. */
  begin(batch: Batch, carrier: object): void {
    batch.isClosed = true;
    batch.carrier = carrier;
    batch.sentCount++;
    if (!this.#settings.idempotent || batch.sequence >= 0) return;
    assert(this.#identity !== null, `${this.topic}-${this.partition} needs an identity before it sends`);
    this.#number(batch, this.#identity);
  }

  /** It is in the log. */
  succeeded(batch: Batch, nowMs: number): void {
    this.#remove(batch);
    this.#knownIdentity = batch.identity;
    this.#knownAtMs = nowMs;
  }

  /** This broker leads, as far as is known. What waits to be tried again at the former one goes at once. */
  led(leader: number): void {
    if (this.#leader === leader) return;
    const isNew = this.#leader >= 0;
    this.#leader = leader;
    if (!isNew) return;
    for (const batch of this.#batches) if (batch.carrier === null) batch.retryAtMs = 0;
  }

  /** It goes out again, not before `retryAtMs`. */
  retry(batch: Batch, retryAtMs: number): void {
    batch.carrier = null;
    batch.retryAtMs = retryAtMs;
    if (batch.isGivenUp) this.#remove(batch);
  }

  /** It will not be sent again; its numbers stay unused, or their use unknown. */
  abandon(batch: Batch): void {
    this.#remove(batch);
    if (batch.sequence >= 0) this.#hasGap = true;
  }

  /**
   * Its time is over while it travels: the records are reported, the answer still tells what became of it.
   */
  giveUp(batch: Batch): void {
    batch.isGivenUp = true;
    if (batch.sequence >= 0) this.#hasGap = true;
  }

  /**
   * The broker says that a batch before this one is missing, or that it does not know the producer. Answers
   * what to do: wait for the older ones and retry; or it is the oldest, and `settle` decides.
   */
  outOfOrder(batch: Batch, retryAtMs: number): "retry" | "ambiguous" {
    batch.carrier = null;
    const isOldest = this.#batches[0] === batch;
    if (batch.isGivenUp) {
      this.#remove(batch);
      return "retry";
    }
    if (!isOldest) return "retry";
    this.#hasGap = true;
    batch.retryAtMs = retryAtMs;
    if (!batch.mayHaveBeenWritten) return "retry";
    this.#remove(batch);
    return "ambiguous";
  }

  /**
   * Closes a gap once nothing travels any more. Answers the batches that had to be given up: they may be in
   * the log, and sending them under a new number could write them twice.
   */
  settle(): readonly Batch[] {
    if (!this.#hasGap || this.#batches.some((batch) => batch.carrier !== null)) return nothing;
    const numbered = this.#batches.filter((batch) => batch.sequence >= 0);
    const firstAbsent = numbered.findIndex((batch) => !batch.mayHaveBeenWritten);
    // Those before the first one that is certainly absent are asked about under their old numbers.
    if (firstAbsent > 0 || (firstAbsent < 0 && numbered.length > 0)) return nothing;
    const doubtful = numbered.filter((batch) => batch.mayHaveBeenWritten);
    for (const batch of doubtful) this.#remove(batch);
    this.#nextEpoch();
    for (const batch of numbered) {
      if (batch.mayHaveBeenWritten) continue;
      if (this.#identity === null) batch.sequence = -1;
      else this.#number(batch, this.#identity);
    }
    this.#hasGap = false;
    return doubtful;
  }

  /** Batches whose time is over and that were not given up yet, oldest first. */
  expired(nowMs: number): readonly Batch[] {
    if ((this.#batches[0]?.deadlineMs ?? nowMs + 1) > nowMs) return nothing;
    const expired: Batch[] = [];
    for (const batch of this.#batches) {
      if (batch.deadlineMs > nowMs) break;
      if (!batch.isGivenUp) expired.push(batch);
    }
    return expired;
  }

  /** When something of this queue is due without an event from outside; infinity: never. */
  nextDueMs(nowMs: number): number {
    let dueMs = Number.POSITIVE_INFINITY;
    for (const batch of this.#batches) {
      if (!batch.isGivenUp) dueMs = Math.min(dueMs, batch.deadlineMs);
      if (batch.carrier !== null) continue;
      if (batch.retryAtMs > nowMs) dueMs = Math.min(dueMs, batch.retryAtMs);
      else if (batch.sentCount === 0 && !batch.isClosed) {
        dueMs = Math.min(dueMs, batch.createdAtMs + this.#settings.lingerMs);
      }
      break;
    }
    return dueMs;
  }

  #isKnown(nowMs: number): boolean {
    if (!this.#settings.idempotent) return true;
    return this.#knownIdentity === this.#identity && nowMs - this.#knownAtMs < knownForMs;
  }

  #number(batch: Batch, identity: ProducerIdentity): void {
    batch.identity = identity;
    batch.sequence = this.#nextSequence;
    // Sequence numbers go on at 0 after 2^31 - 1.
    this.#nextSequence = (this.#nextSequence + batch.recordCount) % 2 ** 31;
  }

  /** Past the last epoch a fresh producer id is needed: the queue asks for it by having no identity. */
  #nextEpoch(): void {
    assert(this.#identity !== null, `${this.topic}-${this.partition} has numbers but no identity`);
    const { producerId, epoch } = this.#identity;
    this.#identity = epoch < epochMax ? { producerId, epoch: epoch + 1 } : null;
    if (this.#identity === null) this.#usedUpProducerId = producerId;
    this.#nextSequence = 0;
  }

  #remove(batch: Batch): void {
    const at = this.#batches.indexOf(batch);
    assert(at >= 0, `the batch is in the queue of ${this.topic}-${this.partition}`);
    this.#batches.splice(at, 1);
  }
}

/** Why a batch that may be in the log is not sent again. */
export function ambiguousError(batch: Batch): ClientError {
  return new ClientError(
    "SEQUENCE_BROKEN",
    `send to ${batch.topic}-${batch.partition}: an earlier batch was given up, and this one, with sequence ` +
      `${batch.sequence}, may have been written before its answer was lost`,
    { cause: batch.lastError, mayHaveBeenWritten: true },
  );
}
