// test: what a log answers to lookups by time and by producer sequence, against an array of its records.
import type { SeededRandom } from "../../base/virtual/seeded-random.ts";
import type { PartitionLog } from "../../cluster/log/partition-log.ts";
import { type buildBatch as BuildBatch, buildBatch } from "../../proto/batch/build.ts";

export interface Item {
  value: string;
  epoch: number;
  timestamp: number;
  producerId: number;
  sequence: number;
  batch: { baseOffset: number; baseSequence: number; count: number };
}

type Items = readonly (Item | undefined)[];
type Codecs = Parameters<typeof BuildBatch>[0]["codecs"];

export function checkTimes(log: PartitionLog, items: Items, random: SeededRandom): void {
  const upTo = log.startOffset + random.below(log.end - log.startOffset + 1);
  const timestamp = 900 + random.below(11_000);
  let first = -1;
  let latest = -1;
  for (let offset = log.end - 1; offset >= log.startOffset; offset--) {
    if (items[offset]!.timestamp >= timestamp) first = offset;
    if (offset < upTo && (latest < 0 || items[offset]!.timestamp >= items[latest]!.timestamp))
      latest = offset;
  }
  same("first", log.findTimestamp(timestamp, { upTo })?.offset ?? -1, first < upTo ? first : -1);
  same("latest", log.findMaxTimestamp({ upTo })?.offset ?? -1, latest);
}

/** The last five batches of each producer are known to have been written; what would come next is not. */
export function checkProducers(log: PartitionLog, items: Items, codecs: Codecs): void {
  const batches = new Map<number, Item["batch"][]>();
  for (const item of items.slice(log.startOffset)) {
    if (item === undefined || item.batch.baseOffset < log.startOffset) continue;
    const known = batches.get(item.producerId) ?? [];
    if (known.at(-1) !== item.batch) known.push(item.batch);
    batches.set(item.producerId, known);
  }
  for (const [producerId, known] of batches) {
    for (const { baseOffset, baseSequence, count } of known.slice(-5)) {
      const verdict = log.checkSequence(batchOf({ producerId, baseSequence, count, codecs }), 0);
      same(`producer ${producerId}`, verdict.kind === "duplicate" ? verdict.baseOffset : verdict, baseOffset);
    }
    const { baseSequence, count } = known.at(-1)!;
    const next = batchOf({ producerId, baseSequence: baseSequence + count, count: 1, codecs });
    same(`producer ${producerId}, next`, log.checkSequence(next, 0).kind, "append");
  }
}

function batchOf(options: { producerId: number; baseSequence: number; count: number; codecs: Codecs }) {
  const { count, ...rest } = options;
  const record = { key: null, value: Buffer.from("x"), timestamp: 1, headers: [] };
  const records = Array.from({ length: count }, () => record);
  return buildBatch({ ...rest, records, compression: "none", producerEpoch: 0 });
}

function same(what: string, found: unknown, should: unknown): void {
  if (found !== should) throw new Error(`${what}: ${JSON.stringify(found)}, not ${JSON.stringify(should)}`);
}
