// test: a disk that does not answer for a while, under many clients that write: nothing is acknowledged, what
// waits is not kept in memory, the broker says why and serves others; then all of it is acknowledged.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { realCodecs } from "../../base/real/codecs.ts";
import { Consumer } from "../../client/index.ts";
import { buildBatch } from "../../proto/batch/build.ts";
import { apis } from "../../proto/kafka/apis.ts";
import { FrameSplitter } from "../../proto/kafka/frame-splitter.ts";
import { decodeResponse, encodeRequest } from "../../proto/kafka/frames.ts";
import { createTopic, runCluster, temporaryFolder } from "./running-cluster.ts";
import { brokerMemory } from "./soak/memory.ts";

const topic = "orders";
const version = 9;
const connections = 16;
const requestsEach = 60;
const recordBytes = 64 * 1024;
const mebibyte = 1024 * 1024;

const preload = ["./slow-disk-layer.ts", "./heap-signal.ts"]
  .map((name) => `--import=${fileURLToPath(new URL(name, import.meta.url))}`)
  .join(" ");

/** One connection that sends all its requests at once and counts the answers. */
class Writer {
  /** Error codes, one an answer. */
  readonly answers: number[] = [];
  readonly #socket: Socket;

  constructor(address: string, frames: readonly Uint8Array[]) {
    const [host, port] = address.split(":");
    const splitter = new FrameSplitter({ frameBytesMax: mebibyte, lend: false });
    this.#socket = connect({ host: host!, port: Number(port) });
    this.#socket.on("data", (chunk: Buffer) => {
      for (const frame of splitter.push(chunk)) {
        const { body } = decodeResponse(apis.Produce, version, frame);
        this.answers.push(body.responses[0]!.partitionResponses[0]!.errorCode);
      }
    });
    this.#socket.on("error", () => {});
    for (const frame of frames) this.#socket.write(frame);
  }

  close(): void {
    this.#socket.destroy();
  }
}

function requests(): Uint8Array[] {
  const value = Buffer.alloc(recordBytes, "v");
  const record = { key: null, value, timestamp: 1_700_000_000_000, headers: [] };
  const records = buildBatch({ codecs: realCodecs, records: [record] });
  return Array.from({ length: requestsEach }, (_, correlationId) => {
    const data = { name: topic, partitionData: [{ index: 0, records }] };
    const body = { transactionalId: null, acks: -1, timeoutMs: 120_000, topicData: [data] };
    return encodeRequest({ api: apis.Produce, version, correlationId, clientId: "writer", body });
  });
}

async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`not within 60 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe("a disk that does not answer", () => {
  it("holds acknowledgements back, and nothing else", { timeout: 180_000 }, async () => {
    using scratch = temporaryFolder("ottla-slow-");
    const folder = scratch.path;
    const stuck = join(folder, "stuck");
    const environment = {
      NODE_OPTIONS: preload,
      OTTLA_TEST_STUCK_DISK: stuck,
      OTTLA_TEST_HEAP_FOLDER: folder,
    };
    const total = connections * requestsEach;
    await using running = await runCluster({ brokers: 1, environment });
    const { cluster, admin } = running;
    const [broker] = cluster.brokers;
    const { pid } = cluster.running.get(1)!;
    await createTopic(admin, topic, 1, 1);
    const before = (await brokerMemory(folder, pid!))!;
    writeFileSync(stuck, "");
    const frames = requests();
    const writers = Array.from({ length: connections }, () => new Writer(cluster.bootstrap, frames));
    try {
      // The log end is what was appended; consumers see none of it yet.
      const metrics = async (): Promise<string> => (await fetch(`http://${broker!.http}/metrics`)).text();
      const appended = new RegExp(`messagesin_total\\{topic="${topic}"\\} ${total}\\b`);
      await until("all records are appended", async () => appended.test(await metrics()));
      await until("the broker says that its disk is slow", () =>
        readFileSync(cluster.folder.logPath(1), "utf8").includes("the disk is slow"),
      );
      const grown = (await brokerMemory(folder, pid!))! - before;
      expect(writers.flatMap(({ answers }) => answers)).toEqual([]);
      // 60 MiB were sent; half an answer and a promise a request remain.
      expect(grown / mebibyte).toBeLessThan(12);
      const [described] = await admin.describeTopics([topic]);
      expect(described!.partitions[0]!.leader).toBe(1);
    } finally {
      rmSync(stuck);
    }
    await until("all is acknowledged", () => writers.every(({ answers }) => answers.length === requestsEach));
    expect(new Set(writers.flatMap(({ answers }) => answers))).toEqual(new Set([0]));
    for (const writer of writers) writer.close();
    await using consumer = new Consumer({ bootstrap: cluster.bootstrap });
    await consumer.assign([{ topic, from: "earliest" }]);
    let read = 0;
    for await (const _ of consumer.readToEnd()) read += 1;
    expect(read).toBe(total);
  });
});
