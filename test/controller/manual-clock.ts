// test: a clock that a test moves by hand. Timers run in the order they were set; the end of a turn is at
// once.
import type { Clock } from "../../base/ports/clock.ts";

export class ManualClock implements Clock {
  now = 0;
  timers: { at: number; run: () => void; cancelled: boolean }[] = [];
  wallMs = (): number => 1_000_000 + this.now;
  monotonicMs = (): number => this.now;
  after(delayMs: number, run: () => void): { cancel(): void } {
    const timer = { at: this.now + delayMs, run, cancelled: false };
    this.timers.push(timer);
    return {
      cancel: () => {
        timer.cancelled = true;
      },
    };
  }
  endOfTurn = (run: () => void): void => run();
  advance(ms: number): void {
    this.now += ms;
    for (const timer of this.timers.splice(0)) {
      if (timer.cancelled) continue;
      if (timer.at <= this.now) timer.run();
      else this.timers.push(timer);
    }
  }
}
