// adapter: one consumer as a member of a group that is measured: it tells which partitions come and go, and
// the first record of each. It commits nothing and begins at the start, so that who gets a partition has
// something to read at once.
import { Consumer, type TopicPartition } from "../../client/index.ts";
import type { MemberNews, MemberSetup } from "./member-orders.ts";
import { monotonicMs } from "./monotonic.ts";

export class Member {
  records = 0;
  bytes = 0;
  readonly #name: string;
  readonly #setup: MemberSetup;
  readonly #tell: (news: MemberNews) => void;
  readonly #consumer: Consumer;
  /** Delivered since they came. */
  readonly #seen = new Set<number>();
  #fresh: { partitions: number[]; atMs: number } | null = null;
  #isLeaving = false;

  constructor(name: string, setup: MemberSetup, tell: (news: MemberNews) => void) {
    const { bootstrap, groupId, protocol, sessionTimeoutMs } = setup;
    this.#name = name;
    this.#setup = setup;
    this.#tell = tell;
    this.#consumer = new Consumer({
      ...{ bootstrap, groupId },
      groupProtocol: protocol === "consumer" ? "consumer" : "classic",
      assignors: protocol === "cooperative" ? ["cooperativeSticky"] : null,
      ...(protocol === "consumer" ? {} : { sessionTimeoutMs }),
      autoCommit: false,
      offsetReset: "earliest",
      onAssigned: (places) => this.#came(places),
      onRevoked: (places) => this.#went(places),
      onLost: (places) => this.#went(places),
    });
  }

  async join(): Promise<void> {
    await this.#consumer.subscribe([this.#setup.topic]);
    this.#read().catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      if (!this.#isLeaving) this.#tell({ news: "failed", reason: `${this.#name}: ${reason}` });
    });
  }

  async leave(): Promise<void> {
    this.#isLeaving = true;
    await this.#consumer.close();
  }

  async #read(): Promise<void> {
    const { topic, isEndless } = this.#setup;
    for await (const { partition, records, nextOffset, highWatermark } of this.#consumer.batches()) {
      this.records += records.length;
      for (const { value } of records) this.bytes += value?.length ?? 0;
      if (!this.#seen.has(partition)) this.#first(partition);
      if (isEndless && nextOffset >= highWatermark) {
        // It may have been taken away meanwhile.
        await this.#consumer.seek({ topic, partition }, { offset: 0 }).catch(() => undefined);
      }
    }
  }

  #first(partition: number): void {
    this.#seen.add(partition);
    const atMs = monotonicMs();
    if (this.#fresh === null) {
      this.#fresh = { partitions: [], atMs };
      setImmediate(() => this.#flush());
    }
    this.#fresh.partitions.push(partition);
    this.#fresh.atMs = atMs;
  }

  #flush(): void {
    const fresh = this.#fresh;
    this.#fresh = null;
    if (fresh !== null) this.#tell({ news: "delivered", member: this.#name, ...fresh });
  }

  #came(places: readonly TopicPartition[]): void {
    const partitions = places.map(({ partition }) => partition);
    for (const partition of partitions) this.#seen.delete(partition);
    this.#tell({ news: "owned", member: this.#name, partitions, atMs: monotonicMs() });
  }

  #went(places: readonly TopicPartition[]): void {
    // What was delivered of them is told before.
    this.#flush();
    const partitions = places.map(({ partition }) => partition);
    this.#tell({ news: "gone", member: this.#name, partitions, atMs: monotonicMs() });
  }
}
