// Carries out orders: many at a time, those of one customer in turn, and with an answer to each failure.
//
// - Orders of one customer (one key) are carried out one after the other, others beside them.
// - One that fails is tried again soon, three times in all: the payment service may have been restarting.
// - If that does not help it is put aside, into a retry topic, and tried again after a while, and once more
//   after a longer while; what comes behind it goes on meanwhile.
// - If that does not help either, or trying again never would, it goes into the dead-letter topic, with the
//   cause in its headers: `ottla consume orders-dlq --from-beginning --json`.
//
// What is done is committed by itself. Start it several times: the instances share the work.
import { type ClientEvent, Consumer, deadLetter, json, retry, retryTopics, string, topic } from "ottla";

export interface Order {
  readonly id: string;
  readonly cents: number;
}

/** By customer. */
export const orders = topic("orders", { key: string(), value: json<Order>() });

/** Thrown for an order that will not do, however often it is tried. */
export class ImpossibleOrder extends Error {}

export interface Work {
  readonly bootstrap: string;
  readonly groupId?: string;
  readonly signal: AbortSignal;
  /** Carries one order out. An order may come twice, after a crash: it should do no harm then. */
  readonly carryOut: (order: Order, customer: string) => Promise<void>;
  /** Waits in the retry topics; 10 s and a minute if not given. */
  readonly delaysMs?: readonly number[];
  readonly onEvent?: (event: ClientEvent) => void;
}

/** Resolves after `signal` was aborted, when what was in work is done. */
export async function workOnOrders(work: Work): Promise<void> {
  const { bootstrap, groupId = "order-workers", signal, carryOut, delaysMs = [10_000, 60_000] } = work;
  await using consumer = new Consumer({
    bootstrap,
    groupId,
    topics: [orders],
    offsetReset: "earliest",
    ...(work.onEvent === undefined ? {} : { onEvent: work.onEvent }),
  });
  await consumer.subscribe([orders]);
  await consumer.run({
    eachRecord: async ({ key, value }) => await carryOut(value, key),
    order: "key",
    concurrency: 32,
    onError: retry({ attempts: 3, backoffMs: 100 }).then(retryTopics({ delaysMs })).then(deadLetter()),
    shouldRetry: (error) => !(error instanceof ImpossibleOrder),
    signal,
  });
}

/** What became of orders that failed, for whoever watches. */
function tell(event: ClientEvent): void {
  if (event.kind === "recordRetried")
    console.log(`again in ${Math.round(event.delayMs)} ms: ${event.error.message}`);
  if (event.kind === "recordMoved") console.log(`moved to ${event.to}: ${event.error.message}`);
}

if (import.meta.main) {
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"]) process.once(name, () => stop.abort());
  const carryOut = async ({ id, cents }: Order, customer: string): Promise<void> => {
    if (!Number.isInteger(cents) || cents <= 0) throw new ImpossibleOrder(`order ${id} costs ${cents} cents`);
    if (Math.random() < 0.2) throw new Error("the payment service is restarting");
    console.log(`${customer} pays ${cents} cents for ${id}`);
  };
  const bootstrap = process.env.BOOTSTRAP ?? "127.0.0.1:9092";
  await workOnOrders({ bootstrap, signal: stop.signal, carryOut, onEvent: tell });
}
