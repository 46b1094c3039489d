// test: under random cuts, refusals, silences and changes of leader, with pauses, breaks and seeks in
// between, every record comes once and in order.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SeededRandom } from "../../base/virtual/seeded-random.ts";
import { buildBatch } from "../../proto/batch/build.ts";
import { ErrorCode } from "../../proto/errors.ts";
import { FakeCluster, type Fault } from "../../test/fakes/fake-cluster.ts";
import { ConsumerClient } from "./consumer.ts";

const partitions = 3;
const total = 900;
const codes = [
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.KAFKA_STORAGE_ERROR,
  ErrorCode.UNKNOWN_LEADER_EPOCH,
  ErrorCode.OFFSET_NOT_AVAILABLE,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.OFFSET_OUT_OF_RANGE,
];

function pickFault(random: SeededRandom): Fault {
  const draw = random.uint32() % 6;
  if (draw === 0) return { kind: "cutBefore" };
  if (draw === 1) return { kind: "cutAfter" };
  if (draw === 2) return { kind: "delay", ms: random.uint32() % 300 };
  if (draw === 3) return { kind: "silence", carriedOut: true };
  if (draw === 4) return { kind: "twice" };
  return { kind: "code", code: codes[random.uint32() % codes.length]! };
}

/** Appends `total` numbered records in batches of random size, a little at a time. */
async function feed(cluster: FakeCluster, random: SeededRandom): Promise<void> {
  const { codecs, clock } = cluster.client;
  for (let number = 0; number < total; ) {
    const log = cluster.log("t", random.uint32() % partitions);
    const count = Math.min(total - number, 1 + (random.uint32() % 12));
    const records = Array.from({ length: count }, (_, index) => {
      return { key: null, value: Buffer.from(String(number + index)), timestamp: 1 };
    });
    log.append(buildBatch({ records, codecs, compression: random.float() < 0.3 ? "gzip" : "none" }));
    number += count;
    if (random.float() < 0.05) log.moveTo(1 + (random.uint32() % 3));
    await new Promise<void>((done) => clock.after(random.uint32() % 20, done));
  }
}

async function live(seed: number): Promise<void> {
  const random = new SeededRandom(seed).fork("test");
  const cluster = new FakeCluster({ seed, brokers: 3, sessionSlots: random.uint32() % 4 });
  cluster.addTopic("t", partitions);
  const faultRate = random.float() * 0.3;
  cluster.fault = ({ api, broker }) => {
    if (random.float() < faultRate / 10) cluster.forgetSessions(broker);
    const fault = random.float() < faultRate ? pickFault(random) : null;
    // Only a fetch can be out of range.
    const isFit = fault?.kind !== "code" || fault.code !== ErrorCode.OFFSET_OUT_OF_RANGE || api === "Fetch";
    return isFit ? fault : null;
  };
  const consumer = new ConsumerClient(cluster.client, {
    bootstrap: cluster.bootstrap,
    partitionBytes: 300 + (random.uint32() % 3_000),
    prefetchBytes: 1_000 + (random.uint32() % 20_000),
    requestTimeoutMs: 1_000,
  });
  const seen = Array.from({ length: partitions }, () => [] as number[]);
  const read = async (): Promise<void> => {
    await consumer.assign([{ topic: "t" }]);
    const count = (): number => seen.reduce((sum, list) => sum + list.length, 0);
    while (count() < total) {
      for await (const record of consumer) {
        expect(record.offset).toBe(seen[record.partition]!.length);
        seen[record.partition]!.push(Number(Buffer.from(record.value!).toString()));
        if (count() === total) break;
        const place = { topic: "t", partition: record.partition };
        if (random.float() < 0.02) break;
        if (random.float() < 0.02) await consumer.seek(place, { offset: consumer.position(place) });
        if (random.float() < 0.02) {
          consumer.pause([place]);
          cluster.client.clock.after(random.uint32() % 200, () => consumer.resume([place]));
        }
      }
    }
  };
  await cluster.world.run(Promise.all([feed(cluster, random), read()]), { withinMs: 600_000 });
  await cluster.world.run(consumer.close());
  for (let partition = 0; partition < partitions; partition++) {
    const written = cluster.log("t", partition).records();
    expect(seen[partition]).toEqual(written.map((record) => Number(Buffer.from(record.value!).toString())));
  }
}

describe("a consumer", () => {
  it("reads every record once and in order", async () => {
    const seeds = fc.integer({ min: 1, max: 1_000_000 });
    const numRuns = Number(process.env.CLIENT_RUNS ?? 30);
    await fc.assert(fc.asyncProperty(seeds, live), { numRuns, endOnFailure: true });
  }, 120_000);
});
