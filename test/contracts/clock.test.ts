// test: the Clock and Random ports, held by the real adapters and by the simulated ones.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Clock } from "../../base/ports/clock.ts";
import type { Random } from "../../base/ports/random.ts";
import { realClock } from "../../base/real/clock.ts";
import { realRandom } from "../../base/real/random.ts";
import { createVirtualWorld } from "../../base/virtual/world.ts";

interface Subject {
  clock: Clock;
  random: Random;
  until: (condition: () => boolean) => Promise<void>;
}

function clockContract(name: string, make: () => Subject): void {
  describe(`clock: ${name}`, () => {
    it("runs timers in order of their delay, none early", async () => {
      const { clock, until } = make();
      const start = clock.monotonicMs();
      const ran: { delayMs: number; atMs: number }[] = [];
      for (const delayMs of [30, 0, 12.5, 5]) {
        clock.after(delayMs, () => ran.push({ delayMs, atMs: clock.monotonicMs() - start }));
      }
      expect(ran).toEqual([]);
      await until(() => ran.length === 4);
      expect(ran.map((item) => item.delayMs)).toEqual([0, 5, 12.5, 30]);
      for (const { delayMs, atMs } of ran) expect(atMs).toBeGreaterThanOrEqual(delayMs);
    });

    it("never runs a cancelled timer, and takes cancelling again", async () => {
      const { clock, until } = make();
      const ran: string[] = [];
      const cancelled = clock.after(5, () => ran.push("cancelled"));
      const kept = clock.after(10, () => {
        ran.push("kept");
        cancelled.cancel();
      });
      cancelled.cancel();
      cancelled.cancel();
      await until(() => ran.length > 0);
      kept.cancel();
      expect(ran).toEqual(["kept"]);
    });

    it("takes a delay of months without running at once", async () => {
      const { clock, until } = make();
      let ran = false;
      const timer = clock.after(2 ** 31 + 1000, () => (ran = true));
      let later = false;
      clock.after(20, () => (later = true));
      await until(() => later);
      expect(ran).toBe(false);
      timer.cancel();
    });

    it("gathers the end of a turn: after its promises, in order; what these add comes later", async () => {
      const { clock, until } = make();
      const order: string[] = [];
      clock.after(0, () => {
        clock.endOfTurn(() => {
          order.push("first");
          clock.endOfTurn(() => order.push("next turn"));
        });
        clock.endOfTurn(() => order.push("second"));
        order.push("turn");
        Promise.resolve().then(() => order.push("promise"));
      });
      await until(() => order.length === 5);
      expect(order).toEqual(["turn", "promise", "first", "second", "next turn"]);
    });

    it("measures durations forward, and tells a wall time that people know", async () => {
      const { clock, until } = make();
      const before = clock.monotonicMs();
      const wall = clock.wallMs();
      let done = false;
      clock.after(20, () => (done = true));
      await until(() => done);
      expect(clock.monotonicMs()).toBeGreaterThan(before);
      expect(clock.wallMs()).toBeGreaterThanOrEqual(wall + 15);
      expect(Number.isInteger(wall)).toBe(true);
      expect(wall).toBeGreaterThan(Date.UTC(2024, 0));
    });
  });

  describe(`random: ${name}`, () => {
    it("spreads over its ranges", () => {
      const { random } = make();
      let high = 0;
      let half = 0;
      for (let i = 0; i < 4000; i++) {
        const word = random.uint32();
        expect(Number.isInteger(word) && word >= 0 && word < 2 ** 32).toBe(true);
        if (word >= 2 ** 31) high++;
        const part = random.float();
        expect(part >= 0 && part < 1).toBe(true);
        if (part >= 0.5) half++;
      }
      // 4000 throws of a coin: six standard deviations are 190.
      expect(Math.abs(high - 2000)).toBeLessThan(190);
      expect(Math.abs(half - 2000)).toBeLessThan(190);
    });

    it("gives bytes that belong to the caller", () => {
      const { random } = make();
      for (const length of [0, 1, 7, 16, 10_000]) expect(random.bytes(length)).toHaveLength(length);
      const first = random.bytes(32);
      const copy = Uint8Array.from(first);
      const second = random.bytes(32);
      expect(first).toEqual(copy);
      expect(second).not.toEqual(first);
      expect(new Set(random.bytes(4096)).size).toBeGreaterThan(200);
    });
  });
}

clockContract("real", () => ({
  clock: realClock(),
  random: realRandom(),
  until: async (condition) => {
    const deadline = Date.now() + 10_000;
    while (!condition()) {
      if (Date.now() > deadline) throw new Error("the condition did not come true");
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  },
}));

clockContract("virtual", () => {
  const world = createVirtualWorld({ seed: 7 });
  const { clock, random } = world.addNode("n1").env;
  return {
    clock,
    random,
    until: async (condition) => {
      expect(await world.runUntil(condition, { withinMs: 60_000 })).toBe("done");
    },
  };
});

describe("the real clock alone", () => {
  it("does not keep a process alive with a pending timer", () => {
    const path = fileURLToPath(new URL("../../base/real/clock.ts", import.meta.url));
    const script = `import { realClock } from ${JSON.stringify(path)}; realClock().after(60_000, () => {});`;
    const started = Date.now();
    execFileSync(process.execPath, ["--input-type=module", "-e", script], { timeout: 20_000 });
    expect(Date.now() - started).toBeLessThan(20_000);
  });
});
