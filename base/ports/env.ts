// port: every outside force a node meets, in one value. Nothing reads time, entropy, files or sockets from
// anywhere else, so the same node runs in production, inside a test, and in a seeded simulation.
import type { Clock } from "./clock.ts";
import type { Codecs } from "./codecs.ts";
import type { Disk } from "./disk.ts";
import type { KeyValueStores } from "./kv.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { Network } from "./network.ts";
import type { Random } from "./random.ts";

export interface Host {
  /** Changes when the machine (not the process) restarts: tells a power cut from a crash of the process. */
  readonly bootId: string;
  /**
   * A broken invariant or a lost log directory: the process must stop now. Never returns control to the
   * caller's state machine; in simulation it crashes the node.
   */
  halt(reason: string): never;
}

export interface Env {
  readonly clock: Clock;
  readonly random: Random;
  readonly disk: Disk;
  readonly kv: KeyValueStores;
  readonly network: Network;
  readonly codecs: Codecs;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly host: Host;
}

/** What a client (producer, consumer, admin) needs of the world: no disk, no store. */
export type ClientEnv = Pick<Env, "clock" | "random" | "network" | "codecs" | "log" | "metrics">;
