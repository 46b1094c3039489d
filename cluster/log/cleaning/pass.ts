// shell: one pass of the cleaner over one log: gathers the last offset of each key in the dirty part, then
// writes each group of segments anew without what those offsets make superfluous. Runs where it is put: in a
// thread, or among everything else in small steps; `pace` decides when it goes on.
import { DiskError, isDiskFull } from "../../../base/disk-error.ts";
import type { Codecs } from "../../../base/ports/codecs.ts";
import type { Disk } from "../../../base/ports/disk.ts";
import { BatchFilter } from "../../../proto/batch/filter.ts";
import { batch } from "../../../proto/batch/header.ts";
import { readRecords } from "../../../proto/batch/read.ts";
import { BrokerError, ProtocolError } from "../../../proto/errors.ts";
import { BatchKeeping, noStats } from "./batch-keeping.ts";
import { CleaningTrouble } from "./cleaning-trouble.ts";
import type {
  CleaningJob,
  CleaningPass,
  GatheredKeys,
  RewriteJob,
  Rewritten,
  SegmentPlace,
} from "./cleaning-work.ts";
import { OffsetMap } from "./offset-map.ts";
import { SegmentReader } from "./segment-reader.ts";
import { SegmentWriter } from "./segment-writer.ts";
import { markOf, TransactionScan } from "./transactions.ts";

export interface PassSurroundings {
  readonly disk: Disk;
  readonly codecs: Codecs;
  /** Bytes of a step: after each the pass waits for `pace`. */
  readonly stepBytes: number;
  /** So many bytes were read or written since the call before; it goes on when it resolves. */
  pace(bytes: number): Promise<void>;
}

export class Pass implements CleaningPass {
  readonly #job: CleaningJob;
  readonly #around: PassSurroundings;
  readonly #transactions = new TransactionScan();
  /** Null before keys were gathered. */
  #keeping: BatchKeeping | null = null;
  #isEnded = false;
  /** Not paced yet. */
  #owedBytes = 0;

  constructor(job: CleaningJob, around: PassSurroundings) {
    this.#job = job;
    this.#around = around;
  }

  end(): void {
    this.#isEnded = true;
    this.#keeping = null;
  }

