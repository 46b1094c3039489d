// test: the Kafka door on the simulated network: order of answers, what is refused, back-pressure, limits,
// the end.
import { afterEach, describe, expect, it } from "vitest";
import { limits } from "../../base/limits.ts";
import type { Env } from "../../base/ports/env.ts";
import { createVirtualWorld, type VirtualWorld } from "../../base/virtual/world.ts";
import { BrokerError, ErrorCode } from "../../proto/errors.ts";
import {
  type ApiDefinition,
  type ApiName,
  apis,
  type RequestOf,
  type ResponseOf,
} from "../../proto/kafka/apis.ts";
import { defaultMessage } from "../../proto/kafka/codec.ts";
import { decodeResponse, encodeRequest } from "../../proto/kafka/frames.ts";
import type { Input } from "../../proto/kafka/schema.ts";
import { FakeBroker, FrameClient } from "../../test/broker/fake-broker.ts";
import { type DoorOptions, KafkaDoor } from "./door.ts";

function request<Name extends ApiName>(
  name: Name,
  correlationId: number,
  options: { version?: number; body?: Input<RequestOf<Name>> } = {},
): Uint8Array {
  const api = apis[name] as unknown as ApiDefinition<RequestOf<Name>, ResponseOf<Name>>;
  const body = options.body ?? ({} as Input<RequestOf<Name>>);
  const version = options.version ?? newest[name] ?? 0;
  return encodeRequest({ api, version, correlationId, clientId: "test", body });
}

const newest: Partial<Record<ApiName, number>> = { Produce: 9, Fetch: 12, Metadata: 9, ApiVersions: 3 };

function produce(correlationId: number, acks: number): Uint8Array {
  const partitionData = [{ index: 0, records: new Uint8Array(100) }];
  const body = { acks, timeoutMs: 1000, topicData: [{ name: "t", partitionData }] };
  return request("Produce", correlationId, { body });
}

function produced(errorCode: number): ResponseOf<"Produce"> {
  const response = defaultMessage(apis.Produce.response);
  const one = { index: 0, errorCode, baseOffset: 0, logAppendTimeMs: -1, logStartOffset: 0 };
  const leader = { leaderId: -1, leaderEpoch: -1 };
  const partition = { ...one, recordErrors: [], errorMessage: null, currentLeader: leader };
  return { ...response, responses: [{ name: "t", partitionResponses: [partition] }] };
}

interface Stage {
  world: VirtualWorld;
  env: Env;
  broker: FakeBroker;
  door: KafkaDoor;
  connect(): Promise<FrameClient>;
  logs(): string;
}

const worlds: VirtualWorld[] = [];
afterEach(() => void worlds.splice(0));

async function stage(options: Partial<DoorOptions> = {}): Promise<Stage> {
  const world = createVirtualWorld({ seed: 1 });
  worlds.push(world);
  const env = world.addNode("broker").start();
  const client = world.addNode("client").start();
  const broker = new FakeBroker();
  const opening = KafkaDoor.open({
    env,
    broker: broker.api,
    listeners: [{ name: "PLAINTEXT", host: "0.0.0.0", port: 9092 }],
    requestBytesMax: 1_000_000,
    connectionsMax: 100,
    connectionsPerAddressMax: 100,
    connectionIdleMs: -1,
    ...options,
  });
  const door = await world.run(opening);
  const connect = async (): Promise<FrameClient> => {
    const opened = client.network
      .connect({ host: "broker", port: 9092, timeoutMs: 1000 })
      .then((socket) => new FrameClient(socket));
    return world.run(opened);
  };
  return { world, env, broker, door, connect, logs: () => JSON.stringify(world.logs.lines) };
}

const until = (world: VirtualWorld, condition: () => boolean) =>
  world.runUntil(condition, { withinMs: 60_000 });

