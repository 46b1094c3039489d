// shell: what of a log's files is the log. Goes over the segments from the first to the last, reads those
// that may be torn, and answers the segments that stand, or where the damage is.
//
// What is read. After a clean stop: nothing but index footers. After any other: every segment that does not
// end below the recovery point, and the last. A segment whose index files are missing or do not fit is read
// whenever they would have been believed. Reading checks every batch's CRC, and makes the indexes again.
//
// Torn tail or damage. A power cut keeps any subset of the unsynced pages, so whole batches may well stand
// behind a hole that was never acknowledged: what follows a broken batch says nothing about it. The recovery
// point alone decides. It is min(durable end, what can never be cut again):
//  - durable, so that below it no power cut makes a hole;
//  - never cut again (below the high watermark, or committed by consensus), because a cut is not ordered with
//    what is written over it: were the point the durable end, a cut below it and a power cut before the
//    lowered point is on disk would make a healthy log look damaged.
// Above it a broken batch is the torn tail of a crash: it and all behind it is cut, and counted. Below it, or
// when the log ends before it, the log is damaged: it is kept as it is, and not served. The point is written
// with every checkpoint (each second, and after each roll), so bytes that rot in the last second before a
// crash can pass for a torn tail; the leader epochs then make this replica fetch them again.
//
// What is read above the recovery point may stand in the page cache only, left there by a sync that failed in
// an earlier process: the kernel then holds it for clean, and no later sync would write it. So it is written
// again before any sync of it counts. Source: "Can Applications Recover from fsync Failures?", ATC 2020.
import { batch, batchHeaderBytes, crcCoversFrom } from "../../proto/batch/header.ts";
import { brokenHeader } from "./broken-batch.ts";
import { Segment, type SegmentOptions } from "./segment.ts";

export interface RecoveredTail {
  cutBytes: number;
  /** Batches of it whose headers could be found. */
  cutBatches: number;
  /** -1: nothing was cut. */
  cutAt: number;
  /** What was wrong there. */
  what: string;
}

export interface RecoveryOptions extends Omit<SegmentOptions, "baseOffset"> {
  /** Everything below was synced when it was written down, and can never be cut. */
  recoveryPoint: number;
  /** The log's start on disk: what is below is not the log's any more. */
  startOffset: number;
  /** The files are as a clean stop left them: nothing can be torn. */
  isClean: boolean;
  /** Segments are believed to be what their index files say, where they can be; else all are read. */
  believesIndexes: boolean;
  /** Called for every batch that was read, in order, with the offset at which the batch before it ends. */
  onBatch(bytes: Uint8Array, at: number, behind: number): void;
}

export interface RecoveredSegments {
  /** The last takes appends; none when nothing is left. */
  segments: Segment[];
  /** Those of them that were read: they may hold bytes that are not on stable storage. */
  read: Set<Segment>;
  tail: RecoveredTail;
}

/**
 * What was on stable storage is not what was written. The log must not be served, and must not be cut.
 */
export class LogDamagedError extends Error {
  readonly folder: string;
  readonly offset: number;
  readonly file: string;
  readonly position: number;
  readonly what: string;

  constructor(at: { folder: string; offset: number; file: string; position: number; what: string }) {
    super(
      `log ${at.folder} is damaged at offset ${at.offset} (${at.file} at ${at.position}), below what was ` +
        `on disk: ${at.what}`,
    );
    this.name = "LogDamagedError";
    this.folder = at.folder;
    this.offset = at.offset;
    this.file = at.file;
    this.position = at.position;
    this.what = at.what;
  }
}

export function recoverSegments(options: RecoveryOptions): RecoveredSegments {
  return new Recovery(options).run();
}

class Recovery {
  readonly #options: RecoveryOptions;
  readonly #segments: Segment[] = [];
  readonly #read = new Set<Segment>();
  readonly #tail: RecoveredTail = { cutBytes: 0, cutBatches: 0, cutAt: -1, what: "" };
  #epoch = -1;

  constructor(options: RecoveryOptions) {
    this.#options = options;
  }

