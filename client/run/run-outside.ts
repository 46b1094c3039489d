// shell: what a run needs beside its consumer: a producer for records that handlers failed for, and topics
// for them. Both by clients of their own over the consumer's connection options, made when first needed: a
// run that only retries never connects them.
import type { ClientEnv } from "../../base/ports/env.ts";
import { AdminClient } from "../admin/admin.ts";
import type { TopicDescription } from "../admin/topic-calls.ts";
import { ClientError, hasBrokerCode } from "../errors.ts";
import { type ConnectionOptions, connectionRules } from "../options/connection-options.ts";
import { ProducerClient } from "../producer/producer.ts";
import type { RunProducer, RunTopics } from "./run-source.ts";

/** How long records that are still on their way are waited for when the run is over. */
const closeMs = 5_000;

export class RunOutside {
  readonly #env: ClientEnv;
  readonly #connection: ConnectionOptions;
  #producer: ProducerClient | null = null;
  #admin: AdminClient | null = null;
  #isClosed = false;

  /** `options`: of the consumer; only those of the connection are used. */
  constructor(env: ClientEnv, options: ConnectionOptions) {
    this.#env = env;
    const names = Object.keys(connectionRules) as (keyof ConnectionOptions)[];
    this.#connection = Object.fromEntries(
      names.map((name) => [name, options[name]]),
    ) as unknown as ConnectionOptions;
  }

  /** Waits for all in-sync replicas, and writes each record once. */
  readonly producer: RunProducer = {
    send: async (record) => {
      this.#checkOpen();
      this.#producer ??= new ProducerClient(this.#env, { ...this.#connection, acks: "all" });
      return await this.#producer.send(record);
    },
  };

  /**
   * As `RunTopics` says. Rejects with ClientError UNKNOWN_TOPIC when there is no topic to go by, and with
   * what the cluster refuses.
   */
  readonly ensureTopic: RunTopics["ensureTopic"] = async ({ name, like }) => {
    this.#checkOpen();
    this.#admin ??= new AdminClient(this.#env, this.#connection);
    const admin = this.#admin;
    const known = await describe(admin, name);
    if (known !== null) return { partitions: known.partitions.length };
    const [original] = await admin.describeTopics([like]);
    const { partitions } = original!;
    const replicationFactor = Math.max(1, ...partitions.map(({ replicas }) => replicas.length));
    try {
      await admin.createTopics([{ name, partitions: partitions.length, replicationFactor }]);
    } catch (error) {
      // Another consumer of the group was quicker.
      if (!hasBrokerCode(error, "TOPIC_ALREADY_EXISTS")) throw error;
    }
    await admin.waitForTopic(name);
    const [made] = await admin.describeTopics([name]);
    return { partitions: made!.partitions.length };
  };

  /** To be called when the run is over. Never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([this.#producer?.close({ timeoutMs: closeMs }), this.#admin?.close()]);
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new ClientError("CLOSED", "run: it is over");
  }
}

/** Null: there is no such topic. */
async function describe(admin: AdminClient, name: string): Promise<TopicDescription | null> {
  try {
    const [topic] = await admin.describeTopics([name]);
    return topic!;
  } catch (error) {
    if (error instanceof ClientError && error.code === "UNKNOWN_TOPIC") return null;
    throw error;
  }
}
