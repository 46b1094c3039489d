// shell: takes what is ready out of the queues, a turn of the event loop at a time, sends it to the leaders,
// and carries the answers back. Which batch may go, and what becomes of a refused one, the queues decide.
import type { ClientEnv } from "../../base/ports/env.ts";
import type {
  ProduceResponse,
  ProduceResponsePartitionProduceResponse,
} from "../../proto/kafka/generated/messages.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { DueTimer } from "../cluster/due-timer.ts";
import type { BrokerInfo } from "../cluster/metadata-cache.ts";
import type { Connection } from "../connection/connection.ts";
import { asError, brokerError, ClientError, isRetriable, mayHaveBeenWritten } from "../errors.ts";
import type { Accumulator } from "./accumulator.ts";
import type { Batch } from "./batch.ts";
import { tellDelivered, tellFailed, tellRetried } from "./batch-events.ts";
import { Identity } from "./identity.ts";
import { ambiguousError, type PartitionQueue } from "./partition-queue.ts";
import { type EncodedBatch, leaderHint, produceApi, produceRequest, readAnswers } from "./produce-request.ts";
import type { ProducerSettings } from "./producer-options.ts";
import { judge } from "./verdict.ts";

/** A request that waits longer than this makes the client ask who leads now. */
const suspectAfterMs = 1_000;

/** A batch and where it came from. */
interface Load {
  readonly queue: PartitionQueue;
  readonly batch: Batch;
}

/** One request on its way. */
interface Trip {
  readonly broker: BrokerInfo;
  readonly connection: Connection;
  readonly loads: readonly Load[];
}

export interface SenderEvents {
  /** The records of the batch were reported; their bytes are free. */
  onReported(bytes: number): void;
  /** Somebody waits for what is in the queues. */
  isUrgent(): boolean;
}

export class Sender {
  readonly #env: ClientEnv;
  readonly #cluster: Cluster;
  readonly #settings: ProducerSettings;
  readonly #accumulator: Accumulator;
  readonly #events: SenderEvents;
  readonly #identity: Identity;
  readonly #trips = new Set<Trip>();
  readonly #connecting = new Set<number>();
  readonly #timer: DueTimer;
  #isWoken = false;
  #isClosed = false;
  #rotation = 0;
  /** By broker id: why it could not be reached the last time. */
  readonly #connectProblems = new Map<number, Error>();

