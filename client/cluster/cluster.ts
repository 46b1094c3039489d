// shell: the cluster as one client sees it: metadata kept fresh (one refresh at a time, with backoff),
// requests to a broker by id, to any broker, to the controller. Producer, consumer and admin stand on it; it
// knows none of them.

import { assert } from "../../base/assert.ts";
import { Backoff } from "../../base/backoff.ts";
import { limits } from "../../base/limits.ts";
import type { Timer } from "../../base/ports/clock.ts";
import type { ClientEnv } from "../../base/ports/env.ts";
import type { Address } from "../../base/ports/network.ts";
import { deferred } from "../../base/waits.ts";
import { ErrorCode } from "../../proto/errors.ts";
import { type ApiDefinition, apis } from "../../proto/kafka/apis.ts";
import type { MetadataResponse } from "../../proto/kafka/generated/messages.ts";
import { addressText, parseBootstrap } from "../connection/address.ts";
import type { Connection, RequestBody, RequestOptions } from "../connection/connection.ts";
import { asError, brokerError, ClientError, isRetriable } from "../errors.ts";
import { tell } from "../events.ts";
import type { ConnectionOptions } from "../options/connection-options.ts";
import { BrokerLinks, type Lane } from "./broker-links.ts";
import { type Attempt, firstSuccess } from "./first-success.ts";
import { type LeaderHint, MetadataCache, type TopicInfo } from "./metadata-cache.ts";
import { closedError, Sleeper } from "./sleeper.ts";

/** Whoever has not answered a metadata request by then has another broker asked beside it. */
const hedgeStepMs = 400;
/** A metadata request is small; who takes longer is not worth waiting for. */
const metadataTimeoutMs = 5_000;
/** Metadata requests closer together than this count as a row of failures. */
const calmMs = 1_000;
/** While a leader is looked for: the first pause between two looks, how pauses grow, and the longest. */
const refreshBackoffMinMs = 20;
const refreshBackoffFactor = 1.15;
const refreshBackoffMaxMs = 250;

export class Cluster {
  readonly cache = new MetadataCache();
  readonly links: BrokerLinks;
  readonly sleeper: Sleeper;
  readonly #env: ClientEnv;
  readonly #options: ConnectionOptions;
  readonly #bootstrap: readonly Address[];
  readonly #topics = new Set<string>();
  readonly #listeners = new Set<() => void>();
  readonly #backoff: Backoff;
  #isWanted = false;
  #isRefreshing = false;
  #round = deferred<void>();
  #lastRefreshMs = Number.NEGATIVE_INFINITY;
  #ageTimer: Timer | null = null;
  #lastProblem: Error | null = null;

  constructor(env: ClientEnv, options: ConnectionOptions) {
    this.#env = env;
    this.#options = options;
    this.#bootstrap = parseBootstrap(options.bootstrap);
    this.sleeper = new Sleeper(env.clock);
    this.links = new BrokerLinks(env, options, this.sleeper);
    const maxMs = Math.min(refreshBackoffMaxMs, options.retryBackoffMaxMs);
    const baseMs = Math.min(options.retryBackoffMs, refreshBackoffMinMs, maxMs);
    this.#backoff = new Backoff({ baseMs, maxMs, factor: refreshBackoffFactor }, env.random);
    this.#round.promise.catch(() => {});
  }

  /** Why the last refresh failed; null when it did not. */
  get lastProblem(): Error | null {
    return this.#lastProblem;
  }

  get isClosed(): boolean {
    return this.sleeper.isClosed;
  }

