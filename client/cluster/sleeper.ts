// shell: waits of a client that end early when it is closed, so that nothing is left hanging and no timer
// outlives it.
import type { Clock, Timer } from "../../base/ports/clock.ts";
import { ClientError } from "../errors.ts";

export class Sleeper {
  readonly #clock: Clock;
  readonly #sleeping = new Map<Timer, (error: Error) => void>();
  #isClosed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Resolves after `delayMs`; rejects with ClientError CLOSED as soon as the client is closed. */
  sleep(delayMs: number): Promise<void> {
    if (this.#isClosed) return Promise.reject(closedError());
    return new Promise((resolve, reject) => {
      const timer = this.#clock.after(delayMs, () => {
        this.#sleeping.delete(timer);
        resolve();
      });
      this.#sleeping.set(timer, reject);
    });
  }

  close(): void {
    this.#isClosed = true;
    const sleeping = [...this.#sleeping];
    this.#sleeping.clear();
    for (const [timer, reject] of sleeping) {
      timer.cancel();
      reject(closedError());
    }
  }
}

export function closedError(): ClientError {
  return new ClientError("CLOSED", "the client is closed");
}
