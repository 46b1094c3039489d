// shell: one pass of compaction over one log: looks at what can be cleaned, has the work done, and puts what
// was written in the place of what it was made of, segment by segment from the first on.
//
// Keeps true: the order. A tombstone goes only after every older value of its key: those are in segments
// before it, or in the same, or went in a pass before this one, whose end was noted once all of it lasted.

import { DiskError } from "../../../base/disk-error.ts";
import { BrokenBatchError } from "../broken-batch.ts";
import { cleanedSuffix } from "../doomed-files.ts";
import type { PartitionLog } from "../partition-log.ts";
import type { Segment } from "../segment.ts";
import { type KeepingStats, noStats } from "./batch-keeping.ts";
import { type Cleanable, type CompactionPolicy, cleanableOf, groupSegments } from "./cleanable.ts";
import { CleaningTrouble } from "./cleaning-trouble.ts";
import type { CleaningPass, CleaningWork, SegmentPlace } from "./cleaning-work.ts";
import type { HashSecret } from "./keyed-hash.ts";
import { type Group, isStill, swapSegments } from "./swap.ts";

export interface CleaningOptions {
  readonly work: CleaningWork;
  readonly policy: CompactionPolicy;
  /** Memory for keys, bytes. */
  readonly mapBytes: number;
  readonly secret: HashSecret;
}

/** changed: the log was cut, closed or lost segments meanwhile, and is cleaned another time. */
export type CleaningOutcome = "done" | "changed" | "noRoom" | "unreadable";

export interface CleaningReport {
  readonly outcome: CleaningOutcome;
  /** What was wrong, where something was. */
  readonly what: string;
  /** Where the clean part ends now. */
  readonly cleanedEnd: number;
  readonly keys: number;
  readonly segmentsBefore: number;
  readonly segmentsAfter: number;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  readonly stats: KeepingStats;
}

export function lookAt(log: PartitionLog, policy: CompactionPolicy): Cleanable {
  const { segments, startOffset: start, recoveryPoint: stableEnd, folder } = log;
  const { cleanedEnd, env } = folder;
  return cleanableOf({ segments, start, stableEnd, cleanedEnd, nowMs: env.clock.wallMs() }, policy);
}

/** Throws BrokerError when the disk fails, or the log turns out to be damaged. */
export async function cleanLog(log: PartitionLog, options: CleaningOptions): Promise<CleaningReport> {
  return await new Cleaning(log, options).run();
}

class Cleaning {
  readonly #log: PartitionLog;
  readonly #options: CleaningOptions;
  readonly #cuts: number;
  #keys = 0;
  /** Where the clean part ends: before the pass, and then after it. */
  #cleanedEnd = 0;
  readonly #sum = { segmentsBefore: 0, segmentsAfter: 0, bytesBefore: 0, bytesAfter: 0, stats: noStats() };

  constructor(log: PartitionLog, options: CleaningOptions) {
    this.#log = log;
    this.#options = options;
    this.#cuts = log.cuts;
  }

  async run(): Promise<CleaningReport> {
    const { work, policy, mapBytes, secret } = this.#options;
    const { firstDirty, end } = lookAt(this.#log, policy);
    this.#cleanedEnd = firstDirty;
    if (end <= firstDirty) return this.#report("done");
    const { env, producers } = this.#log.folder;
    const nowMs = env.clock.wallMs();
    const { segments, config } = this.#log;
    const pass = work.begin({
      segments: segments.filter((one) => one.end > firstDirty && one.end <= end).map(placeOf),
      ...{ firstDirty, mapBytes, secret, nowMs },
      deleteRetentionMs: policy.deleteRetentionMs,
      producers: producers.activeSince(nowMs - config.producerExpirationMs),
    });
    try {
      return await this.#pass(pass, end);
    } catch (error) {
      if (!(error instanceof CleaningTrouble)) throw error;
      return this.#trouble(error);
    } finally {
      pass.end();
    }
  }

  async #pass(pass: CleaningPass, limit: number): Promise<CleaningReport> {
    // To find out that there is no room the whole dirty part need not be read.
    const [first] = this.#groups(limit, limit);
    if (first !== undefined && !this.#hasRoomFor(first)) return this.#report("noRoom");
    const { end, keys } = await pass.gather();
    this.#keys = keys;
    if (this.#isOther) return this.#report("changed");
    // A transaction is open at the very first record: nothing of the dirty part can be judged yet.
    if (end <= this.#cleanedEnd) return this.#report("done");
    for (const segments of this.#groups(end, limit)) {
      const outcome = await this.#group(pass, segments);
      if (outcome !== "done") return this.#report(outcome);
    }
    // The mark is the log's of this name, which may be another by now; and a cut has lowered it.
    if (this.#isOther) return this.#report("changed");
    this.#log.folder.noteCleaned(end);
    this.#cleanedEnd = end;
    return this.#report("done");
  }

  get #isOther(): boolean {
    return this.#log.isClosed || this.#log.cuts !== this.#cuts;
  }

  /** Segments that become one, each time. */
  #groups(end: number, limit: number): Segment[][] {
    const { segmentBytes, indexBytesMax = Number.MAX_SAFE_INTEGER } = this.#log.config;
    const toRewrite = this.#log.segments
      .slice(0, -1)
      .filter((one) => one.baseOffset < end && one.end <= limit);
    const groups = groupSegments(toRewrite.map(sized), { segmentBytes, indexBytesMax });
    return groups.map((group) => group.map(({ segment }) => segment));
  }

  #hasRoomFor(segments: readonly Segment[]): boolean {
    return this.#log.folder.room.has(
      segments.reduce((sum, { size }) => sum + size, 0),
      false,
    );
  }