describe("order of answers", () => {
  it("is the order of requests, while several Produce are worked on at once", async () => {
    const { world, broker, connect } = await stage();
    const client = await connect();
    client.send(produce(1, -1), produce(2, -1), produce(3, 1));
    await until(world, () => broker.calls.length === 3);
    broker.calls[2]!.answer.resolve(produced(0));
    broker.calls[1]!.answer.resolve(produced(0));
    await world.runFor(10);
    expect(client.frames).toHaveLength(0);
    broker.calls[0]!.answer.resolve(produced(0));
    await until(world, () => client.frames.length === 3);
    expect(client.correlationIds).toEqual([1, 2, 3]);
  });

  it("starts what is not Produce only after what came before was answered", async () => {
    const { world, broker, connect } = await stage();
    const client = await connect();
    client.send(request("Fetch", 1), request("Metadata", 2), produce(3, 1));
    await world.runFor(10);
    expect(broker.calls.map(({ name }) => name)).toEqual(["fetch"]);
    broker.calls[0]!.answer.resolve(defaultMessage(apis.Fetch.response));
    await until(world, () => broker.calls.length === 2);
    expect(broker.calls[1]!.name).toBe("metadata");
    broker.calls[1]!.answer.resolve(defaultMessage(apis.Metadata.response));
    await until(world, () => broker.calls.length === 3 && client.frames.length === 2);
    expect(client.correlationIds).toEqual([1, 2]);
  });

  it("works on several OffsetCommit at once, but not beside a Produce", async () => {
    const { world, broker, connect } = await stage();
    const client = await connect();
    const commit = (correlationId: number) => request("OffsetCommit", correlationId, { version: 8 });
    client.send(commit(1), commit(2), produce(3, -1), commit(4));
    await until(world, () => broker.calls.length === 2);
    await world.runFor(10);
    expect(broker.calls.map(({ name }) => name)).toEqual(["offsetCommit", "offsetCommit"]);
    broker.calls[1]!.answer.resolve(defaultMessage(apis.OffsetCommit.response));
    await world.runFor(10);
    expect(client.frames).toHaveLength(0);
    broker.calls[0]!.answer.resolve(defaultMessage(apis.OffsetCommit.response));
    await until(world, () => broker.calls.length === 3);
    broker.calls[2]!.answer.resolve(produced(0));
    await until(world, () => broker.calls.length === 4);
    broker.calls[3]!.answer.resolve(defaultMessage(apis.OffsetCommit.response));
    await until(world, () => client.frames.length === 4);
    expect(client.correlationIds).toEqual([1, 2, 3, 4]);
  });

  it("reads requests cut into single bytes", async () => {
    const { world, broker, connect } = await stage();
    const client = await connect();
    for (const byte of request("Fetch", 7)) client.send(Uint8Array.of(byte));
    await until(world, () => broker.calls.length === 1);
    expect(broker.calls[0]!.context).toMatchObject({
      clientId: "test",
      listenerName: "PLAINTEXT",
      apiVersion: 12,
    });
  });

  it("leaves out the answer to acks=0, and closes when such a Produce failed", async () => {
    const { world, broker, connect } = await stage();
    const client = await connect();
    client.send(produce(1, 0), produce(2, 1));
    await until(world, () => broker.calls.length === 2);
    broker.calls[0]!.answer.resolve(produced(0));
    broker.calls[1]!.answer.resolve(produced(0));
    await until(world, () => client.frames.length === 1);
    expect(client.correlationIds).toEqual([2]);
    client.send(produce(3, 0));
    await until(world, () => broker.calls.length === 3);
    broker.calls[2]!.answer.resolve(produced(ErrorCode.NOT_LEADER_OR_FOLLOWER));
    await until(world, () => client.isClosed);
    expect(client.frames).toHaveLength(1);
  });
});