  /** Called after every change of what is known. Answers how to stop that. */
  onUpdate(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Has the topic in every refresh from now on. */
  track(topic: string): void {
    if (this.#topics.has(topic)) return;
    assert(this.#topics.size < limits.topicsMax, `a client tracks at most ${limits.topicsMax} topics`);
    this.#topics.add(topic);
  }

  untrack(topic: string): void {
    this.#topics.delete(topic);
    this.cache.forget(topic);
  }

  /** Begins a refresh, unless one is under way; returns at once. */
  requestRefresh(): void {
    if (this.isClosed) return;
    this.#isWanted = true;
    if (this.#isRefreshing) return;
    this.#isRefreshing = true;
    void this.#refreshLoop();
  }

  /** Resolves after the next refresh, whether it worked or not (see `lastProblem`). Rejects when closed. */
  refreshed(): Promise<void> {
    if (this.isClosed) return Promise.reject(closedError());
    this.requestRefresh();
    return this.#round.promise;
  }

  /**
   * The topic, waited for until it is known. Rejects with ClientError UNKNOWN_TOPIC when the cluster says for
   * `unknownTopicMs` that it is not there, with BrokerError for other refusals, with CLUSTER_UNREACHABLE when
   * no broker could be asked for `timeoutMs`.
   */
  async topic(name: string, wait: { timeoutMs: number; unknownTopicMs: number }): Promise<TopicInfo> {
    this.track(name);
    const beganMs = this.#env.clock.monotonicMs();
    for (;;) {
      const known = this.cache.topic(name);
      if (known !== null && known.partitions.length > 0) return known;
      await this.#refreshedWithin(beganMs + wait.timeoutMs - this.#env.clock.monotonicMs());
      if (this.cache.topic(name) !== null) continue;
      const waitedMs = this.#env.clock.monotonicMs() - beganMs;
      const problem = this.#topicProblem(name, waitedMs, wait);
      if (problem !== null) {
        this.#topics.delete(name);
        throw problem;
      }
    }
  }

  /** Sends to one broker. Rejects with ClientError; error codes in the answer are the caller's to read. */
  async toBroker<Req, Res>(
    id: number,
    lane: Lane,
    api: ApiDefinition<Req, Res>,
    body: RequestBody<Req>,
    options: RequestOptions = {},
  ): Promise<Res> {
    const broker = this.cache.broker(id);
    if (broker === null) {
      throw new ClientError("CONNECT_FAILED", `${api.name} to broker ${id}: it is not in the cluster now`);
    }
    const connection = await this.links.connect(broker, lane);
    return await connection.request(api, body, options);
  }

  /** Sends to whichever broker answers first. Rejects with CLUSTER_UNREACHABLE when none does. */
  async toAny<Req, Res>(
    api: ApiDefinition<Req, Res>,
    body: RequestBody<Req>,
    options: RequestOptions = {},
  ): Promise<Res> {
    const attempts = this.#candidates().map(
      (address): Attempt<Res> => ({
        name: addressText(address),
        run: async () => {
          const connection = await this.links.connect(address, "control");
          return await connection.request(api, body, options);
        },
      }),
    );
    try {
      return await firstSuccess(this.#env.clock, attempts, hedgeStepMs);
    } catch (error) {
      if (this.isClosed) throw closedError();
      const failures = error instanceof AggregateError ? error.errors : [];
      const final = failures.find((failure) => !isRetriable(failure));
      if (final !== undefined) throw final;
      const text = `${api.name}: no broker answered: ${asError(error).message}`;
      throw new ClientError("CLUSTER_UNREACHABLE", text, { cause: error });
    }
  }

  /** Takes in what an answer says of leaders. */
  applyHint(hint: LeaderHint): boolean {
    const { topic, partition } = hint;
    const before = this.cache.partition(topic, partition)?.leader ?? -1;
    const isNews = this.cache.applyHint(hint);
    if (isNews) this.#tellLeader(topic, partition, before);
    if (isNews) this.#notify();
    return isNews;
  }

  close(): void {
    if (this.isClosed) return;
    this.sleeper.close();
    this.#ageTimer?.cancel();
    this.links.close();
    this.#round.reject(closedError());
    this.#listeners.clear();
  }

  #topicProblem(
    name: string,
    waitedMs: number,
    wait: { timeoutMs: number; unknownTopicMs: number },
  ): Error | null {
    const code = this.#lastProblem === null ? this.cache.errorOf(name) : ErrorCode.NONE;
    if (code === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION && waitedMs >= wait.unknownTopicMs) {
      const text = `topic ${name}: the cluster does not know it, after ${Math.round(waitedMs)} ms`;
      return new ClientError("UNKNOWN_TOPIC", text);
    }
    if (code !== ErrorCode.NONE) {
      const error = brokerError(`topic ${name}`, code);
      if (!error.retriable || waitedMs >= wait.timeoutMs) return error;
    }
    if (waitedMs < wait.timeoutMs) return null;
    const text = `topic ${name}: nothing learnt of it within ${wait.timeoutMs} ms`;
    const cause = this.#lastProblem;
    if (cause === null) return new ClientError("TIMED_OUT", text);
    return new ClientError("CLUSTER_UNREACHABLE", `${text}: ${cause.message}`, { cause });
  }

  async #refreshedWithin(timeoutMs: number): Promise<void> {
    const over = deferred<void>();
    const timer = this.#env.clock.after(Math.max(0, timeoutMs), () => over.resolve());
    try {
      await Promise.race([this.refreshed(), over.promise]);
    } finally {
      timer.cancel();
    }
  }

  async #refreshLoop(): Promise<void> {
    try {
      while (this.#isWanted && !this.isClosed) {
        await this.#calmDown();
        this.#isWanted = false;
        await this.#refreshOnce();
      }
    } catch (error) {
      // Only the end of the client gets here.
      if (!this.isClosed) throw error;
    } finally {
      this.#isRefreshing = false;
    }
  }

  /** Refreshes in a row keep a growing distance; one after a calm time goes at once. */
  async #calmDown(): Promise<void> {
    const passedMs = this.#env.clock.monotonicMs() - this.#lastRefreshMs;
    if (passedMs > calmMs) {
      this.#backoff.reset();
      return;
    }
    const waitMs = this.#backoff.nextMs() - passedMs;
    if (waitMs > 0) await this.sleeper.sleep(waitMs);
  }

