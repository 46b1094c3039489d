// test: a topic that is compacted, with one who writes keys over and over, and deletes some, and one who
// reads all of it again and again.
import type { ClientEnv } from "../../base/ports/env.ts";
import { SeededRandom } from "../../base/virtual/seeded-random.ts";
import { AdminClient } from "../../client/admin/admin.ts";
import { ConsumerClient } from "../../client/consumer/consumer.ts";
import { ProducerClient } from "../../client/producer/producer.ts";
import type { CompactingPlan } from "./compacting-plan.ts";
import type { CheckCounts } from "./violation.ts";
import { isPatient } from "./workload.ts";

export const compactedTopic = "compacted";
export const compactedPartitions = [0, 1] as const;
const outstandingMax = 100;

export interface CompactingOptions {
  readonly seed: string;
  readonly compacting: CompactingPlan;
  readonly env: ClientEnv;
  readonly bootstrap: string;
  readonly checks: CheckCounts;
  readonly onWrong: (what: string, error: unknown) => void;
}

interface Sent {
  readonly key: string;
  readonly value: string | null;
  state: "sent" | "acknowledged" | "failed";
  partition: number;
  offset: number;
}

interface Found {
  readonly partition: number;
  readonly offset: number;
  readonly key: string;
  readonly value: string | null;
}

export class Compacting {
  readonly #options: CompactingOptions;
  readonly #sent: Sent[] = [];
  readonly #running: Promise<void>[] = [];
  #consumer: ConsumerClient | null = null;
  #isOver = false;

  constructor(options: CompactingOptions) {
    this.#options = options;
  }

  async prepare(): Promise<void> {
    const { env, bootstrap, compacting } = this.#options;
    const admin = new AdminClient(env, { bootstrap, clientId: "prepares compacted" });
    const shape = { partitions: compactedPartitions.length, replicationFactor: 3 };
    await admin.createTopics([{ name: compactedTopic, ...shape, configs: compacting.topicSettings }]);
    await admin.close();
  }

  begin(): void {
    this.#running.push(this.#produce(), this.#consume());
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#consumer?.close();
    await Promise.all(this.#running);
  }

  async #produce(): Promise<void> {
    const { env, bootstrap, seed, compacting } = this.#options;
    const random = new SeededRandom(seed).fork("compacted producer");
    const producer = new ProducerClient(env, {
      ...{ bootstrap, clientId: "compacter", acks: "all", lingerMs: random.pick([0, 5, 20]) },
      compression: random.pick(["none", "gzip", "lz4"]),
    });
    let outstanding = 0;
    while (!this.#isOver) {
      await pause(env, random.between(1, 12));
      if (outstanding >= outstandingMax) continue;
      const number = this.#sent.length;
      const value = random.chance(0.15) ? null : `${number} ${"x".repeat(random.below(200))}`;
      const key = `key-${random.below(compacting.keys)}`;
      const sent: Sent = { key, value, state: "sent", partition: -1, offset: -1 };
      this.#sent.push(sent);
      outstanding++;
      await producer.enqueue({ topic: compactedTopic, key, value }, (error, place) => {
        outstanding--;
        sent.state = error === null ? "acknowledged" : "failed";
        if (error === null) ({ partition: sent.partition, offset: sent.offset } = place!);
      });
    }
    await producer.flush();
    await producer.close();
  }

  async #consume(): Promise<void> {
    const { env, onWrong } = this.#options;
    while (!this.#isOver) {
      try {
        await this.read();
      } catch (error) {
        if (!isPatient(error)) onWrong("a consumer of compacted", error);
      }
      if (!this.#isOver) await pause(env, 400);
    }
  }

  /** All there is, partition by partition in order. */
  async read(): Promise<Found[]> {
    const { env, bootstrap } = this.#options;
    const options = { bootstrap, clientId: "reads compacted", requestTimeoutMs: 2_000, maxWaitMs: 200 };
    const consumer = new ConsumerClient(env, { ...options, apiTimeoutMs: 5_000, offsetReset: "earliest" });
    this.#consumer = consumer;
    const found: Found[] = [];
    try {
      await consumer.assign([{ topic: compactedTopic, from: "earliest" }]);
      for await (const { partition, offset, key, value } of consumer.readToEnd()) {
        const one = { partition, offset, key: textOf(key)!, value: textOf(value) };
        this.#see(one);
        found.push(one);
      }
    } finally {
      await consumer.close();
    }
    return found.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
  }

  #see(found: Found): void {
    const number = found.value === null ? -1 : Number.parseInt(found.value, 10);
    const sent = this.#sent[number];
    this.#options.checks.hold(
      "client: nothing is read that was not sent",
      found.value === null || (sent?.key === found.key && sent.value === found.value),
      () => `${compactedTopic}-${found.partition} at ${found.offset}: ${found.key} ${found.value}`,
    );
  }

  /** What a reader found after the faults. What lay before `start` of a partition was not to be kept. */
  verify(found: readonly Found[], start: (partition: number) => number): void {
    const last = new Map(found.map((one) => [`${one.partition}/${one.key}`, one]));
    const deleted = new Map<string, number>();
    for (const { key, value, partition, offset, state } of this.#sent) {
      if (value !== null) continue;
      // One whose fate is not known may be anywhere.
      const place = state === "acknowledged" ? offset : Number.POSITIVE_INFINITY;
      for (const one of partition < 0 ? compactedPartitions : [partition])
        deleted.set(`${one}/${key}`, Math.max(place, deleted.get(`${one}/${key}`) ?? -1));
    }
    for (const { key, value, partition, offset, state } of this.#sent) {
      if (state !== "acknowledged" || offset < start(partition)) continue;
      const name = `${partition}/${key}`;
      const isThere = (last.get(name)?.offset ?? -1) >= offset;
      this.#options.checks.hold(
        "compaction: the last value of every key stays",
        isThere || value === null || (deleted.get(name) ?? -1) > offset,
        () => `${name} of ${offset} is not there: a reader found ${JSON.stringify(last.get(name))}`,
      );
    }
  }
}

function textOf(part: unknown): string | null {
  return part === null ? null : Buffer.from(part as Uint8Array).toString();
}

function pause(env: ClientEnv, durationMs: number): Promise<void> {
  return new Promise((resolve) => void env.clock.after(durationMs, resolve));
}
