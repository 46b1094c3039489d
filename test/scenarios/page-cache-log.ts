// test: a log of whole batches with a page cache above a disk, for the consensus core: what was not synced
// can go at a crash, in part or as a whole, cuts included. As small as it can be, so that it is easy to
// believe.
import type { RaftLogView } from "../../cluster/raft/core/words.ts";
import { batch } from "../../proto/batch/header.ts";
import { walkBatches } from "../../proto/batch/walk.ts";

export interface StoredBatch {
  readonly base: number;
  readonly next: number;
  readonly epoch: number;
  readonly bytes: Uint8Array;
}

interface Contents {
  start: number;
  batches: StoredBatch[];
}

export class PageCacheLog implements RaftLogView {
  private cache: Contents = { start: 0, batches: [] };
  private disk: Contents = { start: 0, batches: [] };
  private durable = 0;

  get batches(): readonly StoredBatch[] {
    return this.cache.batches;
  }

  get startOffset(): number {
    return this.cache.start;
  }

  get end(): number {
    return this.cache.batches.at(-1)?.next ?? this.cache.start;
  }

  get durableEnd(): number {
    return this.durable;
  }

  endOfEpoch(epoch: number): { epoch: number; end: number } {
    const last = this.cache.batches.findLast((one) => one.epoch <= epoch);
    return last === undefined ? { epoch: -1, end: -1 } : { epoch: last.epoch, end: last.next };
  }

  epochAt(offset: number): number {
    return this.at(offset)?.epoch ?? -1;
  }

  /** The batch that holds `offset`. */
  at(offset: number): StoredBatch | undefined {
    const { batches } = this.cache;
    let low = 0;
    let high = batches.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (batches[middle]!.next <= offset) low = middle + 1;
      else high = middle;
    }
    const found = batches[low];
    return found !== undefined && found.base <= offset ? found : undefined;
  }

  read(options: { from: number; upTo: number; maxBytes: number; minOneBatch: boolean }): Uint8Array {
    const { from, upTo, maxBytes, minOneBatch } = options;
    if (from < this.startOffset || from > this.end) throw new Error(`read of ${from}: out of range`);
    const taken: Uint8Array[] = [];
    let bytes = 0;
    for (const one of this.cache.batches) {
      if (one.next <= from) continue;
      if (one.base >= upTo || (bytes + one.bytes.length > maxBytes && !(minOneBatch && taken.length === 0))) {
        break;
      }
      taken.push(one.bytes);
      bytes += one.bytes.length;
    }
    return Buffer.concat(taken);
  }

  /** Gives offsets and epoch. */
  appendAsLeader(bytes: Uint8Array, epoch: number): { baseOffset: number; end: number } {
    const baseOffset = this.end;
    for (const { at, byteLength } of walkBatches(bytes)) {
      const one = bytes.slice(at, at + byteLength);
      batch.setBaseOffset(one, 0, this.end);
      batch.setLeaderEpoch(one, 0, epoch);
      this.push(one);
    }
    return { baseOffset, end: this.end };
  }

  appendAsFollower(bytes: Uint8Array): void {
    for (const { at, byteLength } of walkBatches(bytes)) this.push(bytes.slice(at, at + byteLength));
  }

  private push(bytes: Uint8Array): void {
    const base = batch.baseOffset(bytes, 0);
    const epoch = batch.leaderEpoch(bytes, 0);
    if (base !== this.end) throw new Error(`append at ${base}; the log ends at ${this.end}`);
    const last = this.cache.batches.at(-1)?.epoch ?? -1;
    if (epoch < last) throw new Error(`append of epoch ${epoch} after ${last}`);
    this.cache.batches.push({ base, next: batch.nextOffset(bytes, 0), epoch, bytes });
  }

  truncateTo(offset: number): void {
    const { batches } = this.cache;
    while (batches.length > 0 && batches.at(-1)!.next > offset) batches.pop();
    this.durable = Math.min(this.durable, this.end);
  }

  startAnewAt(offset: number): void {
    this.cache = { start: offset, batches: [] };
    this.durable = offset;
  }

  raiseStart(offset: number): void {
    if (offset <= this.cache.start) return;
    this.cache = { start: offset, batches: this.cache.batches.filter((one) => one.next > offset) };
    this.durable = Math.max(this.durable, offset);
  }

  /** True: the durable end rose. */
  sync(): boolean {
    this.disk = { start: this.cache.start, batches: [...this.cache.batches] };
    const rose = this.end > this.durable;
    this.durable = this.end;
    return rose;
  }

  /** What survives for certain, whatever a crash does. */
  get certain(): readonly StoredBatch[] {
    return this.cache.batches.filter((one) => one.next <= this.durable);
  }

  /**
   * The machine dies. `keep` in [0, 1]: how much of what was not synced reached the disk all the same; if
   * nothing of it did, cuts are undone.
   */
  crash(keep: number): void {
    const { cache, disk } = this;
    const certain = this.certain.length;
    const kept = Math.floor((cache.batches.length - certain + 1) * Math.min(keep, 0.999));
    const survives = kept > 0 ? { ...cache, batches: cache.batches.slice(0, certain + kept) } : disk;
    this.disk = { start: survives.start, batches: [...survives.batches] };
    this.cache = { start: survives.start, batches: [...survives.batches] };
    this.durable = this.end;
  }
}
