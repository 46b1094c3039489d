// adapter: writes at a fixed rate, whatever the answers take (open loop): each wait counts from when the
// record was to be sent, so that a stall of the system is not hidden by a client that waits with it.
import { Producer } from "../client/index.ts";

export interface SteadyWaits {
  records: number;
  failed: number;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
}

const valueBytes = 1_024;
const everyMs = 5;

export class SteadyWriter {
  readonly #producer: Producer;
  readonly #options: { bootstrap: string; topic: string; partitions: number; megabytesPerSecond: number };
  readonly #value = Buffer.alloc(valueBytes, "x");
  #waits: number[] = [];
  #failed = 0;
  #next = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: { bootstrap: string; topic: string; partitions: number; megabytesPerSecond: number }) {
    this.#options = options;
    this.#producer = new Producer({ bootstrap: options.bootstrap, acks: "all", lingerMs: 2 });
  }

  begin(): void {
    const perMs = (this.#options.megabytesPerSecond * 1e6) / valueBytes / 1_000;
    const beganMs = performance.now();
    let sent = 0;
    this.#timer = setInterval(() => {
      for (const due = (performance.now() - beganMs) * perMs; sent < due; sent++) {
        const dueMs = beganMs + sent / perMs;
        this.#send((error) => {
          if (error) this.#failed++;
          else this.#waits.push(performance.now() - dueMs);
        })?.catch(() => this.#failed++);
      }
    }, everyMs);
  }

  async end(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    await this.#producer.flush();
  }

  /** What was acknowledged while `work` was under way. */
  async during(work: Promise<unknown>): Promise<SteadyWaits> {
    this.#waits = [];
    this.#failed = 0;
    await work;
    const waits = this.#waits.sort((a, b) => a - b);
    this.#waits = [];
    const at = (share: number): number =>
      Math.round((waits[Math.min(waits.length - 1, Math.floor(waits.length * share))] ?? 0) * 10) / 10;
    return {
      records: waits.length,
      failed: this.#failed,
      p50Ms: at(0.5),
      p99Ms: at(0.99),
      maxMs: at(1),
    };
  }

  /** As fast as it goes, until so many bytes are acknowledged. */
  async fill(bytes: number): Promise<void> {
    const { bootstrap } = this.#options;
    await using producer = new Producer({ bootstrap, acks: "all", lingerMs: 5, batchBytes: 65_536 });
    const { topic, partitions } = this.#options;
    for (let n = 0; n * valueBytes < bytes; n++) {
      const record = { topic, key: null, value: this.#value, partition: n % partitions };
      await producer.enqueue(record);
      if (n % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await producer.flush();
  }

  #send(onResult: (error: Error | null) => void): Promise<void> | undefined {
    const { topic, partitions } = this.#options;
    const partition = this.#next++ % partitions;
    return this.#producer.enqueue({ topic, key: null, value: this.#value, partition }, onResult);
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#producer.close();
  }
}