describe("what cannot be served", () => {
  const absurd = Buffer.from([0x7f, 0xff, 0xff, 0xff, 1, 2, 3]);
  const negative = Buffer.from([0xff, 0xff, 0xff, 0xff]);
  const frame = (...bytes: number[]): Buffer => Buffer.from([0, 0, 0, bytes.length, ...bytes]);
  const cases: [string, Uint8Array, string][] = [
    ["an absurd length", absurd, "2147483647 bytes"],
    ["a negative length", negative, "-1 bytes"],
    ["an empty frame", frame(), "malformed"],
    ["a frame too short for a header", frame(0, 3, 0), "malformed"],
    ["an unknown API", frame(0x03, 0xe7, 0, 0, 0, 0, 0, 1, 0xff, 0xff), "key 999 is not served"],
    ["an API that is not offered", frame(0, 26, 0, 1, 0, 0, 0, 1, 0xff, 0xff), "EndTxn is not served"],
    ["an unsupported version", request("Produce", 1, { version: 2 }), "versions 3 to 11, not in 2"],
    ["a body that is cut short", frame(0, 3, 0, 4, 0, 0, 0, 1, 0xff, 0xff, 0, 0, 0, 9), "Metadata"],
    ["bytes after the body", frame(0, 60, 0, 0, 0, 0, 0, 1, 0xff, 0xff, 0, 0, 0, 7, 7), "too many"],
  ];
  for (const [what, bytes, text] of cases) {
    it(`closes the connection, and no other, on ${what}`, async () => {
      const { world, broker, connect, logs } = await stage();
      const [bad, good] = [await connect(), await connect()];
      bad.send(bytes);
      await until(world, () => bad.isClosed);
      expect(logs()).toContain(text);
      expect(logs()).toContain("client:");
      expect(broker.calls).toHaveLength(0);
      good.send(request("Metadata", 5));
      await until(world, () => broker.calls.length === 1);
      expect(good.isClosed).toBe(false);
    });
  }

  it("answers what came before it", async () => {
    const { world, broker, connect } = await stage();
    const client = await connect();
    client.send(request("Metadata", 1), frame(0x03, 0xe7, 0, 0, 0, 0, 0, 1, 0xff, 0xff));
    await until(world, () => broker.calls.length === 1);
    broker.calls[0]!.answer.resolve(defaultMessage(apis.Metadata.response));
    await until(world, () => client.isClosed);
    expect(client.correlationIds).toEqual([1]);
  });

  it("answers an unknown version of ApiVersions with version 0 and its own row", async () => {
    const { world, connect } = await stage();
    const client = await connect();
    const bytes = Buffer.from(request("ApiVersions", 9, { version: 3 }));
    bytes.writeInt16BE(77, 6);
    client.send(bytes);
    await until(world, () => client.frames.length === 1);
    const { body, correlationId } = decodeResponse(apis.ApiVersions, 3, client.frames[0]!);
    expect(correlationId).toBe(9);
    expect(body.errorCode).toBe(ErrorCode.UNSUPPORTED_VERSION);
    expect(body.apiKeys).toEqual([{ apiKey: 18, minVersion: 0, maxVersion: 4 }]);
  });

  it("turns an operation's BrokerError into a response of the API's shape", async () => {
    const { world, broker, connect } = await stage();
    const client = await connect();
    client.send(produce(1, -1));
    await until(world, () => broker.calls.length === 1);
    broker.calls[0]!.answer.reject(new BrokerError("BROKER_NOT_AVAILABLE", "not yet"));
    await until(world, () => client.frames.length === 1);
    const { body } = decodeResponse(apis.Produce, 9, client.frames[0]!);
    expect(body.responses[0]!.partitionResponses[0]).toMatchObject({
      errorCode: ErrorCode.BROKER_NOT_AVAILABLE,
      errorMessage: "not yet",
      baseOffset: -1,
    });
  });

  it("hides the text of an unexpected error from the client, and logs it", async () => {
    const { world, broker, connect, logs } = await stage();
    const client = await connect();
    client.send(request("InitProducerId", 1));
    await until(world, () => broker.calls.length === 1);
    broker.calls[0]!.answer.reject(new Error("secret path"));
    await until(world, () => client.frames.length === 1);
    const { body } = decodeResponse(apis.InitProducerId, 0, client.frames[0]!);
    expect(body.errorCode).toBe(ErrorCode.UNKNOWN_SERVER_ERROR);
    expect(logs()).toContain("secret path");
  });
});

