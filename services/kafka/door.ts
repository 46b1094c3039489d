// shell: the Kafka door: listeners, the connections that come in on them, their number and their idleness.
// What a connection carries is not looked at here.
import { limits } from "../../base/limits.ts";
import type { Clock, Timer } from "../../base/ports/clock.ts";
import type { Env } from "../../base/ports/env.ts";
import type { Log } from "../../base/ports/log.ts";
import type { Listener, Socket } from "../../base/ports/network.ts";
import type { BrokerApi } from "../../proto/broker-api.ts";
import { FrameBuffers } from "../../proto/kafka/frame-splitter.ts";
import { Connection, type ConnectionContext } from "./connection.ts";
import { type DoorMetrics, doorMetrics } from "./door-metrics.ts";
import { operationsOf } from "./operations.ts";

export interface DoorListener {
  readonly name: string;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

export interface DoorOptions {
  readonly env: Pick<Env, "clock" | "network" | "log" | "metrics" | "host">;
  readonly broker: BrokerApi;
  readonly listeners: readonly DoorListener[];
  /** socket.request.max.bytes */
  readonly requestBytesMax: number;
  /** max.connections */
  readonly connectionsMax: number;
  /** max.connections.per.ip */
  readonly connectionsPerAddressMax: number;
  /** connections.max.idle.ms; negative: never. */
  readonly connectionIdleMs: number;
}

const idleCheckMsMax = 10_000;

export class KafkaDoor {
  readonly #options: DoorOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #metrics: DoorMetrics;
  readonly #context: ConnectionContext;
  readonly #listeners: { name: string; listener: Listener }[] = [];
  readonly #connections = new Set<Connection>();
  readonly #countByAddress = new Map<string, number>();
  readonly #emptyWaiters: (() => void)[] = [];
  #nextId = 1;
  #idleTimer: Timer | null = null;
  #isClosing = false;

  private constructor(options: DoorOptions) {
    this.#options = options;
    this.#clock = options.env.clock;
    this.#log = options.env.log.child({ component: "kafka-door" });
    this.#metrics = doorMetrics(options.env.metrics);
    this.#context = {
      clock: this.#clock,
      host: options.env.host,
      log: this.#log,
      metrics: this.#metrics,
      operations: operationsOf(options.broker),
      requestBytesMax: options.requestBytesMax,
      frameBuffers: new FrameBuffers({ bytes: limits.pooledFrameBytes, keptMax: limits.pooledFramesMax }),
      onClose: (connection) => this.#closed(connection),
    };
  }

  /** Listens on all listeners, or on none and rejects (EADDRINUSE, ...). */
  static async open(options: DoorOptions): Promise<KafkaDoor> {
    const door = new KafkaDoor(options);
    try {
      for (const { name, host, port } of options.listeners) {
        const onConnection = (socket: Socket): void => door.#accept(socket, name);
        door.#listeners.push({
          name,
          listener: await options.env.network.listen({ host, port, onConnection }),
        });
      }
    } catch (error) {
      await door.close({ drainMs: 0 });
      throw error;
    }
    return door;
  }

  /** Where it really listens. */
  get addresses(): { name: string; host: string; port: number }[] {
    return this.#listeners.map(({ name, listener }) => ({ name, ...listener.address }));
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Accepts no more, answers what was started, for at most `drainMs`, then closes every connection. */
  async close(options: { drainMs: number }): Promise<void> {
    this.#isClosing = true;
    this.#idleTimer?.cancel();
    await Promise.all(this.#listeners.map(({ listener }) => listener.close()));
    for (const connection of [...this.#connections]) connection.drain();
    if (this.#connections.size === 0) return;
    const timer = this.#clock.after(options.drainMs, () => {
      for (const connection of [...this.#connections]) connection.destroy();
    });
    await new Promise<void>((resolve) => this.#emptyWaiters.push(resolve));
    timer.cancel();
  }

  #accept(socket: Socket, listenerName: string): void {
    const { host } = socket.remote;
    const fromThere = this.#countByAddress.get(host) ?? 0;
    const { connectionsMax, connectionsPerAddressMax } = this.#options;
    if (
      this.#isClosing ||
      this.#connections.size >= connectionsMax ||
      fromThere >= connectionsPerAddressMax
    ) {
      const counts = { open: this.#connections.size, connectionsMax, fromThere, connectionsPerAddressMax };
      if (!this.#isClosing)
        this.#log.warn({ peer: host, ...counts }, "refused a client connection: too many");
      this.#metrics.connectionsRefused.add(1);
      socket.start({ onData: () => {}, onDrain: () => {}, onClose: () => {} });
      socket.destroy();
      return;
    }
    this.#countByAddress.set(host, fromThere + 1);
    const id = this.#nextId++;
    this.#connections.add(new Connection({ id, socket, listenerName, context: this.#context }));
    this.#metrics.connections.set(this.#connections.size);
    this.#watchIdle();
  }

  #closed(connection: Connection): void {
    if (!this.#connections.delete(connection)) return;
    const { host } = connection.socket.remote;
    const left = (this.#countByAddress.get(host) ?? 1) - 1;
    if (left === 0) this.#countByAddress.delete(host);
    else this.#countByAddress.set(host, left);
    this.#metrics.connections.set(this.#connections.size);
    if (this.#connections.size === 0) for (const resolve of this.#emptyWaiters.splice(0)) resolve();
  }

  // One timer for all connections, and none while there is no connection.
  #watchIdle(): void {
    const idleMs = this.#options.connectionIdleMs;
    if (idleMs < 0 || this.#idleTimer !== null || this.#isClosing) return;
    const everyMs = Math.min(idleCheckMsMax, Math.max(10, idleMs / 4));
    this.#idleTimer = this.#clock.after(everyMs, () => {
      this.#idleTimer = null;
      const now = this.#clock.monotonicMs();
      for (const connection of [...this.#connections]) {
        const since = connection.idleSinceMs;
        if (since !== null && now - since >= idleMs) connection.drain();
      }
      if (this.#connections.size > 0) this.#watchIdle();
    });
  }
}
