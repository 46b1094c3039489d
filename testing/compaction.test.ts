// test: compaction of a topic in a whole cluster, as its users see it: the last value of each key is left,
// whoever leads; a broker that was away copies what is left.
import { afterEach, describe, expect, it } from "vitest";
import { Cluster } from "./cluster.ts";

let cluster: Cluster;

afterEach(async () => cluster.stop());

async function readAll(): Promise<{ offset: number; key: string; value: string | null }[]> {
  await using consumer = cluster.consumer();
  await consumer.assign([{ topic: "prices", from: "earliest", to: "end" }]);
  const found: { offset: number; key: string; value: string | null }[] = [];
  for await (const { offset, key, value } of consumer) {
    const text = value === null ? null : Buffer.from(value).toString();
    found.push({ offset, key: Buffer.from(key!).toString(), value: text });
  }
  return found;
}

/** Waits until the condition holds; the test's own time limit ends it. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Which brokers said that they compacted the topic, since the line of that number. */
function compactedBy(since: number): number[] {
  const lines = cluster.log.filter(({ message }) => message === "compacted a log").slice(since);
  return [...new Set(lines.map((line) => line.broker))].sort();
}

describe("a compacted topic", () => {
  it("keeps the last value of every key, on every replica", { timeout: 60_000 }, async () => {
    cluster = await Cluster.start({
      brokers: 3,
      settings: { "log.cleaner.backoff.ms": 50, "min.insync.replicas": 2 },
    });
    await cluster.createTopic("prices", {
      configs: {
        ...{ "cleanup.policy": "compact", "segment.bytes": 2_000, "min.cleanable.dirty.ratio": 0.1 },
        "delete.retention.ms": 60_000,
      },
    });
    const producer = cluster.producer({ lingerMs: 0 });
    const last = new Map<string, { offset: number; value: string | null }>();
    const write = async (count: number): Promise<void> => {
      for (let n = 0; n < count; n++) {
        const key = `k${n % 7}`;
        const value = n % 7 === 3 && n > count / 2 ? null : `value ${n} ${"x".repeat(40)}`;
        const { offset } = await producer.send({ topic: "prices", key, value });
        last.set(key, { offset, value });
      }
    };
    await write(200);
    await until(() => compactedBy(0).length === 3);
    const check = async (): Promise<number> => {
      const found = await readAll();
      const left = new Map(found.map(({ key, ...rest }) => [key, rest]));
      expect(left).toEqual(last);
      expect(found.map(({ offset }) => offset)).toEqual(
        found.map(({ offset }) => offset).sort((a, b) => a - b),
      );
      return found.length;
    };
    await until(async () => (await readAll()).length < 100);
    expect(await check()).toBeLessThan(100);
    const removed = cluster.brokers.map((broker) =>
      broker.metric("ottla_log_cleaner_records_removed_total", { why: "superseded" }),
    );
    expect(Math.min(...removed)).toBeGreaterThan(0);

    // One that was away meanwhile copies what is left, gaps and all; each of them can lead.
    const away = cluster.leaderOf("prices");
    await away.kill();
    const before = cluster.log.length;
    await write(150);
    await until(() => cluster.log.slice(before).some(({ message }) => message === "compacted a log"));
    await away.restart();
    await cluster.waitForReady();
    await write(50);
    for (const { id } of cluster.brokers) {
      const broker = cluster.broker(id);
      await broker.stop();
      await check();
      await broker.restart();
      await cluster.waitForReady();
    }
    await check();
  });
});
