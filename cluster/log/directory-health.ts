// core: whether a log directory can be used. Its first failed write or sync ends it for this process; a full
// disk does not: what cannot be taken then is refused, until there is room again.
import type { DiskError } from "../../base/disk-error.ts";
import type { Log } from "../../base/ports/log.ts";
import type { Metrics } from "../../base/ports/metrics.ts";
import { BrokerError } from "../../proto/errors.ts";
import { DiskFullError } from "./disk-full.ts";

export interface HealthOptions {
  readonly path: string;
  readonly log: Log;
  readonly metrics: Metrics;
  nowMs(): number;
  onFailed(reason: string): void;
}

/** Refusals are told of once a while, and counted all. */
const tellEveryMs = 10_000;

export class DirectoryHealth {
  readonly #options: HealthOptions;
  #failure: string | null = null;
  #toldMs = Number.NEGATIVE_INFINITY;

  constructor(options: HealthOptions) {
    this.#options = options;
  }

  /** Null: it works. */
  get failure(): string | null {
    return this.#failure;
  }

  /** Throws BrokerError KAFKA_STORAGE_ERROR once it has failed. */
  check(): void {
    if (this.#failure !== null) throw this.#failed(this.#failure);
  }

  /** The error to throw; the directory has failed from now on. */
  failed(error: DiskError): BrokerError {
    this.fail(error.message);
    return this.#failed(error.message);
  }

  #failed(reason: string): BrokerError {
    return new BrokerError(
      "KAFKA_STORAGE_ERROR",
      `log directory ${this.#options.path} has failed: ${reason}`,
    );
  }

  fail(reason: string): void {
    if (this.#failure !== null) return;
    this.#failure = reason;
    const { log, path, onFailed } = this.#options;
    log.error({ directory: path, reason }, "log directory failed; it is not used any more");
    onFailed(reason);
  }

  /** The error to throw; nothing has failed. */
  full(what: string): DiskFullError {
    const { path, log, metrics, nowMs } = this.#options;
    metrics.counter("ottla_log_disk_full_refusals_total", "Writes refused because a disk had no room").add(1);
    const text = `the disk of log directory ${path} is full, nothing was written: ${what}`;
    if (nowMs() - this.#toldMs > tellEveryMs) {
      this.#toldMs = nowMs();
      log.error({ directory: path }, `${text}. It goes on when there is room again`);
    }
    return new DiskFullError(text);
  }
}
