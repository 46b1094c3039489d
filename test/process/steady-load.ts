// test: a steady producer of numbered records on a real cluster, and the check that nothing acknowledged is
// missing, twice or out of order. The rules of the check are those of the demo.

import { holds, type Seen, type Verdict, verify } from "../../cli/demo/verify.ts";
import { Consumer, Producer } from "../../client/index.ts";

export class SteadyLoad {
  readonly acknowledged = new Set<number>();
  readonly sent = new Map<number, { key: string; value: string }>();
  readonly failures: string[] = [];
  /** Longest time between two acknowledgements, ms. */
  longestGapMs = 0;
  #producer: Producer;
  #topic: string;
  #bootstrap: string;
  #stopped = false;
  #running: Promise<void>;
  #lastMs = performance.now();

  constructor(options: { bootstrap: string; topic: string; perSecond: number; keys: number }) {
    this.#bootstrap = options.bootstrap;
    this.#topic = options.topic;
    this.#producer = new Producer({ bootstrap: options.bootstrap, acks: "all", lingerMs: 2 });
    this.#running = this.#run(options.perSecond, options.keys);
  }

  async #run(perSecond: number, keys: number): Promise<void> {
    const began = performance.now();
    for (let number = 0; !this.#stopped; number++) {
      const early = began + (number * 1_000) / perSecond - performance.now();
      if (early > 5) await new Promise((resolve) => setTimeout(resolve, early));
      const item = { key: `key-${number % keys}`, value: `value-${number}` };
      this.sent.set(number, item);
      const headers = [{ key: "number", value: Buffer.from(String(number)) }];
      await this.#producer.enqueue({ topic: this.#topic, ...item, headers }, (error) => {
        const now = performance.now();
        this.longestGapMs = Math.max(this.longestGapMs, now - this.#lastMs);
        this.#lastMs = now;
        if (error) this.failures.push(error.message);
        else this.acknowledged.add(number);
      });
    }
  }

  /** Resolves when `more` further records were acknowledged from now on. */
  async progress(more: number, timeoutMs = 60_000): Promise<void> {
    const target = this.acknowledged.size + more;
    const deadline = performance.now() + timeoutMs;
    while (this.acknowledged.size < target) {
      if (performance.now() > deadline) {
        throw new Error(
          `${target - this.acknowledged.size} of ${more} acknowledgements missing after ${timeoutMs} ms; ` +
            `failures: ${this.failures.slice(0, 3).join("; ") || "none"}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
    await this.#producer.flush();
    await this.#producer.close();
  }

  /** Ends without waiting for what is not delivered. */
  abandon(): void {
    this.#stopped = true;
    this.#running.catch(() => {});
    void this.#producer.close().catch(() => {});
  }

  /** Reads everything back with a fresh consumer. */
  async verdict(): Promise<Verdict & { holds: boolean }> {
    const consumer = new Consumer({ bootstrap: this.#bootstrap });
    const seen: Seen[] = [];
    await consumer.assign([{ topic: this.#topic, from: "earliest" }]);
    for await (const record of consumer.readToEnd()) {
      const number = record.headers.find((header) => header.key === "number")?.value;
      seen.push({
        number: number ? Number(Buffer.from(number).toString()) : -1,
        key: Buffer.from(record.key ?? []).toString(),
        value: Buffer.from(record.value ?? []).toString(),
        partition: record.partition,
        offset: record.offset,
      });
    }
    await consumer.close();
    const verdict = verify({ sent: this.sent, acknowledged: this.acknowledged, seen });
    return { ...verdict, holds: holds(verdict) };
  }
}
