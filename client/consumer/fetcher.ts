// shell: fetches ahead of the reader: one request at a time to each broker that is read from, within the
// bounds of the prefetch, in one fetch session with each. Refreshes and retries after errors; what cannot be
// retried stops its partition.
import type { ClientEnv } from "../../base/ports/env.ts";
import { ErrorCode, errorInfo } from "../../proto/errors.ts";
import { apis } from "../../proto/kafka/apis.ts";
import type { FetchResponse, FetchResponsePartitionData } from "../../proto/kafka/generated/messages.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { DueTimer } from "../cluster/due-timer.ts";
import type { BrokerInfo } from "../cluster/metadata-cache.ts";
import { asError, brokerError, ClientError, isRetriable } from "../errors.ts";
import type { ConsumerSettings } from "./consumer-options.ts";
import { passEmptyTail } from "./empty-tail.ts";
import { type FetchPlan, planFetch } from "./fetch-request.ts";
import { FetchSession } from "./fetch-session.ts";
import { type Share, shareOut, withinRoom } from "./fetch-shares.ts";
import type { PartitionReader } from "./partition-reader.ts";
import type { PositionCheck } from "./position-check.ts";
import { ReadSources } from "./read-sources.ts";
import { endSessions } from "./session-end.ts";

/** How much longer than asked an answer may take before the client asks who leads now. */
const suspectAfterMs = 1_000;
/** How long a fetch may wait at the broker while partitions are left out of it for want of room. */
const partialWaitMs = 50;

/** How long a closing consumer tries to reach brokers that still hold a session of its. */
const farewellMs = 250;
/** After so many failures in a row the log says that a partition cannot be read. */
const failuresToTell = 10;

interface Trip {
  readonly broker: BrokerInfo;
  readonly plan: FetchPlan;
  readonly suspectAtMs: number;
}

export class Fetcher {
  readonly #env: ClientEnv;
  readonly #cluster: Cluster;
  readonly #settings: ConsumerSettings;
  readonly #check: PositionCheck;
  readonly #onArrival: () => void;
  readonly #timer: DueTimer;
  readonly #sources: ReadSources;
  /** By broker id; null while connecting. */
  readonly #trips = new Map<number, Trip | null>();
  /** By broker id. */
  readonly #sessions = new Map<number, FetchSession>();
  #readers: readonly PartitionReader[] = [];
  #rotation = 0;
  #isWoken = false;
  #isClosed = false;

  constructor(
    env: ClientEnv,
    cluster: Cluster,
    settings: ConsumerSettings,
    check: PositionCheck,
    onArrival: () => void,
  ) {
    this.#env = env;
    this.#cluster = cluster;
    this.#settings = settings;
    this.#check = check;
    this.#onArrival = onArrival;
    this.#sources = new ReadSources(settings, cluster.cache);
    this.#timer = new DueTimer(env.clock, () => this.#fetchAll());
    cluster.onUpdate(() => {
      this.#leaveTheLost();
      this.wake();
    });
  }

  setReaders(readers: readonly PartitionReader[]): void {
    this.#readers = readers;
    this.wake();
  }

