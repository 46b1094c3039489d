// adapter: what is counted while the clock runs: requests, bytes, waits, errors, and the CPU time of the load
// process and of the servers. Nothing counts before `begin` and after `end`.
import { errorName } from "../../proto/errors.ts";
import { Histogram } from "../measure/histogram.ts";
import { cpuSecondsOfAll, residentMiBOf } from "../measure/process-stats.ts";
import type { LoadResult } from "./load-spec.ts";

export class Meter {
  readonly #serverPids: readonly number[];
  readonly #errors: Record<string, number> = {};
  #waits = new Histogram();
  #requests = 0;
  #bytes = 0;
  #beganMs = 0;
  #cpuAtBegin = process.cpuUsage();
  #serverCpuAtBegin = 0;
  #result: LoadResult | null = null;
  #measuring = false;

  constructor(serverPids: readonly number[]) {
    this.#serverPids = serverPids;
  }

  begin(): void {
    this.#measuring = true;
    this.#cpuAtBegin = process.cpuUsage();
    this.#serverCpuAtBegin = cpuSecondsOfAll(this.#serverPids);
    this.#beganMs = performance.now();
  }

  answered(waitMs: number, bytes: number): void {
    if (!this.#measuring) return;
    this.#requests++;
    this.#bytes += bytes;
    this.#waits.add(waitMs);
  }

  /** Before `begin` a new topic may still be on its way to all brokers: that is no error of the row. */
  refused(errorCode: number): void {
    if (this.#measuring) this.failed(errorName(errorCode));
  }

  failed(reason: string): void {
    this.#errors[reason] = (this.#errors[reason] ?? 0) + 1;
  }

  end(): void {
    const seconds = (performance.now() - this.#beganMs) / 1_000;
    const cpu = process.cpuUsage(this.#cpuAtBegin);
    this.#measuring = false;
    const known = this.#serverPids.length > 0;
    this.#result = {
      seconds,
      requests: this.#requests,
      bytes: this.#bytes,
      waits: this.#waits.summary(),
      errors: this.#errors,
      loadCpuSeconds: (cpu.user + cpu.system) / 1e6,
      serverCpuSeconds: known ? cpuSecondsOfAll(this.#serverPids) - this.#serverCpuAtBegin : null,
      serverMiB: this.#serverPids.map(residentMiBOf),
    };
  }

  result(): LoadResult {
    if (this.#result === null) throw new Error("the load ended before its clock did");
    return this.#result;
  }
}
