// test: consumer groups in a cluster inside a test: they settle in the time that a test has, by both
// protocols.
import { describe, expect, it } from "vitest";
import type { Consumer } from "../client/index.ts";
import { Cluster } from "./cluster.ts";

/** Reads until `count` records were seen, and says how long that took, in ms. */
async function readSome(consumer: Consumer, count: number): Promise<number> {
  const beganMs = performance.now();
  await consumer.subscribe(["texts"]);
  let seen = 0;
  for await (const _ of consumer) if (++seen === count) break;
  return performance.now() - beganMs;
}

describe.each(["classic", "consumer"] as const)("groups of the %s protocol", (groupProtocol) => {
  it("read soon, go on after what was committed, and share soon", async () => {
    await using cluster = await Cluster.start({ brokers: 1 });
    await cluster.createTopic("texts", { partitions: 2 });
    const producer = cluster.producer();
    const times: number[] = [];
    const shares: number[] = [];
    // What else the machine does says nothing about the groups: the best of a few counts.
    for (let round = 0; round < 5; round++) {
      await producer.sendBatch([0, 1].map((at) => ({ topic: "texts", key: `k${at}`, value: "v" })));
      const member = () => cluster.consumer({ groupId: "readers", groupProtocol, offsetReset: "earliest" });
      const one = member();
      // Each group of rounds finds only what is new: the one before has committed.
      times.push(await readSome(one, 2));
      await one.commit();
      const two = member();
      const beganMs = performance.now();
      await two.subscribe(["texts"]);
      const stop = new AbortController();
      const reading = [one, two].map(async (consumer) => {
        for await (const _ of consumer.records({ signal: stop.signal }));
      });
      await expect.poll(() => two.assignment(), { interval: 2, timeout: 10_000 }).toHaveLength(1);
      shares.push(performance.now() - beganMs);
      stop.abort();
      await Promise.all([...reading, one.close(), two.close()]);
    }
    expect(Math.min(...times)).toBeLessThan(150);
    expect(Math.min(...shares)).toBeLessThan(200);
    const [lag] = await cluster.admin().groupLags(["readers"]);
    expect(lag).toMatchObject({ lag: 0 });
  });
});

it("a session shorter than the heartbeats of tests is the program's own affair", async () => {
  await using cluster = await Cluster.start({ brokers: 1 });
  expect(() =>
    cluster.consumer({ groupId: "g", sessionTimeoutMs: 30, heartbeatIntervalMs: 10 }),
  ).not.toThrow();
  expect(() => cluster.consumer({ groupId: "g", sessionTimeoutMs: 6_000 })).not.toThrow();
});
