// test: a topic whose records are not kept for ever, with one who writes to it and one who reads along and is
// overtaken by its start now and then.
import type { ClientEnv } from "../../base/ports/env.ts";
import { SeededRandom } from "../../base/virtual/seeded-random.ts";
import { AdminClient } from "../../client/admin/admin.ts";
import { ConsumerClient } from "../../client/consumer/consumer.ts";
import { ProducerClient } from "../../client/producer/producer.ts";
import type { AgingPlan } from "./aging-plan.ts";
import type { Ledger } from "./ledger.ts";
import type { Plan } from "./plan.ts";
import { isPatient, plain } from "./workload.ts";

export const agingTopic = "aging";
const outstandingMax = 100;

export interface AgingOptions {
  readonly plan: Plan;
  readonly aging: AgingPlan;
  readonly env: ClientEnv;
  readonly bootstrap: string;
  readonly ledger: Ledger;
  readonly onWrong: (what: string, error: unknown) => void;
}

export class Aging {
  readonly #options: AgingOptions;
  readonly #running: Promise<void>[] = [];
  #consumer: ConsumerClient | null = null;
  #isOver = false;

  constructor(options: AgingOptions) {
    this.#options = options;
  }

  async prepare(): Promise<void> {
    const { env, bootstrap, aging } = this.#options;
    const admin = new AdminClient(env, { bootstrap, clientId: "prepares aging" });
    const configs = {
      ...{ "min.insync.replicas": "2", "segment.bytes": "8192", "file.delete.delay.ms": "300" },
      "retention.ms": "-1",
      [aging.limit]: String(aging.value),
    };
    await admin.createTopics([{ name: agingTopic, partitions: 2, replicationFactor: 3, configs }]);
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
    const { env, bootstrap, ledger, plan } = this.#options;
    const random = new SeededRandom(plan.seed).fork("aging producer");
    const producer = new ProducerClient(env, { bootstrap, clientId: "ager", acks: "all", lingerMs: 5 });
    let outstanding = 0;
    for (let number = 0; !this.#isOver; number++) {
      await pause(env, random.between(2, 20));
      if (outstanding >= outstandingMax) continue;
      const key = `key-${random.below(3)}`;
      const record = ledger.send({ topic: agingTopic, key, number, producer: "ager", isSafe: true });
      outstanding++;
      await producer.enqueue(
        { topic: agingTopic, key, value: `${record.id} ${"x".repeat(random.below(800))}` },
        (error, place) => {
          outstanding--;
          if (error !== null) ledger.fail(record);
          else ledger.acknowledge(record, place!);
        },
      );
    }
    await producer.flush();
    await producer.close();
  }

  async #consume(): Promise<void> {
    const { env, bootstrap, ledger, onWrong } = this.#options;
    while (!this.#isOver) {
      const options = { bootstrap, clientId: "reads aging", requestTimeoutMs: 2_000, maxWaitMs: 200 };
      const consumer = new ConsumerClient(env, { ...options, apiTimeoutMs: 5_000, offsetReset: "earliest" });
      this.#consumer = consumer;
      try {
        await consumer.assign([{ topic: agingTopic, from: "earliest" }]);
        for await (const record of consumer) ledger.see(plain(record));
      } catch (error) {
        if (!isPatient(error)) onWrong("a consumer of aging", error);
      }
      await consumer.close();
      if (!this.#isOver) await pause(env, 50);
    }
  }
}

function pause(env: ClientEnv, durationMs: number): Promise<void> {
  return new Promise((resolve) => void env.clock.after(durationMs, resolve));
}