  /** Looks at the end of this turn what can be fetched. */
  wake(): void {
    if (this.#isWoken || this.#isClosed) return;
    this.#isWoken = true;
    this.#env.clock.endOfTurn(() => {
      this.#isWoken = false;
      this.#fetchAll();
    });
  }

  /** Fetches nothing more, and ends the sessions as far as that is quickly said. Never rejects. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#timer.close();
    await endSessions(this.#env.clock, this.#cluster, this.#sessions, farewellMs);
    this.#sessions.clear();
  }

  #fetchAll(): void {
    if (this.#isClosed) return;
    const nowMs = this.#env.clock.monotonicMs();
    this.#suspect(nowMs);
    const shares = shareOut(this.#readers, {
      rotation: this.#rotation,
      partitionBytes: this.#settings.partitionBytes,
      isDue: (reader) => this.#isDue(reader, nowMs),
      sourceOf: (reader) => this.#sources.sourceOf(reader, nowMs),
    });
    this.#rotation = this.#readers.length === 0 ? 0 : (this.#rotation + 1) % this.#readers.length;
    for (const [id, share] of shares) {
      if (share.readers.length === 0 || this.#trips.has(id)) continue;
      this.#fetchFrom(id, share, Math.floor(this.#settings.prefetchBytes / shares.size), nowMs);
    }
  }

  /** Whether this reader's leader is to be asked for more now. */
  #isDue(reader: PartitionReader, nowMs: number): boolean {
    if (reader.isPaused || reader.isFull || reader.isHeld || reader.isFetching) return false;
    if (reader.isLookingUp || reader.failure !== null) return false;
    if (reader.end !== null && reader.fetchOffset >= reader.end) return false;
    if (reader.retryAtMs > nowMs) {
      this.#timer.atLatest(reader.retryAtMs);
      return false;
    }
    const info = this.#cluster.cache.partition(reader.topic, reader.partition);
    if (info === null || this.#cluster.cache.broker(info.leader) === null) {
      this.#cluster.requestRefresh();
      return false;
    }
    const topicId = this.#cluster.cache.topic(reader.topic)?.topicId ?? null;
    reader.topicId ??= topicId;
    if (reader.topicId !== topicId) {
      // What is buffered is of the old topic, and can still be read.
      if (reader.bufferedBytes === 0) this.#lookUp(reader, () => this.#check.replaced(reader));
      return false;
    }
    if (reader.checkedEpoch < info.leaderEpoch) {
      if (reader.fetchEpoch < 0 || info.leaderEpoch === reader.fetchEpoch)
        reader.checkedEpoch = info.leaderEpoch;
      else {
        this.#lookUp(reader, () => this.#check.againstLeader(reader, info));
        return false;
      }
    }
    return true;
  }

  #fetchFrom(id: number, share: Share, roomBytes: number, nowMs: number): void {
    const broker = this.#cluster.cache.broker(id)!;
    const connection = this.#cluster.links.open(broker, "fetch");
    if (connection === null) {
      this.#connect(broker);
      return;
    }
    if (connection.throttledUntilMs > nowMs) {
      this.#timer.atLatest(connection.throttledUntilMs);
      return;
    }
    const asked = withinRoom(share, { room: roomBytes, partition: this.#settings.partitionBytes });
    if (asked === null) return;
    const maxBytes = Math.min(this.#settings.fetchBytes, asked.maxBytes);
    const maxWaitMs = share.isPartial
      ? Math.min(partialWaitMs, this.#settings.maxWaitMs)
      : this.#settings.maxWaitMs;
    const session = this.#sessions.get(id) ?? new FetchSession();
    this.#sessions.set(id, session);
    const room = { maxWaitMs, maxBytes, rackId: this.#sources.rack(nowMs) };
    const plan = planFetch(session, asked.readers, this.#cluster.cache, this.#settings, room);
    const suspectAtMs = nowMs + maxWaitMs + suspectAfterMs;
    this.#trips.set(id, { broker, plan, suspectAtMs });
    this.#timer.atLatest(suspectAtMs);
    for (const { reader } of plan.readers) reader.isFetching = true;
    const options = {
      timeoutMs: this.#settings.requestTimeoutMs + maxWaitMs,
      versions: plan.maxVersion === undefined ? {} : { max: plan.maxVersion },
    };
    connection.request(apis.Fetch, plan.body, options).then(
      (response) => this.#arrived(id, plan, response),
      (error: Error) => this.#lost(id, plan, error),
    );
  }

  #connect(broker: BrokerInfo): void {
    this.#trips.set(broker.id, null);
    this.#cluster.links
      .connect(broker, "fetch")
      .then(
        () => {},
        () => {
          for (const reader of this.#readers) this.#leaveNearby(reader, broker.id);
          this.#cluster.requestRefresh();
        },
      )
      .finally(() => {
        this.#trips.delete(broker.id);
        this.wake();
      });
  }

  #arrived(id: number, plan: FetchPlan, response: FetchResponse): void {
    this.#trips.delete(id);
    if (this.#isClosed) return;
    if (response.errorCode !== ErrorCode.NONE) {
      this.#refused(id, plan, response.errorCode);
      return;
    }
    const told = plan.session.answered(response);
    if (told === null)
      this.#env.log.debug({ broker: id }, "a fetch was answered with what was not asked for");
    const isBare = isEmpty(response);
    for (const { reader, generation } of plan.readers) {
      if (reader.generation !== generation) continue;
      reader.isFetching = false;
      const answer = told?.of(reader.topic, reader.partition) ?? "missing";
      if (answer === "missing") {
        this.#retryLater(reader);
        continue;
      }
      if (answer === "unchanged") {
        takeWell(reader);
        passEmptyTail(reader, isBare);
        continue;
      }
      try {
        this.#take(id, reader, answer, response);
        if (answer.errorCode === ErrorCode.NONE) passEmptyTail(reader, isBare);
      } catch (error) {
        reader.failure = asError(error);
      }
    }
    this.#onArrival();
    this.wake();
  }

  #take(
    id: number,
    reader: PartitionReader,
    answer: FetchResponsePartitionData,
    response: FetchResponse,
  ): void {
    const { topic, partition } = reader;
    const code = answer.errorCode;
    if (code === ErrorCode.NONE) {
      takeWell(reader);
      reader.highWatermark = answer.highWatermark;
      const nearby = answer.preferredReadReplica;
      if (nearby >= 0) this.#sources.named(reader, nearby, this.#env.clock.monotonicMs());
      if (nearby >= 0 && this.#cluster.cache.broker(nearby) === null) this.#cluster.requestRefresh();
      const bytes = answer.records;
      const isCommittedOnly = this.#settings.isolation === "readCommitted";
      reader.readableEnd = isCommittedOnly ? answer.lastStableOffset : answer.highWatermark;
      if (bytes !== null && bytes.length > 0) reader.buffer(bytes, answer.abortedTransactions ?? []);
      return;
    }
    const error = brokerError(`read ${topic}-${partition} at offset ${reader.fetchOffset}`, code);
    if (this.#leaveNearby(reader, id)) {
      // Whatever it is, the leader knows better.
      this.#env.log.debug({ topic, partition, broker: id, reason: error.message }, "back to the leader");
      this.#cluster.requestRefresh();
      return;
    }
    if (code === ErrorCode.OFFSET_OUT_OF_RANGE) {
      // What is buffered is still good; ask again once it has been read.
      if (reader.bufferedBytes > 0) this.#retryLater(reader);
      else {
        this.#retryLater(reader);
        this.#lookUp(reader, () => this.#check.outOfRange(reader));
      }
      return;
    }
    if (!errorInfo(code).retriable) throw error;
    const { leaderId, leaderEpoch } = answer.currentLeader;
    const hint = { topic, partition, leaderId, leaderEpoch, endpoints: response.nodeEndpoints };
    if (this.#cluster.applyHint(hint)) return;
    this.#env.log.debug({ topic, partition, reason: error.message }, "fetch refused, trying again");
    this.#retryLater(reader);
    this.#cluster.requestRefresh();
  }

  #leaveNearby(reader: PartitionReader, nodeId: number): boolean {
    return this.#sources.failed(reader, nodeId, this.#env.clock.monotonicMs());
  }

  #refused(id: number, plan: FetchPlan, code: number): void {
    const isAskedAgain = plan.session.refused(code);
    const error = brokerError(`fetch from broker ${id}`, code);
    if (!isAskedAgain) {
      this.#giveBack(id, plan, error);
      return;
    }
    this.#env.log.debug({ broker: id, reason: error.message }, "the fetch session begins anew");
    for (const { reader, generation } of plan.readers) {
      if (reader.generation === generation) reader.isFetching = false;
    }
    this.wake();
  }

  #lost(id: number, plan: FetchPlan, error: Error): void {
    this.#trips.delete(id);
    if (this.#isClosed) return;
    plan.session.failed();
    this.#giveBack(id, plan, error);
  }

  /** No answer for anybody in it. */
  #giveBack(id: number, plan: FetchPlan, error: Error): void {
    for (const { reader, generation } of plan.readers) {
      if (reader.generation !== generation) continue;
      reader.isFetching = false;
      if (this.#leaveNearby(reader, id)) continue;
      if (isRetriable(error)) this.#retryLater(reader);
      else reader.failure = error;
    }
    if (!isRetriable(error)) this.#onArrival();
    this.#cluster.requestRefresh();
    this.wake();
  }

  /** Asks something about the position; no fetches for this reader until it is known. */
  #lookUp(reader: PartitionReader, ask: () => Promise<void>): void {
    const { generation } = reader;
    reader.isLookingUp = true;
    ask()
      .catch((error: Error) => {
        if (this.#isClosed || reader.generation !== generation) return;
        const isFinal = !isRetriable(error) && !(error instanceof ClientError && error.code === "CLOSED");
        if (isFinal) {
          reader.failure = error;
          this.#onArrival();
          return;
        }
        this.#retryLater(reader);
        this.#cluster.requestRefresh();
      })
      .finally(() => {
        // After a seek this answer is nobody's any more; the reader may be asking something else.
        if (reader.generation === generation) reader.isLookingUp = false;
        this.wake();
      });
  }

  #retryLater(reader: PartitionReader): void {
    const { retryBackoffMs, retryBackoffMaxMs } = this.#settings;
    const plain = Math.min(retryBackoffMaxMs, retryBackoffMs * 2 ** Math.min(16, reader.failures));
    reader.failures++;
    if (reader.failures === failuresToTell) {
      const { topic, partition, fetchOffset: offset } = reader;
      this.#env.log.warn({ topic, partition, offset }, "the partition cannot be read, still trying");
    }
    reader.retryAtMs = this.#env.clock.monotonicMs() + plain * (0.8 + 0.4 * this.#env.random.float());
    this.#timer.atLatest(reader.retryAtMs);
  }

  #suspect(nowMs: number): void {
    for (const trip of this.#trips.values()) {
      if (trip === null) continue;
      if (nowMs >= trip.suspectAtMs) {
        this.#cluster.requestRefresh();
        this.#timer.atLatest(nowMs + suspectAfterMs);
      } else this.#timer.atLatest(trip.suspectAtMs);
    }
  }

  /** A broker that does not answer, and is gone or leads no more what was asked of it, is not waited for. */
  #leaveTheLost(): void {
    const nowMs = this.#env.clock.monotonicMs();
    for (const id of this.#sessions.keys()) {
      if (!this.#trips.has(id) && this.#cluster.cache.broker(id) === null) this.#sessions.delete(id);
    }
    for (const [id, trip] of this.#trips) {
      if (trip === null || nowMs < trip.suspectAtMs) continue;
      const hasMoved = trip.plan.readers.some(({ reader }) => {
        const source = this.#sources.sourceOf(reader, nowMs);
        return source >= 0 && source !== id;
      });
      const isGone = this.#cluster.cache.broker(id) === null;
      if (isGone || hasMoved) this.#cluster.links.drop(trip.broker, "it leads no more, and does not answer");
    }
  }
}

/** The leader had nothing to object. */
function takeWell(reader: PartitionReader): void {
  reader.failures = 0;
  reader.beyondEndSinceMs = null;
}

/** Not one record is in it, and there was room for some. */
function isEmpty({ throttleTimeMs, responses }: FetchResponse): boolean {
  if (throttleTimeMs > 0) return false;
  return responses.every(({ partitions }) => partitions.every((row) => (row.records?.length ?? 0) === 0));
}
