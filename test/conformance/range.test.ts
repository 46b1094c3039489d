// test: one suite of places in time on both clusters: lookups, and pieces of a topic.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { realClientEnv } from "../../base/real/env.ts";
import { parseBootstrap } from "../../client/connection/address.ts";
import { Connection } from "../../client/connection/connection.ts";
import { Admin, Consumer, Producer, type RangeQuery, string, topic } from "../../client/index.ts";
import { errorName } from "../../proto/errors.ts";
import { apis } from "../../proto/kafka/apis.ts";
import { type Side, sides } from "./sides.ts";

const run = `range-conformance-${Date.now()}`;
const times = topic(`${run}-times`, { value: string() });
const began = Date.UTC(2026, 0, 1);
/** Minutes after `began`, in the order in which they are written. */
const minutes = [0, 10, 5, 30, 20, 40, 15, 60, 50];

describe.each(sides)("places in time on $name", (side) => {
  let running: Awaited<ReturnType<Side["start"]>>;
  let admin: Admin;

  beforeAll(async () => {
    running = await side.start();
    admin = new Admin({ bootstrap: running.bootstrap });
    await admin.createTopics([{ name: times.name, partitions: 1, replicationFactor: 1 }]);
    await admin.waitForTopic(times.name);
    await using producer = new Producer({ bootstrap: running.bootstrap });
    for (const minute of minutes)
      await producer.send({
        topic: times,
        key: null,
        value: `${minute}`,
        timestamp: began + minute * 60_000,
      });
  }, 60_000);

  afterAll(async () => {
    await admin.deleteTopics([times.name]);
    await admin.close();
    await running.stop();
  });

  const at = (minute: number): Date => new Date(began + minute * 60_000);

  async function read(query: Omit<RangeQuery<typeof times>, "topic">): Promise<number[]> {
    await using consumer = new Consumer({ bootstrap: running.bootstrap, topics: [times] });
    const seen: number[] = [];
    for await (const { value } of consumer.range({ topic: times, ...query })) seen.push(Number(value));
    return seen;
  }

  it("are looked up", async () => {
    const offsetAt = async (place: Parameters<Admin["listOffsets"]>[0]["at"]) => {
      const [found] = await admin.listOffsets({ topic: times.name, at: place });
      return [found!.offset, found!.timestamp < 0 ? -1 : (found!.timestamp - began) / 60_000];
    };
    expect(await offsetAt({ timestamp: at(0) })).toEqual([0, 0]);
    expect(await offsetAt({ timestamp: at(11) })).toEqual([3, 30]);
    expect(await offsetAt({ timestamp: at(45) })).toEqual([7, 60]);
    expect(await offsetAt({ timestamp: at(61) })).toEqual([-1, -1]);
    expect(await offsetAt("maxTimestamp")).toEqual([7, 60]);
    expect(await offsetAt("latest")).toEqual([9, -1]);
    expect(await offsetAt("earliest")).toEqual([0, -1]);
  });

  it("have names in newer versions only", async () => {
    const [address] = parseBootstrap(running.bootstrap);
    const settings = { clientId: "t", connectTimeoutMs: 5_000, requestTimeoutMs: 5_000 };
    const connection = await Connection.open(realClientEnv(), address!, settings);
    const ask = async (timestamps: number[], version: number): Promise<string[]> => {
      const epoch = version >= 4 ? { currentLeaderEpoch: -1 } : {};
      const partitions = timestamps.map((timestamp) => ({ partitionIndex: 0, timestamp, ...epoch }));
      const body = { replicaId: -1, topics: [{ name: times.name, partitions }] };
      const versions = { min: version, max: version };
      const { topics } = await connection.request(apis.ListOffsets, body, { versions });
      return topics[0]!.partitions.map(({ errorCode }) => errorName(errorCode));
    };
    for (const [timestamp, since] of [
      [-1, 1],
      [-2, 1],
      [-3, 7],
      [-4, 8],
      [-5, 9],
    ] as const) {
      expect(await ask([timestamp], since)).toEqual(["NONE"]);
      if (since > 1) expect(await ask([timestamp], since - 1)).toEqual(["UNSUPPORTED_VERSION"]);
    }
    expect(await ask([-77], 9)).toEqual(["UNSUPPORTED_VERSION"]);
    // Which of the two answers is which could not be told.
    expect(await ask([-1, -2], 9)).toEqual(["INVALID_REQUEST"]);
    connection.close();
  });

  it("bound what is read", async () => {
    expect(await read({ from: at(10), to: at(40) })).toEqual([10, 30, 20]);
    expect(await read({ from: at(10), to: at(40), exact: true })).toEqual([10, 30, 20, 15]);
    expect(await read({ from: at(50) })).toEqual([60, 50]);
    expect(await read({ to: at(10) })).toEqual([0]);
    expect(await read({ from: at(61) })).toEqual([]);
    expect(await read({ partitions: [0], from: { offset: 2 }, to: { offset: 4 } })).toEqual([5, 30]);
    expect(await read({ order: "time" })).toEqual(minutes);
  });
});
