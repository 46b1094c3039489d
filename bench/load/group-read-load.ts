// adapter: one consumer of a new group reads a whole topic once, with Ottla's client or with kafkajs, a batch
// or a record at a time: from the first record to the last one, so that joining is not counted.
import { Consumer } from "../../client/index.ts";
import type { GroupReadLoad, LoadResult } from "./load-spec.ts";
import { Meter } from "./meter.ts";

const giveUpMs = 300_000;

/** What has to come, and what has come. */
class Tally {
  readonly #meter: Meter;
  readonly #records: number;
  readonly #done: () => void;
  #have = 0;

  constructor(meter: Meter, records: number, done: () => void) {
    this.#meter = meter;
    this.#records = records;
    this.#done = done;
  }

  take(value: Uint8Array | null): void {
    if (this.#have === this.#records) return;
    if (this.#have === 0) this.#meter.begin();
    this.#meter.answered(0, value?.length ?? 0);
    if (++this.#have < this.#records) return;
    this.#meter.end();
    this.#done();
  }
}

export async function runGroupReadLoad(spec: GroupReadLoad): Promise<LoadResult> {
  const meter = new Meter(spec.serverPids);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(new Error(`not read within ${giveUpMs} ms`)), giveUpMs);
  const tally = new Tally(meter, spec.records, resolve);
  const stop = await (spec.client === "kafkajs" ? kafkajsReads : ottlaReads)(spec, tally, reject);
  try {
    await promise;
    return meter.result();
  } finally {
    clearTimeout(timer);
    await stop();
  }
}

type Stop = () => Promise<void>;

async function ottlaReads(
  { bootstrap, topic, groupId, handler }: GroupReadLoad,
  tally: Tally,
  fail: (error: Error) => void,
): Promise<Stop> {
  const consumer = new Consumer({ bootstrap, groupId, offsetReset: "earliest" });
  await consumer.subscribe([topic]);
  const running =
    handler === "batch"
      ? consumer.run({
          eachBatch: ({ records }) => {
            for (const { value } of records) tally.take(value);
          },
        })
      : consumer.run({ eachRecord: ({ value }) => tally.take(value) });
  running.catch(fail);
  return () => consumer.close();
}

async function kafkajsReads(
  { bootstrap, topic, groupId, handler }: GroupReadLoad,
  tally: Tally,
  fail: (error: Error) => void,
): Promise<Stop> {
  const { Kafka, logLevel } = await import("kafkajs").catch(() => {
    throw new Error("kafkajs is not installed here; it comes with the sources (npm ci)");
  });
  const kafka = new Kafka({ brokers: bootstrap.split(","), logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId });
  consumer.on("consumer.crash", ({ payload }) => fail(payload.error));
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run(
    handler === "batch"
      ? {
          eachBatch: async ({ batch }) => {
            for (const { value } of batch.messages) tally.take(value);
          },
        }
      : { eachMessage: async ({ message }) => tally.take(message.value) },
  );
  return () => consumer.disconnect();
}
