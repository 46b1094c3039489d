// adapter: a cluster of whole brokers inside this process, for tests: the node of production, with real doors
// for Kafka clients on loopback, and between the brokers a wire without gRPC. Binds the real clock, entropy,
// network and codecs; data is in memory, or in a temporary folder.
import { MemoryDisk } from "../base/memory/disk.ts";
import { realClock } from "../base/real/clock.ts";
import { realCodecs } from "../base/real/codecs.ts";
import { realDisk } from "../base/real/disk.ts";
import { realStores } from "../base/real/kv.ts";
import { realNetwork } from "../base/real/network.ts";
import { realRandom } from "../base/real/random.ts";
import { randomUuid } from "../base/uuid.ts";
import { topicNamed } from "../cluster/metadata/queries.ts";
import { ClusterLog } from "./embedded/broker-log.ts";
import { BrokerMachine } from "./embedded/broker-machine.ts";
import { ClusterError } from "./embedded/cluster-error.ts";
import {
  type ClusterOptions,
  type ClusterPlan,
  configOfBroker,
  type LogLine,
  machineName,
  planCluster,
} from "./embedded/cluster-options.ts";
import { activeController, unsettled } from "./embedded/cluster-state.ts";
import { EmbeddedBroker } from "./embedded/embedded-broker.ts";
import { LocalNetwork } from "./embedded/local-links.ts";
import type { Storage, Surroundings } from "./embedded/surroundings.ts";
import { makeTemporaryFolder, type TemporaryFolder } from "./embedded/temporary-folder.ts";

const host = "127.0.0.1";
const lookEveryMs = 2;

export class EmbeddedCluster {
  readonly clusterId: string;
  /** By id less one. */
  readonly brokers: readonly EmbeddedBroker[];
  readonly #plan: ClusterPlan;
  readonly #machines: readonly BrokerMachine[];
  readonly #surroundings: Surroundings;
  readonly #log: ClusterLog;
  readonly #folder: TemporaryFolder | null;
  #stopping: Promise<void> | null = null;

