// test: the simulated world as a whole: one seed, one trace; lives that end; ambient time that throws.
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import type { Env } from "../ports/env.ts";
import { AmbientError, forbidAmbient } from "./ambient.ts";
import { RevokedError } from "./life.ts";
import { watchRejections } from "./rejections.ts";
import { SeededRandom } from "./seeded-random.ts";
import { createVirtualWorld, type VirtualWorld, virtualEnv } from "./world.ts";

/** A little of everything, for a while, with a crash in the middle. */
async function liveALittle(world: VirtualWorld): Promise<void> {
  for (const name of ["n1", "n2"]) serve(world.addNode(name).start());
  const talk = (env: Env, to: string): void => {
    env.network.connect({ host: to, port: 1, timeoutMs: 300 }).then(
      (socket) => {
        socket.start({ onData: () => {}, onDrain: () => {}, onClose: () => {} });
        socket.write([env.random.bytes(2000)]);
        socket.end();
      },
      (error: Error) => env.log.warn({ error }, "no connection"),
    );
  };
  const client = world.addNode("client").start();
  for (let i = 0; i < 30; i++) client.clock.after(i * 7, () => talk(client, i % 2 === 0 ? "n1" : "n2"));
  await world.runFor(80);
  world.node("n1").crash({ kind: "power" });
  await world.runFor(50);
  serve(world.node("n1").start());
  await world.runFor(500);
}

function serve(env: Env): void {
  env.disk.makeDirectory("/data");
  const file = env.disk.open("/data/f", { create: true });
  void env.network.listen({
    host: "0.0.0.0",
    port: 1,
    onConnection: (socket) =>
      socket.start({
        onData: (chunk) => {
          file.writeAt([chunk], file.size());
          file.sync().then(
            () => env.log.info({ size: file.size() }, "synced"),
            () => {},
          );
        },
        onDrain: () => {},
        onClose: () => {},
      }),
  });
}

async function traceOf(seed: number): Promise<{ hash: string; lines: string[] }> {
  const lines: string[] = [];
  const world = createVirtualWorld({ seed, onTrace: (line) => lines.push(line) });
  await liveALittle(world);
  return { hash: world.traceHash(), lines };
}

describe("a world", () => {
  it("does the same again for the same seed, and something else for another", async () => {
    const first = await traceOf(1);
    const second = await traceOf(1);
    const other = await traceOf(2);
    expect(first.lines.length).toBeGreaterThan(300);
    expect(second.lines).toEqual(first.lines);
    expect(second.hash).toBe(first.hash);
    expect(other.hash).not.toBe(first.hash);
  });

  it("keeps machines' luck apart: what one draws does not change another's", () => {
    const draw = (extra: number): number => {
      const world = createVirtualWorld({ seed: 1 });
      const greedy = world.addNode("greedy").env;
      for (let i = 0; i < extra; i++) greedy.random.uint32();
      return world.addNode("n1").env.random.uint32();
    };
    expect(draw(100)).toBe(draw(0));
  });

  it("hands an error of an event to whoever runs the world", async () => {
    const { world, env } = virtualEnv({ seed: 1 });
    env.clock.after(5, () => {
      throw new Error("broken");
    });
    await expect(world.runFor(10)).rejects.toThrow("broken");
  });

  it("says so when a promise can never settle", async () => {
    const { world } = virtualEnv({ seed: 1 });
    await expect(world.run(new Promise(() => {}))).rejects.toThrow("has not settled");
  });

  it("settles all that an event settled before the next event", async () => {
    const { world, env } = virtualEnv({ seed: 1 });
    const order: string[] = [];
    for (const name of ["a", "b"]) {
      env.clock.endOfTurn(() => order.push(name));
      world.scheduler.after(0, {
        label: "test",
        life: null,
        run: () => {
          let chain = Promise.resolve();
          for (let i = 0; i < 50; i++) chain = chain.then(() => {});
          void chain.then(() => order.push(`${name} settled`));
          order.push(`${name} ran`);
        },
      });
    }
    await world.runFor(1);
    expect(order).toEqual(["a", "b", "a ran", "a settled", "b ran", "b settled"]);
  });
});

