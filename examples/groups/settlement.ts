// What is each merchant to be paid for a day? A batch over a piece of the topic `payments`, by time.
//
//     node settlement.ts 2026-11-29 2026-11-30
//
// The sum of a piece is always the same, whenever and however often it is run: it reads the records whose
// timestamps lie in [from, to), and commits nothing. `exact` looks through to the end of the log, so that
// payments are in it that were written late, behind others of the next day.
import { Consumer, json, string, topic } from "ottla";

export interface Payment {
  /** The same payment may be written twice, by a program that did not hear that it was written. */
  readonly id: string;
  readonly merchant: string;
  /** Below zero: a refund. */
  readonly cents: number;
}

export const payments = topic("payments", { key: string(), value: json<Payment>() });

export interface Settlement {
  /** In the order of their names. */
  readonly merchants: readonly {
    readonly merchant: string;
    readonly payments: number;
    readonly cents: number;
  }[];
}

export async function settle(options: {
  readonly bootstrap: string;
  /** Inclusive: ms since 1970, a Date, or a text as 2026-11-29 or 2026-11-29T08:00+01:00 (no zone: UTC). */
  readonly from: number | Date | string;
  /** Exclusive. */
  readonly to: number | Date | string;
  readonly signal?: AbortSignal;
}): Promise<Settlement> {
  const { bootstrap, from, to, signal } = options;
  await using consumer = new Consumer({ bootstrap, topics: [payments] });
  const range = consumer.range({ topic: payments, from, to, exact: true });
  const sums = new Map<string, { payments: number; cents: number }>();
  const seen = new Set<string>();
  for await (const { value } of range.records({ signal })) {
    if (seen.has(value.id)) continue;
    seen.add(value.id);
    const sum = sums.get(value.merchant) ?? { payments: 0, cents: 0 };
    sums.set(value.merchant, { payments: sum.payments + 1, cents: sum.cents + value.cents });
  }
  // Half a sum is worse than none.
  signal?.throwIfAborted();
  const merchants = [...sums].map(([merchant, sum]) => ({ merchant, ...sum }));
  return { merchants: merchants.sort((one, other) => (one.merchant < other.merchant ? -1 : 1)) };
}

if (import.meta.main) {
  const [from, to] = process.argv.slice(2);
  if (from === undefined || to === undefined) {
    console.error("usage: node settlement.ts FROM TO, as in: node settlement.ts 2026-11-29 2026-11-30");
    process.exit(2);
  }
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"]) process.once(name, () => stop.abort());
  const bootstrap = process.env.BOOTSTRAP ?? "127.0.0.1:9092";
  const { merchants } = await settle({ bootstrap, from, to, signal: stop.signal });
  console.log("merchant,payments,cents");
  for (const { merchant, payments, cents } of merchants) console.log(`${merchant},${payments},${cents}`);
}
