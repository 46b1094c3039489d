// test: a run under everything at once: handlers that fail, hang and take their time, brokers that refuse,
// lose answers and stall, partitions that are taken away, sought and come back, and crashes. Nothing is
// lost, order is kept, and nothing is told as processed that is not.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SeededRandom } from "../../base/virtual/seeded-random.ts";
import { BrokerError } from "../../proto/errors.ts";
import { type FakeConsumer, type FakeRecord, FakeRunWorld } from "../../test/fakes/fake-run.ts";
import { ClientError } from "../errors.ts";
import { deadLetter, type FailurePolicy, retry, retryTopics, skip } from "./failure-policy.ts";
import type { RunOptions } from "./run-options.ts";
import type { RunRecord } from "./run-source.ts";
import type { Runner } from "./runner.ts";
import type { RunOrder } from "./work-order.ts";

const partitions = 3;
const total = 120;
const keys = [null, "a", "b", "c", "d"];

const textOf = (record: RunRecord): string => Buffer.from(record.value!).toString();

class Life {
  readonly fake: FakeRunWorld;
  readonly random: SeededRandom;
  readonly order: RunOrder;
  readonly concurrency: number;
  readonly isBatchwise: boolean;
  readonly policy: FailurePolicy;
  readonly failRate: number;
  /** By topic: values whose handler resolved, or that the policy was done with. */
  readonly safe = new Map<string, Set<string>>();
  consumer!: FakeConsumer;
  runner!: Runner<FakeRecord>;
  /** Handlers in work that somebody waits for: of this consumer, those of former ones count no more. */
  readonly inWork = new Set<object>();
  mostInWork = 0;
  isQuiet = false;

  constructor(seed: number) {
    this.fake = new FakeRunWorld(seed, { t: partitions });
    this.random = new SeededRandom(seed).fork("life");
    this.order = this.random.pick(["key", "partition", "none"] as const);
    this.concurrency = 1 + this.random.below(8);
    this.isBatchwise = this.random.chance(0.3);
    this.policy = this.random.pick([
      retry({ attempts: 3, backoffMs: 20 })
        .then(retryTopics({ delaysMs: [200, 1_500] }))
        .then(deadLetter()),
      retry({ attempts: 2, backoffMs: 500 }).then(deadLetter()),
      retryTopics({ delaysMs: [100] }).then(deadLetter()),
      retry({ attempts: 4, backoffMs: 5, jitter: 1 }).then(skip()),
      retry({ attempts: 1_000, backoffMs: 10, maxBackoffMs: 50 }).then(skip()),
    ]);
    this.failRate = this.random.float() * 0.4;
    this.fake.onSend = () => this.trouble(0.5);
    this.fake.onSent = async (record) => {
      await this.trouble(0.2);
      // Acknowledged: now it may count where it came from.
      for (const topic of this.topicsBefore(record.topic))
        this.mark(topic, Buffer.from(record.value!).toString());
    };
    this.fake.onProcessed = (topic, _partition, records) => {
      for (const record of records) {
        const value = textOf(record);
        if (value.startsWith("-")) continue;
        const isSkipped = this.fake.events.some(
          (event) =>
            event.kind === "recordSkipped" && event.topic === topic && event.offset === record.offset,
        );
        expect(isSkipped || this.safe.get(topic)?.has(value) === true, `${topic} ${value}`).toBe(true);
      }
    };
  }

  /** Topics from which a record may have come into this one. */
  topicsBefore(topic: string): string[] {
    const known = ["t", "t-retry-1", "t-retry-2", "t-dlq"];
    return known.slice(0, known.indexOf(topic));
  }

  mark(topic: string, value: string): void {
    const values = this.safe.get(topic) ?? new Set();
    this.safe.set(topic, values.add(value));
  }

  async trouble(rate: number): Promise<void> {
    await this.fake.sleep(this.random.below(this.isQuiet ? 2 : 100));
    if (this.isQuiet || !this.random.chance(rate * this.failRate)) return;
    throw this.random.chance(0.5)
      ? new ClientError("DELIVERY_TIMED_OUT", "send: too late")
      : new BrokerError("NOT_ENOUGH_REPLICAS", "send: one is missing");
  }

  /** Everything of its chain that comes before must be safe when a record is begun. */
  checkOrder(consumer: FakeConsumer, record: FakeRecord): void {
    if (this.order === "none" && !this.isBatchwise) return;
    const owned = consumer.owned.get(`${record.topic} ${record.partition}`);
    const isOne = this.order === "partition" || this.isBatchwise;
    for (const earlier of this.fake.log(record.topic, record.partition)) {
      if (earlier.offset >= record.offset) break;
      const key = earlier.key === null ? null : Buffer.from(earlier.key).toString();
      const value = textOf(earlier);
      if (owned === undefined || earlier.offset < owned.processed || (!isOne && key !== record.key)) continue;
      if (value.startsWith("-") || this.batchOf(record).has(value)) continue;
      const isSkipped = this.fake.events.some(
        (event) =>
          event.kind === "recordSkipped" && event.topic === record.topic && event.offset === earlier.offset,
      );
      const text = `${record.value} of ${record.topic} before ${value}`;
      expect(isSkipped || this.safe.get(record.topic)?.has(value) === true, text).toBe(true);
    }
  }

