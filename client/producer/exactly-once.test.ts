// test: under random cuts, refusals, silences and changes of leader, every acknowledged record is in the log
// once and in order; one that failed as certainly not written is not there; nothing is there twice. The fake
// brokers check sequence numbers as Kafka does.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SeededRandom } from "../../base/virtual/seeded-random.ts";
import { ErrorCode } from "../../proto/errors.ts";
import { FakeCluster, type Fault } from "../../test/fakes/fake-cluster.ts";
import { ClientError } from "../errors.ts";
import { ProducerClient } from "./producer.ts";

const partitions = 3;
const codes = [
  ErrorCode.NOT_ENOUGH_REPLICAS,
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.LEADER_NOT_AVAILABLE,
  ErrorCode.REQUEST_TIMED_OUT,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
  ErrorCode.MESSAGE_TOO_LARGE,
];

function pickFault(random: SeededRandom): Fault {
  const draw = random.uint32() % 6;
  if (draw === 0) return { kind: "cutBefore" };
  if (draw === 1) return { kind: "cutAfter" };
  if (draw === 2) return { kind: "delay", ms: random.uint32() % 400 };
  if (draw === 3) return { kind: "silence", carriedOut: random.float() < 0.5 };
  return { kind: "code", code: codes[random.uint32() % codes.length]! };
}

interface Outcome {
  readonly name: string;
  readonly error: Error | null;
}

async function live(seed: number): Promise<{ cluster: FakeCluster; outcomes: Outcome[] }> {
  const cluster = new FakeCluster({ seed, brokers: 3 });
  cluster.addTopic("t", partitions);
  const random = new SeededRandom(seed).fork("test");
  const producer = new ProducerClient(cluster.client, {
    bootstrap: cluster.bootstrap,
    batchBytes: 150 + (random.uint32() % 400),
    lingerMs: random.uint32() % 10,
    maxInFlight: 1 + (random.uint32() % 5),
    deliveryTimeoutMs: random.float() < 0.5 ? 1_500 : 60_000,
    requestTimeoutMs: 600,
  });
  const faultRate = random.float() * 0.4;
  cluster.fault = ({ api }) => {
    if (api === "Produce" && random.float() < 0.03) {
      cluster.log("t", random.uint32() % partitions).moveTo(1 + (random.uint32() % 3));
    }
    const isHit = random.float() < (api === "Produce" ? faultRate : faultRate / 4);
    return isHit ? pickFault(random) : null;
  };
  const outcomes: Outcome[] = [];
  const feed = async (): Promise<void> => {
    for (let number = 0; number < 400; number++) {
      const key = `key-${random.uint32() % 12}`;
      const name = `${key}/${number}`;
      const full = producer.enqueue({ topic: "t", key, value: name.padEnd(24) }, (error) => {
        outcomes.push({ name, error });
      });
      if (full !== undefined) await full;
      if (random.float() < 0.1) {
        await new Promise<void>((done) => cluster.client.clock.after(random.uint32() % 60, done));
      }
    }
    await producer.flush();
    await producer.close();
  };
  await cluster.world.run(feed());
  await cluster.world.runFor(5_000);
  return { cluster, outcomes };
}

function check({ cluster, outcomes }: { cluster: FakeCluster; outcomes: Outcome[] }): void {
  expect(outcomes.length).toBe(400);
  const lastOfKey = new Map<string, number>();
  const written = new Set<string>();
  for (let partition = 0; partition < partitions; partition++) {
    for (const record of cluster.log("t", partition).records()) {
      const name = Buffer.from(record.value!).toString().trim();
      expect(written, `${name} is written twice`).not.toContain(name);
      written.add(name);
      const [key, number] = name.split("/") as [string, string];
      expect(Number(number), `${name} is out of order`).toBeGreaterThan(lastOfKey.get(key) ?? -1);
      lastOfKey.set(key, Number(number));
    }
  }
  for (const { name, error } of outcomes) {
    if (error === null) expect(written, `${name} was acknowledged and is missing`).toContain(name);
    else if (error instanceof ClientError && !error.mayHaveBeenWritten) {
      expect(written, `${name} failed as not written and is there`).not.toContain(name);
    }
  }
}

describe("an idempotent producer", () => {
  it("writes every record at most once, in order, and none less than it says", async () => {
    const seeds = fc.integer({ min: 1, max: 1_000_000 });
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => check(await live(seed))),
      { numRuns: Number(process.env.CLIENT_RUNS ?? 40), endOnFailure: true },
    );
  }, 120_000);

  it("does the same for the same seed", async () => {
    const one = await live(7);
    const other = await live(7);
    expect(one.cluster.world.traceHash()).toBe(other.cluster.world.traceHash());
  });
});