  gather(): Promise<GatheredKeys> {
    return this.#orTrouble(async () => {
      const end = await this.#scanTransactions();
      const { mapBytes, secret, firstDirty, ...rest } = this.#job;
      const keysMax = Math.max(1, end - firstDirty);
      const map = new OffsetMap({ bytes: mapBytes, keysMax, secret });
      const mapEnd = await this.#gather(map, end);
      const { codecs } = this.#around;
      this.#keeping = new BatchKeeping({ ...rest, codecs, map, mapEnd, transactions: this.#transactions });
      return { end: mapEnd, keys: map.size };
    });
  }

  /** Answers up to where every transaction is decided. */
  async #scanTransactions(): Promise<number> {
    const { segments } = this.#job;
    const last = await this.#over(segments, (reader) => {
      const { bytes, at } = reader;
      const isControl = batch.isControl(bytes, at);
      const mark = isControl
        ? markOf(this.#orUnreadable(reader, () => readRecords(bytes, at, this.#around.codecs)))
        : null;
      this.#transactions.note(bytes, at, mark);
      return !this.#transactions.isFull;
    });
    return this.#transactions.decidedEnd(last);
  }

  /** Answers up to where the keys are in the map. */
  async #gather(map: OffsetMap, end: number): Promise<number> {
    const { segments, firstDirty } = this.#job;
    let mapEnd = firstDirty;
    await this.#over(segments, (reader) => {
      const { bytes, at } = reader;
      if (batch.baseOffset(bytes, at) >= end) return false;
      let isFull = false;
      const isData = !batch.isControl(bytes, at) && !this.#transactions.isAborted(bytes, at);
      if (isData && batch.lastOffset(bytes, at) >= firstDirty) {
        this.#orUnreadable(reader, () =>
          new BatchFilter(bytes, at, this.#around.codecs).run((record, offset) => {
            if (isFull || offset < firstDirty) return false;
            if (record.keyLength < 0 || map.put(record.bytes, record.keyAt, record.keyLength, offset))
              mapEnd = Math.max(mapEnd, offset + 1);
            else isFull = true;
            return false;
          }),
        );
      }
      if (!isFull) mapEnd = Math.max(mapEnd, batch.nextOffset(bytes, at));
      return !isFull;
    });
    return Math.min(mapEnd, end);
  }

  rewrite(job: RewriteJob): Promise<Rewritten> {
    return this.#orTrouble(async () => {
      const keeping = this.#keeping;
      if (keeping === null) throw this.#ended(job.to);
      keeping.stats = noStats();
      const { disk } = this.#around;
      const { baseOffset } = job.segments[0]!;
      const { indexIntervalBytes } = job;
      const writer = new SegmentWriter({ disk, path: job.to, baseOffset, indexIntervalBytes });
      try {
        return await this.#rewrite(job, keeping, writer);
      } finally {
        writer.close();
      }
    });
  }

  async #rewrite(job: RewriteJob, keeping: BatchKeeping, writer: SegmentWriter): Promise<Rewritten> {
    const { end } = job.segments.at(-1)!;
    let isSame = job.segments.length === 1;
    let bytesRead = 0;
    const flush = async (): Promise<void> => {
      if (!writer.isDue) return;
      this.#owedBytes += await writer.flush();
    };
    await this.#over(
      job.segments,
      (reader) => {
        const { bytes, at } = reader;
        const length = batch.byteLength(bytes, at);
        const isLast = batch.nextOffset(bytes, at) === end;
        const left = this.#orUnreadable(reader, () => keeping.keep(bytes, at, isLast));
        bytesRead += length;
        if (left === null) isSame = false;
        else {
          isSame &&= left.buffer === bytes.buffer;
          writer.append(left);
        }
        return true;
      },
      flush,
    );
    const written = await writer.finish();
    return { ...written, isSame, bytesRead, stats: keeping.stats };
  }

  /**
   * Calls `each` with every batch, until it answers false or there are no more; answers where the batches end
   * that it was called with.
   */
  async #over(
    segments: readonly SegmentPlace[],
    each: (reader: SegmentReader) => boolean,
    between: () => Promise<void> = async () => {},
  ): Promise<number> {
    let end = segments[0]?.baseOffset ?? 0;
    for (const place of segments) {
      const reader = new SegmentReader(place, this.#around);
      try {
        while (reader.next()) {
          end = batch.nextOffset(reader.bytes, reader.at);
          const goesOn = each(reader);
          this.#owedBytes += batch.byteLength(reader.bytes, reader.at);
          if (this.#owedBytes >= this.#around.stepBytes) await this.#pace(between, place.path);
          if (!goesOn) return end;
        }
      } finally {
        reader.close();
      }
    }
    return end;
  }

  async #pace(between: () => Promise<void>, path: string): Promise<void> {
    await between();
    const bytes = this.#owedBytes;
    this.#owedBytes = 0;
    await this.#around.pace(bytes);
    if (this.#isEnded) throw this.#ended(path);
  }

  #ended(path: string): CleaningTrouble {
    return new CleaningTrouble({ kind: "ended", path, position: 0, what: "the pass was ended" });
  }

  #orUnreadable<T>(reader: SegmentReader, open: () => T): T {
    try {
      return open();
    } catch (error) {
      if (!(error instanceof ProtocolError || error instanceof BrokerError)) throw error;
      const { path, position } = reader;
      throw new CleaningTrouble({ kind: "unreadable", path, position, what: error.message });
    }
  }

  async #orTrouble<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      const kind = isDiskFull(error) ? "full" : "disk";
      throw new CleaningTrouble({ kind, path: error.path, position: 0, what: error.message });
    }
  }
}
