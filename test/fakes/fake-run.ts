// test: a consumer, a producer and topics as `run` sees them, in memory and in virtual time: logs that
// outlast consumers, partitions that are given up and come back, and a check of every word that is told as
// processed.
import type { Env } from "../../base/ports/env.ts";
import { SeededRandom } from "../../base/virtual/seeded-random.ts";
import { createVirtualWorld, type VirtualWorld } from "../../base/virtual/world.ts";
import { type Deferred, deferred } from "../../base/waits.ts";
import { ClientError, RecordFormatError } from "../../client/errors.ts";
import type { ClientEvent } from "../../client/events.ts";
import type { RawHeader } from "../../client/run/retry-headers.ts";
import type { RunOptions } from "../../client/run/run-options.ts";
import type { ExtraTopic, RunBatch, RunPlace, RunRecord, RunSource } from "../../client/run/run-source.ts";
import { Runner } from "../../client/run/runner.ts";

/** As handlers get it. */
export interface FakeRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: string;
}

type Send = {
  topic: string;
  partition: number;
  key: Uint8Array | null;
  value: Uint8Array | null;
  headers: readonly RawHeader[];
};

const textOf = (bytes: Uint8Array | null): string => (bytes === null ? "" : Buffer.from(bytes).toString());

/** What all consumers and producers of a test share. */
export class FakeRunWorld {
  readonly world: VirtualWorld;
  readonly env: Env;
  readonly random: SeededRandom;
  /** By topic and partition. Offsets have gaps where `append` was told so. */
  readonly topics = new Map<string, RunRecord[][]>();
  readonly committed = new Map<string, number>();
  readonly events: ClientEvent[] = [];
  readonly made: string[] = [];
  /** What `send` does before the record is in the log, and after: both may throw. */
  onSend: (record: Send) => void | Promise<void> = () => {};
  onSent: (record: Send) => void | Promise<void> = () => {};
  /** Called before anything is told as processed, with the records that it covers for the first time. */
  onProcessed: (topic: string, partition: number, records: readonly RunRecord[]) => void = () => {};

  constructor(seed: number, topics: Readonly<Record<string, number>> = { t: 1 }) {
    this.world = createVirtualWorld({ seed });
    this.env = this.world.addNode("n1").start();
    this.random = new SeededRandom(seed).fork("test");
    for (const [name, partitions] of Object.entries(topics)) this.addTopic(name, partitions);
  }

  addTopic(name: string, partitions: number): void {
    this.topics.set(
      name,
      Array.from({ length: partitions }, () => []),
    );
  }

  log(topic: string, partition = 0): RunRecord[] {
    return this.topics.get(topic)![partition]!;
  }

  values(topic: string): string[] {
    return (this.topics.get(topic) ?? []).flat().map((record) => textOf(record.value));
  }

  headers(topic: string, index = 0): Record<string, string> {
    const { headers } = this.topics.get(topic)!.flat()[index]!;
    return Object.fromEntries(headers.map(({ key, value }) => [key, textOf(value)]));
  }

  /** `gap`: offsets that are missing before it. */
  append(
    topic: string,
    record: {
      key?: string | null;
      value: string;
      headers?: readonly RawHeader[];
      partition?: number;
      gap?: number;
    },
  ): void {
    const log = this.log(topic, record.partition ?? 0);
    const bytes = (text: string | null | undefined): Uint8Array | null =>
      text == null ? null : Buffer.from(text);
    log.push({
      offset: (log.at(-1)?.offset ?? -1) + 1 + (record.gap ?? 0),
      timestamp: this.env.clock.wallMs(),
      key: bytes(record.key),
      value: bytes(record.value),
      headers: record.headers ?? [],
    });
  }

  readonly producer = {
    send: async (record: Send): Promise<void> => {
      await this.onSend(record);
      const { topic, partition, key, value, headers } = record;
      if (!this.topics.has(topic)) throw new ClientError("UNKNOWN_TOPIC", `send to ${topic}`);
      const log = this.log(topic, partition);
      const timestamp = this.env.clock.wallMs();
      log.push({ offset: (log.at(-1)?.offset ?? -1) + 1, timestamp, key, value, headers });
      await this.onSent(record);
    },
  };

