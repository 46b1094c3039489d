// shell: what of a log's files is the log. Reads segments from the first to the last, checks what may be
// torn, and answers the segments that stand, or where the damage is.
//
// Below the recovery point everything was on stable storage: what is broken there is damage and is kept as it
// is. Above it a broken batch is the torn tail of a crash: it and all behind it is cut, and counted.
//
// What is read above the recovery point may stand in the page cache only, left there by a sync that failed in
// an earlier process: the kernel then holds it for clean, and no later sync would write it. So it is written
// again before any sync of it counts. Source: "Can Applications Recover from fsync Failures?", ATC 2020.
import type { Codecs } from "../../base/ports/codecs.ts";
import type { Disk } from "../../base/ports/disk.ts";
import { batch, batchHeaderBytes } from "../../proto/batch/header.ts";
import { Segment } from "./segment.ts";

export interface RecoveredTail {
  cutBytes: number;
  cutAt: number;
}

export interface RecoveryOptions {
  disk: Disk;
  codecs: Codecs;
  folder: string;
  indexIntervalBytes: number;
  /** Everything below was synced when it was written down. */
  recoveryPoint: number;
  /** The files are as a clean stop left them: nothing is checked. */
  isClean: boolean;
  /** Called for every batch of what stands, in order. */
  onBatch(bytes: Uint8Array, at: number): void;
}

/**
 * A batch below the recovery point is not what was written. The log must not be served, and must not be cut.
 */
export class LogDamagedError extends Error {
  readonly folder: string;
  readonly offset: number;

  constructor(folder: string, offset: number, what: string) {
    super(`log ${folder} is damaged at offset ${offset}, below what was on disk: ${what}`);
    this.name = "LogDamagedError";
    this.folder = folder;
    this.offset = offset;
  }
}

export function recoverSegments(options: RecoveryOptions): { segments: Segment[]; tail: RecoveredTail } {
  const { disk, folder } = options;
  const bases = disk
    .list(folder)
    .filter((name) => /^\d{20}\.log$/.test(name))
    .map((name) => Number(name.slice(0, 20)));
  const segments: Segment[] = [];
  const tail = { cutBytes: 0, cutAt: -1 };
  for (const baseOffset of bases) {
    const segment = new Segment({ disk, folder, baseOffset, indexIntervalBytes: options.indexIntervalBytes });
    const fileSize = segment.file.size();
    const expected = segments.at(-1)?.end ?? baseOffset;
    if (tail.cutAt >= 0 || baseOffset !== expected) {
      if (expected < options.recoveryPoint)
        throw new LogDamagedError(folder, expected, `the next segment starts at ${baseOffset}`);
      tail.cutBytes += fileSize;
      if (tail.cutAt < 0) tail.cutAt = expected;
      segment.remove();
      continue;
    }
    const broken = scan(segment, fileSize, options);
    segments.push(segment);
    if (broken === null) continue;
    if (segment.end < options.recoveryPoint) throw new LogDamagedError(folder, segment.end, broken);
    tail.cutBytes += fileSize - segment.size;
    tail.cutAt = segment.end;
    segment.file.truncate(segment.size);
  }
  return { segments, tail };
}

/** Null when the segment is whole, else what is wrong behind its last good batch. */
function scan(segment: Segment, fileSize: number, options: RecoveryOptions): string | null {
  let position = 0;
  const header = new Uint8Array(batchHeaderBytes);
  while (position < fileSize) {
    if (fileSize - position < batchHeaderBytes) return "the file ends within a batch header";
    segment.file.readAt(header, position);
    const length = batch.byteLength(header, 0);
    if (batch.magic(header, 0) !== 2 || length < batchHeaderBytes) return "there is no batch header";
    if (position + length > fileSize) return "the file ends within a batch";
    if (batch.baseOffset(header, 0) < segment.end) return `its base offset is ${batch.baseOffset(header, 0)}`;
    if (options.isClean) {
      segment.note(header, 0, position);
      options.onBatch(header, 0);
    } else {
      const bytes = segment.read(position, length);
      if (bytes.length < length || options.codecs.crc32c(bytes.subarray(21)) !== batch.crc(bytes, 0))
        return "its CRC is wrong";
      if (batch.nextOffset(bytes, 0) > options.recoveryPoint) segment.file.writeAt([bytes], position);
      segment.note(bytes, 0, position);
      options.onBatch(bytes, 0);
    }
    position += length;
  }
  return null;
}
