// shell: one coarse timer for all produce requests that wait for the high watermark; armed only while there
// are any. Keeps the number of waiting produces of the broker within its bound.
import { limits } from "../../base/limits.ts";
import type { Clock, Timer } from "../../base/ports/clock.ts";

const granularityMs = 50;

export interface Expiring {
  /** Lets go of those past their deadline; answers how many still wait. */
  expireWaiters(nowMs: number): number;
}

export class CommitTimeouts {
  readonly #clock: Clock;
  readonly #expiring = new Set<Expiring>();
  #timer: Timer | null = null;
  #waiting = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isFull(): boolean {
    return this.#waiting >= limits.waitingProducesMax;
  }

  waiterAdded(owner: Expiring): void {
    this.#waiting++;
    this.#expiring.add(owner);
    this.#timer ??= this.#clock.after(granularityMs, () => this.#tick());
  }

  waiterSettled(): void {
    this.#waiting--;
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#expiring.clear();
  }

  #tick(): void {
    this.#timer = null;
    const nowMs = this.#clock.monotonicMs();
    for (const owner of this.#expiring) if (owner.expireWaiters(nowMs) === 0) this.#expiring.delete(owner);
    if (this.#expiring.size > 0) this.#timer = this.#clock.after(granularityMs, () => this.#tick());
  }
}