  /** Records that are in the same call of a handler. */
  readonly #batches = new Map<string, ReadonlySet<string>>();

  batchOf(record: FakeRecord): ReadonlySet<string> {
    return this.#batches.get(record.value) ?? new Set();
  }

  async handle(consumer: FakeConsumer, records: readonly FakeRecord[], signal: AbortSignal): Promise<void> {
    const isMine = (): boolean => consumer === this.consumer && !signal.aborted;
    const batch = new Set(records.map(({ value }) => value));
    for (const record of records) this.#batches.set(record.value, batch);
    for (const record of records) this.checkOrder(consumer, record);
    const call = {};
    const leave = (): void => void this.inWork.delete(call);
    if (isMine()) this.inWork.add(call);
    signal.addEventListener("abort", leave);
    this.mostInWork = Math.max(this.mostInWork, this.inWork.size);
    try {
      const draw = this.isQuiet ? 1 : this.random.float();
      if (draw < 0.01) await new Promise(() => {});
      if (draw > 0.2) await this.fake.sleep(this.random.below(this.isQuiet ? 2 : 60));
      if (!this.isQuiet && this.random.chance(this.failRate)) throw new Error("it failed");
      if (isMine()) for (const { topic, value } of records) this.mark(topic, value);
    } finally {
      leave();
    }
  }

  begin(): void {
    const consumer = this.fake.consumer(["t"]);
    consumer.recordsMax = 1 + this.random.below(10);
    this.consumer = consumer;
    this.inWork.clear();
    const common = {
      concurrency: this.concurrency,
      onError: this.policy,
      graceMs: 100,
      closeTimeoutMs: 300,
      shouldRetry: () => this.isQuiet || !this.random.chance(0.1),
    };
    const options: RunOptions<FakeRecord> = this.isBatchwise
      ? {
          ...common,
          batchRecords: 1 + this.random.below(12),
          eachBatch: (batch, { signal }) => this.handle(consumer, batch.records, signal),
        }
      : {
          ...common,
          order: this.order,
          eachRecord: (record, { signal }) => this.handle(consumer, [record], signal),
        };
    this.runner = consumer.runner(options);
    const { runner } = this;
    runner.start(["t"]).catch(() => {
      // The policy said stop, or the dead letters could not be written: somebody starts it again.
      if (this.runner === runner) this.begin();
    });
  }

  async feed(): Promise<void> {
    for (let number = 0; number < total; number++) {
      const mark = this.random.chance(0.03) ? "!" : this.random.chance(0.03) ? "-" : "";
      const record = { key: this.random.pick(keys), value: `${mark}${number}`, gap: this.random.below(2) };
      this.fake.append("t", { ...record, partition: this.random.below(partitions) });
      await this.fake.sleep(this.random.below(40));
    }
  }

  async disturb(): Promise<void> {
    for (let round = 0; round < 25; round++) {
      await this.fake.sleep(this.random.below(400));
      const { consumer, runner } = this;
      const places = [...consumer.owned.values()].map(({ place }) => place);
      const some = places.filter(() => this.random.chance(0.4));
      const draw = this.random.below(6);
      if (draw === 0) {
        consumer.crash();
        this.begin();
      } else if (draw === 1) {
        await runner.stop();
        if (this.runner === runner) this.begin();
      } else if (draw < 5) {
        await consumer.giveUp(some, draw < 4 ? "revoked" : "lost");
        await this.fake.sleep(this.random.below(100));
        for (const place of some)
          if (!consumer.owned.has(`${place.topic} ${place.partition}`)) consumer.own(place);
      } else {
        void consumer.commit();
      }
    }
  }

  /** Every value went through a handler, or is where the policy puts it; all is told as processed. */
  isDone(): boolean {
    return [...this.consumer.owned.values()].every(({ place, processed }) => {
      const last = this.fake.log(place.topic, place.partition).at(-1);
      return last === undefined || processed > last.offset;
    });
  }
}

async function live(seed: number): Promise<void> {
  const it = new Life(seed);
  const { world } = it.fake;
  it.begin();
  await world.run(Promise.all([it.feed(), it.disturb()]), { withinMs: 600_000 });
  it.isQuiet = true;
  // A handler that hangs keeps its partition; only who takes it away helps.
  await world.run(it.runner.stop());
  it.begin();
  const isDone = (): boolean => it.isDone();
  expect(await world.runUntil(isDone, { withinMs: 120_000 }), "all is processed").toBe("done");
  await world.run(it.runner.stop());
  expect(it.mostInWork).toBeLessThanOrEqual(it.concurrency);
  const ends = new Set([...(it.safe.get("t") ?? []), ...it.fake.values("t-dlq")]);
  const skipped = it.fake.events.filter((event) => event.kind === "recordSkipped").length;
  const left = it.fake.values("t").filter((value) => !value.startsWith("-") && !ends.has(value));
  expect(left.length).toBeLessThanOrEqual(skipped);
}

describe("a run", () => {
  it("loses nothing and keeps its order, whatever happens", async () => {
    const seeds = fc.integer({ min: 1, max: 1_000_000 });
    const numRuns = Number(process.env.CLIENT_RUNS ?? 25);
    await fc.assert(fc.asyncProperty(seeds, live), { numRuns, endOnFailure: true });
  }, 120_000);
});
