// test: one connection: the introduction, versions, order of answers, timeouts, and what those that wait are
// told when it ends.
import { describe, expect, it } from "vitest";
import { virtualEnv } from "../../base/virtual/world.ts";
import { apis } from "../../proto/kafka/apis.ts";
import { FrameSplitter } from "../../proto/kafka/frame-splitter.ts";
import { decodeRequestHeader, encodeApiVersionsFallback, encodeResponse } from "../../proto/kafka/frames.ts";
import { FakeCluster, type FakeOptions } from "../../test/fakes/fake-cluster.ts";
import { ClientError } from "../errors.ts";
import { addressText, parseBootstrap } from "./address.ts";
import { Connection } from "./connection.ts";

const settings = { clientId: "test", connectTimeoutMs: 1_000, requestTimeoutMs: 1_000 };

async function open(options: FakeOptions = {}) {
  const cluster = new FakeCluster(options);
  const address = { host: "b1", port: 9092 };
  const connection = await cluster.world.run(Connection.open(cluster.client, address, settings));
  return { cluster, connection, world: cluster.world };
}

const ask = (connection: Connection) => connection.request(apis.Metadata, { topics: null });

describe("a connection", () => {
  it("answers many requests in order", async () => {
    const { cluster, connection, world } = await open();
    const order: number[] = [];
    cluster.fault = () => ({ kind: "delay", ms: cluster.client.random.uint32() % 50 });
    const asked = [1, 2, 3, 4].map((n) => ask(connection).then(() => order.push(n)));
    expect(connection.inFlight).toBe(4);
    await world.run(Promise.all(asked));
    expect(order).toEqual([1, 2, 3, 4]);
    expect(connection.inFlight).toBe(0);
  });

  it("sends the highest version that both know", async () => {
    const { cluster, connection, world } = await open({ versions: { Metadata: 7 } });
    await world.run(ask(connection));
    expect(cluster.requests.at(-1)).toMatchObject({ api: "Metadata", version: 7 });
    await expect(
      connection.request(apis.Metadata, { topics: null }, { versions: { min: 8 } }),
    ).rejects.toThrow("Metadata: the broker has versions 0 to 7, this needs 8 to");
    await expect(connection.request(apis.JoinGroup, {})).rejects.toMatchObject({
      code: "UNSUPPORTED_BY_BROKER",
      mayHaveBeenWritten: false,
    });
    expect(connection.isOpen).toBe(true);
  });

  it("falls back to the version of ApiVersions that the broker names (KIP-511)", async () => {
    const { world, env } = virtualEnv({ seed: 1 });
    const seen: number[] = [];
    void env.network.listen({
      host: "n1",
      port: 1,
      onConnection: (socket) => {
        const splitter = new FrameSplitter({ frameBytesMax: 10_000, lend: false });
        const onFrame = (frame: Uint8Array): void => {
          const { apiVersion: version, correlationId } = decodeRequestHeader(frame);
          seen.push(version);
          if (version > 2) socket.write([encodeApiVersionsFallback(correlationId)]);
          else {
            const body = { apiKeys: [{ apiKey: 3, minVersion: 0, maxVersion: 5 }] };
            socket.write([encodeResponse({ api: apis.ApiVersions, version, correlationId, body })]);
          }
        };
        socket.start({
          onData: (chunk) => splitter.push(chunk).forEach(onFrame),
          onDrain: () => {},
          onClose: () => {},
        });
      },
    });
    const connection = await world.run(Connection.open(env, { host: "n1", port: 1 }, settings));
    expect(seen).toEqual([3, 2]);
    expect(connection.versions.get(3)).toEqual({ min: 0, max: 5 });
  });

  it("tells those that wait that their request may have been carried out", async () => {
    const { cluster, connection, world } = await open();
    cluster.fault = () => ({ kind: "cutBefore" });
    const [first, second] = await world.run(Promise.allSettled([ask(connection), ask(connection)]));
    for (const result of [first!, second!]) {
      expect(result).toMatchObject({
        status: "rejected",
        reason: { mayHaveBeenWritten: true, retriable: true },
      });
    }
    expect(connection.isOpen).toBe(false);
    await expect(ask(connection)).rejects.toMatchObject({
      code: "CONNECTION_LOST",
      mayHaveBeenWritten: false,
    });
  });

  it("ends when an answer does not come in time", async () => {
    const { cluster, connection, world } = await open();
    cluster.fault = () => ({ kind: "silence", carriedOut: false });
    const error = await world.run(ask(connection).catch((reason) => reason));
    expect(error).toMatchObject({ code: "REQUEST_TIMED_OUT", retriable: true, mayHaveBeenWritten: true });
    expect(error.message).toBe("Metadata to b1:9092: no answer within 1000 ms");
    expect(connection.isOpen).toBe(false);
  });

  it("says why it could not be opened", async () => {
    const cluster = new FakeCluster();
    const refused = Connection.open(cluster.client, { host: "b1", port: 1 }, settings);
    await expect(cluster.world.run(refused)).rejects.toMatchObject({
      code: "CONNECT_FAILED",
      retriable: true,
    });
    cluster.fault = () => ({ kind: "silence", carriedOut: false });
    const silent = Connection.open(cluster.client, { host: "b1", port: 9092 }, settings);
    await expect(cluster.world.run(silent)).rejects.toBeInstanceOf(ClientError);
  });

  it("ends at bytes that are not the protocol", async () => {
    const { world, env } = virtualEnv({ seed: 1 });
    void env.network.listen({
      host: "n1",
      port: 1,
      onConnection: (socket) => {
        const onData = (): void => void socket.write([Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")]);
        socket.start({ onData, onDrain: () => {}, onClose: () => {} });
      },
    });
    const opened = Connection.open(env, { host: "n1", port: 1 }, settings);
    await expect(world.run(opened)).rejects.toMatchObject({ code: "MALFORMED_ANSWER" });
  });
});

describe("addresses", () => {
  it("are read in all their forms", () => {
    const read = (given: string | string[]) => parseBootstrap(given).map(addressText);
    expect(read("a:1, b:2 ,")).toEqual(["a:1", "b:2"]);
    expect(read(["a", "PLAINTEXT://b:2", "[::1]:3"])).toEqual(["a:9092", "b:2", "[::1]:3"]);
    for (const bad of ["", "a:0", "a:70000", "a b:1", "http:/x"]) {
      expect(() => read(bad), bad).toThrow("should be host:port");
    }
  });
});
