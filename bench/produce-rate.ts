// adapter: how fast records are acknowledged, and how long each waits: one producer in a closed loop, for a
// fixed time.
import { Admin, Producer } from "../client/index.ts";

export interface ProduceRate {
  recordsPerSecond: number;
  megabytesPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  failed: number;
}

const partitions = 6;
const valueBytes = 1_024;

export async function measureProduce(options: {
  bootstrap: string;
  topic: string;
  replicas: number;
  acks: "all" | 1;
  batchBytes: number;
  forMs: number;
}): Promise<ProduceRate> {
  const { bootstrap, topic } = options;
  await using admin = new Admin({ bootstrap });
  await admin.createTopics([{ name: topic, partitions, replicationFactor: options.replicas }]);
  await admin.waitForTopic(topic);
  const { acks, batchBytes } = options;
  await using producer = new Producer({
    bootstrap,
    acks,
    batchBytes,
    lingerMs: 5,
    idempotent: acks === "all",
  });
  const value = Buffer.alloc(valueBytes, "x");
  const waits: number[] = [];
  let failed = 0;
  let next = 0;
  const send = async (): Promise<void> => {
    const sentMs = performance.now();
    await producer.enqueue({ topic, key: null, value, partition: next++ % partitions }, (error) => {
      if (error) failed++;
      else waits.push(performance.now() - sentMs);
    });
  };
  // A second of warm-up, in which every partition is written, does not count.
  const run = async (untilMs: number): Promise<void> => {
    while (performance.now() < untilMs) {
      for (let n = 0; n < 100; n++) await send();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await producer.flush();
  };
  await run(performance.now() + 1_000);
  waits.length = 0;
  const began = performance.now();
  await run(began + options.forMs);
  const seconds = (performance.now() - began) / 1_000;
  waits.sort((a, b) => a - b);
  const at = (share: number): number => Math.round((waits[Math.floor(waits.length * share)] ?? 0) * 10) / 10;
  return {
    recordsPerSecond: Math.round(waits.length / seconds),
    megabytesPerSecond: Math.round((waits.length * valueBytes) / seconds / 1e5) / 10,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    failed,
  };
}
