// adapter: the clock of the machine and the timers of Node.
import type { Clock, Timer } from "../ports/clock.ts";

/** Node runs a timer with a longer delay at once. */
const timerDelayMaxMs = 2 ** 31 - 1;
/** Waits from here on get a millisecond more, so that few of them wake the process twice by coming early. */
const slackFromMs = 20;

class RealTimer implements Timer {
  private handle: NodeJS.Timeout | null = null;
  private readonly dueMs: number;
  private readonly run: () => void;
  private readonly keepsAlive: boolean;

  constructor(delayMs: number, run: () => void, keepsAlive: boolean) {
    this.keepsAlive = keepsAlive;
    this.dueMs = performance.now() + delayMs;
    this.run = run;
    this.arm(delayMs);
  }

  cancel(): void {
    if (this.handle !== null) clearTimeout(this.handle);
    this.handle = null;
  }

  private arm(delayMs: number): void {
    const slackMs = delayMs < slackFromMs ? 0 : 1;
    this.handle = setTimeout(this.fire, Math.min(Math.ceil(delayMs) + slackMs, timerDelayMaxMs));
    if (!this.keepsAlive) this.handle.unref();
  }

  /** Node counts from the start of the turn that set the timer, so it may come early: wait for the rest. */
  private readonly fire = (): void => {
    const leftMs = this.dueMs - performance.now();
    if (leftMs > 0) {
      this.arm(leftMs);
      return;
    }
    this.handle = null;
    this.run();
  };
}

/** Everything asked for in one turn runs in one immediate. */
class TurnEnd {
  private jobs: (() => void)[] = [];

  add(job: () => void): void {
    this.jobs.push(job);
    if (this.jobs.length === 1) setImmediate(this.runAll);
  }

  private readonly runAll = (): void => {
    const jobs = this.jobs;
    this.jobs = [];
    let done = 0;
    try {
      for (const job of jobs) {
        done++;
        job();
      }
    } finally {
      // A job threw: the others still get their turn if the process lives on.
      for (const job of jobs.slice(done)) this.add(job);
    }
  };
}

export interface RealClockOptions {
  /**
   * True: a pending timer keeps the process alive. For a client: while it waits to try again there may be no
   * socket that would. False if not given, as the port says.
   */
  keepsAlive?: boolean;
}

export function realClock(options: RealClockOptions = {}): Clock {
  const keepsAlive = options.keepsAlive ?? false;
  const turnEnd = new TurnEnd();
  return {
    wallMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    after: (delayMs, run) => new RealTimer(delayMs, run, keepsAlive),
    endOfTurn: (run) => turnEnd.add(run),
  };
}
