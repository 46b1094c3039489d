// What is tested: a small service that takes orders and sums them up per customer.
import { Consumer, json, Producer, string, topic } from "ottla";

export interface Order {
  readonly id: string;
  readonly customer: string;
  readonly cents: number;
}

export const orders = topic("orders", { key: string(), value: json<Order>() });

export class OrderService implements AsyncDisposable {
  readonly #bootstrap: string;
  readonly #producer: Producer;

  constructor(bootstrap: string) {
    this.#bootstrap = bootstrap;
    // A broker that does not answer is given up after a second; the record is sent again, and written once.
    this.#producer = new Producer({ bootstrap, requestTimeoutMs: 1_000, connectTimeoutMs: 1_000 });
  }

  /** Resolves once the order cannot be lost any more. */
  async place(order: Order): Promise<void> {
    await this.#producer.send({ topic: orders, key: order.customer, value: order });
  }

  /** Cents by customer, of all orders so far. */
  async totals(): Promise<Map<string, number>> {
    await using consumer = new Consumer({ bootstrap: this.#bootstrap, topics: [orders] });
    await consumer.assign([{ topic: orders, from: "earliest", to: "end" }]);
    const totals = new Map<string, number>();
    for await (const { value } of consumer) {
      totals.set(value.customer, (totals.get(value.customer) ?? 0) + value.cents);
    }
    return totals;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#producer.close();
  }
}
