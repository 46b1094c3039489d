// test: the peer door and its caller over real sockets, with a PeerApi made for the purpose: calls, streams,
// their ends, a server that dies, a peer that is not there, and the health service.
import { Client, credentials, status } from "@grpc/grpc-js";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Log } from "../../base/ports/log.ts";
import type { PeerApi, PeerCaller, PeerStream, PullData, PullPositions } from "../../proto/peer/peer-api.ts";
import { grpcPeers } from "./caller.ts";
import { methodOf, peerDefinitions } from "./definitions.ts";
import { type PeerServer, startPeerServer } from "./server.ts";

type Received<Out, In> = { stream: PeerStream<Out, In>; messages: In[]; closed: (Error | null)[] };

function receive<Out, In>(stream: PeerStream<Out, In>): Received<Out, In> {
  const received: Received<Out, In> = { stream, messages: [], closed: [] };
  stream.start({
    onMessage: (message) => void received.messages.push(message),
    onClose: (error) => void received.closed.push(error),
  });
  return received;
}

const noLog: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => noLog };

function refuse(): never {
  throw new Error("not in this test");
}

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function serve(api: Partial<PeerApi>, port = 0): Promise<PeerServer & { serving: { now: boolean } }> {
  const all: PeerApi = {
    forward: refuse,
    registerBroker: refuse,
    alterPartition: refuse,
    allocateProducerIds: refuse,
    session: refuse,
    raft: refuse,
    pull: refuse,
    ...api,
  };
  const serving = { now: true };
  const process = { bootId: "", halt: refuse };
  const options = { api: all, host: "127.0.0.1", port, log: noLog, process, isServing: () => serving.now };
  const server = await startPeerServer(options);
  closers.push(() => server.close());
  return { ...server, serving };
}

function connect(port: number): PeerCaller {
  const caller = grpcPeers.connect({ nodeId: 1, host: "127.0.0.1", port });
  closers.push(() => caller.close());
  return caller;
}

async function pullPair(): Promise<{
  up: Received<PullPositions, PullData>;
  down: Received<PullData, PullPositions>;
  server: PeerServer;
  caller: PeerCaller;
}> {
  const opened: Received<PullData, PullPositions>[] = [];
  const server = await serve({ pull: (stream) => void opened.push(receive(stream)) });
  const caller = connect(server.address.port);
  const up = receive(caller.openPull());
  up.stream.send({ nodeId: 1, brokerEpoch: 5, receivedBytes: 0, positions: [] });
  await vi.waitFor(() => expect(opened[0]?.messages).toHaveLength(1));
  return { up, down: opened[0]!, server, caller };
}

const part = (records: Uint8Array, readOffset: number) => ({
  topicId: "AAAAAAAAAAAAAAAAAAAAAA",
  partition: 1,
  leaderEpoch: 2,
  errorCode: 0,
  highWatermark: 3,
  logStartOffset: 0,
  divergingEpoch: -1,
  divergingEnd: -1,
  round: 1,
  readOffset,
  records,
});

describe("calls between brokers", () => {
  it("carry requests there and answers back", async () => {
    const server = await serve({
      forward: async ({ apiKey, body }) => ({ errorCode: 0, body: Buffer.from([apiKey, ...body]) }),
      registerBroker: async ({ rack }) => ({ errorCode: 0, errorMessage: String(rack), brokerEpoch: 9 }),
    });
    const caller = connect(server.address.port);
    const request = { apiKey: 19, apiVersion: 7, clientId: "c", body: Uint8Array.of(1, 2) };
    const answer = await caller.forward(request, { timeoutMs: 5000 });
    expect([...answer.body]).toEqual([19, 1, 2]);
    const registration = {
      nodeId: 1,
      clusterId: "c",
      incarnationId: "i",
      listeners: [{ name: "PLAINTEXT", host: "h", port: 1 }],
      peerHost: "h",
      peerPort: 2,
      rack: null,
      directoryIds: [],
      uncleanDirectoryIds: [],
    };
    const registered = await caller.registerBroker(registration, { timeoutMs: 5000 });
    expect(registered).toEqual({ errorCode: 0, errorMessage: "null", brokerEpoch: 9 });
  });

  it("fail when their time is up, when they throw, and when nobody is there", async () => {
    const server = await serve({
      forward: () => new Promise(() => {}),
      allocateProducerIds: async () => Promise.reject(new Error("broken disk")),
    });
    const caller = connect(server.address.port);
    const request = { apiKey: 0, apiVersion: 0, clientId: "", body: new Uint8Array(0) };
    await expect(caller.forward(request, { timeoutMs: 100 })).rejects.toThrow(/Forward to .*Deadline/i);
    const ids = { nodeId: 1, brokerEpoch: 1 };
    await expect(caller.allocateProducerIds(ids, { timeoutMs: 5000 })).rejects.toThrow("broken disk");
    const { port } = server.address;
    await server.close();
    await expect(caller.allocateProducerIds(ids, { timeoutMs: 5000 })).rejects.toThrow(`127.0.0.1:${port}`);
  });

  it("end when the caller is closed", async () => {
    const server = await serve({ forward: () => new Promise(() => {}) });
    const caller = connect(server.address.port);
    const request = { apiKey: 0, apiVersion: 0, clientId: "", body: new Uint8Array(0) };
    const failed = expect(caller.forward(request, { timeoutMs: 60_000 })).rejects.toThrow();
    setTimeout(() => caller.close(), 50);
    await failed;
  });
});

