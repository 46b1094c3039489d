// adapter: the simulated network between machines: which way is open, how long bytes take, who listens where,
// and every connection that lives. Faults are its methods. Nothing is lost, repeated or reordered within a
// connection; a connection ends early, and then a suffix of what was sent is gone.
import { assert } from "../assert.ts";
import { Connection } from "./connection.ts";
import type { Life } from "./life.ts";
import type { VirtualScheduler } from "./scheduler.ts";
import type { SeededRandom } from "./seeded-random.ts";
import type { WorldStats } from "./stats.ts";
import type { FabricHost, FabricSettings, Range, Wires } from "./wires.ts";

export class Fabric implements Wires {
  readonly settings: FabricSettings = {
    delayMs: [0.05, 1],
    windowBytes: 256 * 1024,
    highWaterBytes: 64 * 1024,
    stallTimeoutMs: [10_000, 20_000],
    silenceTimeoutMs: [5_000, 15_000],
  };
  readonly hosts = new Map<string, FabricHost>();
  readonly connections = new Set<Connection>();
  readonly scheduler: VirtualScheduler;
  readonly random: SeededRandom;
  readonly stats: WorldStats;
  private readonly blackHoles = new Set<string>();
  private readonly slowWays = new Map<string, Range>();

  constructor(parts: { scheduler: VirtualScheduler; random: SeededRandom; stats: WorldStats }) {
    this.scheduler = parts.scheduler;
    this.random = parts.random;
    this.stats = parts.stats;
  }

  addHost(name: string): FabricHost {
    assert(!this.hosts.has(name), `host ${name} should not be there yet`);
    const host: FabricHost = {
      name,
      hasPower: true,
      refuses: false,
      nextPort: 40_000,
      listeners: new Map(),
    };
    this.hosts.set(name, host);
    return host;
  }

  /** Starts a connection; the first end answers at once, its events tell how it went. */
  connect(options: {
    life: Life;
    from: string;
    to: string;
    key: string;
    timeoutMs: number;
    framing: "bytes" | "messages";
  }): Connection {
    const connection = new Connection(this, options);
    this.connections.add(connection);
    connection.open();
    return connection;
  }

  // ---- Faults ----

  /** What `from` sends to `to` stands still until healed; "*" stands for everybody else. */
  blackHole(from: string, to: string): void {
    this.blackHoles.add(way(from, to));
    this.scheduler.trace.add("net.blackhole", way(from, to), 0, 0);
  }

  /** Both ways. */
  partition(a: string, b: string): void {
    this.blackHole(a, b);
    this.blackHole(b, a);
  }

  /** Cuts a machine off from everybody. */
  isolate(name: string): void {
    this.partition(name, "*");
  }

  /** Opens both ways again; what stood still is delivered. */
  heal(a: string, b: string): void {
    this.blackHoles.delete(way(a, b));
    this.blackHoles.delete(way(b, a));
    this.scheduler.trace.add("net.heal", way(a, b), 0, 0);
    this.release();
  }

  /** Ends every black hole, refusal and slow way. */
  healAll(): void {
    this.blackHoles.clear();
    this.slowWays.clear();
    for (const host of this.hosts.values()) host.refuses = false;
    this.scheduler.trace.add("net.heal", "all", 0, 0);
    this.release();
  }

  /**
   * Cuts every connection between two machines ("*": any): what is on its way is lost from some point on,
   * then both ends hear a reset.
   */
  reset(a: string, b: string): void {
    for (const connection of [...this.connections]) {
      const names = [connection.client.host, connection.server.host];
      const isBetween = (a === "*" || names.includes(a)) && (b === "*" || names.includes(b));
      if (isBetween) connection.reset();
    }
  }

  /** A machine that answers every new connection with a refusal. */
  refuse(name: string, refuses: boolean): void {
    this.host(name).refuses = refuses;
  }

  setDelay(from: string, to: string, delayMs: Range): void {
    this.slowWays.set(way(from, to), delayMs);
  }

  // ---- For connections and machines ----

  isBlocked(from: string, to: string): boolean {
    if (from === to || this.blackHoles.size === 0) return false;
    return [way(from, to), way(from, "*"), way("*", to)].some((key) => this.blackHoles.has(key));
  }

  drawDelayMs(from: string, to: string): number {
    const range = this.slowWays.get(way(from, to)) ?? this.settings.delayMs;
    const delayMs = this.random.between(...range);
    return from === to ? delayMs / 10 : delayMs;
  }

  hasPower(name: string): boolean {
    return this.hosts.get(name)?.hasPower ?? false;
  }

  forget(connection: Connection): void {
    this.connections.delete(connection);
  }

  host(name: string): FabricHost {
    const host = this.hosts.get(name);
    assert(host !== undefined, `host ${name} should be in the world`);
    return host;
  }

  setPower(name: string, hasPower: boolean): void {
    const host = this.host(name);
    if (host.hasPower === hasPower) return;
    host.hasPower = hasPower;
    if (hasPower) this.release();
  }

  /** A process died: its listeners are gone, its connections end, or fall silent with the machine. */
  crash(life: Life, isPowerCut: boolean): void {
    const host = this.host(life.name);
    for (const [key, entry] of host.listeners) if (entry.life === life) host.listeners.delete(key);
    for (const connection of [...this.connections]) connection.crash(life, isPowerCut);
  }

  private release(): void {
    for (const connection of [...this.connections]) connection.release();
  }
}

function way(from: string, to: string): string {
  return `${from}>${to}`;
}
