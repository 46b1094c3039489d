// shell: the room in a producer's buffer. Who finds none waits in line, in order, for at most `maxBlockMs`.
import { limits } from "../../base/limits.ts";
import type { Clock, Timer } from "../../base/ports/clock.ts";
import { closedError } from "../cluster/sleeper.ts";
import { ClientError } from "../errors.ts";

interface Waiter {
  readonly bytes: number;
  readonly timer: Timer;
  readonly onTaken: () => void;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class Room {
  readonly #clock: Clock;
  readonly #bytesMax: number;
  readonly #maxBlockMs: number;
  readonly #waiting = new Set<Waiter>();
  #usedBytes = 0;
  #isClosed = false;

  constructor(clock: Clock, settings: { bufferBytes: number; maxBlockMs: number }) {
    this.#clock = clock;
    this.#bytesMax = settings.bufferBytes;
    this.#maxBlockMs = settings.maxBlockMs;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Somebody waits: send what there is. */
  get isScarce(): boolean {
    return this.#waiting.size > 0;
  }

  /**
   * Takes `bytes`, calls `onTaken` in the same instant, so that the order of the calls is kept, and answers
   * undefined; or a promise that resolves after that happened. The promise rejects with ClientError
   * BUFFER_FULL or CLOSED; nothing is taken then.
   */
  take(bytes: number, onTaken: () => void): Promise<void> | undefined {
    if (this.#isClosed) return Promise.reject(closedError());
    if (this.#waiting.size === 0 && this.#fits(bytes)) {
      this.#usedBytes += bytes;
      onTaken();
      return undefined;
    }
    if (this.#waiting.size >= limits.producerWaitingSendsMax) {
      const text = `send: ${this.#waiting.size} records wait for room already; await what enqueue answers`;
      return Promise.reject(new ClientError("BUFFER_FULL", text));
    }
    return new Promise((resolve, reject) => {
      const timer = this.#clock.after(this.#maxBlockMs, () => {
        this.#waiting.delete(waiter);
        const text = `send: no room for ${bytes} bytes within ${this.#maxBlockMs} ms; bufferBytes is`;
        reject(new ClientError("BUFFER_FULL", `${text} ${this.#bytesMax}, ${this.#usedBytes} are in use`));
        // It may have stood in the way of smaller ones.
        this.#admit();
      });
      const waiter = { bytes, timer, onTaken, resolve, reject };
      this.#waiting.add(waiter);
    });
  }

  release(bytes: number): void {
    this.#usedBytes -= bytes;
    this.#admit();
  }

  close(): void {
    this.#isClosed = true;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const { timer, reject } of waiting) {
      timer.cancel();
      reject(closedError());
    }
  }

  #admit(): void {
    if (this.#isClosed) return;
    for (const waiter of this.#waiting) {
      if (!this.#fits(waiter.bytes)) return;
      this.#usedBytes += waiter.bytes;
      this.#waiting.delete(waiter);
      waiter.timer.cancel();
      waiter.onTaken();
      waiter.resolve();
    }
  }

  /** What is larger than the whole buffer goes alone. */
  #fits(bytes: number): boolean {
    return this.#usedBytes === 0 || this.#usedBytes + bytes <= this.#bytesMax;
  }
}
