// test: bad input end to end: bytes that are no Kafka on the port of a live broker, and mistakes at the
// command line. The broker stays up and serves others; a mistake is answered with the thing and what to do,
// and an exit code, never with a stack trace.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newClusterIds } from "../../cli/launch/cluster-ids.ts";
import { apis } from "../../proto/kafka/apis.ts";
import { encodeRequest } from "../../proto/kafka/frames.ts";
import { formatLogDirectory } from "../../services/format.ts";
import { createTopic, type RunningCluster, runCluster } from "./running-cluster.ts";

const launcher = fileURLToPath(new URL("../../bin/ottla.mjs", import.meta.url));

describe("bytes that are no Kafka", () => {
  let running: RunningCluster;
  const sockets: Socket[] = [];

  beforeAll(async () => {
    running = await runCluster({ brokers: 1, settings: { "max.connections": "20" } });
    await createTopic(running.admin, "orders", 1, 1);
  }, 60_000);

  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    await running[Symbol.asyncDispose]();
  }, 60_000);

  async function opened(): Promise<Socket> {
    const socket = connect({ host: "127.0.0.1", port: Number(running.cluster.bootstrap.split(":")[1]) });
    sockets.push(socket);
    socket.on("error", () => {});
    await new Promise((resolve) => socket.once("connect", resolve));
    return socket;
  }

  /**
   * What the broker did with these bytes within the time: "closed", "silent", or how many bytes it
   * answered.
   */
  async function fateOf(bytes: Uint8Array, withinMs = 3_000): Promise<"closed" | "silent" | number> {
    const socket = await opened();
    const fate = new Promise<"closed" | "silent" | number>((resolve) => {
      socket.once("data", (answer) => resolve(answer.length));
      socket.once("close", () => resolve("closed"));
      setTimeout(() => resolve("silent"), withinMs);
    });
    socket.write(bytes);
    const found = await fate;
    socket.destroy();
    return found;
  }

  async function stillServes(): Promise<void> {
    expect(running.cluster.running.size).toBe(1);
    const [topic] = await running.admin.describeTopics(["orders"]);
    expect(topic!.partitions).toHaveLength(1);
  }

  const header = (apiKey: number, version: number, rest: number[] = []): Uint8Array => {
    const frame = Buffer.alloc(4 + 4 + 4 + 2 + rest.length);
    frame.writeInt32BE(frame.length - 4, 0);
    frame.writeInt16BE(apiKey, 4);
    frame.writeInt16BE(version, 6);
    frame.writeInt32BE(1, 8);
    frame.writeInt16BE(-1, 12);
    frame.set(rest, 14);
    return frame;
  };

  it.each([
    ["a huge length", Buffer.from([0x7f, 0xff, 0xff, 0xff])],
    ["a negative length", Buffer.from([0xff, 0xff, 0xff, 0xff])],
    ["no bytes at all in a frame", Buffer.from([0, 0, 0, 0])],
    ["an API that there is not", header(9_999, 0)],
    ["a version that is not served", header(apis.Metadata.key, 99)],
    ["a body that ends early", header(apis.Metadata.key, 9, [0])],
    ["garbage", Buffer.alloc(4_096, 0xa5)],
    ["a TLS hello", Buffer.from("16030100c8010000c40303".padEnd(400, "0"), "hex")],
    ["an HTTP request", Buffer.from("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")],
  ])("%s: the connection ends, the broker does not", async (_name, bytes) => {
    expect(await fateOf(bytes)).toBe("closed");
    await stillServes();
  });

  it("answers ApiVersions of a version to come with what it knows (KIP-511)", async () => {
    expect(await fateOf(header(apis.ApiVersions.key, 77))).toBeGreaterThan(8);
  });

  it("waits for a request that comes a byte at a time, and serves others meanwhile", async () => {
    const socket = await opened();
    const frame = encodeRequest({
      ...{ api: apis.ApiVersions, version: 0, correlationId: 5, clientId: "slow" },
      body: {},
    });
    const answered = new Promise<Uint8Array>((resolve) => socket.once("data", resolve));
    for (const byte of frame) {
      socket.write(Uint8Array.of(byte));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await stillServes();
    expect(Buffer.from(await answered).readInt32BE(4)).toBe(5);
  });

  it("takes a client that only closes its half, and one that vanishes within a frame", async () => {
    const half = await opened();
    half.write(Buffer.from([0, 0, 0, 50, 0]));
    const closed = new Promise((resolve) => half.once("close", resolve));
    half.end();
    await closed;
    const gone = await opened();
    gone.write(Buffer.from([0, 0, 1, 0, 0]));
    gone.resetAndDestroy();
    await stillServes();
  });

  it("refuses more connections than it may have, and takes new ones once others left", async () => {
    const many = await Promise.all(Array.from({ length: 40 }, () => opened()));
    await new Promise((resolve) => setTimeout(resolve, 500));
    const open = many.filter((socket) => !socket.destroyed && socket.readyState === "open");
    expect(open.length).toBeGreaterThan(5);
    expect(open.length).toBeLessThanOrEqual(20);
    for (const socket of many) socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 300));
    await stillServes();
  });
});