  private constructor(plan: ClusterPlan) {
    this.#plan = plan;
    this.#surroundings = realSurroundings();
    const { random, clock, links } = this.#surroundings;
    this.#log = new ClusterLog(clock, plan.onLog);
    this.clusterId = randomUuid(random);
    const ids = Array.from({ length: plan.brokers }, (_, index) => index + 1);
    const directoryIds = ids.map(() => Array.from({ length: plan.logDirs }, () => randomUuid(random)));
    const placeOf = (id: number, logDirs: readonly string[]) => {
      const metadataIds = directoryIds.map((ofBroker) => ofBroker[0]!);
      return { id, clusterId: this.clusterId, logDirs, host, directoryIds: metadataIds };
    };
    // Before anything is made: a wrong setting should leave nothing behind.
    for (const id of ids) configOfBroker(plan, { ...placeOf(id, ["data"]), port: 0 });
    this.#folder = plan.data === "disk" ? makeTemporaryFolder() : null;
    this.#machines = ids.map((id) => {
      const storage = storageOf(plan, id, this.#folder);
      return new BrokerMachine({
        id,
        config: (port) => configOfBroker(plan, { ...placeOf(id, storage.logDirs), port }),
        clusterId: this.clusterId,
        directoryIds: directoryIds[id - 1]!,
        storage,
        surroundings: this.#surroundings,
        log: this.#log,
      });
    });
    const untilReady = (broker: EmbeddedBroker): Promise<void> => this.#untilServes(broker);
    this.brokers = this.#machines.map((machine) => new EmbeddedBroker({ machine, host, links, untilReady }));
  }

  /**
   * Starts the brokers and waits until all are ready. Throws ClusterError: INVALID_OPTION, or NOT_READY with
   * what is missing; nothing is then left behind.
   */
  static async start(options: ClusterOptions = {}): Promise<EmbeddedCluster> {
    const cluster = new EmbeddedCluster(planCluster(options));
    try {
      await Promise.all(cluster.#machines.map((machine) => machine.start()));
      await cluster.waitForReady();
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  /** host:port of every broker, separated by commas: `bootstrap.servers` for any Kafka client. */
  get bootstrap(): string {
    return this.brokers.map(({ address }) => address).join(",");
  }

  /** The last lines that the brokers logged, oldest first. */
  get log(): readonly LogLine[] {
    return this.#log.lines;
  }

  /** Why brokers stopped themselves, if any did: a bug, or a lost disk. */
  get failures(): readonly string[] {
    return this.#machines.flatMap(({ id, life }) =>
      life?.ended?.kind === "halted" ? [`broker ${id} stopped itself: ${life.ended.reason}`] : [],
    );
  }

  /** By its id, from 1. Throws ClusterError INVALID_OPTION. */
  broker(id: number): EmbeddedBroker {
    const broker = this.brokers[id - 1];
    if (broker !== undefined) return broker;
    const text = `there is no broker ${id}; they are numbered 1 to ${this.brokers.length}`;
    throw new ClusterError("INVALID_OPTION", text);
  }

  /** Id of the active controller, by the word of the brokers that run and reach each other; -1: none now. */
  controllerId(): number {
    return activeController(
      this.#machines.map(({ id, node }) => ({
        id,
        takesPart: this.brokers[id - 1]!.takesPart,
        leaderId: node?.raft.leaderId() ?? -1,
        term: node?.raft.term() ?? 0,
      })),
    );
  }

  /**
   * The broker that leads a partition, as the active controller knows, or, while one is being elected, as the
   * broker knows that has heard most; null: none does, or no such partition.
   */
  leaderOf(topic: string, partition = 0): EmbeddedBroker | null {
    const images = this.#machines
      .filter(({ id, node }) => node !== null && this.brokers[id - 1]!.takesPart)
      .map(({ node }) => node!.image)
      .sort((one, other) => other.end - one.end);
    const image = this.#machines[this.controllerId() - 1]?.node?.image ?? images[0];
    const leader = image === undefined ? -1 : (topicNamed(image, topic)?.partitions[partition]?.leader ?? -1);
    return this.brokers[leader - 1] ?? null;
  }

  /**
   * Waits until all has settled: every broker that runs and is not cut off from the others serves, the others
   * are fenced, every partition is led, and all replicas on serving brokers are in sync. Throws ClusterError
   * NOT_READY with the reasons, HALTED when a broker stopped itself.
   */
  async waitForReady(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    await this.#until("waitForReady", options.timeoutMs, () =>
      unsettled(
        this.#machines.map(({ id, node }) => ({
          id,
          takesPart: this.brokers[id - 1]!.takesPart,
          image: node?.image ?? null,
          notReady: node?.notReady() ?? [],
        })),
      ),
    );
  }

  /** Waits until every broker that takes part knows the topic, and all has settled. */
  async waitForTopic(name: string, options: { readonly timeoutMs?: number } = {}): Promise<void> {
    await this.#until(`waiting for topic ${name}`, options.timeoutMs, () =>
      this.#machines
        .filter(({ id }) => this.brokers[id - 1]!.takesPart)
        .filter(({ node }) => node === null || topicNamed(node.image, name) === undefined)
        .map(({ id }) => `broker ${id} does not know it`),
    );
    await this.waitForReady(options);
  }

  /** Ends every broker at once and removes all data. Nothing is left: no timer, socket, port or file. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    const end = { kind: "killed", reason: "the cluster was stopped" } as const;
    await Promise.all(this.#machines.map((machine) => machine.end(end)));
    await this.#folder?.remove();
  }

  async #untilServes(broker: EmbeddedBroker): Promise<void> {
    const { id } = broker;
    await this.#until(`restart of broker ${id}`, undefined, () => {
      if (broker.state !== "running") return [];
      return this.#machines[id - 1]!.node?.notReady() ?? ["it is starting"];
    });
    if (broker.state === "running") return;
    throw new ClusterError("WRONG_STATE", `restart: broker ${id} was ${broker.state} before it served`);
  }

  async #until(what: string, timeoutMs: number | undefined, missing: () => readonly string[]): Promise<void> {
    const { clock } = this.#surroundings;
    const waitMs = timeoutMs ?? this.#plan.timeoutMs;
    const beganMs = clock.monotonicMs();
    for (;;) {
      if (this.#stopping !== null) throw new ClusterError("WRONG_STATE", `${what}: the cluster was stopped`);
      const [failure] = this.failures;
      if (failure !== undefined) throw new ClusterError("HALTED", `${what}: ${failure}`);
      const reasons = missing();
      if (reasons.length === 0) return;
      if (clock.monotonicMs() - beganMs >= waitMs) {
        throw new ClusterError("NOT_READY", `${what}: not after ${waitMs} ms: ${reasons.join("; ")}`);
      }
      await new Promise<void>((resolve) => clock.after(lookEveryMs, resolve));
    }
  }
}

function realSurroundings(): Surroundings {
  const boundary = realClock();
  return {
    newClock: () => realClock(),
    clock: realClock({ keepsAlive: true }),
    random: realRandom(),
    codecs: realCodecs,
    network: realNetwork(),
    links: new LocalNetwork(realClock()),
    host,
    betweenEvents: <T>(change: () => T) =>
      new Promise<T>((resolve) => boundary.endOfTurn(() => resolve(change()))),
  };
}

function storageOf(plan: ClusterPlan, id: number, folder: TemporaryFolder | null): Storage {
  const root = `${folder?.path ?? ""}/${machineName(id)}`;
  const logDirs = Array.from({ length: plan.logDirs }, (_, index) => `${root}/data-${index + 1}`);
  if (folder !== null) return { disk: realDisk(), stores: realStores(), logDirs };
  const disk = new MemoryDisk();
  return { disk, stores: disk.stores, logDirs };
}
