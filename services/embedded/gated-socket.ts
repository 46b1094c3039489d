// shell: one connection with a client as one life of a broker sees it. What comes while the broker is paused
// waits (at most what was under way: the real socket is told to wait too); what is written while it is cut
// off from clients is held back. Neither loses or reorders a byte.
//
//     client --> real socket --> arrived --(running, not cut)--> broker
//     client <-- real socket <--(not cut)-- held <-- broker
import { limits } from "../../base/limits.ts";
import type { Address, Socket, SocketEvents } from "../../base/ports/network.ts";
import type { BrokerLife } from "./broker-life.ts";
import type { ClientCut } from "./client-cut.ts";

export interface SocketGate {
  readonly life: BrokerLife;
  readonly cut: ClientCut;
}

type Arrival =
  | { kind: "data"; bytes: Uint8Array }
  | { kind: "drain" }
  | { kind: "close"; error: Error | null };

export class GatedSocket implements Socket {
  readonly remote: Address;
  readonly #inner: Socket;
  readonly #gate: SocketGate;
  readonly #takeBack: (() => void)[];
  readonly #closed = Promise.withResolvers<void>();
  /** Tells the broker of the socket, once and when it can hear it. */
  #announce: ((socket: Socket) => void) | null;
  #events: SocketEvents | null = null;
  #isHeldUp = false;
  /** Its holder needs to hear no more. */
  #isOver = false;
  #isInnerClosed = false;
  #arrived: Arrival[] = [];
  /** "end" and "destroy" come last. */
  #held: (Uint8Array | "end" | "destroy")[] = [];
  #heldBytes = 0;
  #owesDrain = false;

  /** `onConnection` gets a socket that came in. */
  constructor(inner: Socket, gate: SocketGate, onConnection: ((socket: Socket) => void) | null) {
    this.remote = inner.remote;
    this.#inner = inner;
    this.#gate = gate;
    this.#announce = onConnection;
    this.#takeBack = [
      gate.life.atEnd(() => this.#endWithLife()),
      gate.life.onFlow(() => this.#flow()),
      gate.cut.onChange(() => this.#flow()),
    ];
    inner.start({
      onData: (chunk) => this.#received(chunk),
      onDrain: () => this.#arrive({ kind: "drain" }),
      onClose: (error) => this.#innerClosed(error),
    });
    this.#flow();
  }

  start(events: SocketEvents): void {
    this.#gate.life.check();
    this.#events = events;
    this.#flow();
  }

  write(chunks: readonly Uint8Array[]): boolean {
    const { life, cut } = this.#gate;
    life.check();
    if (!cut.isCut) return this.#inner.write(chunks);
    if (typeof this.#held.at(-1) === "string") return true;
    for (const chunk of chunks) {
      this.#held.push(chunk);
      this.#heldBytes += chunk.length;
    }
    if (this.pendingBytes() <= limits.socketHighWaterBytes) return true;
    this.#owesDrain = true;
    return false;
  }

  pendingBytes(): number {
    return this.#inner.pendingBytes() + this.#heldBytes;
  }

  pause(): void {
    this.#isHeldUp = true;
    this.#flow();
  }

  resume(): void {
    this.#isHeldUp = false;
    this.#flow();
  }

  end(): void {
    this.#gate.life.check();
    if (typeof this.#held.at(-1) !== "string") this.#held.push("end");
    this.#flow();
  }

  /** Its holder hears of the end in any case; the other side does once it can be reached. */
  destroy(): void {
    this.#gate.life.check();
    this.#held = ["destroy"];
    this.#heldBytes = 0;
    this.#arrived = [];
    this.#finish(null);
    this.#flow();
  }

  /** The fast way: nothing is copied while the broker keeps up. */
  #received(chunk: Uint8Array): void {
    const { life, cut } = this.#gate;
    const isDirect = life.runsAtOnce && !cut.isCut && !this.#isHeldUp && this.#arrived.length === 0;
    const events = this.#events;
    if (isDirect && events !== null && !this.#isOver) life.deliver(() => events.onData(chunk));
    else this.#arrive({ kind: "data", bytes: new Uint8Array(chunk) });
  }

  #arrive(arrival: Arrival): void {
    if (this.#isOver) return;
    this.#arrived.push(arrival);
    this.#flow();
  }

  #innerClosed(error: Error | null): void {
    this.#isInnerClosed = true;
    this.#closed.resolve();
    this.#arrive({ kind: "close", error });
    this.#forgetIfDone();
  }

  /** Lets through what can pass now, and nothing while it cannot. */
  #flow(): void {
    const { life, cut } = this.#gate;
    if (life.isOver) return;
    const isOpen = life.runsAtOnce && !cut.isCut;
    if (!cut.isCut) this.#release();
    if (isOpen && this.#announce !== null) {
      const announce = this.#announce;
      this.#announce = null;
      life.deliver(() => announce(this));
    }
    while (isOpen && this.#canDeliver()) this.#deliver(this.#arrived.shift()!);
    if (this.#isInnerClosed) return;
    if (isOpen && this.#events !== null && !this.#isHeldUp) this.#inner.resume();
    else this.#inner.pause();
  }

  #canDeliver(): boolean {
    const next = this.#arrived[0];
    if (next === undefined || this.#events === null || this.#isOver) return false;
    return next.kind !== "data" || !this.#isHeldUp;
  }

  #deliver(arrival: Arrival): void {
    const { life } = this.#gate;
    const events = this.#events!;
    if (arrival.kind === "close") this.#finish(arrival.error);
    else if (arrival.kind === "drain") life.deliver(() => events.onDrain());
    else life.deliver(() => events.onData(arrival.bytes));
  }

  /** The end, for its holder; never inside the holder's own call. */
  #finish(error: Error | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { life } = this.#gate;
    const events = this.#events;
    if (events !== null) void Promise.resolve().then(() => life.deliver(() => events.onClose(error)));
    this.#forgetIfDone();
  }

  #release(): void {
    const held = this.#held;
    if (held.length === 0) return;
    this.#held = [];
    this.#heldBytes = 0;
    const chunks = held.filter((item) => typeof item !== "string");
    if (chunks.length > 0) this.#inner.write(chunks);
    if (held.at(-1) === "end") this.#inner.end();
    if (held.at(-1) === "destroy") this.#inner.destroy();
    if (this.#owesDrain && !this.#isOver) this.#arrived.push({ kind: "drain" });
    this.#owesDrain = false;
  }

  #endWithLife(): Promise<void> {
    this.#isOver = true;
    this.#inner.destroy();
    this.#forgetIfDone();
    return this.#closed.promise;
  }

  #forgetIfDone(): void {
    if (this.#isOver && this.#isInnerClosed) for (const takeBack of this.#takeBack) takeBack();
  }
}