describe("mistakes at the command line", () => {
  const folder = mkdtempSync(join(tmpdir(), "ottla-bad-"));
  let server: Server;
  let busyPort = 0;

  beforeAll(async () => {
    server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
    busyPort = (server.address() as { port: number }).port;
  });

  afterAll(() => {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function ottla(...args: string[]): Promise<{ code: number | null; text: string }> {
    const child = spawn(process.execPath, [launcher, ...args], { cwd: folder, stdio: "pipe" });
    const timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
    let text = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (text += chunk));
    const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
    clearTimeout(timer);
    return { code, text };
  }

  const start = (...settings: string[]): string[] => [
    "start",
    ...[
      "node.id=1",
      "listeners=PLAINTEXT://127.0.0.1:0",
      "ottla.peer.listener=127.0.0.1:0",
      ...settings,
    ].flatMap((setting) => ["--set", setting]),
  ];

  it.each([
    [["topci"], "Did you mean topic?"],
    [["topic", "lst"], "Did you mean list?"],
    [["topic", "list", "--bootstap", "x"], "Did you mean --bootstrap?"],
    [["topic", "create"], "missing required argument 'name'"],
    [["topic", "create", "a", "--partitions", "many"], "whole number"],
    [["dev", "--brokers", "0"], "whole number of at least 1"],
    [["dev", "--port", "99999"], "at most 65535"],
    [["start"], "node.id is not set"],
    [["start", "--config", "nowhere.properties"], "nowhere.properties cannot be read"],
    [["start", "--set", "node.id"], "name=value"],
    [start("log.retention.mss=1"), "the nearest one is log.retention.ms"],
    [start("log.segment.bytes=few"), 'the value is "few"; it must be a whole number'],
    [start("ottla.flush.policy=maybe"), "durable"],
  ])("%j", { timeout: 30_000 }, async (args, says) => {
    const { code, text } = await ottla(...args);
    expect(text).toContain(says);
    expect(text).not.toMatch(/^\s+at .*:\d+:\d+/m);
    expect(code).toBe(2);
  });

  it("a port that something else has", { timeout: 30_000 }, async () => {
    const path = join(folder, "busy");
    const args = start(`log.dir=${path}`).map((arg) => arg.replace("127.0.0.1:0", `127.0.0.1:${busyPort}`));
    const { code, text } = await ottla(...args);
    expect(text).toContain(`port ${busyPort}`);
    expect(text).toContain("is in use");
    expect(text).not.toMatch(/^\s+at .*:\d+:\d+/m);
    expect(code).toBe(2);
  });

  it("a port that something else has, when a launcher waits for the end", { timeout: 30_000 }, async () => {
    // The doors before it are open by then, and the channel to the launcher too.
    const args = [
      ...start(`log.dir=${join(folder, "busy-last")}`),
      "--set",
      "ottla.http.listener=127.0.0.1:0",
    ];
    args.push("--set", `listeners=PLAINTEXT://127.0.0.1:${busyPort}`);
    const child = spawn(process.execPath, [launcher, ...args], {
      cwd: folder,
      stdio: ["ignore", "ignore", "ignore", "ipc"],
      env: { ...process.env, OTTLA_CHILD: "1" },
    });
    const timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
    const code = await new Promise<number | null>((resolve) => child.once("exit", resolve));
    clearTimeout(timer);
    expect(code).toBe(2);
  });

  it("folders that cannot be used: a file, and one where no folder can be made", {
    timeout: 60_000,
  }, async () => {
    const file = join(folder, "file");
    writeFileSync(file, "");
    const places = process.platform === "linux" ? [file, "/proc/ottla"] : [file];
    for (const place of places) {
      const { code, text } = await ottla(...start(`log.dir=${place}`));
      expect(text).toContain(place);
      expect(text).not.toMatch(/^\s+at .*:\d+:\d+/m);
      expect([1, 2]).toContain(code);
    }
  });

  it("a data folder of another cluster, and of another node", { timeout: 60_000 }, async () => {
    const path = join(folder, "foreign");
    const ids = newClusterIds([1, 7]);
    await formatLogDirectory({
      path,
      clusterId: ids.clusterId,
      nodeId: 7,
      directoryId: ids.directories.get(7)!,
    });
    const asNode = await ottla(...start(`log.dir=${path}`));
    expect(asNode.text).toContain(path);
    expect(asNode.code).toBe(2);
    const other = newClusterIds([1]).clusterId;
    const asCluster = await ottla(...start(`log.dir=${path}`, `cluster.id=${other}`));
    expect(asCluster.text).toContain(other);
    expect(asCluster.code).toBe(2);
    for (const { text } of [asNode, asCluster]) expect(text).not.toMatch(/^\s+at .*:\d+:\d+/m);
  });
});
