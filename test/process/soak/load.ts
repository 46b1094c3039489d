// test: the mixed load of a soak: producers that number what they send at a steady rate, and readers that
// follow it as it comes. All of it in bounded memory.
import { Consumer, Producer } from "../../../client/index.ts";
import { bodyOf, keyOf, type Numbering, NumberSet } from "./numbered.ts";
import { ReaderCheck } from "./reader-check.ts";

export interface LoadOptions {
  bootstrap: string;
  topic: string;
  numbering: Numbering;
  perSecond: number;
  readers: number;
  capacity: number;
}

export class MixedLoad {
  readonly acknowledged: NumberSet;
  readonly checks: ReaderCheck[] = [];
  /** Errors of deliveries by their text, at most 50 texts. */
  readonly failures = new Map<string, number>();
  /** Longest time between two acknowledgements, ms, since last taken. */
  longestGapMs = 0;
  sent = 0;
  /** One more than the largest number sent. */
  #end = 0;
  #options: LoadOptions;
  #lastMs = performance.now();
  #isStopped = false;
  #producing: Promise<void>[] = [];
  #following: Promise<void>[] = [];
  #consumers: Consumer[] = [];

  constructor(options: LoadOptions) {
    this.#options = options;
    this.acknowledged = new NumberSet(options.capacity);
  }

  begin(): void {
    const { producers } = this.#options.numbering;
    for (let index = 0; index < producers; index++) this.#producing.push(this.#produce(index, producers));
    for (let index = 0; index < this.#options.readers; index++) this.#following.push(this.#follow());
  }

  async #produce(index: number, producers: number): Promise<void> {
    const { bootstrap, topic, perSecond, numbering, capacity } = this.#options;
    const producer = new Producer({ bootstrap, acks: "all", idempotent: true, lingerMs: 5 });
    const began = performance.now();
    for (let n = 0; !this.#isStopped; n++) {
      const early = began + (n * 1_000 * producers) / perSecond - performance.now();
      if (early > 5) await new Promise((resolve) => setTimeout(resolve, early));
      const number = n * producers + index;
      if (number >= capacity) break;
      const record = { topic, key: keyOf(number, numbering), value: bodyOf(number) };
      try {
        this.sent++;
        this.#end = Math.max(this.#end, number + 1);
        await producer.enqueue(record, (error) => this.#delivered(number, error));
      } catch (error) {
        this.#fail(error);
      }
    }
    await producer.flush();
    await producer.close();
  }

  #delivered(number: number, error: Error | null): void {
    const now = performance.now();
    this.longestGapMs = Math.max(this.longestGapMs, now - this.#lastMs);
    this.#lastMs = now;
    if (error) this.#fail(error);
    else this.acknowledged.add(number);
  }

  #fail(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    if (this.failures.size < 50 || this.failures.has(text))
      this.failures.set(text, (this.failures.get(text) ?? 0) + 1);
  }

  async #follow(): Promise<void> {
    const { bootstrap, topic, numbering, capacity } = this.#options;
    const check = new ReaderCheck(numbering, capacity);
    this.checks.push(check);
    const consumer = new Consumer({ bootstrap });
    this.#consumers.push(consumer);
    await consumer.assign([{ topic, from: "earliest" }]);
    for await (const batch of consumer.batches()) for (const record of batch.records) check.take(record);
  }

  takeGap(): number {
    // A pause that still lasts counts too.
    const gap = Math.max(this.longestGapMs, performance.now() - this.#lastMs);
    this.longestGapMs = 0;
    return Math.round(gap);
  }

  /** Stops sending, and waits until all is delivered and read by the followers, or time is up. */
  async finish(timeoutMs: number): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#producing);
    const deadline = performance.now() + timeoutMs;
    const behind = (check: ReaderCheck): boolean => this.missingIn(check, 1).length > 0;
    while (this.checks.some(behind) && performance.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 200));
    for (const consumer of this.#consumers) await consumer.close();
    await Promise.all(this.#following);
  }

  /** Acknowledged, and not read. */
  missingIn(check: ReaderCheck, most: number): number[] {
    return this.acknowledged.without(check.seen, this.#end, most);
  }

  /** Reads everything once more from the start with a fresh consumer. */
  async readAgain(): Promise<ReaderCheck> {
    const { bootstrap, topic, numbering, capacity } = this.#options;
    const check = new ReaderCheck(numbering, capacity);
    const consumer = new Consumer({ bootstrap });
    await consumer.assign([{ topic, from: "earliest" }]);
    for await (const record of consumer.readToEnd()) check.take(record);
    await consumer.close();
    return check;
  }
}
