// test: the Network port, held by the real adapter and by the simulated one. What only the simulated one can
// show (faults, poisoned chunks) stands in base/virtual/network.test.ts.
import { describe, expect, it } from "vitest";
import type { Listener, Network, Socket } from "../../base/ports/network.ts";
import { realNetwork } from "../../base/real/network.ts";
import { createVirtualWorld } from "../../base/virtual/world.ts";

interface Subject {
  server: Network;
  client: Network;
  host: string;
  settle: <T>(promise: Promise<T>) => Promise<T>;
  until: (condition: () => boolean) => Promise<void>;
}

/** An end that keeps copies of all it hears. */
class Ear {
  readonly socket: Socket;
  received = Buffer.alloc(0);
  chunks = 0;
  drains = 0;
  closes: (Error | null)[] = [];

  constructor(socket: Socket) {
    this.socket = socket;
    socket.start({
      onData: (chunk) => {
        expect(this.closes).toEqual([]);
        this.chunks++;
        this.received = Buffer.concat([this.received, chunk]);
      },
      onDrain: () => {
        this.drains++;
      },
      onClose: (error) => {
        this.closes.push(error);
      },
    });
  }
}

async function connectPair(subject: Subject): Promise<{ near: Ear; far: Ear; listener: Listener }> {
  const accepted: Ear[] = [];
  const listener = await subject.settle(
    subject.server.listen({
      host: subject.host,
      port: 0,
      onConnection: (socket) => accepted.push(new Ear(socket)),
    }),
  );
  const { host, port } = listener.address;
  const connecting = subject.client
    .connect({ host, port, timeoutMs: 5000 })
    .then((socket) => new Ear(socket));
  const near = await subject.settle(connecting);
  await subject.until(() => accepted.length === 1);
  return { near, far: accepted[0]!, listener };
}

async function finish(subject: Subject, pair: { near: Ear; far: Ear; listener: Listener }): Promise<void> {
  pair.near.socket.destroy();
  pair.far.socket.destroy();
  await subject.until(() => pair.near.closes.length === 1 && pair.far.closes.length === 1);
  await subject.settle(pair.listener.close());
}

function networkContract(name: string, make: () => Subject): void {
  describe(`network: ${name}`, () => {
    streamContract(make);
    endContract(make);
    listenContract(make);
  });
}

function streamContract(make: () => Subject): void {
  it("carries bytes both ways, in order, however they are cut", async () => {
    const subject = make();
    const pair = await connectPair(subject);
    const sent = Buffer.alloc(700_000, 0).map((_, index) => (index * 7 + (index >> 8)) & 255) as Buffer;
    for (let at = 0; at < sent.length; at += 35_000) {
      pair.near.socket.write([
        sent.subarray(at, at + 1),
        Buffer.alloc(0),
        sent.subarray(at + 1, at + 35_000),
      ]);
      pair.far.socket.write([sent.subarray(at, at + 35_000)]);
    }
    await subject.until(() => pair.near.received.length + pair.far.received.length >= 2 * sent.length);
    expect(pair.near.received.equals(sent)).toBe(true);
    expect(pair.far.received.equals(sent)).toBe(true);
    expect(pair.near.socket.remote).toEqual(pair.listener.address);
    await finish(subject, pair);
  });

  it("holds a writer back while the reader pauses, and tells it when to go on", async () => {
    const subject = make();
    const pair = await connectPair(subject);
    pair.far.socket.pause();
    let sentBytes = 0;
    let mayWrite = true;
    for (let i = 0; i < 1000 && mayWrite; i++) {
      mayWrite = pair.near.socket.write([Buffer.alloc(100_000, i)]);
      sentBytes += 100_000;
    }
    expect(mayWrite).toBe(false);
    expect(pair.near.socket.pendingBytes()).toBeGreaterThan(0);
    expect(pair.near.drains).toBe(0);
    const before = pair.far.received.length;
    expect(before).toBeLessThan(sentBytes);
    pair.far.socket.resume();
    await subject.until(() => pair.far.received.length === sentBytes && pair.near.drains === 1);
    expect(pair.near.socket.pendingBytes()).toBe(0);
    await finish(subject, pair);
  });
}

