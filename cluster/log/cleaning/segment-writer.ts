// shell: writes one segment from batches that come one by one, with the entries of its indexes. What is
// gathered is written in larger parts, and synced now and then, so that no sync has much to do.
import type { Disk, DiskFile } from "../../../base/ports/disk.ts";
import { batch } from "../../../proto/batch/header.ts";
import type { WrittenSegment } from "../segment.ts";
import { SegmentIndex } from "../segment-index.ts";

const partBytes = 1024 * 1024;
const syncBytes = 8 * 1024 * 1024;

export class SegmentWriter {
  readonly #file: DiskFile;
  readonly #index: SegmentIndex;
  #parts: Uint8Array[] = [];
  #partsBytes = 0;
  #written = 0;
  #unsynced = 0;
  #end: number;
  #firstTimestamp = -1;

  constructor(options: { disk: Disk; path: string; baseOffset: number; indexIntervalBytes: number }) {
    const { disk, path, baseOffset, indexIntervalBytes: intervalBytes } = options;
    this.#file = disk.open(path, { create: true });
    this.#file.truncate(0);
    this.#index = new SegmentIndex({ baseOffset, intervalBytes });
    this.#end = baseOffset;
  }

  get size(): number {
    return this.#written + this.#partsBytes;
  }

  append(bytes: Uint8Array): void {
    if (this.size === 0) this.#firstTimestamp = batch.maxTimestamp(bytes, 0);
    this.#index.note(bytes, 0, this.size);
    this.#end = batch.nextOffset(bytes, 0);
    // A copy: a view would keep all that was read along with it.
    this.#parts.push(new Uint8Array(bytes));
    this.#partsBytes += bytes.length;
  }

  /** Enough is gathered to be written. */
  get isDue(): boolean {
    return this.#partsBytes >= partBytes;
  }

  /** Answers how many bytes it wrote. */
  async flush(): Promise<number> {
    const bytes = this.#partsBytes;
    if (bytes === 0) return 0;
    this.#file.writeAt(this.#parts, this.#written);
    this.#written += bytes;
    this.#unsynced += bytes;
    this.#parts = [];
    this.#partsBytes = 0;
    if (this.#unsynced >= syncBytes) {
      this.#unsynced = 0;
      await this.#file.sync();
    }
    return bytes;
  }

  async finish(): Promise<WrittenSegment> {
    await this.flush();
    await this.#file.sync();
    this.#index.seal();
    const { offsets, times, maxTimestamp } = this.#index;
    return {
      ...{ end: this.#end, size: this.#written, firstTimestamp: this.#firstTimestamp, maxTimestamp },
      ...{ offsets: offsets.slice(), times: times.slice() },
    };
  }

  close(): void {
    this.#file.close();
  }
}
