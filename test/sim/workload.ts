// test: what clients do while faults happen: producers that write without pause, consumers that read along,
// and somebody who makes and deletes topics. All of it is the real client over the simulated network.
import type { ClientEnv } from "../../base/ports/env.ts";
import { SeededRandom } from "../../base/virtual/seeded-random.ts";
import { AdminClient } from "../../client/admin/admin.ts";
import { ConsumerClient } from "../../client/consumer/consumer.ts";
import { ProducerClient } from "../../client/producer/producer.ts";
import { BrokerError } from "../../proto/errors.ts";
import type { Ledger, ReadRecord } from "./ledger.ts";
import type { Plan } from "./plan.ts";

export const safeTopic = "safe";
export const looseTopic = "loose";
/** Records of one producer that are not reported yet; a producer that is stuck does not fill the memory. */
const outstandingMax = 200;

export interface WorkloadOptions {
  plan: Plan;
  /** One machine each. */
  producerEnvs: readonly ClientEnv[];
  consumerEnv: ClientEnv;
  adminEnv: ClientEnv;
  bootstrap: string;
  ledger: Ledger;
  /** Looks at a record in the moment of its acknowledgement. */
  onAcknowledged: (topic: string, partition: number, offset: number) => void;
  /** A client gave up in a way that no fault explains. */
  onWrong: (what: string, error: unknown) => void;
}

export class Workload {
  readonly #options: WorkloadOptions;
  readonly #random: SeededRandom;
  readonly #producers: ProducerClient[] = [];
  readonly #consumers: ConsumerClient[] = [];
  readonly #running: Promise<void>[] = [];
  /**
   * Topics that were made, by topic id, and what the cluster must list at the end. A name says nothing: a
   * request that was cut off and arrives late may make a topic of that name anew.
   */
  readonly topics = new Map<string, { name: string; state: "there" | "gone" | "either" }>();
  adminCalls = 0;
  #isOver = false;

  constructor(options: WorkloadOptions) {
    this.#options = options;
    this.#random = new SeededRandom(options.plan.seed).fork("workload");
  }

  /** Makes the topics that all others work on; the cluster must be up. */
  async prepare(): Promise<void> {
    const { adminEnv, bootstrap, plan } = this.#options;
    const admin = new AdminClient(adminEnv, { bootstrap, clientId: "prepare" });
    const configs = plan.topicSettings;
    const shape = { partitions: plan.partitions, replicationFactor: 3, configs };
    const made = await admin.createTopics([
      { name: safeTopic, ...shape },
      { name: looseTopic, ...shape, partitions: 1 },
    ]);
    for (const { name, topicId } of made) this.topics.set(topicId, { name, state: "there" });
    await admin.close();
  }

  begin(): void {
    const { plan, producerEnvs } = this.#options;
    const { producers, acksOneProducers } = plan.load;
    for (let index = 0; index < producers + acksOneProducers; index++) {
      this.#running.push(this.#produce(producerEnvs[index]!, index, index < producers));
    }
    for (const topic of [safeTopic, looseTopic]) this.#running.push(this.#consume(topic));
    this.#running.push(this.#administrate());
  }

  /** No more is sent; resolves when every record is reported and every loop has ended. */
  async end(): Promise<void> {
    this.#isOver = true;
    for (const consumer of this.#consumers) await consumer.close();
    await Promise.all(this.#running);
  }

  // ---- Producers ----

  async #produce(env: ClientEnv, index: number, isSafe: boolean): Promise<void> {
    const { bootstrap, plan, ledger } = this.#options;
    const random = this.#random.fork(`producer ${index}`);
    const { everyMs, keys, valueBytes } = plan.load;
    const name = `p${index}`;
    const topic = isSafe ? safeTopic : looseTopic;
    const producer = new ProducerClient(env, {
      bootstrap,
      clientId: name,
      acks: isSafe ? "all" : 1,
      lingerMs: random.pick([0, 2, 10]),
      batchBytes: random.pick([500, 4_000, 65_536]),
      compression: random.pick(["none", "none", "gzip", "lz4"]),
      deliveryTimeoutMs: random.pick([4_000, 20_000, 60_000]),
      requestTimeoutMs: random.pick([1_000, 3_000]),
    });
    this.#producers.push(producer);
    const filler = "x".repeat(valueBytes);
    let outstanding = 0;
    for (let number = 0; !this.#isOver; number++) {
      await pause(env, random.between(0, 2 * everyMs));
      if (outstanding >= outstandingMax) continue;
      const key = `key-${random.below(keys)}`;
      const record = ledger.send({ topic, key, number, producer: name, isSafe });
      outstanding++;
      const value = `${record.id} ${filler.slice(0, random.below(valueBytes))}`;
      const taken = producer.enqueue({ topic, key, value }, (error, place) => {
        outstanding--;
        if (error !== null) return ledger.fail(record);
        ledger.acknowledge(record, place!);
        if (isSafe && place!.offset >= 0)
          this.#options.onAcknowledged(topic, place!.partition, place!.offset);
      });
      await taken;
    }
    await producer.flush();
    await producer.close();
  }

  // ---- Consumers ----

  async #consume(topic: string): Promise<void> {
    const { bootstrap, consumerEnv, ledger, onWrong } = this.#options;
    const random = this.#random.fork(`consumer ${topic}`);
    const next = new Map<number, number>();
    while (!this.#isOver) {
      const options = { bootstrap, clientId: `reads ${topic}`, requestTimeoutMs: 2_000, maxWaitMs: 200 };
      // Many read from a follower in their rack: what they see there must be as good.
      const rack = random.pick(["", "rack-0", "rack-1"]);
      const consumer = new ConsumerClient(consumerEnv, { ...options, rack, apiTimeoutMs: 5_000 });
      this.#consumers.push(consumer);
      try {
        await this.#assign(consumer, topic, next);
        let left = 200 + random.below(2_000);
        for await (const record of consumer) {
          const found = plain(record);
          ledger.see(found);
          next.set(found.partition, found.offset + 1);
          if (--left === 0) break;
        }
      } catch (error) {
        if (!isPatient(error)) onWrong(`a consumer of ${topic}`, error);
      }
      await consumer.close();
      this.#consumers.splice(this.#consumers.indexOf(consumer), 1);
      if (!this.#isOver) await pause(consumerEnv, 50);
    }
  }

  /** From where the one before stopped: what it saw must not be missing, nor come again. */
  async #assign(consumer: ConsumerClient, topic: string, next: ReadonlyMap<number, number>): Promise<void> {
    const count = topic === safeTopic ? this.#options.plan.partitions : 1;
    const partitions = Array.from({ length: count }, (_, partition) => partition);
    await consumer.assign(
      partitions.map((partition) => {
        const offset = next.get(partition);
        return { topic, partition, from: offset === undefined ? ("earliest" as const) : { offset } };
      }),
    );
  }