describe("streams between brokers", () => {
  it("carry messages both ways, in order, large ones too", async () => {
    const { up, down } = await pullPair();
    const count = 40;
    const records = Buffer.alloc(1024 * 1024, 7);
    for (let at = 0; at < count; at++) down.stream.send({ parts: [part(records, at)] });
    await vi.waitFor(() => expect(up.messages).toHaveLength(count), { timeout: 10_000 });
    expect(up.messages.map(({ parts }) => parts[0]!.readOffset)).toEqual([...records.keys()].slice(0, count));
    expect(Buffer.compare(up.messages[count - 1]!.parts[0]!.records, records)).toBe(0);
    for (let at = 0; at < 500; at++) {
      up.stream.send({ nodeId: 1, brokerEpoch: 5, receivedBytes: at, positions: [] });
    }
    await vi.waitFor(() => expect(down.messages).toHaveLength(501));
    expect(down.messages.at(-1)!.receivedBytes).toBe(499);
  });

  it("end at both ends when one closes, after what it sent", async () => {
    const first = await pullPair();
    first.up.stream.send({ nodeId: 1, brokerEpoch: 6, receivedBytes: 1, positions: [] });
    first.up.stream.close();
    await vi.waitFor(() => expect(first.down.closed).toEqual([null]));
    expect(first.down.messages.at(-1)!.brokerEpoch).toBe(6);
    expect(first.up.closed).toEqual([null]);

    const second = await pullPair();
    second.down.stream.send({ parts: [part(Buffer.from("last"), 1)] });
    second.down.stream.close();
    second.down.stream.send({ parts: [] });
    await vi.waitFor(() => expect(second.up.closed).toEqual([null]));
    expect(second.up.messages).toHaveLength(1);
    await vi.waitFor(() => expect(second.down.closed).toEqual([null]));
  });

  it("end at once when the other side dies, and say so", async () => {
    const { up, down, server } = await pullPair();
    const startedMs = performance.now();
    await server.close();
    await vi.waitFor(() => expect(up.closed).toHaveLength(1));
    await vi.waitFor(() => expect(down.closed).toHaveLength(1));
    expect(up.closed[0]).toBeInstanceOf(Error);
    expect(performance.now() - startedMs).toBeLessThan(1500);
    up.stream.send({ nodeId: 1, brokerEpoch: 6, receivedBytes: 1, positions: [] });
    up.stream.close();
    expect(up.closed).toHaveLength(1);
  });

  it("end at both ends when the caller is closed", async () => {
    const { up, down, caller } = await pullPair();
    caller.close();
    await vi.waitFor(() => expect(down.closed).toHaveLength(1));
    expect(up.closed).toHaveLength(1);
  });

  it("end at once when nobody listens, and work again soon after somebody does", async () => {
    const gone = await serve({});
    const { port } = gone.address;
    await gone.close();
    const caller = connect(port);
    const failed = receive(caller.openRaft());
    await vi.waitFor(() => expect(failed.closed[0]).toBeInstanceOf(Error));
    const opened: unknown[] = [];
    await serve({ raft: (stream) => void opened.push(receive(stream)) }, port);
    const startedMs = performance.now();
    while (opened.length === 0) {
      const attempt = receive(caller.openRaft());
      await vi.waitFor(() => expect(attempt.closed.length + opened.length).toBeGreaterThan(0));
    }
    expect(performance.now() - startedMs).toBeLessThan(3000);
  });

  it("are answered at once: until then the sender would keep all that it sends", async () => {
    const server = await serve({ raft: (stream) => void receive(stream) });
    const client = new Client(`127.0.0.1:${server.address.port}`, credentials.createInsecure());
    closers.push(() => client.close());
    const method = methodOf(peerDefinitions().consensus, "Raft");
    const call = client.makeBidiStreamRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
    );
    call.on("error", () => {});
    closers.push(() => call.cancel());
    await new Promise((resolve) => call.once("metadata", resolve));
  });

  it("are given up by a side whose queue passes the bound", async () => {
    const { up, down } = await pullPair();
    const records = Buffer.alloc(60 * 1024 * 1024);
    for (let at = 0; at < 4; at++) down.stream.send({ parts: [part(records, at)] });
    await vi.waitFor(() => expect(down.closed).toHaveLength(1));
    expect(String(down.closed[0])).toContain("queued");
    up.stream.close();
  });
});

describe("the peer door", () => {
  it("says which port is in use", async () => {
    const server = await serve({});
    const failed = serve({}, server.address.port);
    await expect(failed).rejects.toMatchObject({ code: "EADDRINUSE" });
  });

  it("answers the standard health service", async () => {
    const server = await serve({});
    const client = new Client(`127.0.0.1:${server.address.port}`, credentials.createInsecure());
    closers.push(() => client.close());
    const method = methodOf(peerDefinitions().health, "Check");
    const check = (service: string): Promise<unknown> =>
      new Promise((resolve) =>
        client.makeUnaryRequest(
          method.path,
          method.requestSerialize,
          method.responseDeserialize,
          { service },
          (error, answer) => resolve(error?.code ?? answer),
        ),
      );
    expect(await check("")).toEqual({ status: "SERVING" });
    server.serving.now = false;
    expect(await check("ottla.peer.v1.Consensus")).toEqual({ status: "NOT_SERVING" });
    expect(await check("nothing")).toBe(status.NOT_FOUND);
  });
});
