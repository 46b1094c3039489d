// shell: what a program writes records with. Checks and encodes a record, finds room and a partition for it,
// and tells what became of it. Keeps true: records of one partition are written in the order of the calls;
// with `idempotent` (the default) each is written once, or its error says that this is not certain.

import type { Timer } from "../../base/ports/clock.ts";
import type { ClientEnv } from "../../base/ports/env.ts";
import { type Deferred, deferred } from "../../base/waits.ts";
import { Cluster } from "../cluster/cluster.ts";
import { closedError } from "../cluster/sleeper.ts";
import { asError, ClientError } from "../errors.ts";
import type { RawPart } from "../topics/codecs.ts";
import { Accumulator } from "./accumulator.ts";
import { type ProducerOptions, type ProducerSettings, readProducerOptions } from "./producer-options.ts";
import { type Delivery, type OnDelivered, type Outgoing, outgoing, type ProducerRecord } from "./record.ts";
import { Room } from "./room.ts";
import { Sender } from "./sender.ts";

/** Records between two calls of `flush`. */
interface Generation {
  unreported: number;
  /** Of the records that nobody has a report of. */
  firstError: Error | null;
}

export class ProducerClient implements AsyncDisposable {
  readonly #env: ClientEnv;
  readonly #settings: ProducerSettings;
  readonly #cluster: Cluster;
  readonly #accumulator: Accumulator;
  readonly #room: Room;
  readonly #sender: Sender;
  /** Records whose topic is being looked up, in order. */
  readonly #unplaced = new Map<string, Outgoing[]>();
  #generations: Generation[] = [{ unreported: 0, firstError: null }];
  readonly #flushes: { upTo: Generation; done: Deferred<void> }[] = [];
  #closing: Promise<void> | null = null;

