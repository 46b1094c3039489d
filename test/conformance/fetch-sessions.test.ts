// test: a consumer's fetch sessions on both clusters. What goes over the wire is read by the way.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { limits } from "../../base/limits.ts";
import type { ClientEnv } from "../../base/ports/env.ts";
import type { Network, Socket } from "../../base/ports/network.ts";
import { realClientEnv } from "../../base/real/env.ts";
import { parseBootstrap } from "../../client/connection/address.ts";
import { Connection } from "../../client/connection/connection.ts";
import { ConsumerClient } from "../../client/consumer/consumer.ts";
import { Admin, Producer } from "../../client/index.ts";
import { type ApiDefinition, apis } from "../../proto/kafka/apis.ts";
import { FrameSplitter } from "../../proto/kafka/frame-splitter.ts";
import { decodeRequestBody, decodeRequestHeader } from "../../proto/kafka/frames.ts";
import type { FetchRequest } from "../../proto/kafka/generated/messages.ts";
import { type Side, sides } from "./sides.ts";

const run = `sessions-conformance-${Date.now()}`;
const partitions = 40;

/** Every Fetch that leaves, and the sockets by which it does. */
class Wire {
  readonly fetches: FetchRequest[] = [];
  readonly #sockets = new Set<Socket>();

  env(): ClientEnv {
    const real = realClientEnv();
    const network: Network = {
      listen: (options) => real.network.listen(options),
      connect: async (options) => this.#read(await real.network.connect(options)),
    };
    return { ...real, network };
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  /** Partitions named in the fetches from `begin` on, and whether each was incremental. */
  named(begin: number): { isIncremental: boolean; count: number }[] {
    return this.fetches.slice(begin).map(({ sessionEpoch, topics, forgottenTopicsData }) => ({
      isIncremental: sessionEpoch > 0,
      count: [...topics, ...forgottenTopicsData].reduce((sum, topic) => sum + topic.partitions.length, 0),
    }));
  }

  #read(socket: Socket): Socket {
    const splitter = new FrameSplitter({ frameBytesMax: limits.frameBytesMax, lend: false });
    this.#sockets.add(socket);
    return {
      remote: socket.remote,
      start: (events) => socket.start(events),
      write: (chunks) => {
        for (const frame of splitter.push(Buffer.concat(chunks))) {
          const head = decodeRequestHeader(frame);
          if (head.apiKey !== apis.Fetch.key) continue;
          const api = apis.Fetch as ApiDefinition;
          this.fetches.push(decodeRequestBody(api, head, frame) as FetchRequest);
        }
        return socket.write(chunks);
      },
      pendingBytes: () => socket.pendingBytes(),
      pause: () => socket.pause(),
      resume: () => socket.resume(),
      end: () => socket.end(),
      destroy: () => socket.destroy(),
    };
  }
}

