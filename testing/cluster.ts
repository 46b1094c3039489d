// adapter: what a test holds: a cluster inside its process, with clients that are closed with it. Binds the
// embedded brokers and the clients of the public entry together; neither knows the other.
import {
  Admin,
  type AdminOptions,
  type AnyTopic,
  Consumer,
  type ConsumerOptions,
  type CreatedTopic,
  type NewTopic,
  Producer,
  type ProducerOptions,
  type RawTopic,
} from "../client/index.ts";
import { ClusterError } from "../services/embedded/cluster-error.ts";
import type { ClusterOptions, LogLine } from "../services/embedded/cluster-options.ts";
import type { EmbeddedBroker } from "../services/embedded/embedded-broker.ts";
import { EmbeddedCluster } from "../services/embedded.ts";

/** A request to a broker that is paused or cut off is given up sooner than in production. */
const clientTimings = { requestTimeoutMs: 2_000, connectTimeoutMs: 1_000, retryBackoffMs: 20 };
/** A member of a classic group learns of a rebalance with a heartbeat. */
const heartbeatIntervalMs = 50;
/** What a test has not delivered by its end is of no use to it. */
const producerCloseMs = 1_000;

type OwnBootstrap<T> = Omit<T, "bootstrap">;

/**
 * A cluster of whole brokers in this process. `await using cluster = await Cluster.start({ brokers: 3 })`
 * starts it and, at the end of the block, leaves nothing behind.
 */
export class Cluster implements AsyncDisposable {
  readonly #inner: EmbeddedCluster;
  readonly #closings = new Set<() => Promise<void>>();
  #admin: Admin | null = null;
  #stopping: Promise<void> | null = null;

  private constructor(inner: EmbeddedCluster) {
    this.#inner = inner;
  }

  /**
   * Starts the brokers and waits until all are ready. Throws ClusterError: INVALID_OPTION, or NOT_READY with
   * what is missing; nothing is then left behind.
   */
  static async start(options: ClusterOptions = {}): Promise<Cluster> {
    return new Cluster(await EmbeddedCluster.start(options));
  }

  /** host:port of every broker, separated by commas: `bootstrap.servers` for any Kafka client. */
  get bootstrap(): string {
    return this.#inner.bootstrap;
  }

  get clusterId(): string {
    return this.#inner.clusterId;
  }

  /** In the order of their ids, which begin with 1. */
  get brokers(): readonly EmbeddedBroker[] {
    return this.#inner.brokers;
  }

  /** The last lines that the brokers logged, oldest first. */
  get log(): readonly LogLine[] {
    return this.#inner.log;
  }

  /** By its id, from 1. Throws ClusterError INVALID_OPTION. */
  broker(id: number): EmbeddedBroker {
    return this.#inner.broker(id);
  }

  /** Id of the active controller, by the word of the brokers that run and reach each other; -1: none now. */
  controllerId(): number {
    return this.#inner.controllerId();
  }

  /** Throws ClusterError NOT_READY when there is none now, or no such partition. */
  leaderOf(topic: string, partition = 0): EmbeddedBroker {
    const leader = this.#inner.leaderOf(topic, partition);
    if (leader !== null) return leader;
    throw new ClusterError("NOT_READY", `leaderOf: ${topic}-${partition} has no leader, or is not there`);
  }

  /**
   * Waits until all has settled: every broker that runs and is not cut off from the others serves, the others
   * are fenced, every partition is led, and all replicas on serving brokers are in sync. Throws ClusterError
   * NOT_READY with the reasons, HALTED when a broker stopped itself.
   */
  waitForReady(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    return this.#inner.waitForReady(options);
  }

  /** Makes a topic and waits until every broker knows it and it can be written. Throws BrokerError. */
  async createTopic(topic: string | AnyTopic, options: Omit<NewTopic, "name"> = {}): Promise<CreatedTopic> {
    const name = typeof topic === "string" ? topic : topic.name;
    this.#admin ??= this.admin();
    const [created] = await this.#admin.createTopics([{ ...options, name }]);
    await this.#inner.waitForTopic(name);
    return created!;
  }

  /** A producer of this cluster, closed with it. */
  producer(options: OwnBootstrap<ProducerOptions> = {}): Producer {
    const { requestTimeoutMs, ...timings } = clientTimings;
    // A delivery timeout must not be shorter than what one request may take.
    const ours = options.deliveryTimeoutMs === undefined ? clientTimings : timings;
    const producer = new Producer({ ...ours, ...options, bootstrap: this.#open().bootstrap });
    this.#closings.add(() => producer.close({ timeoutMs: producerCloseMs }));
    return producer;
  }

  /** A consumer of this cluster, closed with it. */
  consumer<T extends AnyTopic = RawTopic>(options: OwnBootstrap<ConsumerOptions<T>> = {}): Consumer<T> {
    // Heartbeats have to be more frequent than sessions are long.
    const heartbeats =
      options.sessionTimeoutMs === undefined || options.sessionTimeoutMs > heartbeatIntervalMs
        ? { heartbeatIntervalMs }
        : {};
    const given = { ...clientTimings, ...heartbeats, ...options, bootstrap: this.#open().bootstrap };
    const consumer = new Consumer<T>(given as ConsumerOptions<T>);
    this.#closings.add(() => consumer.close());
    return consumer;
  }

  /** An admin client of this cluster, closed with it. */
  admin(options: OwnBootstrap<AdminOptions> = {}): Admin {
    const admin = new Admin({ ...clientTimings, ...options, bootstrap: this.#open().bootstrap });
    this.#closings.add(() => admin.close());
    return admin;
  }

  /**
   * Closes the clients made here, ends every broker at once and removes all data. Throws ClusterError HALTED
   * when a broker had stopped itself, since a test should not pass over that.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #stop(): Promise<void> {
    await Promise.all([...this.#closings].map((close) => close()));
    const { failures } = this.#inner;
    await this.#inner.stop();
    if (failures.length > 0) throw new ClusterError("HALTED", failures.join("; "));
  }

  #open(): EmbeddedCluster {
    if (this.#stopping === null) return this.#inner;
    throw new ClusterError("WRONG_STATE", "the cluster was stopped; start another one");
  }
}