  readonly ensureTopic = async ({ name, like }: { name: string; like: string }) => {
    await this.sleep(1);
    if (!this.topics.has(name)) {
      this.made.push(name);
      this.addTopic(name, this.topics.get(like)!.length);
    }
    return { partitions: this.topics.get(name)!.length };
  };

  sleep(ms: number): Promise<void> {
    return new Promise((done) => this.env.clock.after(ms, done));
  }

  /**
   * A consumer that owns these partitions from the start, and those of retry topics once it is to follow
   * them.
   */
  consumer(names: readonly string[]): FakeConsumer {
    return new FakeConsumer(this, names);
  }
}

interface Owned {
  readonly place: RunPlace;
  generation: number;
  position: number;
  processed: number;
  isPaused: boolean;
}

const keyOf = ({ topic, partition }: RunPlace): string => `${topic} ${partition}`;

export class FakeConsumer implements RunSource<FakeRecord> {
  readonly #fake: FakeRunWorld;
  readonly names: readonly string[];
  readonly owned = new Map<string, Owned>();
  readonly followed: ExtraTopic[] = [];
  readonly paused: string[] = [];
  readonly resumed: string[] = [];
  aliveAtMs: number[] = [];
  commits = 0;
  recordsMax = 5;
  /** Handed out before anything else. */
  readonly planted: RunBatch<FakeRecord>[] = [];
  /** What the next `next` rejects with. */
  trouble: Error | null = null;
  onCommit: () => void | Promise<void> = () => {};
  #listeners = new Set<(places: readonly RunPlace[], why: "revoked" | "lost") => Promise<void>>();
  #generations = 0;
  #news: Deferred<void> = deferred();
  #isDead = false;
  #isClosed = false;

  constructor(fake: FakeRunWorld, names: readonly string[]) {
    this.#fake = fake;
    this.names = names;
    for (const name of names) this.#ownAll(name);
  }

  /** A runner over it, and what it was started with. */
  runner(options: RunOptions<FakeRecord>): Runner<FakeRecord> {
    const { env, producer, ensureTopic, events } = this.#fake;
    const follow = (topics: readonly ExtraTopic[]): void => {
      this.followed.push(...topics);
      for (const { name } of topics) this.#ownAll(name);
    };
    const onEvent = (event: ClientEvent): void => void events.push(event);
    const parts = { env, source: this, producer, topics: { ensureTopic, follow }, onEvent };
    return new Runner<FakeRecord>(parts, options);
  }

