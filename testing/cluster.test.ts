// test: a cluster inside this process: what a test does with it, and what its handles do to it. That
// nothing of it is left at the end is shown in leftovers.test.ts.
import { createConnection } from "node:net";
import { describe, expect, it } from "vitest";
import { type Delivery, type Producer, string, topic } from "../client/index.ts";
import { Cluster } from "./cluster.ts";

const texts = topic("texts", { key: string(), value: string() });

async function readAll(cluster: Cluster, name = "texts"): Promise<string[]> {
  await using consumer = cluster.consumer();
  await consumer.assign([{ topic: name, from: "earliest", to: "end" }]);
  const values: string[] = [];
  for await (const record of consumer) values.push(Buffer.from(record.value!).toString());
  return values;
}

function send(producer: Producer, value: string): Promise<Delivery> {
  return producer.send({ topic: texts, key: "k", value });
}

function isListening(address: string): Promise<boolean> {
  const [host, port] = address.split(":");
  return new Promise((resolve) => {
    const socket = createConnection({ host: host!, port: Number(port) });
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}

describe("a cluster inside a test", () => {
  it("starts three brokers that take and give records", async () => {
    await using cluster = await Cluster.start({ brokers: 3 });
    expect(cluster.bootstrap.split(",")).toHaveLength(3);
    expect([1, 2, 3]).toContain(cluster.controllerId());
    expect(cluster.brokers.map(({ id, state }) => `${id} ${state}`)).toEqual([
      "1 running",
      "2 running",
      "3 running",
    ]);
    const created = await cluster.createTopic("texts", { partitions: 3 });
    expect(created).toMatchObject({ partitions: 3, replicationFactor: 3 });
    const producer = cluster.producer();
    for (let i = 0; i < 20; i++) await send(producer, `v${i}`);
    expect(await readAll(cluster)).toEqual(Array.from({ length: 20 }, (_, i) => `v${i}`));
    const quorum = await cluster.admin().describeQuorum();
    expect(quorum.leaderId).toBe(cluster.controllerId());
  });

  it("runs one broker, and five with three that vote", async () => {
    await using one = await Cluster.start({ brokers: 1 });
    await one.createTopic("texts");
    await send(one.producer(), "alone");
    expect(await readAll(one)).toEqual(["alone"]);
    await using five = await Cluster.start({ brokers: 5, controllers: 3 });
    const quorum = await five.admin().describeQuorum();
    expect(quorum.voters.map(({ id }) => id)).toEqual([1, 2, 3]);
    expect(quorum.observers.map(({ id }) => id).sort()).toEqual([4, 5]);
  });

  it("runs several at once, apart from each other", async () => {
    const clusters = await Promise.all([1, 2, 3].map((brokers) => Cluster.start({ brokers })));
    try {
      await Promise.all(clusters.map((cluster) => cluster.createTopic("texts")));
      await Promise.all(clusters.map((cluster, i) => send(cluster.producer(), `cluster ${i}`)));
      for (const [i, cluster] of clusters.entries()) expect(await readAll(cluster)).toEqual([`cluster ${i}`]);
      expect(new Set(clusters.map(({ clusterId }) => clusterId)).size).toBe(3);
    } finally {
      await Promise.all(clusters.map((cluster) => cluster.stop()));
    }
  });

  it("is ready within a second", async () => {
    const times: number[] = [];
    for (let round = 0; round < 5; round++) {
      const began = performance.now();
      await using _ = await Cluster.start();
      times.push(performance.now() - began);
    }
    expect(times.sort((a, b) => a - b)[2]).toBeLessThan(1_000);
  });

  it("takes settings by Kafka's names, for all brokers and for one", async () => {
    await using cluster = await Cluster.start({
      settings: { "num.partitions": 4, "default.replication.factor": 2 },
      brokerSettings: { 2: { "broker.rack": "elsewhere" } },
    });
    expect(await cluster.createTopic("texts")).toMatchObject({ partitions: 4, replicationFactor: 2 });
    const { brokers } = await cluster.admin().describeCluster();
    expect(brokers.find(({ id }) => id === 2)?.rack).toBe("elsewhere");
  });

  it("keeps data on disk if asked, in as many directories as asked", async () => {
    await using cluster = await Cluster.start({ brokers: 1, data: "disk", logDirs: 2 });
    await cluster.createTopic("texts", { partitions: 4 });
    await send(cluster.producer(), "kept");
    await cluster.broker(1).kill();
    await cluster.broker(1).restart();
    expect(await readAll(cluster)).toEqual(["kept"]);
  });
});

describe("the handles of a broker", () => {
  it("kill: the others take over without loss, and it comes back with its data", async () => {
    await using cluster = await Cluster.start();
    await cluster.createTopic("texts");
    const producer = cluster.producer();
    await send(producer, "before");
    const leader = cluster.leaderOf("texts");
    await leader.kill();
    expect(leader.state).toBe("killed");
    expect(await isListening(leader.address)).toBe(false);
    await send(producer, "without it");
    await cluster.waitForReady();
    expect(cluster.leaderOf("texts").id).not.toBe(leader.id);
    const { address } = leader;
    await leader.restart();
    expect(leader.address).toBe(address);
    await cluster.waitForReady();
    const [state] = await cluster.admin().describeTopics(["texts"]);
    expect([...state!.partitions[0]!.isr].sort()).toEqual([1, 2, 3]);
    expect(await readAll(cluster)).toEqual(["before", "without it"]);
  });

  it("kill of the controller: another is elected", async () => {
    await using cluster = await Cluster.start();
    const first = cluster.controllerId();
    await cluster.broker(first).kill();
    await cluster.waitForReady();
    expect(cluster.controllerId()).not.toBe(first);
    await cluster.createTopic("texts");
    await cluster.broker(first).restart();
    await cluster.waitForReady();
  });

  it("kill of all: every acknowledged record is there after their restart", async () => {
    await using cluster = await Cluster.start();
    await cluster.createTopic("texts");
    for (let i = 0; i < 10; i++) await send(cluster.producer(), `v${i}`);
    await Promise.all(cluster.brokers.map((broker) => broker.kill()));
    expect(cluster.controllerId()).toBe(-1);
    await Promise.all(cluster.brokers.map((broker) => broker.restart()));
    await cluster.waitForReady();
    expect(await readAll(cluster)).toEqual(Array.from({ length: 10 }, (_, i) => `v${i}`));
  });

  it("stop: what it leads is led by others before it is gone", async () => {
    await using cluster = await Cluster.start();
    await cluster.createTopic("texts");
    const leader = cluster.leaderOf("texts");
    await leader.stop();
    expect(leader.state).toBe("stopped");
    expect(cluster.leaderOf("texts").id).not.toBe(leader.id);
    await leader.restart();
    expect(leader.state).toBe("running");
  });

  it("pause: the others do without it; afterwards it follows again", async () => {
    await using cluster = await Cluster.start();
    await cluster.createTopic("texts");
    const leader = cluster.leaderOf("texts");
    const producer = cluster.producer();
    await send(producer, "before");
    await leader.pause();
    expect(leader.state).toBe("paused");
    // The machine still takes connections, as a stopped process's does.
    expect(await isListening(leader.address)).toBe(true);
    const while_ = send(producer, "while");
    await cluster.waitForReady();
    expect(cluster.leaderOf("texts").id).not.toBe(leader.id);
    await while_;
    await leader.resume();
    await cluster.waitForReady();
    await send(producer, "after");
    expect(await readAll(cluster)).toEqual(["before", "while", "after"]);
  });

  it("isolate: an isolated controller is no longer one, and what it leads is led by others", async () => {
    await using cluster = await Cluster.start();
    await cluster.createTopic("texts");
    const leader = cluster.leaderOf("texts");
    const controller = cluster.broker(cluster.controllerId());
    const producer = cluster.producer();
    await send(producer, "before");
    await controller.isolate();
    if (leader !== controller) await leader.kill();
    if (leader !== controller) await leader.restart();
    await cluster.waitForReady();
    expect(cluster.controllerId()).not.toBe(controller.id);
    await send(producer, "while");
    await controller.heal();
    expect(controller.isIsolated).toBe(false);
    await cluster.waitForReady();
    await send(producer, "after");
    expect(await readAll(cluster)).toEqual(["before", "while", "after"]);
  });

  it("isolate from brokers: clients still reach it, and what it alone has is not acknowledged", async () => {
    await using cluster = await Cluster.start();
    await cluster.createTopic("texts");
    const leader = cluster.leaderOf("texts");
    await leader.isolate({ from: "brokers" });
    await using alone = cluster.producer({ deliveryTimeoutMs: 500, idempotent: false });
    const isAcknowledged = await send(alone, "x").then(
      () => true,
      () => false,
    );
    expect(await isListening(leader.address)).toBe(true);
    await cluster.waitForReady();
    expect(cluster.leaderOf("texts").id).not.toBe(leader.id);
    await leader.heal();
    await cluster.waitForReady();
    const [state] = await cluster.admin().describeTopics(["texts"]);
    expect(state!.partitions[0]!.isr).toHaveLength(3);
    if (isAcknowledged) expect(await readAll(cluster)).toEqual(["x"]);
  });

  it("isolate from clients: brokers do not notice, and what was asked is answered after heal", async () => {
    await using cluster = await Cluster.start({ brokers: 1 });
    await cluster.createTopic("texts");
    const producer = cluster.producer({ requestTimeoutMs: 20_000, deliveryTimeoutMs: 30_000 });
    await send(producer, "before");
    await cluster.broker(1).isolate({ from: "clients" });
    let isThere = false;
    const waiting = send(producer, "held").then(() => (isThere = true));
    await cluster.waitForReady();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(isThere).toBe(false);
    await cluster.broker(1).heal();
    await waiting;
    expect(await readAll(cluster)).toEqual(["before", "held"]);
  });

  it("counts what it does", async () => {
    await using cluster = await Cluster.start({ brokers: 1 });
    await cluster.createTopic("texts");
    expect(cluster.broker(1).metric("kafka_log_logflushstats_logflushrateandtimems")).toBeGreaterThanOrEqual(
      0,
    );
    expect(cluster.log.some(({ message }) => message.includes("registered"))).toBe(true);
  });
});

describe("what a cluster inside a test refuses", () => {
  const refused = (options: object, text: string) => async (): Promise<void> => {
    const before = process.getActiveResourcesInfo();
    await expect(Cluster.start(options)).rejects.toMatchObject({
      name: "ClusterError",
      code: "INVALID_OPTION",
      message: expect.stringContaining(text),
    });
    expect(process.getActiveResourcesInfo()).toEqual(before);
  };

  it("an unknown option", refused({ broker: 3 }, 'no option "broker"; did you mean "brokers"?'));
  it("too many brokers", refused({ brokers: 51 }, "brokers is 51; it should be a whole number from 1 to 50"));
  it("more voters than brokers", refused({ brokers: 2, controllers: 3 }, "controllers is 3"));
  it("another place for data", refused({ data: "ram" }, 'data is "ram"; it should be "memory" or "disk"'));
  it("a setting that is its own", refused({ settings: { listeners: "x" } }, 'has "listeners"'));
  it("an unknown setting", refused({ settings: { "num.partition": 3 } }, "num.partitions"));
  it("settings of no broker", refused({ brokerSettings: { 4: {} } }, "brokers are numbered 1 to 3"));

  it("what a broker's state does not allow", async () => {
    await using cluster = await Cluster.start({ brokers: 1 });
    const broker = cluster.broker(1);
    await expect(broker.resume()).rejects.toThrow("broker 1 is running; it should be paused");
    await broker.kill();
    await expect(broker.kill()).rejects.toThrow("broker 1 is killed; it should be running or paused");
    await expect(broker.stop()).rejects.toThrow("restart() starts it");
    await expect(cluster.waitForReady({ timeoutMs: 20 })).rejects.toThrow("no broker runs");
    expect(() => cluster.broker(2)).toThrow("there is no broker 2; they are numbered 1 to 1");
    expect(() => cluster.leaderOf("nothing")).toThrow("nothing-0 has no leader, or is not there");
    await cluster.stop();
    expect(() => cluster.producer()).toThrow("the cluster was stopped");
  });

  it("a cluster that is not ready in time, saying why", async () => {
    await using cluster = await Cluster.start();
    await cluster.createTopic("texts");
    await Promise.all([1, 2].map((id) => cluster.broker(id).kill()));
    const waiting = cluster.waitForReady({ timeoutMs: 1_500 });
    await expect(waiting).rejects.toMatchObject({ code: "NOT_READY" });
    await expect(waiting).rejects.toThrow("broker 3: no controller is known");
  });
});