  /** Throws ClientError INVALID_OPTION. Connects when the first record comes. */
  constructor(env: ClientEnv, options: ProducerOptions) {
    this.#env = env;
    this.#settings = readProducerOptions(options);
    this.#cluster = new Cluster(env, this.#settings);
    this.#accumulator = new Accumulator(this.#settings, env.random);
    this.#room = new Room(env.clock, this.#settings);
    this.#sender = new Sender(env, this.#cluster, this.#settings, this.#accumulator, {
      onReported: (bytes) => this.#room.release(bytes),
      isUrgent: () => this.#flushes.length > 0 || this.#room.isScarce,
    });
  }

  /**
   * Writes one record; resolves with its place once the brokers have it as `acks` asks. Rejects with
   * ClientError or BrokerError: INVALID_RECORD, RECORD_TOO_LARGE, UNKNOWN_TOPIC, BUFFER_FULL,
   * DELIVERY_TIMED_OUT and what brokers refuse.
   */
  send<Key = RawPart, Value = RawPart>(record: ProducerRecord<Key, Value>): Promise<Delivery> {
    return new Promise<Delivery>((resolve, reject) => {
      const taken = this.enqueue(record, (error, delivery) => {
        if (error === null) resolve(delivery!);
        else reject(error);
      });
      taken?.catch(reject);
    });
  }

  /**
   * Writes records, in their order within each partition; resolves with all places once all are delivered.
   * Rejects with the first error, after every record has been delivered or has failed.
   */
  async sendBatch<Key = RawPart, Value = RawPart>(
    records: readonly ProducerRecord<Key, Value>[],
  ): Promise<Delivery[]> {
    const results = await Promise.allSettled(records.map((record) => this.send(record)));
    return results.map((result) => {
      if (result.status === "rejected") throw result.reason;
      return result.value;
    });
  }

  /**
   * Takes a record and answers at once. Answers undefined when it was taken; a promise when the buffer is
   * full, that resolves when it was taken: await it before the next. `onDelivered` is called once for a taken
   * record; without it, `flush` rejects with the first error. Throws (or rejects with) ClientError when the
   * record is not taken: INVALID_RECORD, RECORD_TOO_LARGE, BUFFER_FULL, CLOSED.
   */
  enqueue<Key = RawPart, Value = RawPart>(
    record: ProducerRecord<Key, Value>,
    onDelivered?: OnDelivered,
  ): Promise<void> | undefined {
    if (this.#closing !== null) throw new ClientError("CLOSED", "send: the producer is closed");
    const generation = this.#generations.at(-1)!;
    const onReport: OnDelivered = (error, delivery) => {
      try {
        if (onDelivered !== undefined) onDelivered(error, delivery);
        else generation.firstError ??= error;
      } finally {
        this.#reported(generation);
      }
    };
    const item = outgoing(record, this.#env.clock.wallMs(), onReport);
    const { maxRequestBytes } = this.#settings;
    if (item.bytes > maxRequestBytes) {
      const text = `send to ${item.topic}: a record of about ${item.bytes} bytes; maxRequestBytes is`;
      throw new ClientError("RECORD_TOO_LARGE", `${text} ${maxRequestBytes}`);
    }
    generation.unreported++;
    const taken = this.#room.take(item.bytes, () => this.#place(item));
    if (taken === undefined) return undefined;
    this.#sender.wake();
    return taken.catch((error: Error) => {
      this.#reported(generation);
      throw error;
    });
  }

  /**
   * Sends all that was given so far without lingering; resolves once every record is delivered or has failed.
   * Rejects with the first error of a record that was enqueued without `onDelivered`.
   */
  flush(): Promise<void> {
    const upTo = this.#generations.at(-1)!;
    this.#generations.push({ unreported: 0, firstError: null });
    const done = deferred<void>();
    this.#flushes.push({ upTo, done });
    this.#finishFlushes();
    this.#sender.wake();
    return done.promise;
  }

  /**
   * Delivers what there is, for at most `timeoutMs` (the delivery timeout if not given), then closes. Records
   * that are left fail with ClientError CLOSED. Never rejects. A second call answers the same promise.
   */
  close(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(options.timeoutMs ?? this.#settings.deliveryTimeoutMs);
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(timeoutMs: number): Promise<void> {
    const over = deferred<void>();
    const timer: Timer = this.#env.clock.after(timeoutMs, () => over.resolve());
    const flushed = this.flush().catch((error: Error) => {
      this.#env.log.warn({ reason: error.message }, "records without a report were not delivered");
    });
    if (timeoutMs > 0) await Promise.race([flushed, over.promise]);
    timer.cancel();
    this.#room.close();
    this.#sender.close();
    for (const records of this.#unplaced.values()) this.#refuse(records, closedError());
    this.#unplaced.clear();
    this.#cluster.close();
  }

  /** The record has its room; now it needs its topic. */
  #place(item: Outgoing): void {
    const unplaced = this.#unplaced.get(item.topic);
    if (unplaced !== undefined) {
      unplaced.push(item);
      return;
    }
    if (this.#cluster.cache.topic(item.topic) !== null) {
      this.#append(item);
      return;
    }
    this.#unplaced.set(item.topic, [item]);
    void this.#lookUp(item.topic);
  }

  #append(item: Outgoing): void {
    const topic = this.#cluster.cache.topic(item.topic)!;
    try {
      this.#accumulator.append(item, topic, this.#env.clock.monotonicMs());
      this.#sender.wake();
    } catch (error) {
      this.#refuse([item], asError(error));
    }
  }

  async #lookUp(name: string): Promise<void> {
    const { maxBlockMs, unknownTopicMs } = this.#settings;
    try {
      await this.#cluster.topic(name, { timeoutMs: maxBlockMs, unknownTopicMs });
    } catch (error) {
      const records = this.#unplaced.get(name) ?? [];
      this.#unplaced.delete(name);
      this.#refuse(records, asError(error));
      return;
    }
    const records = this.#unplaced.get(name) ?? [];
    this.#unplaced.delete(name);
    for (const item of records) this.#append(item);
  }

  #refuse(records: readonly Outgoing[], error: Error): void {
    for (const item of records) {
      try {
        item.onDelivered(error, null);
      } catch (thrown) {
        this.#env.log.error({ reason: asError(thrown).message }, "a delivery report threw");
      }
      this.#room.release(item.bytes);
    }
  }

  #reported(generation: Generation): void {
    generation.unreported--;
    if (this.#flushes.length > 0 && generation.unreported === 0) this.#finishFlushes();
  }

  #finishFlushes(): void {
    for (;;) {
      const flush = this.#flushes[0];
      if (flush === undefined) return;
      const at = this.#generations.indexOf(flush.upTo);
      const covered = this.#generations.slice(0, at + 1);
      if (covered.some((generation) => generation.unreported > 0)) return;
      this.#flushes.shift();
      this.#generations = this.#generations.slice(at + 1);
      const failed = covered.find((generation) => generation.firstError !== null);
      if (failed === undefined) flush.done.resolve();
      else flush.done.reject(failed.firstError!);
    }
  }
}
