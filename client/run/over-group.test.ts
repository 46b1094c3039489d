// test: a run of handlers over a consumer in a group, from the first record to the dead-letter topic: another
// member comes, the first one goes, and every record is handled, moved or given up for good, and committed.
import { describe, expect, it } from "vitest";
import { GroupStage, type Protocol } from "../../test/fakes/group-stage.ts";
import { deadLetter, retry, retryTopics } from "./failure-policy.ts";

const partitions = [0, 1, 2, 3];
const protocols: Protocol[] = ["classic", "consumer"];

describe.each(protocols)("a run in a group by the %s protocol", (protocol) => {
  it("deals with every record, whoever comes and goes", { timeout: 60_000 }, async () => {
    const stage = new GroupStage(protocol, { partitions: partitions.length });
    const { clock } = stage.cluster.client;
    const seen: string[] = [];
    const letters = (): number => {
      const { topics } = stage.cluster;
      return topics.has("t-dlq") ? stage.cluster.log("t-dlq", 2).records().length : 0;
    };
    const committed = (topic: string): number[] =>
      partitions.map((partition) => stage.groups.committed("g", topic, partition));
    const write = (count: number): void => {
      for (const partition of partitions) stage.write("t", partition, count);
    };
    const start = (id: string) => {
      const consumer = stage.make();
      const running = consumer.subscribe(["t"]).then(() =>
        consumer.run({
          ...{ order: "key", graceMs: 200, closeTimeoutMs: 1_000 },
          onError: retry({ attempts: 2, backoffMs: 10 })
            .then(retryTopics({ delaysMs: [2_000] }))
            .then(deadLetter()),
          eachRecord: async (record, { attempt, origin }) => {
            seen.push(`${id} ${record.topic} ${record.partition} ${record.offset} ${attempt}`);
            await new Promise<void>((resolve) => void clock.after(5, resolve));
            if (origin.partition === 1 && attempt < 3) throw new Error("later");
            if (origin.partition === 2) throw new Error("never");
          },
        }),
      );
      return { consumer, running };
    };

    write(5);
    const one = start("one");
    await stage.until(() => letters() === 5);
    await stage.until(() => committed("t").join() === "5,5,5,5");
    await stage.until(() => committed("t-retry-1").slice(1, 3).join() === "5,5");
    const two = start("two");
    await stage.until(() => [one, two].every(({ consumer }) => consumer.assignment().length === 4));
    write(5);
    await stage.until(() => letters() === 10 && committed("t").join() === "10,10,10,10");
    expect(seen.some((one) => one.startsWith("two"))).toBe(true);
    await stage.world.run(one.consumer.close());
    await stage.world.run(one.running);
    write(2);
    await stage.until(() => letters() === 12 && committed("t").join() === "12,12,12,12");
    // Nothing failed but handlers: no call was made twice.
    expect(new Set(seen.map((one) => one.slice(4))).size).toBe(seen.length);
    await stage.world.run(two.consumer.close());
    await stage.world.run(two.running);
    await stage.close();
  });

  it("reads again what it was not done with, once it was stopped", async () => {
    const stage = new GroupStage(protocol, { partitions: 1 });
    const consumer = stage.make();
    const stop = new AbortController();
    const handled: number[] = [];
    await stage.world.run(consumer.subscribe(["t"]));
    stage.write("t", 0, 6);
    const running = consumer.run({
      ...{ signal: stop.signal, graceMs: 50, closeTimeoutMs: 100 },
      eachRecord: async ({ offset }) => {
        if (offset === 3) await new Promise(() => {});
        handled.push(offset);
      },
    });
    await stage.until(() => handled.length === 3);
    stop.abort();
    await stage.world.run(running);
    const again: number[] = [];
    const reading = (async () => {
      for await (const { offset } of consumer) again.push(offset);
    })();
    await stage.until(() => again.length === 3);
    expect([handled, again]).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
    await stage.world.run(consumer.close());
    await stage.world.run(reading);
    await stage.close();
  });
});
