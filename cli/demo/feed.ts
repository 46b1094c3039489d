// adapter: feeds the input to the producer at a steady pace, and knows how far it is.
import type { Producer } from "../../client/index.ts";
import type { Deliveries } from "./deliveries.ts";
import type { SourceRecord } from "./source.ts";

export interface Feed {
  /** Resolves when everything was handed to the producer. */
  done: Promise<void>;
  /** Resolves as soon as the condition holds; rejects when the feed ends before. */
  until(condition: () => boolean): Promise<void>;
  /** The partition with the most acknowledged records. */
  busiest(): number;
  /** Calls once, at the next acknowledged record of this partition that is sent from now on. */
  onFirstAcknowledged(partition: number, run: () => void): void;
}

export function startFeed(options: {
  producer: Producer;
  source: readonly SourceRecord[];
  topic: string;
  deliveries: Deliveries;
  perSecond: number;
}): Feed {
  const { producer, source, topic, deliveries } = options;
  const perPartition = new Map<number, number>();
  const waiting: { condition: () => boolean; resolve: () => void }[] = [];
  let first: { partition: number; after: number; run: () => void } | null = null;

  const check = (): void => {
    for (const wait of waiting.splice(0)) {
      if (wait.condition()) wait.resolve();
      else waiting.push(wait);
    }
  };

  const sendOne = async (record: SourceRecord): Promise<void> => {
    deliveries.noteSent(performance.now());
    const { number, key, value, timestamp } = record;
    const headers = [{ key: "number", value: Buffer.from(String(number)) }];
    await producer.enqueue({ topic, key, value, timestamp, headers }, (error, delivered) => {
      if (error) deliveries.noteFailed(number, error.message, performance.now());
      else {
        deliveries.noteAcknowledged(number, performance.now());
        const { partition } = delivered!;
        perPartition.set(partition, (perPartition.get(partition) ?? 0) + 1);
        if (first !== null && first.partition === partition && number >= first.after) {
          first.run();
          first = null;
        }
      }
      check();
    });
    check();
  };

  const feedAll = async (): Promise<void> => {
    const began = performance.now();
    for (const record of source) {
      const dueMs = began + (record.number * 1_000) / options.perSecond;
      const early = dueMs - performance.now();
      // Ten milliseconds of records at a time: timers are no finer than that under load.
      if (early > 10) await new Promise((resolve) => setTimeout(resolve, early));
      await sendOne(record);
    }
  };
  const done = feedAll();
  return {
    done,
    until: (condition) => {
      if (condition()) return Promise.resolve();
      const held = new Promise<void>((resolve) => waiting.push({ condition, resolve }));
      const ended = done.then(() => {
        throw new Error("the input ended before the demo's condition held");
      });
      return Promise.race([held, ended]);
    },
    busiest: () => [...perPartition].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 0,
    onFirstAcknowledged: (partition, run) => {
      first = { partition, after: deliveries.sent, run };
    },
  };
}
