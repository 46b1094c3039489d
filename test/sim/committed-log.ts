// test: what is committed of one log, whoever holds it: grows as leaders commit, never changes. Replicas are
// held to it.
import type { DiskBatch, DiskLog } from "./disk-log.ts";

export interface CommittedBatch {
  readonly base: number;
  readonly end: number;
  readonly crc: number;
  readonly epoch: number;
}

export class CommittedLog {
  readonly name: string;
  readonly batches: CommittedBatch[] = [];
  end = 0;

  constructor(name: string) {
    this.name = name;
  }

  /** Takes in whole batches below `committedEnd` from the log of the leader that committed them. */
  extend(log: DiskLog, committedEnd: number): void {
    if (committedEnd <= this.end) return;
    for (const { base, end, crc, epoch } of log.batches(this.end)) {
      if (end > committedEnd) break;
      if (base < this.end) continue;
      this.batches.push({ base, end, crc, epoch });
      this.end = end;
    }
  }

  /**
   * Compares what a replica holds below `end`, from offset `from` on. Answers what differs, or null. A
   * replica may have cut off its beginning, but holds everything after.
   */
  differs(log: DiskLog, range: { from: number; end: number }): string | null {
    const end = Math.min(range.end, this.end);
    const start = Math.max(range.from, log.start);
    let at = this.indexOf(start);
    // Records may have been deleted up to the middle of a batch.
    let next = Math.max(this.batches[at]?.base ?? end, log.end === start ? start : 0);
    if (next >= end) return null;
    for (const one of log.batches(next)) {
      const should = this.batches[at];
      if (should === undefined || should.base >= end) return null;
      if (!isSame(one, should)) return `it holds ${text(one)} where ${text(should)} was committed`;
      next = should.end;
      at++;
    }
    return next >= end ? null : `it ends at ${log.end}, and ${end} was committed`;
  }

  /** The committed batch that holds an offset. */
  at(offset: number): CommittedBatch | null {
    const found = this.batches[this.indexOf(offset)];
    return found !== undefined && found.base <= offset ? found : null;
  }

  /** Index of the batch that holds `offset` or comes after it. */
  private indexOf(offset: number): number {
    let low = 0;
    let high = this.batches.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.batches[middle]!.end <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function isSame(one: DiskBatch, should: CommittedBatch): boolean {
  return (
    one.base === should.base && one.end === should.end && one.crc === should.crc && one.epoch === should.epoch
  );
}

function text({ base, end, crc, epoch }: CommittedBatch): string {
  return `offsets ${base} to ${end} of epoch ${epoch} (crc ${crc.toString(16)})`;
}
