// test: a topic that changes under the hands of those who use it: it gets more partitions, other settings,
// its oldest records are deleted by request, leadership is sent home. What was never asked to be deleted
// stays.
import type { ClientEnv } from "../../base/ports/env.ts";
import { SeededRandom } from "../../base/virtual/seeded-random.ts";
import { AdminClient } from "../../client/admin/admin.ts";
import { ProducerClient } from "../../client/producer/producer.ts";
import { BrokerError } from "../../proto/errors.ts";
import { takesPart } from "./aim.ts";
import type { Ledger } from "./ledger.ts";
import { isPatient } from "./workload.ts";

export const shiftingTopic = "shifting";
const outstandingMax = 100;
const partitionsMax = 5;
const staleLeaderMs = 10_000;

export interface ShiftingOptions {
  readonly seed: string;
  readonly env: ClientEnv;
  readonly bootstrap: string;
  readonly ledger: Ledger;
  readonly onWrong: (what: string, error: unknown) => void;
}

export function hasShifting(seed: string): boolean {
  return takesPart(seed, null, new SeededRandom(seed).fork("shifting").chance(0.4));
}

export class Shifting {
  readonly #options: ShiftingOptions;
  readonly #random: SeededRandom;
  readonly #running: Promise<void>[] = [];
  /** Where each partition may start at most: whoever asked, whether or not the answer came. */
  readonly #asked = new Map<number, number>();
  /** As far as it is acknowledged, by partition. */
  readonly #ends = new Map<number, number>();
  changes = 0;
  #partitions = 2;
  #isOver = false;

  constructor(options: ShiftingOptions) {
    this.#options = options;
    this.#random = new SeededRandom(options.seed).fork("shifting changes");
  }

  startOf(partition: number): number {
    return this.#asked.get(partition) ?? 0;
  }

  async prepare(): Promise<void> {
    const { env, bootstrap } = this.#options;
    const admin = new AdminClient(env, { bootstrap, clientId: "prepares shifting" });
    const configs = { "min.insync.replicas": "2", "segment.bytes": "8192", "retention.ms": "-1" };
    await admin.createTopics([{ name: shiftingTopic, partitions: 2, replicationFactor: 3, configs }]);
    await admin.close();
  }

  begin(): void {
    this.#running.push(this.#produce(), this.#change());
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#running);
  }

  async #produce(): Promise<void> {
    const { env, bootstrap, ledger } = this.#options;
    const random = this.#random.fork("producer");
    const options = { bootstrap, clientId: "shifter", acks: "all", lingerMs: 5 } as const;
    const producer = new ProducerClient(env, options);
    let outstanding = 0;
    for (let number = 0; !this.#isOver; number++) {
      await pause(env, random.between(2, 20));
      if (outstanding >= outstandingMax) continue;
      const partition = random.below(this.#partitions);
      // A key stays with its partition: growth moves none.
      const key = `key-${partition}`;
      const record = ledger.send({ topic: shiftingTopic, key, number, producer: "shifter", isSafe: true });
      outstanding++;
      const value = `${record.id} ${"x".repeat(random.below(500))}`;
      await producer.enqueue({ topic: shiftingTopic, partition, key, value }, (error, place) => {
        outstanding--;
        if (error !== null) return ledger.fail(record);
        ledger.acknowledge(record, place!);
        this.#ends.set(partition, Math.max(place!.offset + 1, this.#ends.get(partition) ?? 0));
      });
    }
    await producer.flush();
    await producer.close();
  }

  async #change(): Promise<void> {
    const { env, bootstrap } = this.#options;
    const admin = new AdminClient(env, {
      ...{ bootstrap, clientId: "changes shifting", requestTimeoutMs: 2_000 },
      apiTimeoutMs: 5_000,
    });
    const kinds = [this.#grow, this.#configure, this.#deleteRecords, this.#elect];
    while (!this.#isOver) {
      await pause(env, this.#random.between(100, 1_000));
      if (this.#isOver) break;
      const change = this.#random.pick(kinds);
      try {
        await change.call(this, admin);
        this.changes++;
      } catch (error) {
        if (!isPatient(error) && !isExpected(error)) this.#options.onWrong("who shifts", error);
      }
    }
    await admin.close();
  }

  async #grow(admin: AdminClient): Promise<void> {
    const partitions = this.#partitions + 1;
    if (partitions > partitionsMax) return;
    await admin.createPartitions([{ topic: shiftingTopic, partitions }]);
    this.#partitions = partitions;
  }

  async #configure(admin: AdminClient): Promise<void> {
    const subject = { type: "topic", name: shiftingTopic } as const;
    const set = {
      "segment.bytes": this.#random.pick(["2048", "8192", "65536"]),
      "min.insync.replicas": this.#random.pick(["2", "2", "3"]),
    };
    await admin.alterConfigs([{ subject, set }]);
    const subjectOfAll = { type: "allBrokers" } as const;
    await admin.alterConfigs([
      { subject: subjectOfAll, set: { "log.roll.ms": this.#random.pick([700, 90_000]) } },
    ]);
  }

  async #deleteRecords(admin: AdminClient): Promise<void> {
    const partition = this.#random.below(this.#partitions);
    const end = this.#ends.get(partition) ?? 0;
    const before = Math.floor(end * this.#random.float());
    if (before === 0) return;
    this.#asked.set(partition, Math.max(before, this.startOf(partition)));
    await this.#patiently(() => admin.deleteRecords([{ topic: shiftingTopic, partition, before }]));
  }

  /** A leader that was deposed and has not heard of it may not have those records: not for long. */
  async #patiently(call: () => Promise<unknown>): Promise<void> {
    const { clock } = this.#options.env;
    const untilMs = clock.monotonicMs() + staleLeaderMs;
    for (;;) {
      try {
        await call();
        return;
      } catch (error) {
        const isOutOfRange = error instanceof BrokerError && error.errorName === "OFFSET_OUT_OF_RANGE";
        if (!isOutOfRange || clock.monotonicMs() > untilMs) throw error;
        await pause(this.#options.env, 500);
      }
    }
  }

  async #elect(admin: AdminClient): Promise<void> {
    await admin.electLeaders({ election: "preferred" });
  }
}

function isExpected(error: unknown): boolean {
  // After a lost answer: it has grown already.
  return error instanceof BrokerError && error.errorName === "INVALID_PARTITIONS";
}

function pause(env: ClientEnv, durationMs: number): Promise<void> {
  return new Promise((resolve) => void env.clock.after(durationMs, resolve));
}