describe.each(sides)("fetch sessions on $name", (side) => {
  let running: Awaited<ReturnType<Side["start"]>>;
  let admin: Admin;
  let producer: Producer;
  const made = new Set<string>();

  beforeAll(async () => {
    running = await side.start();
    const { bootstrap } = running;
    admin = new Admin({ bootstrap });
    producer = new Producer({ bootstrap, acks: 1, idempotent: false });
  });

  afterAll(async () => {
    await producer.close();
    if (made.size > 0) await admin.deleteTopics([...made]);
    await admin.close();
    await running.stop();
  });

  async function makeTopic(name: string): Promise<string> {
    const topic = `${run}-${name}`;
    // All on one broker, with which there is one session then, however large the cluster is.
    const [host, port] = running.bootstrap.split(",")[0]!.split(":");
    const { brokers } = await admin.describeCluster();
    const first = brokers.find((one) => one.host === host && one.port === Number(port))!;
    const replicaAssignments = Array.from({ length: partitions }, () => [first.id]);
    await admin.createTopics([{ name: topic, replicaAssignments }]);
    made.add(topic);
    await admin.waitForTopic(topic);
    return topic;
  }

  function readAll(topic: string, offsetReset: "error" | "earliest" = "error") {
    const wire = new Wire();
    const options = { bootstrap: running.bootstrap, maxWaitMs: 50, metadataMaxAgeMs: 200, offsetReset };
    const consumer = new ConsumerClient(wire.env(), options);
    const seen: string[] = [];
    const begin = async (): Promise<void> => {
      await consumer.assign([{ topic }]);
      for await (const record of consumer) seen.push(Buffer.from(record.value!).toString());
    };
    const reading = begin();
    return { wire, consumer, seen, reading };
  }

  /** One record into each of some partitions, until it was read. */
  async function pass(topic: string, seen: string[], label: string, places: number[]): Promise<void> {
    const values = places.map((place) => `${label} ${place}`);
    const records = places.map((partition, at) => ({ topic, partition, value: values[at]! }));
    await Promise.all(records.map((record) => producer.send(record)));
    const ofLabel = (): string[] => seen.filter((value) => value.startsWith(`${label} `)).sort();
    await expect.poll(ofLabel, { timeout: 10_000 }).toEqual(values.sort());
  }

  it("name what changed and nothing else, whatever happens to the session", async () => {
    const topic = await makeTopic("changes");
    const { wire, consumer, seen, reading } = readAll(topic);
    await pass(topic, seen, "first", [0, 7, 39]);
    const begin = wire.fetches.length;
    for (let round = 0; round < 20; round++)
      await pass(topic, seen, `round${round}`, [round % 5, 20 + round]);
    const named = wire.named(begin);
    expect(named.every(({ isIncremental }) => isIncremental)).toBe(true);
    expect(named.reduce((sum, { count }) => sum + count, 0)).toBeLessThanOrEqual(2 * 20 + 3);

    const some = Array.from({ length: 10 }, (_, partition) => ({ topic, partition }));
    consumer.pause(some);
    await pass(topic, seen, "others", [10, 25]);
    consumer.resume(some);
    await pass(topic, seen, "again", [0, 9, 10]);

    const cutAt = wire.fetches.length;
    wire.cut();
    await pass(topic, seen, "cut", [3, 33]);
    expect(wire.fetches.slice(cutAt).filter(({ sessionEpoch }) => sessionEpoch === 0)).toHaveLength(1);

    const { sessionId } = wire.fetches.at(-1)!;
    expect(sessionId).not.toBe(0);
    const settings = { clientId: "thief", connectTimeoutMs: 5_000, requestTimeoutMs: 5_000 };
    const thief = await Connection.open(realClientEnv(), parseBootstrap(running.bootstrap)[0]!, settings);
    await thief.request(apis.Fetch, { replicaId: -1, maxWaitMs: 0, sessionId, sessionEpoch: -1 });
    await pass(topic, seen, "stolen", [4, 34]);
    await expect.poll(() => [0, sessionId].includes(wire.fetches.at(-1)!.sessionId)).toBe(false);

    const last = wire.fetches.at(-1)!.sessionId;
    await consumer.close();
    await reading;
    expect(wire.fetches.at(-1)).toMatchObject({ sessionId: last, sessionEpoch: -1 });
    const late = { replicaId: -1, maxWaitMs: 0, sessionId: last, sessionEpoch: 1 };
    expect((await thief.request(apis.Fetch, late)).errorCode, "it is gone").toBe(70);
    thief.close();
  });

  it("go on with a topic that was deleted and made again", async () => {
    const topic = await makeTopic("anew");
    const { consumer, seen, reading } = readAll(topic, "earliest");
    await pass(topic, seen, "old", [0, 39]);
    await admin.deleteTopics([topic]);
    await expect.poll(() => admin.listTopics()).not.toContainEqual(expect.objectContaining({ name: topic }));
    await makeTopic("anew");
    await pass(topic, seen, "new", [0, 1, 39]);
    await consumer.close();
    await reading;
  });
});
