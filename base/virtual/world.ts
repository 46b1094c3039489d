// adapter: a whole simulated world from one seed: virtual time, machines, the network between them, and the
// count of what was done to them. The same seed, driven the same way, gives the same trace.
import { assert } from "../assert.ts";
import type { Env } from "../ports/env.ts";
import type { LogLevel } from "../ports/log.ts";
import { realCodecs } from "../real/codecs.ts";
import { Fabric } from "./fabric.ts";
import { LogRing } from "./log.ts";
import { type NodeParts, VirtualNode } from "./node.ts";
import { type RunResult, VirtualScheduler } from "./scheduler.ts";
import { SeededRandom } from "./seeded-random.ts";
import { noStats } from "./stats.ts";
import { Trace, type TraceLine } from "./trace.ts";

export interface WorldOptions {
  seed: number | string;
  /** Unix time at virtual time zero. */
  epochMs?: number;
  /** Lowest level of log lines that are kept. */
  logLevel?: LogLevel;
  /** Log lines that are kept, at least. */
  logLinesMax?: number;
  /** Largest deviation of a monotonic clock, in parts per million. */
  driftPpm?: number;
  /** Gets every line of the trace: run twice, compare, and the first difference is the leak. */
  onTrace?: TraceLine;
}

export class VirtualWorld {
  readonly seed: number | string;
  readonly random: SeededRandom;
  readonly scheduler: VirtualScheduler;
  readonly stats = noStats();
  /** The network and its faults. */
  readonly fabric: Fabric;
  readonly logs: LogRing;
  readonly nodes = new Map<string, VirtualNode>();
  private readonly parts: NodeParts;

  constructor(options: WorldOptions) {
    this.seed = options.seed;
    this.random = new SeededRandom(options.seed);
    this.scheduler = new VirtualScheduler(new Trace(options.onTrace ?? null));
    this.logs = new LogRing(this.scheduler, {
      linesMax: options.logLinesMax ?? 2_000,
      level: options.logLevel ?? "debug",
    });
    const { scheduler, stats } = this;
    this.fabric = new Fabric({ scheduler, stats, random: this.random.fork("network") });
    this.parts = {
      scheduler,
      stats,
      codecs: realCodecs,
      fabric: this.fabric,
      logs: this.logs,
      random: this.random.fork("nodes"),
      epochMs: options.epochMs ?? 1_767_225_600_000,
      driftPpm: options.driftPpm ?? 100,
    };
  }

  /** A machine, also for clients; its name is its host name. */
  addNode(name: string): VirtualNode {
    const node = new VirtualNode(name, this.parts);
    this.nodes.set(name, node);
    return node;
  }

  node(name: string): VirtualNode {
    const node = this.nodes.get(name);
    assert(node !== undefined, `node ${name} should be in the world`);
    return node;
  }

  /** Runs until the promise settles, and answers with it; throws when it never can. */
  run<T>(promise: Promise<T>, options: { withinMs?: number } = {}): Promise<T> {
    return this.scheduler.run(promise, options);
  }

  runFor(durationMs: number): Promise<void> {
    return this.scheduler.runFor(durationMs);
  }

  runUntil(condition: () => boolean, options: { withinMs: number }): Promise<RunResult> {
    return this.scheduler.runUntil(condition, options);
  }

  /** Fingerprint of everything that happened so far. */
  traceHash(): string {
    return this.scheduler.trace.hash();
  }
}

export function createVirtualWorld(options: WorldOptions): VirtualWorld {
  return new VirtualWorld(options);
}

/** One machine in a world of its own, for tests of one shell. */
export function virtualEnv(options: WorldOptions): { world: VirtualWorld; node: VirtualNode; env: Env } {
  const world = createVirtualWorld(options);
  const node = world.addNode("n1");
  return { world, node, env: node.start() };
}
