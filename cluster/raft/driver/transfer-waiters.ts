// shell: who waits for leadership to be handed over, each for a time of its own.
import type { Clock } from "../../../base/ports/clock.ts";

export class TransferWaiters {
  private readonly clock: Clock;
  private waiters: ((isOver: boolean) => void)[] = [];

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Resolves with what `settle` is told, or with false when time is up. */
  wait(timeoutMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = this.clock.after(timeoutMs, () => settle(false));
      const settle = (isOver: boolean): void => {
        timer.cancel();
        this.waiters = this.waiters.filter((one) => one !== settle);
        resolve(isOver);
      };
      this.waiters.push(settle);
    });
  }

  settle(isOver: boolean): void {
    for (const settle of [...this.waiters]) settle(isOver);
  }
}