describe("back-pressure", () => {
  it("stops starting and reading when too many requests wait", async () => {
    const { world, broker, connect } = await stage();
    const client = await connect();
    const count = limits.requestsInFlightPerConnectionMax * 3;
    for (let id = 0; id < count; id++) client.send(produce(id, -1));
    await world.runFor(100);
    expect(broker.calls).toHaveLength(limits.requestsInFlightPerConnectionMax);
    for (let id = 0; id < count; id++) {
      await until(world, () => broker.calls.length > id);
      broker.calls[id]!.answer.resolve(produced(0));
    }
    await until(world, () => client.frames.length === count);
    expect(client.correlationIds).toEqual(Array.from({ length: count }, (_, id) => id));
  });

  it("starts nothing for a client that does not read its answers", async () => {
    const { world, broker, connect } = await stage();
    let served = 0;
    const large = { ...defaultMessage(apis.Fetch.response), responses: [largeTopic(256 * 1024)] };
    broker.immediate = () => {
      served += 1;
      return large;
    };
    const client = await connect();
    client.socket.pause();
    const count = 60;
    for (let id = 0; id < count; id++) client.send(request("Fetch", id));
    await world.runFor(5_000);
    expect(served).toBeLessThan(count);
    const servedWhileBlocked = served;
    await world.runFor(5_000);
    expect(served).toBe(servedWhileBlocked);
    client.socket.resume();
    await until(world, () => client.frames.length === count);
    expect(client.correlationIds).toEqual(Array.from({ length: count }, (_, id) => id));
  });

  function largeTopic(bytes: number): ResponseOf<"Fetch">["responses"][number] {
    const records = new Uint8Array(bytes);
    const none = { leaderId: -1, leaderEpoch: -1 };
    const partition = {
      partitionIndex: 0,
      errorCode: 0,
      highWatermark: 1,
      lastStableOffset: 1,
      logStartOffset: 0,
      divergingEpoch: { epoch: -1, endOffset: -1 },
      currentLeader: none,
      snapshotId: { epoch: -1, endOffset: -1 },
      abortedTransactions: null,
      preferredReadReplica: -1,
      records,
    };
    return { topic: "t", topicId: "AAAAAAAAAAAAAAAAAAAAAA", partitions: [partition] };
  }
});

describe("connections", () => {
  it("are refused over the limit, all together and from one address", async () => {
    const { world, connect, door } = await stage({ connectionsMax: 2 });
    const first = await connect();
    await connect();
    const third = await connect();
    await until(world, () => third.isClosed);
    expect(door.connectionCount).toBe(2);
    first.socket.destroy();
    await until(world, () => door.connectionCount === 1);
    const fourth = await connect();
    await world.runFor(100);
    expect(fourth.isClosed).toBe(false);

    const strict = await stage({ connectionsPerAddressMax: 1 });
    await strict.connect();
    const second = await strict.connect();
    await until(strict.world, () => second.isClosed);
    expect(second.isClosed).toBe(true);
  });

  it("are closed when idle, but not while a request waits", async () => {
    const { world, broker, connect } = await stage({ connectionIdleMs: 1000 });
    const [idle, busy] = [await connect(), await connect()];
    busy.send(request("Fetch", 1));
    await until(world, () => idle.isClosed);
    await world.runFor(5_000);
    expect(busy.isClosed).toBe(false);
    broker.calls[0]!.answer.resolve(defaultMessage(apis.Fetch.response));
    await until(world, () => busy.isClosed);
    expect(busy.correlationIds).toEqual([1]);
  });

  it("tell their operations when the client has gone", async () => {
    const { world, broker, connect } = await stage();
    const client = await connect();
    client.send(request("Fetch", 1));
    await until(world, () => broker.calls.length === 1);
    let told = 0;
    const { signal } = broker.calls[0]!.context;
    signal.onCancel(() => told++);
    client.socket.destroy();
    await until(world, () => told === 1);
    expect(signal.cancelled).toBe(true);
  });

  it("are drained at a stop: what was started is answered, then they close", async () => {
    const { world, broker, connect, door } = await stage();
    const [client, stuck] = [await connect(), await connect()];
    client.send(produce(1, -1));
    stuck.send(request("Fetch", 1));
    await until(world, () => broker.calls.length === 2);
    const closing = door.close({ drainMs: 500 });
    await world.runFor(50);
    broker.calls[0]!.answer.resolve(produced(0));
    await until(world, () => client.isClosed);
    expect(client.correlationIds).toEqual([1]);
    await world.run(closing, { withinMs: 1000 });
    expect(door.connectionCount).toBe(0);
    await expect(connect()).rejects.toThrow();
  });
});
