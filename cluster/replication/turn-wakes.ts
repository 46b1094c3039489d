// shell: gathers "look again" of one event-loop turn, so that a watcher is called once a turn however often
// its partition moved.
import type { Clock } from "../../base/ports/clock.ts";

export interface Woken {
  callWatchers(): void;
}

export class TurnWakes {
  readonly #clock: Clock;
  #pending = new Set<Woken>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(woken: Woken): void {
    if (this.#pending.size === 0) this.#clock.endOfTurn(() => this.#run());
    this.#pending.add(woken);
  }

  #run(): void {
    const woken = this.#pending;
    this.#pending = new Set();
    for (const one of woken) one.callWatchers();
  }
}
