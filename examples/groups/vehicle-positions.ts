// Where is each vehicle now? A table in memory of the newest position of each, kept up by a compacted topic.
//
// Of a compacted topic (cleanup.policy=compact) the broker keeps at least the newest record of each key,
// however old it is: reading it from the start gives the whole table. That is why there is no group here:
// each instance needs all of it, so each reads all partitions, and starts anew with the start of the topic.
import { createInterface } from "node:readline";
import { Consumer, json, nullable, string, topic } from "ottla";

export interface Position {
  readonly lat: number;
  readonly lon: number;
  /** When it was there, ms since 1970. */
  readonly atMs: number;
}

/** By vehicle; null (a tombstone): out of service, forget it. To be created with cleanup.policy=compact. */
export const positions = topic("vehicle-positions", { key: string(), value: nullable(json<Position>()) });

export class VehiclePositions implements AsyncDisposable {
  readonly #consumer: Consumer<typeof positions>;
  readonly #table: Map<string, Position>;
  /** Resolves when it is closed; rejects when it cannot go on. */
  readonly following: Promise<void>;

  private constructor(consumer: Consumer<typeof positions>, table: Map<string, Position>) {
    this.#consumer = consumer;
    this.#table = table;
    this.following = this.#follow();
    // Whoever awaits it is told; whoever does not is not stopped by it.
    this.following.catch(() => {});
  }

  /** Resolves once everything is read that is there now: its answers are complete from the start. */
  static async open(bootstrap: string): Promise<VehiclePositions> {
    const consumer = new Consumer({ bootstrap, topics: [positions] });
    const table = new Map<string, Position>();
    try {
      await consumer.assign([{ topic: positions, from: "earliest" }]);
      for await (const record of consumer.readToEnd()) note(table, record);
    } catch (error) {
      await consumer.close();
      throw error;
    }
    return new VehiclePositions(consumer, table);
  }

  /** Null: there is no such vehicle, or it is out of service. */
  whereIs(vehicle: string): Position | null {
    return this.#table.get(vehicle) ?? null;
  }

  /** How many vehicles are in service. */
  get count(): number {
    return this.#table.size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#consumer.close();
  }

  async #follow(): Promise<void> {
    // Goes on where readToEnd stopped, until the consumer is closed.
    for await (const record of this.#consumer) note(this.#table, record);
  }
}

function note(table: Map<string, Position>, { key, value }: { key: string; value: Position | null }): void {
  if (value === null) table.delete(key);
  else table.set(key, value);
}

if (import.meta.main) {
  await using table = await VehiclePositions.open(process.env.BOOTSTRAP ?? "127.0.0.1:9092");
  const questions = createInterface({ input: process.stdin });
  for (const name of ["SIGINT", "SIGTERM"]) process.once(name, () => questions.close());
  table.following.catch((error) => {
    console.error(error);
    process.exitCode = 1;
    questions.close();
  });
  console.log(`${table.count} vehicles; type a name, get its position`);
  for await (const vehicle of questions) {
    const place = table.whereIs(vehicle.trim());
    if (place === null) console.log(`${vehicle}: not in service`);
    else console.log(`${vehicle}: ${place.lat}, ${place.lon} at ${new Date(place.atMs).toISOString()}`);
  }
}
