// test: the timer wheel over virtual time, and the backoff.
import { describe, expect, it } from "vitest";
import { Backoff } from "./backoff.ts";
import type { Clock } from "./ports/clock.ts";
import { TimerWheel } from "./timer-wheel.ts";
import { SeededRandom } from "./virtual/seeded-random.ts";
import { virtualEnv } from "./virtual/world.ts";

describe("TimerWheel", () => {
  it("runs each deadline once, never early, late by at most a tick", async () => {
    const { world, env } = virtualEnv({ seed: 1 });
    const { clock } = env;
    const wheel = new TimerWheel({ clock, tickMs: 10 });
    const random = new SeededRandom("delays");
    const late: number[] = [];
    for (let i = 0; i < 500; i++) {
      await world.runFor(random.between(0, 3));
      const delayMs = random.between(0, 2000);
      const dueMs = clock.monotonicMs() + delayMs;
      wheel.after(delayMs, () => late.push(clock.monotonicMs() - dueMs));
    }
    await world.runFor(3000);
    expect(late).toHaveLength(500);
    expect(Math.min(...late)).toBeGreaterThanOrEqual(0);
    // A tick, and the millisecond by which the clock's own timers are late.
    expect(Math.max(...late)).toBeLessThan(11.1);
    expect(wheel.size).toBe(0);
  });

  it("forgets what was cancelled, also by a deadline of the same tick", async () => {
    const { world, env } = virtualEnv({ seed: 1 });
    const wheel = new TimerWheel({ clock: env.clock, tickMs: 10 });
    const ran: string[] = [];
    const first = wheel.after(5, () => {
      ran.push("first");
      second.cancel();
    });
    const second = wheel.after(5, () => ran.push("second"));
    wheel.after(5, () => ran.push("third"));
    const fourth = wheel.after(50, () => ran.push("fourth"));
    fourth.cancel();
    fourth.cancel();
    await world.runFor(100);
    first.cancel();
    expect(ran).toEqual(["first", "third"]);
    expect(wheel.size).toBe(0);
  });

  it("sets no timer of the clock while nothing waits, and one for many", async () => {
    const { world, env } = virtualEnv({ seed: 1 });
    let pending = 0;
    const counting: Clock = {
      ...env.clock,
      wallMs: () => env.clock.wallMs(),
      monotonicMs: () => env.clock.monotonicMs(),
      endOfTurn: (run) => env.clock.endOfTurn(run),
      after: (delayMs, run) => {
        pending++;
        let over = false;
        const end = (): void => {
          if (!over) pending--;
          over = true;
        };
        const timer = env.clock.after(delayMs, () => {
          end();
          run();
        });
        return {
          cancel: () => {
            end();
            timer.cancel();
          },
        };
      },
    };
    const wheel = new TimerWheel({ clock: counting, tickMs: 10 });
    expect(pending).toBe(0);
    const timers = Array.from({ length: 50 }, (_, i) => wheel.after(1000 - i * 17, () => {}));
    expect(pending).toBe(1);
    for (const timer of timers.slice(1)) timer.cancel();
    expect(pending).toBe(1);
    await world.runFor(2000);
    expect(pending).toBe(0);
    wheel.after(5, () => {}).cancel();
    expect(pending).toBe(0);
  });

  it("runs nothing after close, and a deadline that sets itself again starves nobody", async () => {
    const { world, env } = virtualEnv({ seed: 1 });
    const wheel = new TimerWheel({ clock: env.clock, tickMs: 10 });
    let runs = 0;
    const again = (): void => {
      runs++;
      wheel.after(0, again);
    };
    wheel.after(0, again);
    await world.runFor(200);
    expect(runs).toBeGreaterThan(5);
    const before = runs;
    wheel.close();
    wheel.after(1, again);
    await world.runFor(200);
    expect(runs).toBe(before);
    expect(wheel.size).toBe(0);
  });
});

describe("Backoff", () => {
  it("doubles up to its bound, with jitter, and starts anew after a success", () => {
    const backoff = new Backoff({ baseMs: 100, maxMs: 1000 }, new SeededRandom(1));
    const waits = Array.from({ length: 8 }, () => backoff.nextMs());
    for (const [index, wait] of waits.entries()) {
      const plain = Math.min(1000, 100 * 2 ** index);
      expect(wait).toBeGreaterThanOrEqual(plain * 0.8);
      expect(wait).toBeLessThanOrEqual(Math.min(1000, plain * 1.2));
    }
    expect(new Set(waits).size).toBeGreaterThan(4);
    expect(backoff.failures).toBe(8);
    for (let i = 0; i < 2000; i++) expect(backoff.nextMs()).toBeLessThanOrEqual(1000);
    backoff.reset();
    expect(backoff.nextMs()).toBeLessThanOrEqual(120);
  });
});