function endContract(make: () => Subject): void {
  it("end sends what is queued, then both ends are over without error", async () => {
    const subject = make();
    const pair = await connectPair(subject);
    const sent = Buffer.alloc(900_000, 1);
    pair.near.socket.write([sent]);
    pair.near.socket.end();
    expect(pair.near.socket.write([Buffer.from("too late")])).toBe(true);
    await subject.until(() => pair.near.closes.length === 1 && pair.far.closes.length === 1);
    expect(pair.far.received.length).toBe(sent.length);
    expect([pair.near.closes, pair.far.closes]).toEqual([[null], [null]]);
    pair.near.socket.end();
    pair.near.socket.destroy();
    expect(pair.far.socket.write([Buffer.from("too late")])).toBe(true);
    await subject.settle(pair.listener.close());
  });

  it("an end that hears the other's end still sends what it has queued", async () => {
    const subject = make();
    const pair = await connectPair(subject);
    pair.near.socket.pause();
    const sent = Buffer.alloc(3_000_000, 2);
    pair.far.socket.write([sent]);
    pair.near.socket.end();
    pair.near.socket.resume();
    await subject.until(() => pair.near.closes.length === 1 && pair.far.closes.length === 1);
    expect(pair.near.received.length).toBe(sent.length);
    await subject.settle(pair.listener.close());
  });

  it("destroy closes at once, once, and the other end hears of it", async () => {
    const subject = make();
    const pair = await connectPair(subject);
    pair.near.socket.destroy();
    expect(pair.near.closes).toEqual([]);
    pair.near.socket.destroy();
    pair.far.socket.write([Buffer.from("unheard")]);
    await subject.until(() => pair.near.closes.length === 1 && pair.far.closes.length === 1);
    expect(pair.near.closes).toEqual([null]);
    expect(pair.near.received.length).toBe(0);
    await finish(subject, pair);
    expect(pair.near.closes).toEqual([null]);
  });

  it("lets data wait for start, and a close too", async () => {
    const subject = make();
    const accepted: Ear[] = [];
    const listener = await subject.settle(
      subject.server.listen({
        host: subject.host,
        port: 0,
        onConnection: (socket) => {
          socket.write([Buffer.from("welcome")]);
          accepted.push(new Ear(socket));
          socket.end();
        },
      }),
    );
    const connecting = subject.client
      .connect({ ...listener.address, timeoutMs: 5000 })
      .then((socket) => new Ear(socket));
    const near = await subject.settle(connecting);
    await subject.until(() => near.closes.length === 1 && accepted[0]?.closes.length === 1);
    expect(near.received.toString()).toBe("welcome");
    await subject.settle(listener.close());
  });
}

function listenContract(make: () => Subject): void {
  it("refuses where nobody listens, and a port that is taken", async () => {
    const subject = make();
    const options = { host: subject.host, port: 0, onConnection: () => {} };
    const listener = await subject.settle(subject.server.listen(options));
    const { port } = listener.address;
    expect(port).toBeGreaterThan(0);
    await expect(subject.settle(subject.server.listen({ ...options, port }))).rejects.toMatchObject({
      code: "EADDRINUSE",
    });
    await subject.settle(listener.close());
    const again = subject.client.connect({ host: listener.address.host, port, timeoutMs: 5000 });
    await expect(subject.settle(again)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    const second = await subject.settle(subject.server.listen({ ...options, port }));
    await subject.settle(second.close());
  });

  it("keeps open connections when it stops listening", async () => {
    const subject = make();
    const pair = await connectPair(subject);
    await subject.settle(pair.listener.close());
    pair.far.socket.write([Buffer.from("still here")]);
    await subject.until(() => pair.near.received.toString() === "still here");
    await finish(subject, pair);
  });
}

networkContract("real", () => ({
  server: realNetwork(),
  client: realNetwork(),
  host: "127.0.0.1",
  settle: (promise) => promise,
  until: async (condition) => {
    const deadline = Date.now() + 10_000;
    while (!condition()) {
      if (Date.now() > deadline) throw new Error("the condition did not come true");
      await new Promise((resolve) => setImmediate(resolve));
    }
  },
}));

for (const seed of [1, 2, 3, 4, 5]) {
  networkContract(`virtual, seed ${seed}`, () => {
    const world = createVirtualWorld({ seed });
    return {
      server: world.addNode("n1").env.network,
      client: world.addNode("client1").env.network,
      host: "n1",
      settle: (promise) => world.run(promise),
      until: async (condition) => {
        expect(await world.runUntil(condition, { withinMs: 60_000 })).toBe("done");
      },
    };
  });
}