  async next(options: { readonly signal?: AbortSignal | undefined }): Promise<RunBatch<FakeRecord> | null> {
    const { signal } = options;
    const wake = (): void => this.wake();
    signal?.addEventListener("abort", wake);
    try {
      for (;;) {
        if (this.#isDead) await new Promise(() => {});
        if (this.#isClosed || signal?.aborted) return null;
        const { trouble } = this;
        this.trouble = null;
        if (trouble !== null) throw trouble;
        const found = this.planted.shift() ?? this.#take();
        if (found !== null) return found;
        const news = this.#news.promise;
        const timer = this.#fake.env.clock.after(20, wake);
        await news;
        timer.cancel();
      }
    } finally {
      signal?.removeEventListener("abort", wake);
    }
  }

  #take(): RunBatch<FakeRecord> | null {
    const { random } = this.#fake;
    const ready = [...this.owned.values()].filter(({ place, position, isPaused }) => {
      return !isPaused && position <= (this.#fake.log(place.topic, place.partition).at(-1)?.offset ?? -1);
    });
    if (ready.length === 0) return null;
    const owned = random.pick(ready);
    const { topic, partition } = owned.place;
    const { generation } = owned;
    const log = this.#fake.log(topic, partition);
    const records = log
      .filter((record) => record.offset >= owned.position)
      .slice(0, 1 + random.below(this.recordsMax));
    const [first] = records;
    // Batches of which compaction left nothing say only where reading goes on.
    if (first!.offset > owned.position && random.chance(0.3)) records.length = 0;
    const end = records.length === 0 ? first!.offset : records.at(-1)!.offset + 1;
    const after = log.find((record) => record.offset >= end);
    // What is missing after the last record belongs to one of the two batches.
    const nextOffset = after !== undefined && random.chance(0.5) ? after.offset : end;
    owned.position = nextOffset;
    return {
      topic,
      partition,
      generation: owned.generation,
      isCurrent: () => !this.#isDead && this.owned.get(keyOf(owned.place))?.generation === generation,
      records,
      nextOffset,
      highWatermark: log.at(-1)!.offset + 1,
      decode: (index) => decode(topic, partition, records[index]!),
    };
  }

  processed(place: RunPlace, generation: number, nextOffset: number): void {
    const owned = this.owned.get(keyOf(place));
    if (this.#isDead || owned?.generation !== generation) return;
    if (nextOffset <= owned.processed || nextOffset > owned.position) {
      throw new Error(`${keyOf(place)}: ${nextOffset} after ${owned.processed}, read to ${owned.position}`);
    }
    const covered = this.#fake
      .log(place.topic, place.partition)
      .filter(({ offset }) => offset >= owned.processed && offset < nextOffset);
    this.#fake.onProcessed(place.topic, place.partition, covered);
    owned.processed = nextOffset;
  }

  pause(places: readonly RunPlace[]): void {
    for (const place of places) {
      this.paused.push(keyOf(place));
      const owned = this.owned.get(keyOf(place));
      if (owned !== undefined) owned.isPaused = true;
    }
  }

  resume(places: readonly RunPlace[]): void {
    for (const place of places) {
      this.resumed.push(keyOf(place));
      const owned = this.owned.get(keyOf(place));
      if (owned !== undefined) owned.isPaused = false;
    }
    this.wake();
  }

  alive(): void {
    this.aliveAtMs.push(this.#fake.env.clock.monotonicMs());
  }

  onRevoked(listener: (places: readonly RunPlace[], why: "revoked" | "lost") => Promise<void>): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  commitAtEnd(): Promise<void> {
    return this.commit();
  }

  async commit(): Promise<void> {
    this.commits++;
    await this.onCommit();
    if (this.#isDead) return;
    for (const [key, { processed }] of this.owned) this.#fake.committed.set(key, processed);
  }

  /** Gives partitions up, as a rebalance would: commits what is processed unless they are lost. */
  async giveUp(places: readonly RunPlace[], why: "revoked" | "lost"): Promise<void> {
    for (const place of places) if (why === "lost") this.owned.delete(keyOf(place));
    await Promise.all([...this.#listeners].map((listener) => listener(places, why)));
    for (const place of places) {
      const owned = this.owned.get(keyOf(place));
      if (owned !== undefined && !this.#isDead) this.#fake.committed.set(keyOf(place), owned.processed);
      this.owned.delete(keyOf(place));
    }
  }

  own(place: RunPlace): void {
    const position = this.#fake.committed.get(keyOf(place)) ?? 0;
    const generation = ++this.#generations;
    this.owned.set(keyOf(place), { place, generation, position, processed: position, isPaused: false });
    this.wake();
  }

  /** The process is gone: nothing it says counts any more. */
  crash(): void {
    this.#isDead = true;
  }

  close(): void {
    this.#isClosed = true;
    this.wake();
  }

  wake(): void {
    const news = this.#news;
    this.#news = deferred();
    news.resolve();
  }

  #ownAll(topic: string): void {
    for (let partition = 0; partition < this.#fake.topics.get(topic)!.length; partition++) {
      this.own({ topic, partition });
    }
  }
}

/** Values that begin with "!" cannot be decoded; those that begin with "-" are passed over. */
function decode(topic: string, partition: number, record: RunRecord): FakeRecord | null {
  const value = textOf(record.value);
  const { offset, key } = record;
  if (value.startsWith("!")) {
    throw new RecordFormatError("read", { topic, part: "value", partition, offset }, [
      { path: "", message: "it is no text" },
    ]);
  }
  if (value.startsWith("-")) return null;
  return { topic, partition, offset, key: key === null ? null : textOf(key), value };
}
