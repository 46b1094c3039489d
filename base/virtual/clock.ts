// adapter: the clocks of one simulated process. Wall time belongs to the machine and survives crashes (it may
// be off and may jump); monotonic time starts anew with each process and runs a little fast or slow.
import { assert } from "../assert.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type { Life } from "./life.ts";
import type { VirtualScheduler } from "./scheduler.ts";
import type { SeededRandom } from "./seeded-random.ts";

/** The wall clock of a machine: unix milliseconds at virtual time zero, plus what went wrong since. */
export interface WallClock {
  epochMs: number;
  skewMs: number;
}

export class VirtualClock implements Clock {
  private readonly scheduler: VirtualScheduler;
  private readonly life: Life;
  private readonly wall: WallClock;
  private readonly random: SeededRandom;
  private readonly bornMs: number;
  private readonly offsetMs: number;
  private readonly rate: number;
  private turn: (() => void)[] = [];

  constructor(options: {
    scheduler: VirtualScheduler;
    life: Life;
    wall: WallClock;
    random: SeededRandom;
    /** Largest deviation of the monotonic clock, in parts per million. */
    driftPpm: number;
  }) {
    this.scheduler = options.scheduler;
    this.life = options.life;
    this.wall = options.wall;
    this.random = options.random;
    this.bornMs = options.scheduler.nowMs;
    this.offsetMs = options.random.between(10, 100_000);
    this.rate = 1 + options.random.between(-options.driftPpm, options.driftPpm) / 1_000_000;
  }

  wallMs(): number {
    return Math.floor(this.wall.epochMs + this.scheduler.nowMs + this.wall.skewMs);
  }

  monotonicMs(): number {
    return this.offsetMs + (this.scheduler.nowMs - this.bornMs) * this.rate;
  }

  after(delayMs: number, run: () => void): Timer {
    assert(delayMs >= 0, `a timer's delay should be at least 0 ms, not ${delayMs}`);
    if (this.life.revoked) return { cancel: () => {} };
    // A real timer is late by up to a millisecond; a rounding error must not make this one early.
    const lateMs = this.random.between(0.001, 1);
    return this.scheduler.after(delayMs / this.rate + lateMs, { label: "timer", life: this.life, run });
  }

  endOfTurn(run: () => void): void {
    if (this.life.revoked) return;
    this.turn.push(run);
    if (this.turn.length === 1) this.scheduleTurn();
  }

  private scheduleTurn(): void {
    this.scheduler.after(0, { label: "turn", life: this.life, run: () => this.runTurn() });
  }

  private runTurn(): void {
    const jobs = this.turn;
    this.turn = [];
    for (let at = 0; at < jobs.length; at++) {
      if (this.life.revoked) return;
      jobs[at]!();
    }
  }
}
