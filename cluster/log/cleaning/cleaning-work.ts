// port: the work of cleaning a log: reading what is to be cleaned and writing what is left, which goes on
// beside everything else (in a thread of its own, or in small steps). Nothing here decides what is cleaned,
// or puts anything in the place of something else. Only plain data crosses.
import type { WrittenSegment } from "../segment.ts";
import type { ActiveProducer, KeepingStats } from "./batch-keeping.ts";
import type { HashSecret } from "./keyed-hash.ts";

/** A segment that nobody writes to any more. */
export interface SegmentPlace {
  readonly path: string;
  readonly baseOffset: number;
  readonly end: number;
  readonly size: number;
}

export interface CleaningJob {
  /** The dirty part, in whole segments. */
  readonly segments: readonly SegmentPlace[];
  /** Keys are gathered from here on. */
  readonly firstDirty: number;
  readonly mapBytes: number;
  readonly secret: HashSecret;
  readonly nowMs: number;
  readonly deleteRetentionMs: number;
  readonly producers: readonly ActiveProducer[];
}

export interface GatheredKeys {
  /** Keys were gathered up to here, exclusive: the rest needs another pass. `firstDirty`: not one. */
  readonly end: number;
  readonly keys: number;
}

export interface RewriteJob {
  /** Become one segment. */
  readonly segments: readonly SegmentPlace[];
  /** The file to write, over whatever is there. */
  readonly to: string;
  readonly indexIntervalBytes: number;
}

export interface Rewritten extends WrittenSegment {
  /** It holds what the one segment it was made of holds. */
  readonly isSame: boolean;
  readonly stats: KeepingStats;
  readonly bytesRead: number;
}

/** One pass over one log. Its calls come one after the other. All reject with CleaningTrouble. */
export interface CleaningPass {
  gather(): Promise<GatheredKeys>;
  /** Groups come in the order of the log. The file is on stable storage when it resolves, its name is not. */
  rewrite(job: RewriteJob): Promise<Rewritten>;
  /** Gives up what is under way, if anything is, and lets go of the memory. */
  end(): void;
}

export interface CleaningWork {
  begin(job: CleaningJob): CleaningPass;
  /** Bytes read and written a second, together; 0: no limit. */
  setRate(bytesPerSecond: number): void;
  stop(): void;
}
