// port: the words of the simulated network: its settings, its machines, and what a connection may ask of it.
import type { End } from "./connection-end.ts";
import type { Life } from "./life.ts";
import type { VirtualScheduler } from "./scheduler.ts";
import type { SeededRandom } from "./seeded-random.ts";
import type { WorldStats } from "./stats.ts";

export type Range = readonly [from: number, to: number];

export interface FabricSettings {
  /** One way, in milliseconds. */
  delayMs: Range;
  /** Bytes of one direction that are on their way at once. */
  windowBytes: number;
  /** Bytes held back by the sender from which on `write` answers false. */
  highWaterBytes: number;
  /** How long undelivered bytes may stand still before their sender gives up the connection. */
  stallTimeoutMs: Range;
  /** How long a connection to a machine without power seems to live. */
  silenceTimeoutMs: Range;
}

/** What an end's holder may do with its connection. */
export interface Wire {
  started(end: End): void;
  /** False: hold back until `onDrain`. */
  send(end: End, chunks: readonly Uint8Array[]): boolean;
  pendingBytes(end: End): number;
  setPaused(end: End, isPaused: boolean): void;
  finish(end: End): void;
  destroy(end: End): void;
}

export interface ListenerEntry {
  life: Life;
  onEnd: (wire: Wire, end: End, from: End) => void;
}

/** One machine's side of the network. Keys of listeners: "tcp:9092", "link:raft". */
export interface FabricHost {
  readonly name: string;
  hasPower: boolean;
  refuses: boolean;
  nextPort: number;
  readonly listeners: Map<string, ListenerEntry>;
}

/** The network as a connection sees it. */
export interface Wires {
  readonly settings: FabricSettings;
  readonly hosts: ReadonlyMap<string, FabricHost>;
  readonly scheduler: VirtualScheduler;
  readonly random: SeededRandom;
  readonly stats: WorldStats;
  isBlocked(from: string, to: string): boolean;
  drawDelayMs(from: string, to: string): number;
  hasPower(name: string): boolean;
  host(name: string): FabricHost;
  forget(wire: Wire): void;
}
