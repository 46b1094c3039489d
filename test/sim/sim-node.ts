// test: one broker of the simulation: a simulated machine and on it, life after life, the real node with its
// real Kafka door. Does what services/start.ts does for a process: a start that fails ends the process.
import type { Env } from "../../base/ports/env.ts";
import type { CutMode } from "../../base/virtual/file-content.ts";
import { RevokedError } from "../../base/virtual/life.ts";
import type { VirtualNode } from "../../base/virtual/node.ts";
import type { VirtualWorld } from "../../base/virtual/world.ts";
import { writeIdentity } from "../../cluster/log/identity-file.ts";
import type { NodeConfig } from "../../services/config/node-config.ts";
import { KafkaDoor } from "../../services/kafka/door.ts";
import { type RunningNode, startNode } from "../../services/node.ts";
import { type PeerTap, peersOver, servePeers } from "../../services/peer/link-peers.ts";

export const kafkaPort = 9092;
export const dataPath = "/data";
/** A second disk, where the plan has one. */
export const secondPath = "/data2";
const drainMs = 500;

export interface SimNodeOptions {
  world: VirtualWorld;
  config: NodeConfig;
  directoryId: string;
  tap: PeerTap;
  /** A promise of the product that nobody handled, or a start that failed. */
  onTrouble: (trouble: { node: SimNode; kind: "startFailed" | "stopFailed"; error: unknown }) => void;
}

export class SimNode {
  readonly id: number;
  readonly name: string;
  readonly machine: VirtualNode;
  /** Null while down, and until its directories are open. */
  running: RunningNode | null = null;
  /** Grows at every start: what a checker remembers of a process is of this life. */
  lives = 0;
  /** The process is on its way down in order. */
  isLeaving = false;
  /** Another node's disk was put into its machine for this life: it must refuse it. */
  foreignDiskOf: SimNode | null = null;
  readonly #options: SimNodeOptions;
  #door: KafkaDoor | null = null;
  #isFormatted = false;

  constructor(options: SimNodeOptions) {
    this.#options = options;
    this.id = options.config.nodeId;
    this.name = `n${this.id}`;
    this.machine = options.world.addNode(this.name);
    this.machine.onCrash = () => {
      this.running = null;
      this.#door = null;
      this.isLeaving = false;
      this.foreignDiskOf = null;
    };
  }

  get isUp(): boolean {
    return this.machine.isUp;
  }

  /** Begins a life; how it goes is seen in `running`. */
  start(): void {
    this.lives++;
    this.#begin(this.machine.start());
  }

  /** With the disk of another machine, which must be down. */
  startWithDiskOf(other: SimNode): void {
    this.lives++;
    this.foreignDiskOf = other;
    this.#begin(this.machine.start(other.machine.disk));
  }

  #begin(env: Env): void {
    const life = this.lives;
    this.#run(env).catch((error: unknown) => {
      if (error instanceof RevokedError || life !== this.lives) return;
      this.#options.onTrouble({ node: this, kind: "startFailed", error });
      this.machine.crash({ kind: "process" });
    });
  }

  async #run(env: Env): Promise<void> {
    const { config, directoryId, tap } = this.#options;
    const { name } = this;
    const { links } = this.machine;
    if (!this.#isFormatted) {
      const identity = { clusterId: config.clusterId!, nodeId: this.id, directoryId };
      await writeIdentity(env.disk, dataPath, identity);
      this.#isFormatted = true;
    }
    const node = await startNode(config, env, peersOver({ links, env, name, tap }));
    if (this.foreignDiskOf !== null) throw new Error("it took another node's disk for its own");
    this.running = node;
    servePeers(node.peer, { links, env, name, tap });
    if (node.broker !== null) {
      const { listeners, requestBytesMax, connectionsMax, connectionsPerAddressMax, connectionIdleMs } =
        config;
      const bounds = { requestBytesMax, connectionsMax, connectionsPerAddressMax, connectionIdleMs };
      this.#door = await KafkaDoor.open({ env, broker: node.broker, listeners, ...bounds });
    }
    const listeners = config.listeners.map((one) => ({ name: one.name, host: name, port: kafkaPort }));
    await node.begin({ listeners, peer: { host: name, port: 1 } });
  }

  /** As SIGTERM does. Resolves when the process has ended, by itself or by a crash on the way. */
  stop(): void {
    const { running, lives } = this;
    const door = this.#door;
    if (running === null || this.isLeaving) return;
    this.isLeaving = true;
    const leave = async (): Promise<void> => {
      await running.leave();
      await door?.close({ drainMs });
      await running.stop();
    };
    const end = (): void => {
      if (this.lives === lives && this.isUp) this.machine.crash({ kind: "process" });
    };
    leave().then(end, (error: unknown) => {
      if (error instanceof RevokedError || lives !== this.lives) return;
      this.#options.onTrouble({ node: this, kind: "stopFailed", error });
      end();
    });
  }

  crash(options: { kind: "process" | "power"; cutMode?: CutMode }): void {
    this.machine.crash(options);
  }

  /** The second disk is replaced by an empty one; the machine must be down. */
  loseSecondDisk(): void {
    if (this.machine.disk.names.find(secondPath) !== null) this.machine.disk.losePath(secondPath);
  }

  /** The disk is replaced by an empty one; the machine must be down. */
  loseDisk(): void {
    this.machine.disk.lose();
  }
}
