// test: a partition of __consumer_offsets in memory, as one leadership after another sees it. Its high
// watermark lags as long as a test wants, its appends fail with what a test wants, and it may hold what a
// compacted log holds: gaps, control batches, records of others.

import { realCodecs } from "../../base/real/codecs.ts";
import type { ShardLog } from "../../cluster/coordinator/shard/shard-log.ts";
import type { BatchToBuild } from "../../proto/batch/build.ts";
import { buildBatch } from "../../proto/batch/build.ts";
import { batch } from "../../proto/batch/header.ts";
import { BrokerError, type ErrorName } from "../../proto/errors.ts";

interface Stored {
  readonly baseOffset: number;
  readonly end: number;
  readonly bytes: Uint8Array;
}

export class MemoryPartition {
  readonly #batches: Stored[] = [];
  readonly #listeners = new Set<() => void>();
  startOffset = 0;
  end = 0;
  highWatermark = 0;
  leaderEpoch = 0;
  /** Appends are committed at once. */
  commitsAlone = true;
  /** What appends are refused with. */
  refusal: ErrorName | null = null;
  /** What reads are refused with. */
  readRefusal: ErrorName | null = null;
  reads = 0;
  appends = 0;

  get batches(): readonly Stored[] {
    return this.#batches;
  }

  /** A new leadership; the one before is over. */
  lead(): ShardLog {
    const leaderEpoch = ++this.leaderEpoch;
    const view = new Leadership(this, leaderEpoch);
    this.#changed();
    return view;
  }

  /** Nobody leads any more. */
  resign(): void {
    this.leaderEpoch++;
    this.#changed();
  }

  commit(to = this.end): void {
    this.highWatermark = Math.max(this.highWatermark, to);
    this.#changed();
  }

  /** What was not committed is gone, as after an election that another replica won. */
  loseUncommitted(): void {
    while (this.#batches.length > 0 && this.#batches.at(-1)!.end > this.highWatermark) this.#batches.pop();
    this.end = this.highWatermark;
  }

  /** As if it had been written by an earlier leader, and committed. */
  put(given: Omit<BatchToBuild, "codecs">): void {
    this.append(buildBatch({ ...given, codecs: realCodecs }));
    this.commit();
  }

  /** Nothing is at these offsets any more. */
  skip(count: number): void {
    this.end += count;
    this.commit();
  }

  append(bytes: Uint8Array): Stored {
    if (this.refusal !== null) throw new BrokerError(this.refusal, "as the test wants it");
    const baseOffset = this.end;
    batch.setBaseOffset(bytes, 0, baseOffset);
    batch.setLeaderEpoch(bytes, 0, this.leaderEpoch);
    const stored = { baseOffset, end: batch.nextOffset(bytes, 0), bytes };
    this.#batches.push(stored);
    this.end = stored.end;
    this.appends++;
    if (this.commitsAlone) this.highWatermark = this.end;
    return stored;
  }

  read(offset: number, bytesMax: number): Uint8Array {
    this.reads++;
    if (this.readRefusal !== null) throw new BrokerError(this.readRefusal, "as the test wants it");
    let first = 0;
    let last = this.#batches.length;
    while (first < last) {
      const middle = (first + last) >>> 1;
      if (this.#batches[middle]!.end <= offset) first = middle + 1;
      else last = middle;
    }
    const found: Uint8Array[] = [];
    let size = 0;
    for (let at = first; at < this.#batches.length; at++) {
      const { end, bytes } = this.#batches[at]!;
      if (end > this.highWatermark || (size > 0 && size + bytes.length > bytesMax)) break;
      found.push(bytes);
      size += bytes.length;
    }
    return Buffer.concat(found);
  }

  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get watchers(): number {
    return this.#listeners.size;
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) setImmediate(listener);
  }
}

class Leadership implements ShardLog {
  readonly name = "__consumer_offsets-0";
  readonly leaderEpoch: number;
  readonly #partition: MemoryPartition;

  constructor(partition: MemoryPartition, leaderEpoch: number) {
    this.#partition = partition;
    this.leaderEpoch = leaderEpoch;
  }

  get startOffset(): number {
    return this.#partition.startOffset;
  }
  get end(): number {
    return this.#partition.end;
  }
  get highWatermark(): number {
    return this.#partition.highWatermark;
  }
  get isLed(): boolean {
    return this.#partition.leaderEpoch === this.leaderEpoch;
  }
  append(bytes: Uint8Array): { baseOffset: number; end: number } {
    if (!this.isLed) throw new BrokerError("NOT_LEADER_OR_FOLLOWER", "another leads");
    return this.#partition.append(bytes);
  }
  read(offset: number, bytesMax: number): Uint8Array {
    return this.#partition.read(offset, bytesMax);
  }
  watch(listener: () => void): () => void {
    return this.#partition.watch(listener);
  }
}
