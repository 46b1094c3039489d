// test: embedded clusters below the public handle: other people's client, a process that hangs, a broker that
// stops itself.
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Kafka, logLevel } from "kafkajs";
import { afterEach, describe, expect, it } from "vitest";
import { EmbeddedCluster } from "./embedded.ts";

let cluster: EmbeddedCluster | null = null;
let folder: string | null = null;
const ownTemporary = process.env.TMPDIR;

afterEach(async () => {
  await cluster?.stop();
  cluster = null;
  if (folder === null) return;
  rmSync(folder, { recursive: true, force: true });
  folder = null;
  if (ownTemporary === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = ownTemporary;
});

describe("an embedded cluster", () => {
  it("serves a client that we did not write", async () => {
    cluster = await EmbeddedCluster.start({ brokers: 3 });
    const kafka = new Kafka({ brokers: cluster.bootstrap.split(","), logLevel: logLevel.NOTHING });
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: "texts", numPartitions: 2, replicationFactor: 3 }] });
    await cluster.waitForTopic("texts");
    const producer = kafka.producer();
    await producer.connect();
    const messages = Array.from({ length: 50 }, (_, i) => ({ key: `k${i}`, value: `v${i}` }));
    await producer.send({ topic: "texts", acks: -1, messages });
    const offsets = await admin.fetchTopicOffsets("texts");
    expect(offsets.reduce((sum, { high }) => sum + Number(high), 0)).toBe(50);
    await producer.disconnect();
    await admin.disconnect();
  });

  it("does not take a process that hangs for a failure", async () => {
    cluster = await EmbeddedCluster.start({ brokers: 3 });
    const terms = cluster.log.filter(({ message }) => message.includes("fenced")).length;
    const controller = cluster.controllerId();
    const until = performance.now() + 1_500;
    while (performance.now() < until);
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setTimeout(resolve, 10));
    await cluster.waitForReady();
    expect(cluster.controllerId()).toBe(controller);
    expect(cluster.log.filter(({ message }) => message.includes("fenced")).length).toBe(terms);
  });

  it("says it when a broker stops itself, and does not take this process along", async () => {
    folder = mkdtempSync(join(tmpdir(), "ottla-embedded-"));
    process.env.TMPDIR = folder;
    cluster = await EmbeddedCluster.start({ brokers: 3, data: "disk" });
    const other = cluster.broker((cluster.controllerId() % 3) + 1);
    const root = join(folder, readdirSync(folder)[0]!, `broker-${other.id}`);
    rmSync(root, { recursive: true });
    // Whoever votes has to write its vote first.
    await cluster.broker(cluster.controllerId()).kill();
    await expect(cluster.waitForReady()).rejects.toMatchObject({
      code: "HALTED",
      message: expect.stringContaining(`broker ${other.id} stopped itself`),
    });
    expect(other.state).toBe("halted");
    expect(cluster.failures).toHaveLength(1);
  });
});
