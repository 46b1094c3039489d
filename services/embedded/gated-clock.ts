// shell: the clock of one life: its timers stand still while the broker is paused (and are then overdue), and
// are gone when it ends. Time itself goes on.
import type { Clock, Timer } from "../../base/ports/clock.ts";
import type { BrokerLife } from "./broker-life.ts";

export class GatedClock implements Clock {
  readonly #inner: Clock;
  readonly #life: BrokerLife;
  readonly #timers = new Set<Timer>();

  constructor(inner: Clock, life: BrokerLife) {
    this.#inner = inner;
    this.#life = life;
    life.atEnd(() => {
      for (const timer of [...this.#timers]) timer.cancel();
    });
  }

  wallMs(): number {
    return this.#inner.wallMs();
  }

  monotonicMs(): number {
    return this.#inner.monotonicMs();
  }

  after(delayMs: number, run: () => void): Timer {
    this.#life.check();
    let isCancelled = false;
    const inner = this.#inner.after(delayMs, () => {
      this.#timers.delete(timer);
      this.#life.deliver(() => {
        if (!isCancelled) run();
      });
    });
    const timer: Timer = {
      cancel: () => {
        isCancelled = true;
        inner.cancel();
        this.#timers.delete(timer);
      },
    };
    this.#timers.add(timer);
    return timer;
  }

  endOfTurn(run: () => void): void {
    this.#life.check();
    this.#inner.endOfTurn(() => this.#life.deliver(run));
  }
}
