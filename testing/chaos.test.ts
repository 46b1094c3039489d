// test: traffic through kills, stops, pauses and cuts of random brokers: what was acknowledged is there once,
// in order per key, and no broker stops itself. `OTTLA_CHAOS_ROUNDS` makes it longer.
import { expect, it, vi } from "vitest";
import { json, string, topic } from "../client/index.ts";
import type { EmbeddedBroker } from "../services/embedded/embedded-broker.ts";
import { Cluster } from "./cluster.ts";

const rounds = Number(process.env.OTTLA_CHAOS_ROUNDS ?? 12);
const numbers = topic("numbers", { key: string(), value: json<number>() });
const keys = ["a", "b", "c", "d", "e"];

/** What is done to a broker, and how it is undone. */
const faults: Readonly<Record<string, (broker: EmbeddedBroker) => Promise<() => Promise<void>>>> = {
  kill: async (broker) => {
    await broker.kill();
    return () => broker.restart();
  },
  stop: async (broker) => {
    await broker.stop();
    return () => broker.restart();
  },
  pause: async (broker) => {
    await broker.pause();
    return () => broker.resume();
  },
  isolate: async (broker) => {
    await broker.isolate();
    return () => broker.heal();
  },
  "isolate from brokers": async (broker) => {
    await broker.isolate({ from: "brokers" });
    return () => broker.heal();
  },
  "kill while isolated": async (broker) => {
    await broker.isolate();
    await broker.kill();
    await broker.restart();
    return () => broker.heal();
  },
  "kill while paused": async (broker) => {
    await broker.pause();
    await broker.kill();
    return () => broker.restart();
  },
};

it(`nothing acknowledged is lost in ${rounds} rounds`, { timeout: 60_000 + rounds * 20_000 }, async () => {
  await using cluster = await Cluster.start();
  await cluster.createTopic(numbers, { partitions: 4 });
  const producer = cluster.producer({ deliveryTimeoutMs: 120_000, requestTimeoutMs: 1_000 });
  const acknowledged = new Map<string, number[]>(keys.map((key) => [key, []]));
  let isOver = false;
  const write = async (key: string): Promise<void> => {
    for (let value = 0; !isOver; value++) {
      await producer.send({ topic: numbers, key, value });
      acknowledged.get(key)!.push(value);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
  const writing = Promise.all(keys.map(write));
  const names = Object.keys(faults);
  const story: string[] = [];
  for (let round = 0; round < rounds; round++) {
    const name = names[round % names.length]!;
    const broker = cluster.brokers[Math.floor(Math.random() * 3)]!;
    story.push(`${name} ${broker.id}`);
    const undo = await faults[name]!(broker);
    await cluster.waitForReady();
    await undo();
    await cluster.waitForReady();
  }
  // A machine that is busy with other things gets fewer records through a round; some of every key are due.
  await vi.waitUntil(() => keys.every((key) => acknowledged.get(key)!.length > rounds), { timeout: 30_000 });
  isOver = true;
  await writing;
  const read = new Map<string, number[]>(keys.map((key) => [key, []]));
  const consumer = cluster.consumer({ topics: [numbers] });
  await consumer.assign([{ topic: numbers, from: "earliest", to: "end" }]);
  for await (const { key, value } of consumer) read.get(key)!.push(value);
  expect(read, story.join(", ")).toEqual(acknowledged);
});
