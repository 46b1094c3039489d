// test: one log on a simulated disk under random appends, cuts, syncs and crashes, against a model of what it
// must hold: all that was durable, and nothing that was never written at that offset.
import type { VirtualNode } from "../../base/virtual/node.ts";
import { createVirtualWorld, type VirtualWorld } from "../../base/virtual/world.ts";
import { LogDirectory } from "../../cluster/log/log-directory.ts";
import type { PartitionLog } from "../../cluster/log/partition-log.ts";
import type { LogConfig } from "../../cluster/log/replica-log.ts";
import { buildBatch } from "../../proto/batch/build.ts";
import { readBatches } from "../../proto/batch/read.ts";

export const key = { topicName: "flights", partition: 0 };
export const topicId = "AAAAAAAAAAAAAAAAAAAAAQ";
export const logConfig: LogConfig = {
  segmentBytes: 4_000,
  segmentMs: 1e12,
  indexIntervalBytes: 500,
  maxMessageBytes: 1e6,
  producerExpirationMs: 1e9,
};

interface Item {
  value: string;
  epoch: number;
}

export interface ModelCounts {
  crashes: number;
  recordsChecked: number;
  recordsLost: number;
  cuts: number;
}

export async function openDirectory(
  world: VirtualWorld,
  node: VirtualNode,
  onFailed = (_: string): void => {},
) {
  const env = node.start();
  const options = { env, path: "/data", clusterId: "cluster", nodeId: 1, onFailed };
  const directory = await world.run(LogDirectory.open(options), { withinMs: 60_000 });
  return { env, directory };
}

/** Throws when the log breaks a promise; otherwise tells what happened. */
export async function runLogModel(seed: number): Promise<ModelCounts> {
  const run = new LogModelRun(seed);
  for (let life = 0; life < 6; life++) await run.live();
  return run.counts;
}

class LogModelRun {
  readonly counts: ModelCounts = { crashes: 0, recordsChecked: 0, recordsLost: 0, cuts: 0 };
  readonly #world: VirtualWorld;
  readonly #node: VirtualNode;
  readonly #seed: number;
  #now: Item[] = [];
  /** Whatever was ever written at an offset: a cut that is not on disk yet may be undone by a power cut. */
  #ever: Item[][] = [];
  #durable = 0;
  #epoch = 1;
  #count = 0;

  constructor(seed: number) {
    this.#seed = seed;
    this.#world = createVirtualWorld({ seed });
    this.#node = this.#world.addNode("n1");
  }

  async live(): Promise<void> {
    const { random } = this.#world;
    let failure: string | null = null;
    const { env, directory } = await openDirectory(this.#world, this.#node, (reason) => {
      failure = reason;
    });
    const log = directory.openLog(key, topicId, logConfig);
    this.#check(log, env.codecs);
    log.setDurableListener(() => {
      this.#durable = Math.max(this.#durable, log.durableEnd);
    });
    for (let step = 0; step < 80; step++) {
      const kind = random.below(20);
      if (kind < 12) this.#append(log, env.codecs);
      else if (kind < 14) this.#cut(log);
      else if (kind === 14 && log.durableEnd > log.startOffset && random.chance(0.3)) {
        log.raiseStart(log.startOffset + random.below(log.durableEnd - log.startOffset));
      } else await this.#world.runFor(random.below(30));
    }
    if (failure !== null) throw new Error(`seed ${this.#seed}: the directory failed: ${failure}`);
    await this.#end(directory);
    this.counts.crashes++;
  }

  async #end(directory: LogDirectory): Promise<void> {
    const { random } = this.#world;
    const how = random.below(3);
    if (how === 0) {
      await this.#world.run(directory.close(), { withinMs: 60_000 });
      this.#durable = this.#now.length;
    }
    if (how === 1) this.#node.crash({ kind: "process" });
    else
      this.#node.crash({
        kind: "power",
        cutMode: random.pick(["lost", "prefix", "sectors", "kept"] as const),
      });
  }

  #append(log: PartitionLog, codecs: Parameters<typeof buildBatch>[0]["codecs"]): void {
    const { random } = this.#world;
    if (random.chance(0.2)) this.#epoch++;
    const values = Array.from({ length: 1 + random.below(4) }, () =>
      `value ${this.#count++} `.padEnd(20 + random.below(200), "x"),
    );
    const records = values.map((value) => ({
      key: null,
      value: Buffer.from(value),
      timestamp: 1_000 + this.#count,
      headers: [],
    }));
    const { end } = log.appendAsLeader(buildBatch({ records, compression: "none", codecs }), {
      leaderEpoch: this.#epoch,
    });
    for (const value of values) {
      const item = { value, epoch: this.#epoch };
      (this.#ever[this.#now.length] ??= []).push(item);
      this.#now.push(item);
    }
    if (end !== this.#now.length) throw new Error(`seed ${this.#seed}: end ${end}, not ${this.#now.length}`);
    log.requestSync();
  }

  #cut(log: PartitionLog): void {
    if (log.end === log.startOffset) return;
    log.truncateTo(log.startOffset + this.#world.random.below(log.end - log.startOffset + 1));
    this.#now = this.#now.slice(0, log.end);
    this.#durable = Math.min(this.#durable, log.end);
    this.#epoch++;
    this.counts.cuts++;
  }

  #check(log: PartitionLog, codecs: Parameters<typeof readBatches>[1]): void {
    if (log.end < this.#durable) {
      throw new Error(`seed ${this.#seed}: the log ends at ${log.end}, ${this.#durable} were on disk`);
    }
    this.counts.recordsLost += Math.max(0, this.#now.length - log.end);
    const found = this.#now.slice(0, log.startOffset);
    for (let from = log.startOffset; from < log.end; ) {
      const bytes = log.read({ from, upTo: log.end, maxBytes: 2_000, minOneBatch: true });
      for (const one of readBatches(bytes, codecs)) {
        for (const { offset, value } of one.records) {
          if (offset < from) continue;
          found[offset] = this.#expect(log, offset, Buffer.from(value!).toString());
          from = offset + 1;
        }
      }
    }
    this.#now = found;
    this.#durable = Math.min(this.#durable, log.end);
  }

  #expect(log: PartitionLog, offset: number, value: string): Item {
    const allowed = offset < this.#durable ? [this.#now[offset]!] : this.#ever[offset]!;
    const item = allowed.find((one) => one.value === value);
    if (!item)
      throw new Error(`seed ${this.#seed}: offset ${offset} holds "${value}", not "${allowed[0]!.value}"`);
    if (log.epochAt(offset) !== item.epoch) {
      throw new Error(
        `seed ${this.#seed}: offset ${offset} is of epoch ${item.epoch}, not ${log.epochAt(offset)}`,
      );
    }
    this.counts.recordsChecked++;
    return item;
  }
}
