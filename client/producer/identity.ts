// shell: the producer id, asked for when first needed and again when one is used up. Retries until it has
// one, the client is closed, or the cluster refuses for good.
import { Backoff } from "../../base/backoff.ts";
import type { ClientEnv } from "../../base/ports/env.ts";
import { ErrorCode } from "../../proto/errors.ts";
import { apis } from "../../proto/kafka/apis.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { asError, brokerError, ClientError, isRetriable } from "../errors.ts";
import type { ProducerIdentity } from "./batch.ts";
import type { ProducerSettings } from "./producer-options.ts";

export class Identity {
  readonly #cluster: Cluster;
  readonly #settings: ProducerSettings;
  readonly #env: ClientEnv;
  readonly #onChange: (refusal: Error | null) => void;
  #current: ProducerIdentity | null = null;
  #isAsking = false;
  /** Why there is none yet. */
  lastProblem: Error | null = null;

  /** `onChange` is called with null once there is an identity, or with the error that rules it out. */
  constructor(
    env: ClientEnv,
    cluster: Cluster,
    settings: ProducerSettings,
    onChange: (refusal: Error | null) => void,
  ) {
    this.#env = env;
    this.#cluster = cluster;
    this.#settings = settings;
    this.#onChange = onChange;
  }

  /** An identity with another id than `usedUpProducerId`, or null: then it is asked for. */
  get(usedUpProducerId: number): ProducerIdentity | null {
    if (this.#current !== null && this.#current.producerId !== usedUpProducerId) return this.#current;
    if (!this.#isAsking) {
      this.#isAsking = true;
      void this.#ask();
    }
    return null;
  }

  async #ask(): Promise<void> {
    const { retryBackoffMs: baseMs, retryBackoffMaxMs: maxMs } = this.#settings;
    const backoff = new Backoff({ baseMs, maxMs }, this.#env.random);
    try {
      while (!this.#cluster.isClosed) {
        try {
          this.#current = await this.#askOnce();
          this.lastProblem = null;
          this.#isAsking = false;
          this.#onChange(null);
          return;
        } catch (error) {
          this.lastProblem = asError(error);
          if (this.#cluster.isClosed) return;
          if (!isRetriable(error)) {
            this.#isAsking = false;
            this.#onChange(asError(error));
            return;
          }
        }
        await this.#cluster.sleeper.sleep(backoff.nextMs());
      }
    } catch (error) {
      // Only the end of the client gets here.
      if (!this.#cluster.isClosed) throw error;
    } finally {
      this.#isAsking = false;
    }
  }

  async #askOnce(): Promise<ProducerIdentity> {
    const body = { transactionalId: null, transactionTimeoutMs: this.#settings.requestTimeoutMs };
    const answer = await this.#cluster.toAny(apis.InitProducerId, body);
    if (answer.errorCode !== ErrorCode.NONE) throw brokerError("ask for a producer id", answer.errorCode);
    if (answer.producerId < 0) {
      throw new ClientError("MALFORMED_ANSWER", `ask for a producer id: ${answer.producerId} came`);
    }
    return { producerId: answer.producerId, epoch: answer.producerEpoch };
  }
}
