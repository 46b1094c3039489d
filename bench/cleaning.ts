// adapter: what compaction costs those who write meanwhile: waits at a fixed rate while nothing is cleaned,
// and while the cleaners of all brokers are at work, in turns.
import { setTimeout as sleep } from "node:timers/promises";
import { Admin, Producer } from "../client/index.ts";
import { median } from "./measure/turns.ts";
import { type SteadyWaits, SteadyWriter } from "./steady-writer.ts";
import type { BenchCluster } from "./systems/bench-cluster.ts";

export interface CleaningTurn {
  quiet: SteadyWaits;
  cleaning: SteadyWaits;
  /** From when cleaning was allowed until the logs of all replicas were as small as they get. */
  cleanedMs: number;
  /** Of all replicas, before and after. */
  beforeMiB: number;
  afterMiB: number;
}

export interface CleaningResult {
  dirtyMiB: number;
  keys: number;
  megabytesPerSecond: number;
  turns: CleaningTurn[];
  /** p99 while cleaning over p99 while quiet, the middle of all turns. */
  p99Ratio: number;
}

export interface CleaningOptions {
  readonly dirtyMiB: number;
  readonly keys: number;
  readonly megabytesPerSecond: number;
  readonly turns: number;
  readonly warmupMs: number;
  readonly measureMs: number;
  readonly progress: (text: string) => void;
}

const compacted = "compacted";
const steady = "steady";
const partitions = 6;
const valueBytes = 1_024;
/** Sizes are looked at so often; as many looks without a change mean that cleaning is over. */
const lookEveryMs = 500;
const looksAlike = 8;

export async function measureCleaning(
  cluster: BenchCluster,
  options: CleaningOptions,
): Promise<CleaningResult> {
  const { bootstrap } = cluster;
  const { dirtyMiB, keys, megabytesPerSecond, measureMs, warmupMs, progress } = options;
  await using admin = new Admin({ bootstrap });
  // Some segments in every partition: the last one is not cleaned.
  const segmentBytes = Math.min(16 * 2 ** 20, Math.floor((dirtyMiB * 2 ** 20) / partitions / 4));
  const configs = { "cleanup.policy": "compact", "segment.bytes": String(segmentBytes), ...allowed(false) };
  const shape = { partitions, replicationFactor: 3 };
  await admin.createTopics([
    { name: compacted, ...shape, configs },
    { name: steady, ...shape },
  ]);
  const writer = new SteadyWriter({ bootstrap, topic: steady, partitions, megabytesPerSecond });
  const turns: CleaningTurn[] = [];
  try {
    writer.begin();
    await sleep(warmupMs);
    for (let turn = 0; turn < options.turns; turn++) {
      await fill(bootstrap, { dirtyMiB, keys });
      await sleep(2_000);
      const quiet = await writer.during(sleep(measureMs));
      const beforeMiB = await sizeOf(admin);
      const began = performance.now();
      await allow(admin, true);
      const cleaning = await writer.during(settled(admin, beforeMiB));
      const cleanedMs = Math.round(performance.now() - began - looksAlike * lookEveryMs);
      await allow(admin, false);
      const afterMiB = await sizeOf(admin);
      turns.push({ quiet, cleaning, cleanedMs, beforeMiB, afterMiB });
      const waits = `p99 ${quiet.p99Ms} ms quiet, ${cleaning.p99Ms} ms while cleaning`;
      progress(`  turn ${turn + 1}: ${waits}; ${beforeMiB} -> ${afterMiB} MiB in ${cleanedMs} ms`);
    }
  } finally {
    await writer.close();
  }
  const p99Ratio = median(turns.map(({ quiet, cleaning }) => cleaning.p99Ms / quiet.p99Ms));
  return { dirtyMiB, keys, megabytesPerSecond, turns, p99Ratio: Math.round(p99Ratio * 100) / 100 };
}

function allowed(isAllowed: boolean): Record<string, string> {
  return { "min.cleanable.dirty.ratio": isAllowed ? "0.01" : "1" };
}

async function allow(admin: Admin, isAllowed: boolean): Promise<void> {
  const subject = { type: "topic", name: compacted } as const;
  await admin.alterConfigs([{ subject, set: allowed(isAllowed) }]);
}

async function fill(bootstrap: string, { dirtyMiB, keys }: Pick<CleaningOptions, "dirtyMiB" | "keys">) {
  await using producer = new Producer({ bootstrap, acks: "all", lingerMs: 5, batchBytes: 65_536 });
  const value = Buffer.alloc(valueBytes, "x");
  for (let n = 0; n * valueBytes < dirtyMiB * 2 ** 20; n++) {
    await producer.enqueue({ topic: compacted, key: `key-${n % keys}`, value });
    if (n % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await producer.flush();
}

/** MiB of all replicas of the compacted topic. */
async function sizeOf(admin: Admin): Promise<number> {
  const dirs = await admin.describeLogDirs();
  const sizes = dirs.flatMap(({ replicas }) =>
    replicas.filter(({ topic }) => topic === compacted).map(({ sizeBytes }) => sizeBytes),
  );
  return Math.round(sizes.reduce((sum, bytes) => sum + bytes, 0) / 2 ** 20);
}

/** Until it has shrunk, and does so no more. */
async function settled(admin: Admin, beforeMiB: number): Promise<void> {
  const deadline = performance.now() + 300_000;
  let last = beforeMiB;
  for (let alike = 0; alike < looksAlike; ) {
    if (performance.now() > deadline) throw new Error(`${compacted} was not cleaned within 300 s`);
    await sleep(lookEveryMs);
    const now = await sizeOf(admin);
    alike = now === last && now < beforeMiB ? alike + 1 : 0;
    last = now;
  }
}
