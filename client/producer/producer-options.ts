// core: the options of a producer, their defaults and the rules between them.
import type { CompressionName } from "../../base/ports/codecs.ts";
import { ClientError } from "../errors.ts";
import { type ConnectionOptions, connectionRules } from "../options/connection-options.ts";
import { flag, type OptionRules, oneOf, readOptions, whole } from "../options/read-options.ts";

/** What a partitioner of one's own gets to see. */
export interface PartitionQuestion {
  readonly topic: string;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly partitionCount: number;
  /** Partitions that have a leader now. */
  readonly available: readonly number[];
}

/**
 * Where a record goes that names no partition. "sticky": by the key's hash; without a key one partition at a
 * time, for a batch. "roundRobin": by the key's hash; without a key all partitions in turn.
 */
export type Partitioner = "sticky" | "roundRobin" | ((question: PartitionQuestion) => number);

export interface ProducerSettings extends ConnectionOptions {
  /** "all" (or -1): in-sync replicas; 1: the leader; 0: nobody, offsets are then unknown (Kafka: acks). */
  readonly acks: "all" | -1 | 0 | 1;
  /** Retries write nothing twice and keep the order (enable.idempotence). Needs acks "all". */
  readonly idempotent: boolean;
  /** How long a batch waits for company; 0 gathers what one turn of the event loop brings (linger.ms). */
  readonly lingerMs: number;
  /** A batch of this size is sent at once (batch.size; Kafka's default is 16384). */
  readonly batchBytes: number;
  readonly compression: CompressionName;
  /** From `send` to the report, all retries included (delivery.timeout.ms). */
  readonly deliveryTimeoutMs: number;
  /** Requests at one broker at a time (max.in.flight.requests.per.connection). */
  readonly maxInFlight: number;
  /** Records that are not yet delivered (buffer.memory). */
  readonly bufferBytes: number;
  /** How long `send` waits for room in the buffer, or for a topic's metadata (max.block.ms). */
  readonly maxBlockMs: number;
  /** How long a topic may be unknown before its records fail; 0: at the first word of it. */
  readonly unknownTopicMs: number;
  /** Largest request, and so the largest record (max.request.size). */
  readonly maxRequestBytes: number;
  readonly partitioner: Partitioner;
}

export type ProducerOptions = Partial<Omit<ProducerSettings, "bootstrap">> &
  Pick<ProducerSettings, "bootstrap">;

const maker = "new Producer";
const int32Max = 2_147_483_647;

const rules: OptionRules<ProducerSettings> = {
  ...connectionRules,
  acks: oneOf(["all", -1, 0, 1], "all"),
  idempotent: flag(true),
  lingerMs: whole(0, 600_000, 0),
  batchBytes: whole(1, 64 * 1024 * 1024, 65_536),
  compression: oneOf(["none", "gzip", "snappy", "lz4", "zstd"], "none"),
  deliveryTimeoutMs: whole(1, int32Max, 120_000),
  maxInFlight: whole(1, 32, 5),
  bufferBytes: whole(1, 4 * 1024 * 1024 * 1024, 32 * 1024 * 1024),
  maxBlockMs: whole(0, int32Max, 60_000),
  unknownTopicMs: whole(0, int32Max, 5_000),
  maxRequestBytes: whole(100, 100 * 1024 * 1024, 1_048_576),
  partitioner: {
    defaultValue: "sticky",
    problem: (value) =>
      value === "sticky" || value === "roundRobin" || typeof value === "function"
        ? null
        : '"sticky", "roundRobin" or a function',
  },
};

/** Throws ClientError INVALID_OPTION. */
export function readProducerOptions(given: ProducerOptions): ProducerSettings {
  const settings = readOptions<ProducerSettings>(maker, rules, given);
  const isAll = settings.acks === "all" || settings.acks === -1;
  if (given.idempotent === true && !isAll) {
    fail(`idempotent is true, so acks should be "all", not ${settings.acks}`);
  }
  const idempotent = settings.idempotent && isAll;
  if (idempotent && settings.maxInFlight > 5) {
    fail(`maxInFlight is ${settings.maxInFlight}; brokers remember 5 batches, so idempotent needs 5 or less`);
  }
  const left = settings.deliveryTimeoutMs - settings.lingerMs;
  if (given.deliveryTimeoutMs !== undefined && given.requestTimeoutMs !== undefined) {
    if (left < settings.requestTimeoutMs) {
      fail(
        `deliveryTimeoutMs is ${settings.deliveryTimeoutMs}; it should be at least lingerMs + ` +
          `requestTimeoutMs ` +
          `(${settings.lingerMs} + ${settings.requestTimeoutMs})`,
      );
    }
  }
  const requestTimeoutMs = Math.max(1, Math.min(settings.requestTimeoutMs, left));
  return { ...settings, acks: isAll ? -1 : settings.acks, idempotent, requestTimeoutMs };
}

function fail(text: string): never {
  throw new ClientError("INVALID_OPTION", `${maker}: ${text}`);
}