describe("a life", () => {
  it("ends: nothing it waits for settles, no timer runs, files throw, the rest is silent", async () => {
    const { world, node, env } = virtualEnv({ seed: 1 });
    env.disk.makeDirectory("/d");
    const lock = env.disk.lock("/d");
    const file = env.disk.open("/d/f", { create: true });
    const store = await world.run(env.kv.open("/kv"));
    const settled: string[] = [];
    const note = (name: string) => () => settled.push(name);
    file.sync().then(note("sync"), note("sync"));
    store.get("a").then(note("get"), note("get"));
    env.clock.after(1, note("timer"));
    env.clock.endOfTurn(note("turn"));
    node.crash({ kind: "process" });
    file.sync().then(note("later sync"), note("later sync"));
    env.kv.open("/other").then(note("open"), note("open"));
    env.network.connect({ host: "n1", port: 1, timeoutMs: 5 }).then(note("connect"), note("connect"));
    env.clock.after(1, note("later timer"));
    env.log.info({}, "silent");
    expect(() => file.size()).toThrow(RevokedError);
    expect(() => env.disk.list("/")).toThrow(RevokedError);
    lock.release();
    await world.runFor(1000);
    expect(settled).toEqual([]);
    expect(node.start().disk.lock("/d")).toBeDefined();
  });

  it("halts by its own word: the caller goes no further, the reason is kept", async () => {
    const { world, node, env } = virtualEnv({ seed: 1 });
    let wentOn = false;
    const crashes: string[] = [];
    node.onCrash = (kind) => crashes.push(kind);
    env.clock.after(1, () => {
      env.host.halt("the log directory is gone");
      wentOn = true;
    });
    await world.runFor(10);
    expect(wentOn).toBe(false);
    expect(node.halts.map((halt) => halt.reason)).toEqual(["the log directory is gone"]);
    expect([crashes, node.isUp]).toEqual([["process"], false]);
    expect(world.logs.tail(1)).toContain("the log directory is gone");
  });

  it("knows a power cut from a crash of the process by the boot id", () => {
    const { node, env } = virtualEnv({ seed: 1 });
    const first = env.host.bootId;
    node.crash({ kind: "process" });
    expect(node.start().host.bootId).toBe(first);
    node.crash({ kind: "power" });
    expect(node.start().host.bootId).not.toBe(first);
  });

  it("finds resolved writes of a store again, and of the others a prefix", async () => {
    const kept = new Set<number>();
    for (let seed = 0; seed < 30; seed++) {
      const { world, node, env } = virtualEnv({ seed });
      const store = await world.run(env.kv.open("/data/kv"));
      await world.run(store.write([{ key: "k", value: Buffer.from("0") }]));
      for (let i = 1; i <= 4; i++) void store.write([{ key: "k", value: Buffer.from(String(i)) }]);
      node.crash({ kind: "power", cutMode: "lost" });
      const again = await world.run(node.start().kv.open("/data/kv"));
      kept.add(Number(Buffer.from((await world.run(again.get("k")))!)));
    }
    expect([...kept].sort()).toEqual([0, 1, 2, 3, 4]);
  });

  it("sees its wall clock jump, and its monotonic clock go on", async () => {
    const { world, node, env } = virtualEnv({ seed: 1 });
    const wall = env.clock.wallMs();
    const monotonic = env.clock.monotonicMs();
    node.jumpWallClock(-60_000);
    await world.runFor(10);
    expect(env.clock.wallMs()).toBeLessThan(wall);
    expect(env.clock.monotonicMs() - monotonic).toBeCloseTo(10, 1);
  });
});

describe("ambient time and entropy", () => {
  let restore: (() => void) | null = null;
  afterEach(() => {
    restore?.();
    restore = null;
  });

  it("throw while forbidden, and are back afterwards", () => {
    restore = forbidAmbient();
    const forbidden: (() => unknown)[] = [
      () => Date.now(),
      () => new Date(),
      () => Math.random(),
      () => performance.now(),
      () => process.hrtime(),
      () => process.hrtime.bigint(),
      () => setTimeout(() => {}, 1),
      () => setInterval(() => {}, 1),
      () => setImmediate(() => {}),
      () => randomBytes(1),
      () => crypto.randomUUID(),
      () => crypto.getRandomValues(new Uint8Array(1)),
      () => sleep(1),
    ];
    const throwing = forbidden.map((call) => {
      try {
        call();
        return "nothing";
      } catch (error) {
        return error instanceof AmbientError;
      }
    });
    const day = new Date(0).toISOString();
    restore();
    restore = null;
    expect(throwing).toEqual(forbidden.map(() => true));
    expect(day).toBe("1970-01-01T00:00:00.000Z");
    expect(Date.now()).toBeGreaterThan(0);
    expect(new Date()).toBeInstanceOf(Date);
    expect(randomBytes(1)).toHaveLength(1);
    expect(Math.random()).toBeLessThan(1);
  });

  it("are not needed by a world that runs", async () => {
    restore = forbidAmbient();
    const world = createVirtualWorld({ seed: 3 });
    await liveALittle(world);
    restore();
    restore = null;
    expect(world.stats.powerCuts).toBe(1);
  });
});

describe("watchRejections", () => {
  it("hands on what is not the death of a process", () => {
    const seen: unknown[] = [];
    const stop = watchRejections((reason) => seen.push(reason));
    const listener = process.listeners("unhandledRejection").at(-1) as (reason: unknown) => void;
    listener(new RevokedError("n1"));
    listener("a bug");
    stop();
    expect(seen).toEqual(["a bug"]);
    expect(process.listeners("unhandledRejection")).not.toContain(listener);
  });
});

describe("SeededRandom", () => {
  it("is uniform enough, and its forks differ", () => {
    const random = new SeededRandom(42);
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < 10_000; i++) counts[random.below(10)]!++;
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(200);
    expect(random.fork("a").uint32()).not.toBe(random.fork("b").uint32());
    expect(random.fork("a").uint32()).toBe(new SeededRandom(42).fork("a").uint32());
    expect(random.shuffled([1, 2, 3, 4, 5]).sort()).toEqual([1, 2, 3, 4, 5]);
    expect(() => random.pick([])).toThrow();
  });
});
