// test: what clients did and were told: every record that was sent, what became of it, and what readers saw.
// Knows what a client may conclude from an answer, and nothing of brokers.
import type { CheckCounts } from "./violation.ts";

export interface SentRecord {
  readonly id: string;
  readonly topic: string;
  readonly key: string;
  /** Number among its producer's records. */
  readonly number: number;
  readonly producer: string;
  /** The producer asked for acks=all and idempotence: its records have the full promise. */
  readonly isSafe: boolean;
  state: "sent" | "acknowledged" | "failed";
  partition: number;
  offset: number;
}

export interface ReadRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: string;
  readonly value: string;
}

export class Ledger {
  readonly records = new Map<string, SentRecord>();
  acknowledged = 0;
  failed = 0;
  read = 0;
  readonly #checks: CheckCounts;
  /** Id by topic, partition and offset, as the first reader saw it. */
  readonly #seen = new Map<string, string>();

  constructor(checks: CheckCounts) {
    this.#checks = checks;
  }

  send(record: Omit<SentRecord, "state" | "partition" | "offset" | "id">): SentRecord {
    const id = `${record.producer}:${record.number}`;
    const sent: SentRecord = { ...record, id, state: "sent", partition: -1, offset: -1 };
    this.records.set(id, sent);
    return sent;
  }

  acknowledge(record: SentRecord, place: { partition: number; offset: number }): void {
    this.#checks.hold(
      "client: a record is reported once",
      record.state === "sent",
      () => `record ${record.id} was ${record.state} before`,
    );
    record.state = "acknowledged";
    record.partition = place.partition;
    record.offset = place.offset;
    if (record.isSafe) this.acknowledged++;
  }

  fail(record: SentRecord): void {
    this.#checks.hold(
      "client: a record is reported once",
      record.state === "sent",
      () => `record ${record.id} was ${record.state} before`,
    );
    record.state = "failed";
    this.failed++;
  }

  /** Something a reader was given: it was sent, and nobody was given something else at that place. */
  see(found: ReadRecord): SentRecord {
    this.read++;
    const { topic, partition, offset, value } = found;
    const place = `${topic}-${partition} at ${offset}`;
    const id = value.slice(0, value.indexOf(" "));
    const record = this.records.get(id);
    this.#checks.hold(
      "client: nothing is read that was not sent",
      record !== undefined && record.key === found.key && record.topic === topic,
      () => `${place}: key ${found.key}, value ${value.slice(0, 40)}`,
    );
    const key = `${topic}/${partition}/${offset}`;
    const before = this.#seen.get(key);
    this.#checks.hold(
      "client: what one reader saw all readers see",
      before === undefined || before === id,
      () => `${place}: record ${id}; another reader was given ${before}`,
    );
    this.#seen.set(key, id);
    return record!;
  }

  /**
   * All of a topic that a reader found after the faults, partition by partition in order. What lay before
   * `start` of a partition was not to be kept.
   */
  verify(topic: string, found: readonly ReadRecord[], start: (partition: number) => number = () => 0): void {
    const places = new Map<string, ReadRecord>();
    const last = new Map<string, SentRecord>();
    for (const one of found) {
      const record = this.see(one);
      if (!record.isSafe) continue;
      this.#once(record, one, places.get(record.id));
      places.set(record.id, one);
      const stream = `${record.producer}/${record.key}`;
      const before = last.get(stream);
      this.#checks.hold(
        "client: records of a key are in the order in which they were sent",
        before === undefined || before.number < record.number,
        () => `${one.topic}-${one.partition} at ${one.offset}: ${record.id} comes after ${before?.id}`,
      );
      last.set(stream, record);
    }
    for (const record of this.records.values()) {
      if (!record.isSafe || record.topic !== topic) continue;
      if (record.partition < 0 || record.offset >= start(record.partition))
        this.#kept(record, places.get(record.id));
    }
    this.#sawAll(topic, found, start);
  }

  #once(record: SentRecord, now: ReadRecord, before: ReadRecord | undefined): void {
    this.#checks.hold(
      "client: a record is there once",
      before === undefined,
      () => `${record.id} is at ${before?.partition}/${before?.offset} and at ${now.partition}/${now.offset}`,
    );
  }

  #kept(record: SentRecord, place: ReadRecord | undefined): void {
    if (record.state !== "acknowledged") return;
    this.#checks.hold(
      "client: what was acknowledged is there",
      place !== undefined,
      () => `${record.id} is not at ${record.topic}-${record.partition} ${record.offset}, nor elsewhere`,
    );
    this.#checks.hold(
      "client: a record is where its acknowledgement said",
      record.offset < 0 || (place?.offset === record.offset && place.partition === record.partition),
      () => `${record.id} is at ${JSON.stringify(place)}, not at ${record.partition}/${record.offset}`,
    );
  }

  /** Whatever an earlier reader saw is still there. */
  #sawAll(topic: string, found: readonly ReadRecord[], start: (partition: number) => number): void {
    const there = new Set(found.map(({ partition, offset }) => `${topic}/${partition}/${offset}`));
    for (const [key, id] of this.#seen) {
      if (!key.startsWith(`${topic}/`)) continue;
      const [, partition, offset] = key.split("/").map(Number);
      if (offset! < start(partition!)) continue;
      this.#checks.hold(
        "client: what a reader saw does not vanish",
        there.has(key),
        () => `${key} held ${id} when a reader saw it`,
      );
    }
  }
}