  async #refreshOnce(): Promise<void> {
    const round = this.#round;
    try {
      const topics = [...this.#topics].map((name) => ({ name }));
      const body = { topics, allowAutoTopicCreation: false };
      const timeoutMs = Math.min(metadataTimeoutMs, this.#options.requestTimeoutMs);
      const answer = await this.toAny(apis.Metadata, body, { timeoutMs });
      this.#lastProblem = null;
      this.#learn(answer);
    } catch (error) {
      if (this.isClosed) return;
      this.#lastProblem = asError(error);
      tell(this.#options.onEvent, { kind: "metadataFailed", error: this.#lastProblem });
      this.#env.log.debug({ reason: this.#lastProblem.message }, "metadata refresh failed");
    } finally {
      this.#lastRefreshMs = this.#env.clock.monotonicMs();
    }
    if (this.isClosed) return;
    this.#round = deferred<void>();
    this.#round.promise.catch(() => {});
    this.#watchAge();
    this.#notify();
    round.resolve();
  }

  #learn(answer: MetadataResponse): void {
    const before = this.cache.clusterId;
    const led = this.#options.onEvent === null ? [] : this.#leaders();
    this.cache.update(answer);
    for (const [topic, partition, leader] of led) this.#tellLeader(topic, partition, leader);
    const { onEvent } = this.#options;
    tell(onEvent, { kind: "metadataUpdated", brokers: this.cache.brokers.length, topics: this.#topics.size });
    if (before !== null && this.cache.clusterId !== before) {
      const facts = { before, now: this.cache.clusterId };
      this.#env.log.warn(facts, "the bootstrap addresses lead to another cluster than before");
    }
  }

  #leaders(): [topic: string, partition: number, leader: number][] {
    return [...this.#topics].flatMap((name) =>
      (this.cache.topic(name)?.partitions ?? []).map(({ partition, leader }): [string, number, number] => [
        name,
        partition,
        leader,
      ]),
    );
  }

  #tellLeader(topic: string, partition: number, from: number): void {
    const now = this.cache.partition(topic, partition);
    if (now === null || now.leader === from) return;
    const { leader: to, leaderEpoch } = now;
    tell(this.#options.onEvent, { kind: "leaderChanged", topic, partition, from, to, leaderEpoch });
  }

  #notify(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  #watchAge(): void {
    this.#ageTimer?.cancel();
    // Whoever waits for a topic or a leader asks again by himself.
    if (this.#topics.size === 0 || this.#lastProblem !== null) return;
    this.#ageTimer = this.#env.clock.after(this.#options.metadataMaxAgeMs, () => {
      this.requestRefresh();
    });
  }

  /** Whom to ask: first who is connected and answers promptly, then the other brokers, then the bootstrap. */
  #candidates(): Address[] {
    const connected = this.links.connected("control");
    const prompt = connected.filter((connection) => connection.oldestWaitMs() < hedgeStepMs);
    const ordered: Address[] = [
      ...this.#shuffled(prompt.map((connection: Connection) => connection.address)),
      ...this.#shuffled(this.cache.brokers),
      ...this.#shuffled(this.#bootstrap),
    ];
    const seen = new Set<string>();
    return ordered
      .filter((address) => !seen.has(addressText(address)) && seen.add(addressText(address)))
      .map(({ host, port }) => ({ host, port }));
  }

  #shuffled<T>(items: readonly T[]): T[] {
    const shuffled = [...items];
    for (let at = shuffled.length - 1; at > 0; at--) {
      const other = this.#env.random.uint32() % (at + 1);
      [shuffled[at], shuffled[other]] = [shuffled[other]!, shuffled[at]!];
    }
    return shuffled;
  }
}
