// adapter: the logs of several brokers, read from their files, compared byte for byte below the high
// watermark.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { batch, batchHeaderBytes } from "../../proto/batch/header.ts";

export interface LogComparison {
  partition: number;
  bytes: number;
  batches: number;
  /** Empty when all are equal. */
  difference: string;
}

/** `folders` are the partition's folder on each broker; compared up to `highWatermark` (exclusive). */
export function compareLogs(options: {
  partition: number;
  folders: readonly { broker: number; path: string }[];
  highWatermark: number;
}): LogComparison {
  const logs = options.folders.map((folder) => ({
    broker: folder.broker,
    ...readBelow(folder.path, options.highWatermark),
  }));
  const first = logs[0]!;
  const result = {
    partition: options.partition,
    bytes: first.bytes.length,
    batches: first.batches,
    difference: "",
  };
  for (const log of logs) {
    if (log.end !== options.highWatermark) {
      const text =
        `broker ${log.broker} ends at offset ${log.end}, below the high watermark ` +
        `${options.highWatermark}`;
      return { ...result, difference: text };
    }
    if (log.bytes.equals(first.bytes)) continue;
    const at = firstDifference(first.bytes, log.bytes);
    return { ...result, difference: `brokers ${first.broker} and ${log.broker} differ at byte ${at}` };
  }
  return result;
}

function readBelow(path: string, highWatermark: number): { bytes: Buffer; batches: number; end: number } {
  const names = readdirSync(path)
    .filter((name) => name.endsWith(".log"))
    .sort();
  const parts: Buffer[] = [];
  let batches = 0;
  let end = 0;
  for (const name of names) {
    const bytes = readFileSync(join(path, name));
    let at = 0;
    while (at + batchHeaderBytes <= bytes.length && batch.nextOffset(bytes, at) <= highWatermark) {
      const length = batch.byteLength(bytes, at);
      if (length < batchHeaderBytes || at + length > bytes.length) break;
      end = batch.nextOffset(bytes, at);
      batches++;
      at += length;
    }
    parts.push(bytes.subarray(0, at));
  }
  return { bytes: Buffer.concat(parts), batches, end };
}

function firstDifference(a: Buffer, b: Buffer): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) if (a[at] !== b[at]) return at;
  return length;
}
