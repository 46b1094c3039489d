// test: a partition as a journal: the contract of all journals, and what only a partition has: a log to load,
// a high watermark that lags, and ends for many reasons.
import { describe, expect, it } from "vitest";
import { realCodecs } from "../../../base/real/codecs.ts";
import { buildEndTransactionMarker } from "../../../proto/batch/control.ts";
import { batch, crcCoversFrom } from "../../../proto/batch/header.ts";
import { BrokerError } from "../../../proto/errors.ts";
import { describeJournalContract } from "../../../test/contracts/journal-contract.ts";
import { bytesOf, settle, TurnClock } from "../../../test/coordinator/group-stage.ts";
import { MemoryPartition } from "../../../test/coordinator/memory-partition.ts";
import type { Journal, JournalEntry, JournalEvents } from "../../machine/journal.ts";
import { packRecord, unpackRecord } from "../state/packed-record.ts";
import { PartitionJournal } from "./partition-journal.ts";

// ---- The contract ----

/** The contract's records are any bytes; a partition's have keys. */
const keyed = (value: Uint8Array): Uint8Array => packRecord({ key: bytesOf("key"), value });
const unkeyed = (bytes: Uint8Array): Uint8Array => unpackRecord(bytes).value!;

/** What a node hears: of its own journal while it leads; else of the committed log, as it will at loading. */
class Node {
  readonly #events: JournalEvents;
  journal: PartitionJournal | null = null;
  told = 0;

  constructor(events: JournalEvents) {
    this.#events = events;
  }

  hear(entries: readonly JournalEntry[]): void {
    const fresh = entries.filter(({ envelope }) => envelope.offset >= this.told);
    const last = fresh.at(-1);
    if (last === undefined) return;
    this.told = last.envelope.offset + 1;
    this.#events.onCommitted(fresh.map(({ envelope, value }) => ({ envelope, value: unkeyed(value) })));
  }

  lead(partition: MemoryPartition): Promise<void> {
    const log = partition.lead();
    const { promise, resolve } = Promise.withResolvers<void>();
    const clock = new TurnClock();
    const onLoaded = (): void => resolve();
    this.journal = new PartitionJournal({ log, clock, codecs: realCodecs, onLoaded, onEnded: () => {} });
    this.journal.start({
      onCommitted: (entries) => this.hear(entries),
      onSnapshot: () => {},
      onLeading: (epoch) => this.#events.onLeading(epoch),
      onNotLeading: () => this.#events.onNotLeading(),
    });
    return promise;
  }

  asJournal(): Journal {
    return {
      append: (records, options) => {
        if (this.journal === null) throw new BrokerError("NOT_LEADER_OR_FOLLOWER", "it never led");
        return this.journal.append(records.map(keyed), options);
      },
    };
  }
}

