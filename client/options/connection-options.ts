// core: the options that producer, consumer and admin share: where the cluster is, and how long to wait for
// it.
import type { OnClientEvent } from "../events.ts";
import type { OptionRules } from "./read-options.ts";
import { text, whole } from "./read-options.ts";

export interface ConnectionOptions {
  /** Addresses of some brokers, "host:port,host:port" or a list; the rest is learnt from them. */
  readonly bootstrap: string | readonly string[];
  /** Stands in the brokers' logs and quotas (Kafka: client.id). */
  readonly clientId: string;
  /** How long to wait for the answer to one request (request.timeout.ms). */
  readonly requestTimeoutMs: number;
  /** How long to wait for one connection (socket.connection.setup.timeout.ms). */
  readonly connectTimeoutMs: number;
  /** First wait before trying again (retry.backoff.ms; Kafka's default is 100). */
  readonly retryBackoffMs: number;
  /** Longest wait before trying again (retry.backoff.max.ms; Kafka's default is 1000). */
  readonly retryBackoffMaxMs: number;
  /** Metadata older than this is refreshed without a reason (metadata.max.age.ms). */
  readonly metadataMaxAgeMs: number;
  /** Told of connections, of what is learnt of the cluster, and of what becomes of batches; null: nobody. */
  readonly onEvent: OnClientEvent | null;
}

export const connectionRules: OptionRules<ConnectionOptions> = {
  bootstrap: {
    defaultValue: undefined,
    problem: (value) =>
      typeof value === "string" || (Array.isArray(value) && value.every((item) => typeof item === "string"))
        ? null
        : 'a text like "host:port,host:port", or a list of such texts',
  },
  clientId: text("ottla"),
  requestTimeoutMs: whole(10, 3_600_000, 30_000),
  connectTimeoutMs: whole(10, 600_000, 10_000),
  retryBackoffMs: whole(1, 60_000, 50),
  retryBackoffMaxMs: whole(1, 600_000, 500),
  metadataMaxAgeMs: whole(100, 86_400_000, 300_000),
  onEvent: {
    defaultValue: null,
    problem: (value) => (value === null || typeof value === "function" ? null : "a function, or null"),
  },
};