  constructor(
    env: ClientEnv,
    cluster: Cluster,
    settings: ProducerSettings,
    accumulator: Accumulator,
    events: SenderEvents,
  ) {
    this.#env = env;
    this.#cluster = cluster;
    this.#settings = settings;
    this.#accumulator = accumulator;
    this.#events = events;
    this.#timer = new DueTimer(env.clock, () => {
      if (!this.#isClosed) this.#drain();
    });
    this.#identity = new Identity(env, cluster, settings, (refusal) => this.#identityChanged(refusal));
    cluster.onUpdate(() => {
      this.#leaveTheLost();
      this.wake();
    });
  }

  /** Looks at the queues at the end of this turn. */
  wake(): void {
    if (this.#isWoken || this.#isClosed) return;
    this.#isWoken = true;
    this.#env.clock.endOfTurn(() => {
      this.#isWoken = false;
      if (!this.#isClosed) this.#drain();
    });
  }

  /** Fails everything that is not delivered yet. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#timer.close();
    for (const queue of this.#accumulator.active) {
      for (const batch of queue.batches) {
        const details = { mayHaveBeenWritten: batch.mayHaveBeenWritten || batch.carrier !== null };
        this.#report(batch, new ClientError("CLOSED", `${what(batch)}: the producer was closed`, details));
      }
    }
    this.#accumulator.active.clear();
  }

  #drain(): void {
    const nowMs = this.#env.clock.monotonicMs();
    const byBroker = new Map<number, PartitionQueue[]>();
    let dueMs = this.#suspicionDueMs(nowMs);
    let isLeaderMissing = false;
    for (const queue of this.#accumulator.active) {
      this.#expire(queue, nowMs);
      this.#settle(queue);
      if (queue.isEmpty) {
        this.#accumulator.active.delete(queue);
        continue;
      }
      dueMs = Math.min(dueMs, queue.nextDueMs(nowMs));
      if (queue.needsIdentity) {
        const identity = this.#identity.get(queue.usedUpProducerId);
        if (identity === null) continue;
        queue.adopt(identity);
      }
      const leader = this.#cluster.cache.partition(queue.topic, queue.partition)?.leader ?? -1;
      if (this.#cluster.cache.broker(leader) === null) {
        isLeaderMissing = true;
        continue;
      }
      queue.led(leader);
      const queues = byBroker.get(leader);
      if (queues === undefined) byBroker.set(leader, [queue]);
      else queues.push(queue);
    }
    for (const [id, queues] of byBroker) dueMs = Math.min(dueMs, this.#drainTo(id, queues, nowMs));
    if (isLeaderMissing) this.#cluster.requestRefresh();
    this.#timer.atLatest(dueMs);
  }

  /** Answers when this broker has to be looked at again; infinity: when something happens. */
  #drainTo(id: number, queues: readonly PartitionQueue[], nowMs: number): number {
    const broker = this.#cluster.cache.broker(id)!;
    const isUrgent = this.#events.isUrgent();
    const connection = this.#cluster.links.open(broker, "produce");
    if (connection === null) {
      this.#connect(broker);
      // It may be dead: who leads instead is asked for until it is known, however seldom it is tried itself.
      if (this.#connectProblems.has(id)) this.#cluster.requestRefresh();
      return Number.POSITIVE_INFINITY;
    }
    if (connection.throttledUntilMs > nowMs) return connection.throttledUntilMs;
    while (connection.isOpen && connection.inFlight < this.#settings.maxInFlight) {
      const picked: Load[] = [];
      let bytes = 0;
      for (let n = 0; n < queues.length; n++) {
        const queue = queues[(this.#rotation + n) % queues.length]!;
        const batch = queue.sendable(connection, nowMs, isUrgent);
        if (batch === null) continue;
        if (picked.length > 0 && bytes + batch.byteLength > this.#settings.maxRequestBytes) continue;
        bytes += batch.byteLength;
        picked.push({ queue, batch });
        queue.begin(batch, connection);
        if (batch.sentCount === 1) this.#accumulator.batchLeft(batch);
      }
      if (picked.length === 0) break;
      this.#rotation = (this.#rotation + 1) & 0xffff;
      this.#send(broker, connection, picked);
    }
    return Number.POSITIVE_INFINITY;
  }

  #connect(broker: BrokerInfo): void {
    if (this.#connecting.has(broker.id)) return;
    this.#connecting.add(broker.id);
    this.#cluster.links
      .connect(broker, "produce")
      .then(
        () => void this.#connectProblems.delete(broker.id),
        (error: Error) => {
          this.#connectProblems.set(broker.id, error);
          this.#cluster.requestRefresh();
        },
      )
      .finally(() => {
        this.#connecting.delete(broker.id);
        this.wake();
      });
  }

  #send(broker: BrokerInfo, connection: Connection, picked: readonly Load[]): void {
    const encoded: EncodedBatch[] = [];
    const loads: Load[] = [];
    for (const load of picked) {
      const { batch } = load;
      try {
        encoded.push({ batch, bytes: batch.encode(this.#env.codecs, this.#settings.compression) });
        loads.push(load);
      } catch (error) {
        this.#fail(load, asError(error));
      }
    }
    if (loads.length === 0) return;
    const { acks, compression, requestTimeoutMs } = this.#settings;
    // The broker gives up a little earlier than this client does, so that its answer still arrives.
    const timeoutMs = Math.ceil(requestTimeoutMs - Math.min(1_000, requestTimeoutMs / 4));
    const body = produceRequest(encoded, { acks: acks as number, timeoutMs });
    const options = { timeoutMs: requestTimeoutMs, versions: { min: compression === "zstd" ? 7 : 3 } };
    const trip: Trip = { broker, connection, loads };
    if (acks === 0) {
      try {
        connection.sendWithoutAnswer(produceApi, body, options);
        for (const load of loads) this.#written(load, -1, -1);
        this.wake();
      } catch (error) {
        this.#lost(trip, asError(error));
      }
      return;
    }
    this.#trips.add(trip);
    connection.request(produceApi, body, options).then(
      (response) => this.#arrived(trip, response),
      (error: Error) => this.#lost(trip, error),
    );
    this.#timer.atLatest(this.#env.clock.monotonicMs() + suspectAfterMs);
  }

  #arrived(trip: Trip, response: ProduceResponse): void {
    this.#trips.delete(trip);
    if (this.#isClosed) return;
    const nowMs = this.#env.clock.monotonicMs();
    const answers = readAnswers(response);
    for (const load of trip.loads) {
      const { batch, queue } = load;
      const answer = answers.get(batch.topic)?.get(batch.partition);
      if (answer !== undefined) {
        this.#judged(load, answer, response, `${what(batch)} at broker ${trip.broker.id}`);
        continue;
      }
      batch.lastError = new ClientError("MALFORMED_ANSWER", `${what(batch)}: the answer leaves it out`);
      batch.mayHaveBeenWritten = true;
      queue.retry(batch, nowMs + this.#backoffMs(batch));
    }
    this.wake();
  }

  #judged(
    load: Load,
    answer: ProduceResponsePartitionProduceResponse,
    response: ProduceResponse,
    place: string,
  ): void {
    const { batch, queue } = load;
    const verdict = judge(answer, this.#settings.idempotent);
    if (verdict.kind === "written") return void this.#written(load, verdict.baseOffset, verdict.appendTimeMs);
    if (verdict.kind === "refused")
      return void this.#fail(load, brokerError(place, answer.errorCode, verdict.message));
    batch.lastError = brokerError(place, answer.errorCode, answer.errorMessage);
    const retryAtMs = this.#env.clock.monotonicMs() + this.#backoffMs(batch);
    if (verdict.kind === "outOfOrder") {
      const facts = { topic: batch.topic, partition: batch.partition, sequence: batch.sequence };
      this.#env.log.debug({ ...facts, reason: batch.lastError.message }, "sequence refused");
      if (queue.outOfOrder(batch, retryAtMs) === "ambiguous") this.#report(batch, ambiguousError(batch));
      return;
    }
    if (!verdict.isAbsent) batch.mayHaveBeenWritten = true;
    const isHinted = verdict.asksLeader && this.#cluster.applyHint(leaderHint(batch, answer, response));
    if (verdict.asksLeader && !isHinted) this.#cluster.requestRefresh();
    tellRetried(this.#settings, batch);
    queue.retry(batch, isHinted ? 0 : retryAtMs);
  }

  /** No answer, and none will come. */
  #lost(trip: Trip, error: Error): void {
    this.#trips.delete(trip);
    if (this.#isClosed) return;
    const nowMs = this.#env.clock.monotonicMs();
    for (const load of trip.loads) {
      const { batch, queue } = load;
      if (!isRetriable(error)) {
        this.#fail(load, error);
        continue;
      }
      if (mayHaveBeenWritten(error)) batch.mayHaveBeenWritten = true;
      batch.lastError = error;
      tellRetried(this.#settings, batch);
      queue.retry(batch, nowMs + this.#backoffMs(batch));
    }
    this.#cluster.requestRefresh();
    this.wake();
  }

  #written(load: Load, baseOffset: number, appendTimeMs: number): void {
    const { batch, queue } = load;
    queue.succeeded(batch, this.#env.clock.monotonicMs());
    tellDelivered(this.#settings, batch, this.#env.clock.monotonicMs());
    const bytes = batch.reservedBytes;
    batch.reservedBytes = 0;
    batch.reportSuccess(baseOffset, appendTimeMs, this.#onThrow);
    if (bytes > 0) this.#events.onReported(bytes);
  }

  /** Refused for good. */
  #fail(load: Load, error: Error): void {
    load.queue.abandon(load.batch);
    this.#report(load.batch, error);
    this.wake();
  }

  /** Tells the records, once. */
  #report(batch: Batch, error: Error): void {
    const bytes = batch.reservedBytes;
    batch.reservedBytes = 0;
    tellFailed(this.#settings, batch, error);
    batch.reportFailure(error, this.#onThrow);
    if (bytes > 0) this.#events.onReported(bytes);
  }

  #expire(queue: PartitionQueue, nowMs: number): void {
    for (const batch of queue.expired(nowMs)) {
      const isTravelling = batch.carrier !== null;
      const details = {
        cause: this.#whyNot(batch),
        mayHaveBeenWritten: batch.mayHaveBeenWritten || isTravelling,
      };
      const reason = details.cause === undefined ? "" : `; last: ${details.cause.message}`;
      const text =
        `${what(batch)}: not acknowledged within ${this.#settings.deliveryTimeoutMs} ms, ` +
        `sent ${batch.sentCount} times${reason}`;
      if (isTravelling) queue.giveUp(batch);
      else queue.abandon(batch);
      this.#report(batch, new ClientError("DELIVERY_TIMED_OUT", text, details));
    }
  }

  #whyNot(batch: Batch): Error | undefined {
    const leader = this.#cluster.cache.partition(batch.topic, batch.partition)?.leader ?? -1;
    const ours = batch.lastError ?? this.#connectProblems.get(leader) ?? this.#identity.lastProblem;
    return ours ?? this.#cluster.lastProblem ?? undefined;
  }

  #settle(queue: PartitionQueue): void {
    for (const batch of queue.settle()) this.#report(batch, ambiguousError(batch));
  }

  /**
   * Requests at a broker that is gone, or leads no more, will not be answered in time: send them elsewhere.
   */
  #leaveTheLost(): void {
    for (const trip of [...this.#trips]) {
      if (trip.connection.oldestWaitMs() < suspectAfterMs) continue;
      const { cache } = this.#cluster;
      const isGone = cache.broker(trip.broker.id) === null;
      const hasMoved = trip.loads.some(({ batch }) => {
        const leader = cache.partition(batch.topic, batch.partition)?.leader ?? -1;
        return leader >= 0 && leader !== trip.broker.id;
      });
      if (isGone || hasMoved) this.#cluster.links.drop(trip.broker, "it leads no more, and does not answer");
    }
  }

  /** When the oldest request becomes suspicious; asks for a refresh if it is already. */
  #suspicionDueMs(nowMs: number): number {
    let dueMs = Number.POSITIVE_INFINITY;
    for (const trip of this.#trips) {
      const waitMs = trip.connection.oldestWaitMs();
      if (waitMs >= suspectAfterMs) {
        this.#cluster.requestRefresh();
        dueMs = Math.min(dueMs, nowMs + suspectAfterMs);
      } else dueMs = Math.min(dueMs, nowMs + suspectAfterMs - waitMs);
    }
    return dueMs;
  }

  #identityChanged(refusal: Error | null): void {
    if (refusal !== null) {
      for (const queue of [...this.#accumulator.active]) {
        if (!queue.needsIdentity) continue;
        for (const batch of [...queue.batches]) {
          queue.abandon(batch);
          this.#report(batch, refusal);
        }
      }
    }
    this.wake();
  }

  #backoffMs(batch: Batch): number {
    const { retryBackoffMs, retryBackoffMaxMs } = this.#settings;
    const plain = retryBackoffMs * 2 ** Math.min(16, Math.max(0, batch.sentCount - 1));
    return Math.min(plain, retryBackoffMaxMs) * (0.8 + 0.4 * this.#env.random.float());
  }

  readonly #onThrow = (error: Error): void => {
    this.#env.log.error({ reason: error.message }, "a delivery report threw");
  };
}

function what(batch: Batch): string {
  return `send to ${batch.topic}-${batch.partition}`;
}
