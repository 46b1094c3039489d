// test: a process of its own that starts clusters, ends them in the middle of everything, and prints what is
// left of them: resources that keep the process alive, unhandled rejections, ports. Then it must
// end by itself.
import { createHook } from "node:async_hooks";
import { createConnection } from "node:net";
import { Cluster } from "../../testing/index.ts";

// Node opens it when a socket is destroyed; it is then among the resources.
void process.stderr;
const rejections: string[] = [];
process.on("unhandledRejection", (reason) => void rejections.push(String(reason)));

/** A closed handle is gone a few turns later. */
async function resources(): Promise<string[]> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  return process.getActiveResourcesInfo().sort();
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

async function traffic(data: "memory" | "disk"): Promise<string[]> {
  await using cluster = await Cluster.start({ data });
  await cluster.createTopic("texts", { partitions: 6 });
  const producer = cluster.producer();
  const { promise: someDelivered, resolve } = Promise.withResolvers<void>();
  let delivered = 0;
  for (let i = 0; i < 300; i++) {
    producer.enqueue({ topic: "texts", key: `k${i}`, value: "x" }, () => {
      if (++delivered > 20) resolve();
    });
  }
  const consumer = cluster.consumer();
  await consumer.assign([{ topic: "texts" }]);
  const reading = (async () => {
    for await (const _ of consumer);
  })();
  await someDelivered;
  await cluster.broker(1).pause();
  await cluster.broker(2).isolate();
  await cluster.broker(3).kill();
  const addresses = cluster.brokers.map(({ address }) => address);
  await cluster.stop();
  await reading;
  return addresses;
}

async function killsWhileStarting(): Promise<string[]> {
  await using cluster = await Cluster.start();
  const [one, two, three] = cluster.brokers;
  await Promise.all([one!.kill(), two!.kill(), three!.stop()]);
  const restarts = [one!, two!].map((broker) => broker.restart().catch((error: Error) => error.message));
  await one!.kill();
  await new Promise((resolve) => setTimeout(resolve, 10));
  await two!.kill();
  await Promise.all(restarts);
  return cluster.brokers.map(({ address }) => address);
}

/** Timers that were set and neither ran nor were cleared, those included that keep no process alive. */
const timers = new Map<number, string>();
createHook({
  init: (id, type) => {
    if (type === "Timeout") timers.set(id, String(new Error("set").stack));
  },
  destroy: (id) => void timers.delete(id),
}).enable();

const before = await resources();
const results: { name: string; left: string[]; ports: string[] }[] = [];
const runs = {
  memory: () => traffic("memory"),
  disk: () => traffic("disk"),
  "kills while starting": killsWhileStarting,
  "two at once": async () => (await Promise.all([traffic("memory"), traffic("memory")])).flat(),
};
for (const [name, run] of Object.entries(runs)) {
  const addresses = await run();
  const left = await resources();
  const listening = await Promise.all(addresses.map(isListening));
  results.push({ name, left, ports: addresses.filter((_, index) => listening[index]) });
}
process.stdout.write(JSON.stringify({ before, results, rejections, timers: [...timers.values()] }));
