// test: what only the simulated network can show: black holes, cuts, crashes, poisoned chunks, message links.
import { describe, expect, it } from "vitest";
import type { Socket } from "../ports/network.ts";
import type { PausableLink } from "./links.ts";
import type { VirtualNode } from "./node.ts";
import { createVirtualWorld, type VirtualWorld } from "./world.ts";

class Ear {
  readonly socket: Socket;
  readonly lent: Uint8Array[] = [];
  text = "";
  closes: (string | null)[] = [];

  constructor(socket: Socket) {
    this.socket = socket;
    socket.start({
      onData: (chunk) => {
        this.lent.push(chunk);
        this.text += Buffer.from(chunk).toString("latin1");
      },
      onDrain: () => {},
      onClose: (error) => {
        this.closes.push(error === null ? null : String((error as { code?: string }).code));
      },
    });
  }

  say(text: string): void {
    this.socket.write([Buffer.from(text, "latin1")]);
  }
}

interface Pair {
  world: VirtualWorld;
  a: VirtualNode;
  b: VirtualNode;
  near: Ear;
  far: Ear;
}

async function makePair(seed: number): Promise<Pair> {
  const world = createVirtualWorld({ seed });
  const a = world.addNode("a");
  const b = world.addNode("b");
  let far: Ear | null = null;
  await b.env.network.listen({ host: "0.0.0.0", port: 9, onConnection: (socket) => (far = new Ear(socket)) });
  const connecting = a.env.network.connect({ host: "b", port: 9, timeoutMs: 1000 });
  const near = await world.run(connecting.then((socket) => new Ear(socket)));
  await world.runFor(10);
  return { world, a, b, near, far: far! };
}

describe("black holes", () => {
  it("hold bytes back, one way or both, and give them back in order when healed", async () => {
    const { world, near, far } = await makePair(1);
    world.fabric.blackHole("a", "b");
    near.say("one ");
    far.say("other way");
    await world.runFor(500);
    near.say("two");
    await world.runFor(500);
    expect(far.text).toBe("");
    expect(near.text).toBe("other way");
    world.fabric.heal("a", "b");
    await world.runFor(100);
    expect(far.text).toBe("one two");
    expect(world.stats.stalledDeliveries).toBeGreaterThan(0);
  });

  it("end the sender's connection after a while, the receiver's once the way is open", async () => {
    const { world, near, far } = await makePair(2);
    world.fabric.isolate("b");
    near.say("lost?");
    await world.runFor(25_000);
    expect(near.closes).toEqual(["ETIMEDOUT"]);
    expect(far.closes).toEqual([]);
    world.fabric.healAll();
    await world.runFor(1000);
    expect(far.closes).toEqual(["ECONNRESET"]);
  });

  it("let connects run into their timeout, or through when healed before", async () => {
    const { world, a } = await makePair(3);
    world.fabric.partition("a", "b");
    const startMs = world.scheduler.nowMs;
    const refused = a.env.network.connect({ host: "b", port: 9, timeoutMs: 700 });
    await expect(world.run(refused)).rejects.toMatchObject({ code: "ETIMEDOUT" });
    expect(world.scheduler.nowMs - startMs).toBeCloseTo(700, 0);
    const patient = a.env.network
      .connect({ host: "b", port: 9, timeoutMs: 10_000 })
      .then((socket) => new Ear(socket));
    await world.runFor(1500);
    world.fabric.healAll();
    expect((await world.run(patient)).closes).toEqual([]);
  });
});

describe("cuts and crashes", () => {
  it("a cut loses a suffix only: what arrived is a prefix of what was sent", async () => {
    const lengths = new Set<number>();
    for (let seed = 0; seed < 40; seed++) {
      const { world, near, far } = await makePair(seed);
      world.fabric.setDelay("a", "b", [1, 20]);
      const words = Array.from({ length: 10 }, (_, i) => `<${i}>`);
      for (const word of words) near.say(word);
      world.fabric.reset("a", "b");
      await world.runFor(200);
      expect(words.join("").startsWith(far.text)).toBe(true);
      expect([near.closes, far.closes]).toEqual([["ECONNRESET"], ["ECONNRESET"]]);
      lengths.add(far.text.length);
      expect(world.fabric.connections.size).toBe(0);
    }
    expect(lengths.size).toBeGreaterThan(3);
  });

  it("a process that dies ends its connections soon, and its successor accepts new ones", async () => {
    for (let seed = 0; seed < 20; seed++) {
      const { world, a, b, near, far } = await makePair(seed);
      far.say("last words");
      b.crash({ kind: "process" });
      far.say("said by the dead");
      near.say("unheard");
      await world.runFor(50);
      expect(near.closes).toHaveLength(1);
      expect("last words".startsWith(near.text)).toBe(true);
      expect([far.text, far.closes]).toEqual(["", []]);
      const refused = a.env.network.connect({ host: "b", port: 9, timeoutMs: 500 });
      await expect(world.run(refused)).rejects.toMatchObject({ code: "ECONNREFUSED" });
      await b.start().network.listen({ host: "b", port: 9, onConnection: (socket) => new Ear(socket) });
      const again = a.env.network.connect({ host: "b", port: 9, timeoutMs: 500 });
      expect((await world.run(again.then((socket) => new Ear(socket)))).closes).toEqual([]);
    }
  });

  it("a machine without power is silent; back with power, it resets who still talks", async () => {
    const { world, a, b, near } = await makePair(5);
    b.crash({ kind: "power" });
    near.say("hello?");
    await world.runFor(1000);
    expect(near.closes).toEqual([]);
    const dark = a.env.network.connect({ host: "b", port: 9, timeoutMs: 500 });
    await expect(world.run(dark)).rejects.toMatchObject({ code: "ETIMEDOUT" });
    b.start();
    await world.runFor(50);
    expect(near.closes).toEqual(["ECONNRESET"]);
  });

  it("a machine that stays without power is given up", async () => {
    const { world, b, near } = await makePair(6);
    b.crash({ kind: "power" });
    await world.runFor(20_000);
    expect(near.closes).toEqual(["ETIMEDOUT"]);
  });

  it("a client that dies while it connects leaves nothing behind", async () => {
    for (let seed = 0; seed < 20; seed++) {
      const { world, a, near, far } = await makePair(seed);
      near.socket.destroy();
      await world.runFor(50);
      expect(far.closes).toHaveLength(1);
      void a.env.network.connect({ host: "b", port: 9, timeoutMs: 500 }).then((socket) => new Ear(socket));
      await world.runFor(world.random.between(0, 2));
      a.crash({ kind: "process" });
      await world.runFor(1000);
      expect(world.fabric.connections.size).toBe(0);
    }
  });

  it("a paused process hears everything later, in order", async () => {
    const { world, b, near, far } = await makePair(7);
    b.pause(300);
    near.say("a");
    near.say("b");
    await world.runFor(290);
    expect(far.text).toBe("");
    await world.runFor(50);
    expect(far.text).toBe("ab");
  });
});