  // ---- Topics that come and go ----

  async #administrate(): Promise<void> {
    const { adminEnv, bootstrap, plan } = this.#options;
    const random = this.#random.fork("admin");
    const admin = new AdminClient(adminEnv, { bootstrap, clientId: "admin", requestTimeoutMs: 2_000 });
    for (let number = 0; !this.#isOver; number++) {
      const name = `passing-${number}`;
      await pause(adminEnv, random.between(200, 2_000));
      if (this.#isOver) break;
      const partitions = 1 + random.below(3);
      const created = await this.#try(() =>
        admin.createTopics([{ name, partitions, replicationFactor: 3, configs: plan.topicSettings }]),
      );
      const topicId = created?.[0]?.topicId ?? null;
      if (topicId !== null) this.topics.set(topicId, { name, state: "there" });
      await this.#try(() => admin.describeTopics([name]));
      await pause(adminEnv, random.between(0, 800));
      if (random.chance(0.3)) continue;
      if (topicId !== null) this.topics.set(topicId, { name, state: "either" });
      const deleted = await this.#try(async () => {
        await admin.deleteTopics([name]);
        return true;
      });
      if (deleted && topicId !== null) this.topics.set(topicId, { name, state: "gone" });
    }
    await admin.close();
  }

  async #try<T>(call: () => Promise<T>): Promise<T | null> {
    this.adminCalls++;
    try {
      return await call();
    } catch (error) {
      if (!isPatient(error)) this.#options.onWrong("an admin", error);
      return null;
    }
  }

  // ---- After the faults ----

  /** Every record of a topic, partition by partition, as a fresh reader finds them. */
  async readAll(topic: string): Promise<ReadRecord[]> {
    const { bootstrap, consumerEnv } = this.#options;
    // Only where records do not stay for ever may the start overtake a reader.
    const offsetReset = topic === safeTopic || topic === looseTopic ? "error" : "earliest";
    const consumer = new ConsumerClient(consumerEnv, { bootstrap, clientId: "verify", offsetReset });
    await consumer.assign([{ topic, from: "earliest" }]);
    const found: ReadRecord[] = [];
    for await (const record of consumer.readToEnd()) found.push(plain(record));
    await consumer.close();
    return found.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
  }

  /** Ids of all topics. */
  async listTopics(): Promise<string[]> {
    const { bootstrap, adminEnv } = this.#options;
    const admin = new AdminClient(adminEnv, { bootstrap, clientId: "verify" });
    const topics = await admin.listTopics();
    await admin.close();
    return topics.map(({ topicId }) => topicId);
  }
}

/** A failure that faults explain: the cluster could not be reached in time, or refused for now. */
export function isPatient(error: unknown): boolean {
  if (error instanceof BrokerError) return patientCodes.has(error.errorName);
  const code = (error as { code?: string }).code ?? "";
  return ["TIMED_OUT", "CLUSTER_UNREACHABLE", "CLOSED", "UNKNOWN_TOPIC"].includes(code);
}

const patientCodes: ReadonlySet<string> = new Set([
  "REQUEST_TIMED_OUT",
  "NOT_CONTROLLER",
  "UNKNOWN_TOPIC_OR_PARTITION",
  "TOPIC_ALREADY_EXISTS",
  "INVALID_REPLICATION_FACTOR",
  "LEADER_NOT_AVAILABLE",
  "BROKER_NOT_AVAILABLE",
  "NETWORK_EXCEPTION",
]);

export function plain(record: {
  topic: string;
  partition: number;
  offset: number;
  key: unknown;
  value: unknown;
}): ReadRecord {
  const text = (value: unknown): string => Buffer.from((value ?? []) as Uint8Array).toString();
  const { topic, partition, offset } = record;
  return { topic, partition, offset, key: text(record.key), value: text(record.value) };
}

function pause(env: ClientEnv, durationMs: number): Promise<void> {
  return new Promise((resolve) => void env.clock.after(durationMs, resolve));
}