  run(): RecoveredSegments {
    const bases = this.#basesFromStart();
    for (const [at, baseOffset] of bases.entries()) {
      const segment = new Segment({ ...this.#options, baseOffset });
      const expected = this.#segments.at(-1)?.end ?? baseOffset;
      const next = bases[at + 1] ?? null;
      if (this.#tail.cutAt < 0 && baseOffset === expected) this.#take(segment, next);
      else if (this.#isReplaced(baseOffset, next, expected) && bases.includes(expected)) segment.remove();
      else this.#drop(segment, expected);
    }
    this.#checkEnd();
    return { segments: this.#segments, read: this.#read, tail: this.#tail };
  }

  /** Files of segments wholly below the start are what a removal left, in whatever order they lasted. */
  #basesFromStart(): number[] {
    const { disk, folder, startOffset } = this.#options;
    const bases = disk
      .list(folder)
      .filter((name) => /^\d{20}\.log$/.test(name))
      .map((name) => Number(name.slice(0, 20)));
    return bases.filter((baseOffset, at) => {
      const next = bases[at + 1];
      if (next === undefined || next > startOffset) return true;
      const segment = new Segment({ ...this.#options, baseOffset });
      // One that compaction made reaches over those it was made of, which may be there still.
      if (this.#endOf(segment) > startOffset) return true;
      segment.remove();
      return false;
    });
  }

  /**
   * All of it is in the segment before it, which compaction made of both and put in the place of the first:
   * a crash came before the others were gone. Names tell: no segment reaches over another by itself. What
   * compaction made ends where another begins, since the last segment is never among those it is made of; an
   * end that nothing begins at is a broken one.
   */
  #isReplaced(baseOffset: number, next: number | null, expected: number): boolean {
    return this.#tail.cutAt < 0 && baseOffset < expected && next !== null && next <= expected;
  }

  /** One past the last offset that its batches say, as far as they can be followed. */
  #endOf(segment: Segment): number {
    const fileSize = segment.file.size();
    const footer = segment.footer();
    if (footer?.baseOffset === segment.baseOffset && footer.segmentBytes === fileSize) return footer.end;
    let end = segment.baseOffset;
    const header = new Uint8Array(batchHeaderBytes);
    for (let position = 0; position < fileSize; position += batch.byteLength(header, 0)) {
      segment.file.readAt(header, position);
      if (brokenHeader(header, 0, { room: fileSize - position, next: end }) !== null) break;
      end = batch.nextOffset(header, 0);
    }
    return end;
  }

  #take(segment: Segment, nextBase: number | null): void {
    const fileSize = segment.file.size();
    const footer = this.#believable(segment, fileSize, nextBase);
    this.#segments.push(segment);
    if (footer !== null) {
      segment.believe(footer);
      return;
    }
    this.#read.add(segment);
    const broken = this.#scan(segment, fileSize);
    if (broken === null) return;
    const { end, size } = segment;
    if (this.#isDamage(end)) throw this.#damage(segment, size, end, broken);
    this.#noteTail(end, broken);
    this.#countTail(segment, size, fileSize);
    segment.file.truncate(size);
  }

  #believable(segment: Segment, fileSize: number, nextBase: number | null) {
    const { isClean, recoveryPoint, believesIndexes } = this.#options;
    if (!believesIndexes || (nextBase === null && !isClean)) return null;
    const footer = segment.footer();
    if (footer === null || footer.baseOffset !== segment.baseOffset || footer.segmentBytes !== fileSize)
      return null;
    if (nextBase !== null && footer.end !== nextBase) return null;
    return isClean || footer.end <= recoveryPoint ? footer : null;
  }

  /** A segment behind a tail that was cut, or one that does not go on where the one before it ends. */
  #drop(segment: Segment, expected: number): void {
    const what = `the next segment starts at ${segment.baseOffset}`;
    const isDamage = this.#isDamage(Math.min(expected, segment.baseOffset));
    if (this.#tail.cutAt < 0 && isDamage) throw this.#damage(segment, 0, expected, what);
    this.#noteTail(expected, what);
    this.#countTail(segment, 0, segment.file.size());
    segment.remove();
  }

  #checkEnd(): void {
    const last = this.#segments.at(-1);
    const { isClean, folder, startOffset } = this.#options;
    const end = last?.end ?? startOffset;
    if (isClean || !this.#isDamage(end)) return;
    if (last !== undefined) throw this.#damage(last, last.size, end, "the log ends there");
    throw new LogDamagedError({ folder, offset: end, file: folder, position: 0, what: "it has no segments" });
  }

  #isDamage(offset: number): boolean {
    const { isClean, recoveryPoint, startOffset } = this.#options;
    // With a start above the recovery point the log was thrown away, and starts anew there.
    return isClean || (offset < recoveryPoint && startOffset < recoveryPoint);
  }

  #damage(segment: Segment, position: number, offset: number, what: string): LogDamagedError {
    return new LogDamagedError({ folder: this.#options.folder, offset, file: segment.path, position, what });
  }

  #noteTail(offset: number, what: string): void {
    if (this.#tail.cutAt >= 0) return;
    this.#tail.cutAt = offset;
    this.#tail.what = what;
  }

  /** Counts along the lengths that the headers say, as far as they make sense. */
  #countTail(segment: Segment, from: number, fileSize: number): void {
    this.#tail.cutBytes += fileSize - from;
    const header = new Uint8Array(batchHeaderBytes);
    for (let position = from; position + batchHeaderBytes <= fileSize; ) {
      segment.file.readAt(header, position);
      const room = Number.MAX_SAFE_INTEGER;
      if (brokenHeader(header, 0, { room, next: 0 }) !== null) return;
      this.#tail.cutBatches++;
      position += batch.byteLength(header, 0);
    }
  }

  /** Null when the segment is whole, else what is wrong behind its last good batch. */
  #scan(segment: Segment, fileSize: number): string | null {
    const { codecs, recoveryPoint, isClean, onBatch } = this.#options;
    const header = new Uint8Array(batchHeaderBytes);
    let position = 0;
    while (position < fileSize) {
      segment.file.readAt(header, position);
      const broken = brokenHeader(header, 0, { room: fileSize - position, next: segment.end });
      if (broken !== null) return broken;
      // A segment that was cut, and whose removal did not last, may fit by its offsets to what came instead.
      if (batch.leaderEpoch(header, 0) < this.#epoch)
        return `its leader epoch is ${batch.leaderEpoch(header, 0)}, after ${this.#epoch}`;
      const length = batch.byteLength(header, 0);
      const bytes = segment.read(position, length);
      if (bytes.length < length || codecs.crc32c(bytes.subarray(crcCoversFrom)) !== batch.crc(bytes, 0))
        return "its CRC is wrong";
      if (!isClean && batch.nextOffset(bytes, 0) > recoveryPoint) segment.file.writeAt([bytes], position);
      const behind = segment.end;
      segment.note(bytes, 0, position);
      this.#epoch = batch.leaderEpoch(bytes, 0);
      onBatch(bytes, 0, behind);
      position += length;
    }
    return null;
  }
}
