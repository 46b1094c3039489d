// test: one life of an embedded broker: pauses keep order, the end is final, and an error ends it.
import { describe, expect, it } from "vitest";
import { realClock } from "../../base/real/clock.ts";
import { BrokerLife, LifeOverError, settled } from "./broker-life.ts";
import { GatedClock } from "./gated-clock.ts";

function newLife(): { life: BrokerLife; halts: string[] } {
  const halts: string[] = [];
  const clock = realClock();
  const life = new BrokerLife({ name: "broker-1", clock, onHalt: (reason) => void halts.push(reason) });
  return { life, halts };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const killed = { kind: "killed", reason: "it was killed" } as const;

async function turnsUntil(condition: () => boolean): Promise<void> {
  for (let turns = 0; !condition(); turns++) {
    if (turns > 1_000) throw new Error("it did not come about within 1000 turns");
    await turn();
  }
}

describe("a life", () => {
  it("runs what comes at once, and after a pause what came in it, in order", async () => {
    const { life } = newLife();
    const ran: number[] = [];
    life.deliver(() => ran.push(1));
    expect(ran).toEqual([1]);
    life.pause();
    for (const n of [2, 3]) life.deliver(() => ran.push(n));
    await turn();
    expect(ran).toEqual([1]);
    life.resume();
    life.deliver(() => ran.push(4));
    expect(ran).toEqual([1]);
    await turnsUntil(() => life.runsAtOnce);
    expect(ran).toEqual([1, 2, 3, 4]);
    life.deliver(() => ran.push(5));
    expect(ran).toEqual([1, 2, 3, 4, 5]);
  });

  it("lets promises settle between what waited, as they would have", async () => {
    const { life } = newLife();
    const ran: string[] = [];
    life.pause();
    life.deliver(() => void Promise.resolve().then(() => ran.push("promise of the first")));
    life.deliver(() => ran.push("second"));
    life.resume();
    await turnsUntil(() => ran.length === 2);
    expect(ran).toEqual(["promise of the first", "second"]);
  });

  it("can be paused again while it catches up", async () => {
    const { life } = newLife();
    const ran: number[] = [];
    life.pause();
    life.deliver(() => {
      ran.push(1);
      life.pause();
    });
    life.deliver(() => ran.push(2));
    life.resume();
    for (let turns = 0; turns < 5; turns++) await turn();
    expect(ran).toEqual([1]);
    life.resume();
    await turnsUntil(() => ran.length === 2);
  });

  it("runs nothing after its end, and lets go of what it held", async () => {
    const { life } = newLife();
    const let_go: string[] = [];
    life.atEnd(() => void let_go.push("file"));
    life.atEnd(async () => {
      await turn();
      let_go.push("store");
    });
    life.atEnd(() => void let_go.push("taken back"))();
    life.pause();
    life.deliver(() => let_go.push("never"));
    await life.end(killed);
    expect(let_go).toEqual(["file", "store"]);
    expect(await life.over).toEqual(killed);
    life.resume();
    life.deliver(() => let_go.push("never"));
    life.atEnd(() => void let_go.push("late"));
    await turn();
    expect(let_go).toEqual(["file", "store", "late"]);
    expect(() => life.check()).toThrow(LifeOverError);
  });

  it("leaves a promise open whose answer comes after its end", async () => {
    const { life } = newLife();
    const { promise, resolve } = Promise.withResolvers<number>();
    let answer = 0;
    void settled(life, promise).then((value) => (answer = value));
    await life.end(killed);
    resolve(7);
    await turn();
    expect(answer).toBe(0);
  });

  it("ends by an error that nobody catches, and by its own halt", async () => {
    const one = newLife();
    one.life.deliver(() => {
      throw new Error("a bug");
    });
    expect(one.halts).toHaveLength(1);
    expect((await one.life.over).reason).toContain("a bug");
    const other = newLife();
    other.life.deliver(() => other.life.halt("no disk"));
    expect(other.halts).toEqual(["no disk"]);
    expect(await other.life.over).toEqual({ kind: "halted", reason: "no disk" });
  });

  it("stops its timers with itself, and lets overdue ones run after a pause", async () => {
    const { life } = newLife();
    const clock = new GatedClock(realClock({ keepsAlive: true }), life);
    const ran: string[] = [];
    life.pause();
    clock.after(1, () => ran.push("overdue"));
    clock.after(1, () => ran.push("cancelled")).cancel();
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(ran).toEqual([]);
    life.resume();
    await turnsUntil(() => ran.length > 0);
    clock.after(1, () => ran.push("after the end"));
    clock.endOfTurn(() => ran.push("after the end"));
    await life.end(killed);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(ran).toEqual(["overdue"]);
    expect(() => clock.after(1, () => {})).toThrow(LifeOverError);
  });
});
