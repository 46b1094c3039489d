// shell: one life of a broker that shares this process with others: from its start to its end, with pauses.
// Everything that would run code of the broker (timers, sockets, finished syncs, messages of peers) goes
// through its life, and stands still or comes to nothing when the life does.
//
//     running <--pause, resume--> paused
//        \------------end--------/----> over
//
// Keeps true: jobs run in the order in which they came, pauses included; after the end none does. An error
// that nobody caught ends the life, as it would end a process of its own.
import { limits } from "../../base/limits.ts";
import type { Clock } from "../../base/ports/clock.ts";

/** Thrown into a broker that was ended and still calls its env. Nothing may treat it as an answer. */
export class LifeOverError extends Error {
  constructor(name: string, reason: string) {
    super(`${name} is over: ${reason}`);
    this.name = "LifeOverError";
  }
}

export interface LifeEnd {
  readonly kind: "killed" | "stopped" | "halted";
  /** Why the broker stopped itself; else the kind again. */
  readonly reason: string;
}

export class BrokerLife {
  readonly name: string;
  /** Resolves when the life is over. */
  readonly over: Promise<LifeEnd>;
  readonly #clock: Clock;
  readonly #onHalt: (reason: string) => void;
  readonly #endings = new Set<() => void | Promise<void>>();
  readonly #flowListeners = new Set<() => void>();
  #queue: (() => void)[] = [];
  #isPaused = false;
  #isDraining = false;
  #end: LifeEnd | null = null;
  #resolveOver: (end: LifeEnd) => void = () => {};

  constructor(options: { name: string; clock: Clock; onHalt: (reason: string) => void }) {
    this.name = options.name;
    this.#clock = options.clock;
    this.#onHalt = options.onHalt;
    this.over = new Promise((resolve) => {
      this.#resolveOver = resolve;
    });
  }

  get isOver(): boolean {
    return this.#end !== null;
  }

  /** How it ended; null: it goes on. */
  get ended(): LifeEnd | null {
    return this.#end;
  }

  /** Not paused, and nothing from a pause is left: what arrives now runs now. */
  get runsAtOnce(): boolean {
    return !this.#isPaused && !this.#isDraining && this.#end === null;
  }

  /** Throws LifeOverError once the life is over. */
  check(): void {
    if (this.#end !== null) throw new LifeOverError(this.name, this.#end.reason);
  }

  /** Runs code of the broker: now, after what waits, or never. */
  deliver(job: () => void): void {
    if (this.#end !== null) return;
    if (this.runsAtOnce) {
      this.#run(job);
      return;
    }
    this.#queue.push(job);
    if (this.#queue.length > limits.mailboxMax) this.#fail("too much came in while it was paused");
  }

  pause(): void {
    this.#isPaused = true;
    this.#tellFlow();
  }

  resume(): void {
    this.#isPaused = false;
    if (!this.#isDraining && this.#queue.length > 0) {
      this.#isDraining = true;
      this.#drainLater();
    }
    this.#tellFlow();
  }

  /** Hears of it when `runsAtOnce` changes. Answers how to stop it. */
  onFlow(listener: () => void): () => void {
    this.#flowListeners.add(listener);
    return () => this.#flowListeners.delete(listener);
  }

  /** Runs at the end (now, if that was before), to let go of something. Answers how to take it back. */
  atEnd(ending: () => void | Promise<void>): () => void {
    if (this.#end !== null) void ending();
    this.#endings.add(ending);
    return () => this.#endings.delete(ending);
  }

  /** Over at once; resolves when all that the broker held outside is let go of. Never rejects. */
  async end(end: LifeEnd): Promise<void> {
    if (this.#end !== null) return;
    this.#end = end;
    this.#queue = [];
    const endings = [...this.#endings];
    this.#endings.clear();
    const left = endings.map(async (ending) => ending());
    this.#tellFlow();
    this.#flowListeners.clear();
    this.#resolveOver(end);
    await Promise.allSettled(left);
  }

  /** For Env.host: the broker stops itself. */
  halt(reason: string): never {
    this.#fail(reason);
    throw new LifeOverError(this.name, reason);
  }

  #fail(reason: string): void {
    if (this.#end !== null) return;
    this.#onHalt(reason);
    void this.end({ kind: "halted", reason });
  }

  #run(job: () => void): void {
    try {
      job();
    } catch (error) {
      if (error instanceof LifeOverError) return;
      this.#fail(`an error that nobody caught: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }

  /** One job a turn, so that promises settle between them as they would have. */
  #drainLater(): void {
    this.#clock.endOfTurn(() => {
      if (this.#isPaused || this.#end !== null) {
        this.#isDraining = false;
        return;
      }
      const job = this.#queue.shift();
      if (job !== undefined) this.#run(job);
      if (this.#queue.length > 0) {
        this.#drainLater();
        return;
      }
      this.#isDraining = false;
      this.#tellFlow();
    });
  }

  #tellFlow(): void {
    for (const listener of [...this.#flowListeners]) listener();
  }
}

/** What one whose life is over waits for. */
export function settled<T>(life: BrokerLife, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    promise.then(
      (value) => life.deliver(() => resolve(value)),
      (error: unknown) => life.deliver(() => reject(error)),
    );
  });
}