describe("buffers", () => {
  it("a chunk that was lent is overwritten after the call", async () => {
    const { world, near, far } = await makePair(1);
    near.say("secret");
    await world.runFor(10);
    expect(far.text).toBe("secret");
    for (const chunk of far.lent) expect([...chunk].every((byte) => byte === 0xdd)).toBe(true);
  });

  it("a buffer changed after it was given away is found", async () => {
    const { world, near } = await makePair(1);
    const buffer = Buffer.from("mine");
    near.socket.write([buffer]);
    buffer.fill("x");
    await expect(world.runFor(10)).rejects.toThrow("should not change after it was given away");
  });

  it("a socket that nobody starts in its turn is found", async () => {
    const { world, a } = await makePair(1);
    void a.env.network.connect({ host: "b", port: 9, timeoutMs: 500 });
    await expect(world.runFor(10)).rejects.toThrow("should have been started");
  });
});

class LinkEar {
  readonly messages: string[] = [];
  readonly closes: (string | null)[] = [];
  drains = 0;

  constructor(link: PausableLink) {
    link.start({
      onMessage: (message) => this.messages.push(Buffer.from(message).toString("latin1")),
      onDrain: () => this.drains++,
      onClose: (error) => {
        this.closes.push(error === null ? null : String((error as { code?: string }).code));
      },
    });
  }
}

describe("links", () => {
  it("carry whole messages in order from the moment they are opened, empty ones too", async () => {
    const world = createVirtualWorld({ seed: 1 });
    const a = world.addNode("a");
    const b = world.addNode("b");
    let far: LinkEar | null = null;
    b.links.listen("raft", (link) => {
      far = new LinkEar(link);
      link.send(Buffer.from("welcome"));
    });
    const link = a.links.open("b", "raft", { timeoutMs: 1000 });
    const near = new LinkEar(link);
    const sent = Array.from({ length: 100 }, (_, i) => "x".repeat((i * 37) % 5000));
    for (const message of sent) link.send(Buffer.from(message));
    link.end();
    await world.runFor(1000);
    expect(far!.messages).toEqual(sent);
    expect(near.messages).toEqual(["welcome"]);
    expect([near.closes, far!.closes]).toEqual([[null], [null]]);
    expect(world.fabric.connections.size).toBe(0);
  });

  it("hold a sender back", async () => {
    const world = createVirtualWorld({ seed: 1 });
    const a = world.addNode("a");
    const b = world.addNode("b");
    let got = 0;
    b.links.listen("pull", (link) => link.start({ onMessage: () => got++, onClose: () => {} }));
    const link = a.links.open("b", "pull", { timeoutMs: 1000 });
    const near = new LinkEar(link);
    let count = 0;
    while (link.send(new Uint8Array(50_000))) count++;
    expect(count).toBeLessThan(20);
    await world.runFor(100);
    expect(near.drains).toBe(1);
    expect(got).toBe(count + 1);
  });

  it("close with an error where nobody listens, and while the machine is dark", async () => {
    const world = createVirtualWorld({ seed: 1 });
    const a = world.addNode("a");
    const b = world.addNode("b");
    b.start();
    const refused = new LinkEar(a.links.open("b", "raft", { timeoutMs: 1000 }));
    await world.runFor(10);
    expect(refused.closes).toEqual(["ECONNREFUSED"]);
    b.crash({ kind: "power" });
    const dark = new LinkEar(a.links.open("b", "raft", { timeoutMs: 1000 }));
    await world.runFor(2000);
    expect(dark.closes).toEqual(["ETIMEDOUT"]);
    const unknown = new LinkEar(a.links.open("nobody", "raft", { timeoutMs: 1000 }));
    await world.runFor(10);
    expect(unknown.closes).toEqual(["ENOTFOUND"]);
  });
});
