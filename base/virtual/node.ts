// adapter: one simulated machine: its disk, stores, wall clock and network name outlast its processes; each
// process gets an env that dies with it.
import { assert } from "../assert.ts";
import { MemoryMetrics } from "../memory/metrics.ts";
import type { Codecs } from "../ports/codecs.ts";
import type { Env } from "../ports/env.ts";
import { VirtualClock, type WallClock } from "./clock.ts";
import { VirtualDisk } from "./disk.ts";
import type { Fabric } from "./fabric.ts";
import type { CutMode } from "./file-content.ts";
import { VirtualStores } from "./kv.ts";
import { Life, RevokedError } from "./life.ts";
import { VirtualLinks } from "./links.ts";
import { type LogRing, virtualLog } from "./log.ts";
import { VirtualNetwork } from "./network.ts";
import type { VirtualScheduler } from "./scheduler.ts";
import type { SeededRandom } from "./seeded-random.ts";
import type { WorldStats } from "./stats.ts";

export interface NodeParts {
  scheduler: VirtualScheduler;
  random: SeededRandom;
  stats: WorldStats;
  fabric: Fabric;
  logs: LogRing;
  codecs: Codecs;
  epochMs: number;
  driftPpm: number;
}

export interface Halt {
  timeMs: number;
  node: string;
  reason: string;
}

/** "process": only the process dies. "power": the machine does, with all that was not synced. */
export type CrashKind = "process" | "power";

export class VirtualNode {
  readonly name: string;
  readonly disk: VirtualDisk;
  /** Reasons of every halt, oldest first. */
  readonly halts: Halt[] = [];
  /** Called when the process dies, by fault or by its own halt. */
  onCrash: (kind: CrashKind) => void = () => {};
  private readonly parts: NodeParts;
  private readonly wall: WallClock;
  private readonly random: SeededRandom;
  private current: { life: Life; env: Env; links: VirtualLinks; metrics: MemoryMetrics } | null = null;
  private starts = 0;
  private boots = 1;

  constructor(name: string, parts: NodeParts) {
    this.name = name;
    this.parts = parts;
    this.random = parts.random.fork(name);
    this.wall = { epochMs: parts.epochMs, skewMs: 0 };
    const { scheduler, stats } = parts;
    this.disk = new VirtualDisk({ name, scheduler, stats, random: this.random.fork("disk") });
    parts.fabric.addHost(name);
  }

  get isUp(): boolean {
    return this.current !== null;
  }

  /** The env of the present life; begins the first one. After a crash, `start` begins the next. */
  get env(): Env {
    return this.living().env;
  }

  /** Message pipes to other machines, for the present life. */
  get links(): VirtualLinks {
    return this.living().links;
  }

  get metrics(): MemoryMetrics {
    return this.living().metrics;
  }

  /**
   * Begins a new life (and switches the power on). The machine must be down. With another machine's disk, as
   * if it had been put into this one by mistake, for this one life.
   */
  start(disk = this.disk): Env {
    assert(this.current === null, `${this.name} should be down before it starts`);
    const { scheduler, fabric, logs, driftPpm } = this.parts;
    const life = new Life(this.name);
    const random = this.random.fork(`life ${++this.starts}`);
    const metrics = new MemoryMetrics();
    fabric.setPower(this.name, true);
    const env: Env = {
      clock: new VirtualClock({
        scheduler,
        life,
        wall: this.wall,
        random: random.fork("clock"),
        driftPpm,
      }),
      random,
      disk: disk.mount(life),
      kv: new VirtualStores(disk, life),
      network: new VirtualNetwork(fabric, life),
      codecs: this.parts.codecs,
      log: virtualLog(logs, life),
      metrics,
      host: { bootId: `${this.name}-boot-${this.boots}`, halt: (reason) => this.halt(life, reason) },
    };
    this.current = { life, env, links: new VirtualLinks(fabric, life), metrics };
    scheduler.trace.add("node.start", this.name, this.starts, this.boots);
    return env;
  }

  /** Kills the present life, if there is one. A cut mode fixes what becomes of unsynced changes. */
  crash(options: { kind: CrashKind; cutMode?: CutMode }): void {
    const { scheduler, stats, fabric } = this.parts;
    scheduler.trace.add("node.crash", `${this.name} ${options.kind}`, this.starts, 0);
    const life = this.current?.life ?? null;
    this.current = null;
    const isPowerCut = options.kind === "power";
    if (isPowerCut) fabric.setPower(this.name, false);
    life?.revoke();
    if (life !== null) fabric.crash(life, isPowerCut);
    if (isPowerCut) {
      this.boots++;
      this.disk.powerCut(options.cutMode ?? null);
    } else if (life !== null) {
      stats.processCrashes++;
      this.disk.processCrash();
    }
    if (life !== null) this.onCrash(options.kind);
  }

  /** Stops the process for a while, as SIGSTOP or a long garbage collection would. */
  pause(durationMs: number): void {
    const { scheduler, stats } = this.parts;
    const { life } = this.living();
    life.pausedUntilMs = Math.max(life.pausedUntilMs, scheduler.nowMs + durationMs);
    stats.pauses++;
  }

  /** What the wall clock shows, unix milliseconds. */
  get wallMs(): number {
    return Math.floor(this.wall.epochMs + this.parts.scheduler.nowMs + this.wall.skewMs);
  }

  /** Sets the wall clock forward or back. */
  jumpWallClock(byMs: number): void {
    this.wall.skewMs += byMs;
    this.parts.stats.clockJumps++;
  }

  private living(): NonNullable<VirtualNode["current"]> {
    if (this.starts === 0) this.start();
    assert(this.current !== null, `${this.name} has crashed and was not started again`);
    return this.current;
  }

  private halt(life: Life, reason: string): never {
    if (!life.revoked) {
      const { scheduler, stats, logs } = this.parts;
      this.halts.push({ timeMs: scheduler.nowMs, node: this.name, reason });
      stats.halts++;
      logs.add({ node: this.name, level: "error", message: `halt: ${reason}`, fields: {} });
      this.crash({ kind: "process" });
    }
    throw new RevokedError(this.name);
  }
}
