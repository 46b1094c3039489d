// test: connections with clients lose and reorder no byte, whatever pauses and cuts come between, over real
// sockets.
import { afterEach, expect, it } from "vitest";
import type { Listener, Socket } from "../../base/ports/network.ts";
import { realClock } from "../../base/real/clock.ts";
import { realNetwork } from "../../base/real/network.ts";
import { createVirtualWorld } from "../../base/virtual/world.ts";
import { BrokerLife } from "./broker-life.ts";
import { ClientCut } from "./client-cut.ts";
import { gatedNetwork } from "./gated-network.ts";

const host = "127.0.0.1";
const killed = { kind: "killed", reason: "it was killed" } as const;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const clients: Socket[] = [];
let life: BrokerLife;
let cut: ClientCut;

async function serve(onConnection: (socket: Socket) => void): Promise<Listener> {
  life = new BrokerLife({ name: "broker-1", clock: realClock(), onHalt: () => {} });
  cut = new ClientCut();
  return gatedNetwork(realNetwork(), { life, cut }).listen({ host, port: 0, onConnection });
}

async function connect(port: number): Promise<{ socket: Socket; heard: Buffer[]; closed: Promise<void> }> {
  const socket = await realNetwork().connect({ host, port, timeoutMs: 1_000 });
  clients.push(socket);
  const heard: Buffer[] = [];
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  socket.start({
    onData: (chunk) => void heard.push(Buffer.from(chunk)),
    onDrain: () => {},
    onClose: () => resolve(),
  });
  return { socket, heard, closed };
}

afterEach(async () => {
  for (const socket of clients.splice(0)) socket.destroy();
  await life.end(killed);
});

it("echoes every byte in order through random pauses, cuts and back-pressure", async () => {
  const { address } = await serve((socket) => {
    let isFull = false;
    socket.start({
      onData: (chunk) => {
        isFull = !socket.write([new Uint8Array(chunk)]);
        if (isFull) socket.pause();
      },
      onDrain: () => socket.resume(),
      onClose: () => {},
    });
  });
  const random = createVirtualWorld({ seed: 7 }).random;
  const client = await connect(address.port);
  const sent: Buffer[] = [];
  let sentBytes = 0;
  const heardBytes = (): number => client.heard.reduce((sum, chunk) => sum + chunk.length, 0);
  for (let step = 0; step < 400; step++) {
    const bytes = Buffer.alloc(random.below(40_000), step);
    sent.push(bytes);
    sentBytes += bytes.length;
    client.socket.write([bytes]);
    const what = random.below(6);
    if (what === 0) life.pause();
    if (what === 1) cut.set(true);
    if (what === 2) life.resume();
    if (what === 3) cut.set(false);
    if (step % 7 === 0) await wait(1);
    else await turn();
  }
  life.resume();
  cut.set(false);
  for (let i = 0; heardBytes() < sentBytes && i < 500; i++) await wait(5);
  expect(heardBytes()).toBe(sentBytes);
  expect(Buffer.compare(Buffer.concat(client.heard), Buffer.concat(sent))).toBe(0);
});

it("announces who connects during a pause afterwards, and resets who is there at the end", async () => {
  const accepted: Socket[] = [];
  const { address } = await serve((socket) => {
    accepted.push(socket);
    socket.start({ onData: () => {}, onDrain: () => {}, onClose: () => {} });
  });
  life.pause();
  const early = await connect(address.port);
  await wait(10);
  expect(accepted).toHaveLength(0);
  life.resume();
  for (let i = 0; accepted.length === 0 && i < 100; i++) await wait(1);
  expect(accepted).toHaveLength(1);
  life.pause();
  const never = await connect(address.port);
  await wait(10);
  await life.end(killed);
  await Promise.all([early.closed, never.closed]);
  expect(accepted).toHaveLength(1);
  await expect(connect(address.port)).rejects.toThrow();
});

it("tells the broker of the end it made, and the client once it can be reached", async () => {
  const ends: (Error | null)[] = [];
  const accepted: Socket[] = [];
  const { address } = await serve((socket) => {
    accepted.push(socket);
    socket.start({ onData: () => {}, onDrain: () => {}, onClose: (error) => void ends.push(error) });
  });
  const client = await connect(address.port);
  for (let i = 0; accepted.length === 0 && i < 100; i++) await wait(1);
  cut.set(true);
  accepted[0]!.write([Buffer.from("held")]);
  accepted[0]!.end();
  await wait(10);
  expect(client.heard).toEqual([]);
  cut.set(false);
  await client.closed;
  expect(Buffer.concat(client.heard).toString()).toBe("held");
  const second = await connect(address.port);
  for (let i = 0; accepted.length === 1 && i < 100; i++) await wait(1);
  cut.set(true);
  const before = ends.length;
  accepted[1]!.destroy();
  await turn();
  expect(ends.slice(before)).toEqual([null]);
  let isOver = false;
  void second.closed.then(() => (isOver = true));
  await wait(10);
  expect(isOver).toBe(false);
  cut.set(false);
  await second.closed;
});
