// shell: the machine that one broker of a test runs on: its storage, port and place in the network outlast
// the broker's lives; each life gets an env that ends with it. Knows no other broker, and does not decide
// when a broker may be started or ended.

import { MemoryMetrics } from "../../base/memory/metrics.ts";
import type { Env } from "../../base/ports/env.ts";
import type { Uuid } from "../../base/uuid.ts";
import { readIdentity, writeIdentity } from "../../cluster/log/identity-file.ts";
import type { NodeConfig } from "../config/node-config.ts";
import { KafkaDoor } from "../kafka/door.ts";
import { type RunningNode, startNode } from "../node.ts";
import { peersOver, servePeers } from "../peer/link-peers.ts";
import { BrokerLife, type LifeEnd } from "./broker-life.ts";
import type { ClusterLog } from "./broker-log.ts";
import { ClientCut } from "./client-cut.ts";
import { ClusterError } from "./cluster-error.ts";
import { machineName } from "./cluster-options.ts";
import { GatedClock } from "./gated-clock.ts";
import { gatedDisk, gatedStores } from "./gated-disk.ts";
import { gatedNetwork } from "./gated-network.ts";
import type { Storage, Surroundings } from "./surroundings.ts";

const drainMs = 500;
/** How long a broker that starts again waits for its old port. */
const portWaitMs = 2_000;
const portLookEveryMs = 20;

export interface MachineOptions {
  readonly id: number;
  /** The configuration with this port for clients; 0: any. */
  readonly config: (port: number) => NodeConfig;
  readonly clusterId: Uuid;
  /** In the order of the log directories. */
  readonly directoryIds: readonly Uuid[];
  readonly storage: Storage;
  readonly surroundings: Surroundings;
  readonly log: ClusterLog;
}

interface Current {
  readonly life: BrokerLife;
  readonly metrics: MemoryMetrics;
  node: RunningNode | null;
  door: KafkaDoor | null;
}

export class BrokerMachine {
  readonly id: number;
  readonly name: string;
  readonly clientCut = new ClientCut();
  /** 0 until the broker has listened once. */
  port = 0;
  readonly #options: MachineOptions;
  #current: Current | null = null;

  constructor(options: MachineOptions) {
    this.#options = options;
    this.id = options.id;
    this.name = machineName(options.id);
  }

  /** The present life, or the last one. */
  get life(): BrokerLife | null {
    return this.#current?.life ?? null;
  }

  /** Null while down, and until its directories are open. */
  get node(): RunningNode | null {
    return this.#current === null || this.#current.life.isOver ? null : this.#current.node;
  }

  get metrics(): MemoryMetrics | null {
    return this.#current?.metrics ?? null;
  }

  /** Begins a life; resolves when its doors are open. Throws ClusterError when the life ended on the way. */
  start(): Promise<void> {
    const { surroundings, log } = this.#options;
    const life = new BrokerLife({
      name: this.name,
      clock: surroundings.newClock(),
      onHalt: (reason) => log.add(this.id, "error", "the broker stopped itself", { reason }),
    });
    const current: Current = { life, metrics: new MemoryMetrics(), node: null, door: null };
    this.#current = current;
    return this.#untilOver(life, this.#begin(current), "while it started");
  }

  /** As SIGTERM: hands over what it leads, answers what was asked, closes its logs. */
  async stop(): Promise<void> {
    const { life, node, door } = this.#current!;
    const leave = async (): Promise<void> => {
      await node?.leave();
      await door?.close({ drainMs });
      await node?.stop();
    };
    await this.#untilOver(life, leave(), "while it stopped");
    await this.end({ kind: "stopped", reason: "it was stopped" });
  }

  /** At once, as SIGKILL. Never rejects. */
  async end(end: LifeEnd): Promise<void> {
    const life = this.life;
    if (life !== null) await this.#options.surroundings.betweenEvents(() => life.end(end));
  }

  async pause(): Promise<void> {
    await this.#options.surroundings.betweenEvents(() => this.life?.pause());
  }

  resume(): void {
    this.life?.resume();
  }

  async #begin(current: Current): Promise<void> {
    const { life } = current;
    const { id, surroundings, clusterId, directoryIds, storage } = this.#options;
    const config = this.#options.config(this.port);
    const env = this.#envOf(current, config);
    for (const [index, path] of storage.logDirs.entries()) {
      if (readIdentity(env.disk, path) !== null) continue;
      await writeIdentity(env.disk, path, { clusterId, nodeId: id, directoryId: directoryIds[index]! });
    }
    const wiring = { links: surroundings.links.linksOf(life), env, name: this.name };
    const node = await startNode(config, env, peersOver(wiring));
    current.node = node;
    servePeers(node.peer, wiring);
    const door = await this.#openDoor(config, env, node);
    current.door = door;
    const { host, port } = door.addresses[0]!;
    this.port = port;
    const [listener] = config.listeners;
    await node.begin({
      listeners: [{ name: listener!.name, host, port }],
      peer: { host: this.name, port: 1 },
    });
  }

  #envOf({ life, metrics }: Current, config: NodeConfig): Env {
    const { surroundings, storage, log } = this.#options;
    return {
      clock: new GatedClock(surroundings.newClock(), life),
      random: surroundings.random,
      disk: gatedDisk(storage.disk, life),
      kv: gatedStores(storage.stores, life),
      network: gatedNetwork(surroundings.network, { life, cut: this.clientCut }),
      codecs: surroundings.codecs,
      log: log.logOf(this.id, config.logLevel),
      metrics,
      host: { bootId: this.name, halt: (reason) => life.halt(reason) },
    };
  }

  async #openDoor(config: NodeConfig, env: Env, node: RunningNode): Promise<KafkaDoor> {
    const { listeners, requestBytesMax, connectionsMax, connectionsPerAddressMax, connectionIdleMs } = config;
    const bounds = { requestBytesMax, connectionsMax, connectionsPerAddressMax, connectionIdleMs };
    const { clock } = env;
    const giveUpMs = clock.monotonicMs() + portWaitMs;
    for (;;) {
      try {
        return await KafkaDoor.open({ env, broker: node.broker!, listeners, ...bounds });
      } catch (error) {
        if ((error as { code?: unknown }).code !== "EADDRINUSE") throw error;
        if (clock.monotonicMs() < giveUpMs) {
          await new Promise<void>((resolve) => clock.after(portLookEveryMs, resolve));
          continue;
        }
        const text = `broker ${this.id} cannot listen on its port ${this.port} again: another process has it`;
        throw new ClusterError("WRONG_STATE", text, { cause: error });
      }
    }
  }

  /** What a life does not finish is over with it. */
  async #untilOver<T>(life: BrokerLife, work: Promise<T>, when: string): Promise<T> {
    const over = life.over.then(({ kind, reason }): never => {
      const code = kind === "halted" ? "HALTED" : "WRONG_STATE";
      throw new ClusterError(code, `broker ${this.id} ended ${when}: ${reason}`);
    });
    try {
      return await Promise.race([work, over]);
    } catch (error) {
      // A start or stop that fails leaves nothing that runs on.
      if (!life.isOver) await this.end({ kind: "halted", reason: String(error) });
      throw error;
    } finally {
      over.catch(() => {});
      work.catch(() => {});
    }
  }
}