async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; !condition(); turn++) {
    if (turn > 10_000) throw new Error("it did not come about");
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

for (const survives of [true, false]) {
  const what = survives ? "what was not committed survives" : "what was not committed is lost";
  describeJournalContract(`a partition, ${what}`, {
    nodes: 3,
    start: async (events) => {
      const partition = new MemoryPartition();
      const nodes = events.map((each) => new Node(each));
      const follow = (): void => {
        const committed = committedOf(partition);
        for (const node of nodes) if (node.journal === null) node.hear(committed);
      };
      return {
        journal: (index) => nodes[index]!.asJournal(),
        elect: async (index) => {
          if (!survives) partition.loseUncommitted();
          partition.commitsAlone = true;
          partition.commit();
          await nodes[index]!.lead(partition);
          for (const [at, node] of nodes.entries()) if (at !== index) await forget(node);
        },
        until: (condition) =>
          until(() => {
            follow();
            return condition();
          }),
        isolate: () => {
          partition.commitsAlone = false;
        },
        stop: async () => {
          for (const node of nodes) node.journal?.stop();
        },
      };
    },
  });
}

/** Its leadership is over: from now on it hears what the log says. */
async function forget(node: Node): Promise<void> {
  await settle();
  node.journal?.stop();
  node.journal = null;
}

function committedOf(partition: MemoryPartition): JournalEntry[] {
  const heard: JournalEntry[] = [];
  const clock = new TurnClock();
  clock.endOfTurn = (run) => run();
  const view = { ...viewOf(partition), watch: () => () => {} };
  const onNothing = (): void => {};
  new PartitionJournal({
    log: view,
    clock,
    codecs: realCodecs,
    onLoaded: onNothing,
    onEnded: onNothing,
  }).start({
    onCommitted: (entries) => void heard.push(...entries),
    onSnapshot: onNothing,
    onLeading: onNothing,
    onNotLeading: onNothing,
  });
  return heard;
}

function viewOf(partition: MemoryPartition) {
  const { leaderEpoch, startOffset, highWatermark } = partition;
  return {
    ...{ name: "view", leaderEpoch, startOffset, end: highWatermark, highWatermark, isLed: true },
    append: (): never => {
      throw new Error("only for reading");
    },
    read: (offset: number, bytesMax: number) => partition.read(offset, bytesMax),
  };
}

// ---- What only a partition has ----

class Loading {
  readonly partition = new MemoryPartition();
  readonly clock = new TurnClock();
  readonly entries: { offset: number; key: string; value: string | null }[] = [];
  readonly story: string[] = [];
  journal!: PartitionJournal;
  epoch = 0;

  async begin(): Promise<void> {
    const log = this.partition.lead();
    this.journal = new PartitionJournal({
      ...{ log, clock: this.clock, codecs: realCodecs },
      onLoaded: ({ records }) => void this.story.push(`loaded ${records}`),
      onEnded: (reason) => void this.story.push(`ended: ${reason}`),
    });
    this.journal.start({
      onCommitted: (entries) => {
        for (const { envelope, value: bytes } of entries) {
          const { key, value } = unpackRecord(bytes);
          const text = value === null ? null : Buffer.from(value).toString();
          this.entries.push({ offset: envelope.offset, key: Buffer.from(key).toString(), value: text });
        }
      },
      onSnapshot: () => {},
      onLeading: (epoch) => {
        this.epoch = epoch;
        this.story.push("leads");
      },
      onNotLeading: () => void this.story.push("leads no more"),
    });
    await settle();
  }

  put(...keys: string[]): void {
    this.partition.put({
      records: keys.map((key) => ({ key: bytesOf(key), value: bytesOf("v"), timestamp: 1 })),
    });
  }

  append(...keys: string[]): Promise<void> {
    const records = keys.map((key) => packRecord({ key: bytesOf(key), value: null }));
    return this.journal.append(records, { epoch: this.epoch, timestamp: 2 }).committed;
  }

  get keys(): string {
    return this.entries.map(({ key, offset }) => `${key}@${offset}`).join(" ");
  }
}

describe("loading a partition", () => {
  it("an empty partition is loaded at once", async () => {
    const loading = new Loading();
    await loading.begin();
    expect(loading.story).toEqual(["leads", "loaded 0"]);
  });

  it("row 70: tells what is committed, waits for the rest to be, and leads then", async () => {
    const loading = new Loading();
    loading.put("a");
    loading.partition.commitsAlone = false;
    loading.partition.append(buildOne("b"));
    loading.partition.append(buildOne("c"));
    await loading.begin();
    expect([loading.keys, loading.story]).toEqual(["a@0", []]);
    loading.partition.commit(2);
    await settle();
    expect([loading.keys, loading.story]).toEqual(["a@0 b@1", []]);
    loading.partition.commit();
    await settle();
    expect([loading.keys, loading.story]).toEqual(["a@0 b@1 c@2", ["leads", "loaded 3"]]);
  });

  it("goes over the gaps of compaction, in batches, between them and at the end", async () => {
    const loading = new Loading();
    const timestamp = 1;
    loading.partition.skip(3);
    const value = bytesOf("v");
    loading.partition.put({
      records: [
        { key: bytesOf("a"), value, timestamp, offsetDelta: 1 },
        { key: bytesOf("b"), value: null, timestamp, offsetDelta: 4 },
      ],
    });
    loading.partition.skip(5);
    loading.put("c");
    loading.partition.skip(2);
    await loading.begin();
    expect(loading.keys).toBe("a@4 b@7 c@13");
    expect(loading.entries[1]!.value).toBeNull();
    expect(loading.story).toEqual(["leads", "loaded 3"]);
    await loading.append("d");
    expect(loading.keys).toBe("a@4 b@7 c@13 d@16");
  });

  it("begins at the start of the log", async () => {
    const loading = new Loading();
    loading.put("a", "b");
    loading.put("c");
    loading.partition.startOffset = 2;
    await loading.begin();
    expect(loading.keys).toBe("c@2");
  });

  it("leaves marks of transactions and records without a key out", async () => {
    const loading = new Loading();
    const transaction = { producerId: 1, producerEpoch: 0, isCommit: true, coordinatorEpoch: 1 };
    loading.put("a");
    loading.partition.append(buildEndTransactionMarker({ ...transaction, codecs: realCodecs, timestamp: 1 }));
    loading.partition.put({ records: [{ key: null, value: bytesOf("v"), timestamp: 1 }] });
    loading.put("b");
    await loading.begin();
    expect(loading.keys).toBe("a@0 b@3");
  });

  it("reads batches that are compressed", async () => {
    const loading = new Loading();
    const records = [{ key: bytesOf("a"), value: bytesOf("v".repeat(500)), timestamp: 1 }];
    loading.partition.put({ records, compression: "zstd" });
    await loading.begin();
    expect(loading.keys).toBe("a@0");
  });

  it("reads a long log in many turns, each record once", async () => {
    const loading = new Loading();
    const value = bytesOf("v".repeat(300_000));
    for (let at = 0; at < 20; at++)
      loading.partition.put({ records: [{ key: bytesOf(`${at}`), value, timestamp: 1 }] });
    await loading.begin();
    await until(() => loading.story.length > 0);
    expect(loading.entries.map(({ key }) => key)).toEqual(Array.from({ length: 20 }, (_, at) => `${at}`));
    expect(loading.partition.reads).toBeGreaterThan(5);
  });
});

const buildOne = (key: string): Uint8Array => {
  const partition = new MemoryPartition();
  partition.put({ records: [{ key: bytesOf(key), value: bytesOf("v"), timestamp: 1 }] });
  return partition.read(0, 1);
};

describe("the end of a leadership", () => {
  it("while loading: nothing was led, nothing more is told", async () => {
    const loading = new Loading();
    loading.partition.commitsAlone = false;
    loading.partition.append(buildOne("a"));
    await loading.begin();
    loading.partition.resign();
    loading.partition.commit();
    await settle();
    expect([loading.keys, loading.story]).toEqual(["", ["ended: another broker leads the partition"]]);
    expect(loading.partition.watchers).toBe(0);
  });

  it("while appends wait for their commit: they are rejected, and nothing is told of them", async () => {
    const loading = new Loading();
    await loading.begin();
    loading.partition.commitsAlone = false;
    const committed = loading.append("a");
    loading.partition.resign();
    await expect(committed).rejects.toMatchObject({ errorName: "NOT_LEADER_OR_FOLLOWER" });
    loading.partition.commit();
    await settle();
    expect(loading.keys).toBe("");
    expect(loading.story.slice(2)).toEqual(["leads no more", "ended: another broker leads the partition"]);
    expect(() => loading.append("b")).toThrow("is led by another broker");
  });

  it("by a stop: without a word to its owner, and nothing is left behind", async () => {
    const loading = new Loading();
    await loading.begin();
    loading.partition.commitsAlone = false;
    const committed = loading.append("a");
    loading.journal.stop();
    loading.journal.stop();
    await expect(committed).rejects.toMatchObject({ errorName: "NOT_LEADER_OR_FOLLOWER" });
    expect(loading.story.slice(2)).toEqual(["leads no more"]);
    expect(loading.partition.watchers).toBe(0);
  });

  it("by a log that cannot be read: while loading, in words", async () => {
    const loading = new Loading();
    loading.put("a");
    loading.partition.readRefusal = "KAFKA_STORAGE_ERROR";
    await loading.begin();
    expect(loading.story).toEqual(["ended: its log cannot be read: as the test wants it"]);
  });

  it("by damaged bytes, and by bytes that follow no protocol", async () => {
    const damages = [
      (bytes: Uint8Array) => void (bytes[65]! ^= 0xff),
      (bytes: Uint8Array) => void (bytes[16] = 1),
      (bytes: Uint8Array) => {
        // It says two records and holds one, and its checksum fits.
        bytes[60] = 2;
        batch.setCrc(bytes, 0, realCodecs.crc32c(bytes.subarray(crcCoversFrom)));
      },
    ];
    for (const damage of damages) {
      const loading = new Loading();
      const bytes = buildOne("a");
      damage(bytes);
      loading.partition.append(bytes);
      await loading.begin();
      expect(loading.story).toHaveLength(1);
      expect(loading.story[0]).toMatch(/^ended: its log cannot be read: /);
    }
  });
});

describe("appending", () => {
  it("row 71: a record comes back once the high watermark has passed it, and not before", async () => {
    const loading = new Loading();
    await loading.begin();
    loading.partition.commitsAlone = false;
    const first = loading.append("a", "b");
    void loading.append("c");
    await settle();
    expect(loading.keys).toBe("");
    loading.partition.commit(2);
    await first;
    expect(loading.keys).toBe("a@0 b@1");
    loading.partition.commit();
    await settle();
    expect(loading.keys).toBe("a@0 b@1 c@2");
  });

  it("what the log refuses was never there", async () => {
    const loading = new Loading();
    await loading.begin();
    loading.partition.refusal = "NOT_ENOUGH_REPLICAS";
    expect(() => loading.append("a")).toThrow(BrokerError);
    loading.partition.refusal = null;
    await loading.append("b");
    expect(loading.keys).toBe("b@0");
  });

  it("an epoch that is not this leadership's is refused", async () => {
    const loading = new Loading();
    await loading.begin();
    loading.epoch++;
    expect(() => loading.append("a")).toThrow(BrokerError);
    expect(loading.partition.end).toBe(0);
  });
});