  async #group(pass: CleaningPass, segments: readonly Segment[]): Promise<CleaningOutcome> {
    const log = this.#log;
    const { config } = log;
    const group: Group = { segments, sizes: segments.map(({ size }) => size), cuts: this.#cuts };
    if (!isStill(log, group)) return "changed";
    const bytesBefore = group.sizes.reduce((sum, size) => sum + size, 0);
    if (!this.#hasRoomFor(segments)) return "noRoom";
    const to = `${segments[0]!.path}${cleanedSuffix}`;
    const { indexIntervalBytes } = config;
    try {
      const written = await pass.rewrite({ segments: segments.map(placeOf), to, indexIntervalBytes });
      if (!written.isSame && !(await swapSegments(log, group, to, written))) return "changed";
      this.#note(segments.length, bytesBefore, written);
      return "done";
    } finally {
      this.#removeCleaned(to);
    }
  }

  /** What was not put in its place. */
  #removeCleaned(path: string): void {
    const { folder, isClosed } = this.#log;
    if (isClosed) return;
    try {
      if (folder.env.disk.exists(path)) folder.env.disk.remove(path);
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      folder.failed(error);
    }
  }

  #note(count: number, bytesBefore: number, written: { size: number; stats: KeepingStats }): void {
    const sum = this.#sum;
    sum.segmentsBefore += count;
    sum.segmentsAfter++;
    sum.bytesBefore += bytesBefore;
    sum.bytesAfter += written.size;
    for (const name of Object.keys(sum.stats) as (keyof KeepingStats)[])
      sum.stats[name] += written.stats[name];
  }

  #trouble({ parts }: CleaningTrouble): CleaningReport {
    const log = this.#log;
    const { kind, path, position, what } = parts;
    if (kind === "full") return this.#report("noRoom", what);
    // What was read may have been cut away, or removed, while it was read.
    const isOurs =
      log.cuts === this.#cuts &&
      log.segments.some((one) => path === one.path || path === one.path + cleanedSuffix);
    if (kind === "ended" || log.isClosed || !isOurs) return this.#report("changed", what);
    if (kind === "damaged") throw log.folder.damaged(new BrokenBatchError(path, position, what));
    if (kind === "unreadable") return this.#report("unreadable", `${path} at position ${position}: ${what}`);
    throw log.folder.failed(new DiskError({ code: "EIO", path, doing: `clean (${what})` }));
  }

  #report(outcome: CleaningOutcome, what = ""): CleaningReport {
    return { outcome, what, cleanedEnd: this.#cleanedEnd, keys: this.#keys, ...this.#sum };
  }
}

function placeOf({ path, baseOffset, end, size }: Segment): SegmentPlace {
  return { path, baseOffset, end, size };
}

function sized(segment: Segment) {
  const { baseOffset, end, size, firstTimestamp, maxTimestamp } = segment;
  const indexBytes = segment.indexBytesMax;
  return { segment, baseOffset, end, size, firstTimestamp, maxTimestamp, indexBytes };
}
