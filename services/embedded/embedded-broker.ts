// shell: the handle of one broker inside a test: what may be done to it in which state.
//
//     running --kill, stop, its own halt--> down --start, restart--> starting --> running
//     running <--pause, resume--> paused --kill--> down
//
// Being isolated is apart from that: it is the network's, and outlasts a kill and a restart.
import type { Labels } from "../../base/ports/metrics.ts";
import type { BrokerMachine } from "./broker-machine.ts";
import { ClusterError } from "./cluster-error.ts";
import type { LocalNetwork } from "./local-links.ts";

/** "halted": it stopped itself; `EmbeddedCluster.failures` says why. */
export type BrokerState = "starting" | "running" | "paused" | "stopping" | "killed" | "stopped" | "halted";

/** Whom an isolated broker cannot reach, and cannot be reached by. */
export type IsolatedFrom = "brokers" | "clients" | "everyone";

export interface BrokerParts {
  readonly machine: BrokerMachine;
  readonly host: string;
  readonly links: LocalNetwork;
  /** Rejects with the reasons when the broker does not become ready in time. */
  readonly untilReady: (broker: EmbeddedBroker) => Promise<void>;
}

export class EmbeddedBroker {
  readonly id: number;
  readonly #parts: BrokerParts;
  #busy: "starting" | "stopping" | null = null;
  #isPaused = false;

  constructor(parts: BrokerParts) {
    this.id = parts.machine.id;
    this.#parts = parts;
  }

  get state(): BrokerState {
    const { life } = this.#parts.machine;
    if (life === null) return "starting";
    if (life.ended !== null) return life.ended.kind;
    return this.#busy ?? (this.#isPaused ? "paused" : "running");
  }

  /** host:port for clients, the same after a restart. */
  get address(): string {
    return `${this.#parts.host}:${this.#parts.machine.port}`;
  }

  get isIsolated(): boolean {
    return this.#isCutFromBrokers || this.#parts.machine.clientCut.isCut;
  }

  /** It runs, and hears the other brokers. */
  get takesPart(): boolean {
    return this.state === "running" && !this.#isCutFromBrokers;
  }

  /**
   * Stops it at once, as `kill -9` does: nothing of it runs on, its connections are reset, its port is
   * closed. What it had written stays, synced or not (the machine did not lose power).
   */
  async kill(): Promise<void> {
    this.#need("kill", ["running", "paused", "starting", "stopping"]);
    await this.#parts.machine.end({ kind: "killed", reason: "it was killed" });
  }

  /** Stops it in order, as SIGTERM does: what it leads is led by others first, if there is anybody. */
  async stop(): Promise<void> {
    this.#need("stop", ["running"]);
    await this.#while("stopping", () => this.#parts.machine.stop());
  }

  /** Starts it again on its data and its port, and waits until it serves; a running one is stopped first. */
  async restart(): Promise<void> {
    this.#need("restart", ["running", "killed", "stopped", "halted"]);
    if (this.state === "running") await this.stop();
    this.#isPaused = false;
    await this.#while("starting", () => this.#parts.machine.start());
    // Whoever cannot be reached cannot become ready either.
    if (!this.#isCutFromBrokers) await this.#parts.untilReady(this);
  }

  /**
   * Nothing of it runs until `resume`, as with SIGSTOP or a long garbage collection: connections stay open,
   * what is sent to it waits, and its timers are overdue afterwards.
   */
  async pause(): Promise<void> {
    this.#need("pause", ["running"]);
    this.#isPaused = true;
    await this.#parts.machine.pause();
  }

  async resume(): Promise<void> {
    this.#need("resume", ["paused"]);
    this.#isPaused = false;
    this.#parts.machine.resume();
  }

  /**
   * Cuts it off as a network does that swallows everything: connections seem to live on, what is sent waits,
   * new connections are not answered. It runs on. With "brokers" clients still reach it, and the other way
   * round.
   */
  async isolate(options: { readonly from?: IsolatedFrom } = {}): Promise<void> {
    const from = options.from ?? "everyone";
    if (from !== "brokers" && from !== "clients" && from !== "everyone") {
      const should = 'it should be "brokers", "clients" or "everyone"';
      throw new ClusterError("INVALID_OPTION", `isolate: from is ${JSON.stringify(from)}; ${should}`);
    }
    const { links, machine } = this.#parts;
    links.setCutOff(machine.name, from !== "clients");
    machine.clientCut.set(from !== "brokers");
  }

  /** Ends `isolate`: what waited arrives, unless its connection was given up meanwhile. */
  async heal(): Promise<void> {
    const { links, machine } = this.#parts;
    links.setCutOff(machine.name, false);
    machine.clientCut.set(false);
  }

  /**
   * Of its present or last life: a counter or gauge, or the sum of a histogram; 0 if it was never touched.
   */
  metric(name: string, labels: Labels = {}): number {
    return this.#parts.machine.metrics?.value(name, labels) ?? 0;
  }

  get #isCutFromBrokers(): boolean {
    return this.#parts.links.isCutOff(this.#parts.machine.name);
  }

  async #while(busy: "starting" | "stopping", work: () => Promise<void>): Promise<void> {
    this.#busy = busy;
    try {
      await work();
    } finally {
      this.#busy = null;
    }
  }

  #need(doing: string, states: readonly BrokerState[]): void {
    const { state } = this;
    if (states.includes(state)) return;
    const hints: Partial<Record<BrokerState, string>> = {
      paused: "; resume() it first, or kill() it",
      killed: "; restart() starts it",
      stopped: "; restart() starts it",
      halted: "; restart() starts it",
    };
    const text = `${doing}: broker ${this.id} is ${state}; it should be ${states.join(" or ")}`;
    throw new ClusterError("WRONG_STATE", `${text}${hints[state] ?? ""}`);
  }
}
