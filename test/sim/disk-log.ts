// test: one replica's log as it stands on a simulated disk, read beside the product: which batches, where,
// and which of them would survive a power cut now. Reads on from where it stopped, until bytes it has read
// are changed.
import type { VirtualDisk } from "../../base/virtual/disk.ts";
import type { FileContent } from "../../base/virtual/file-content.ts";
import { batch, batchHeaderBytes } from "../../proto/batch/header.ts";

export interface DiskBatch {
  readonly base: number;
  readonly end: number;
  readonly crc: number;
  readonly epoch: number;
  readonly file: SegmentFile;
  readonly position: number;
  readonly endPosition: number;
}

interface SegmentFile {
  readonly name: string;
  readonly content: FileContent;
  rewrites: number;
  parsed: number;
  batches: DiskBatch[];
}

export class DiskLog {
  readonly #disk: VirtualDisk;
  readonly #folder: string;
  #segments: SegmentFile[] = [];
  /** Grows when batches seen before may have changed or gone. */
  generation = 0;

  constructor(disk: VirtualDisk, folder: string) {
    this.#disk = disk;
    this.#folder = folder;
  }

  /** Reads what is new. */
  refresh(): void {
    const files = this.#disk.filesIn(this.#folder).filter(({ name }) => name.endsWith(".log"));
    const known = new Map(this.#segments.map((one) => [one.content, one]));
    const before = this.#segments;
    this.#segments = files.map(({ name, file }) => {
      const segment = known.get(file) ?? {
        name,
        content: file,
        rewrites: file.rewrites,
        parsed: 0,
        batches: [],
      };
      known.delete(file);
      if (segment.rewrites !== file.rewrites) {
        segment.rewrites = file.rewrites;
        segment.parsed = 0;
        segment.batches = [];
        this.generation++;
      }
      parse(segment);
      return segment;
    });
    if (known.size > 0 && before.length > 0) this.generation++;
  }

  /** A log that was emptied starts where its only segment does. */
  get start(): number {
    const first = this.#segments[0];
    return first === undefined ? 0 : (first.batches[0]?.base ?? baseOf(first));
  }

  /**
   * A power cut may bring back some of the segments that retention was just removing, and not those behind
   * them: the log begins behind the last of these holes, and goes on without the rest once it is opened.
   */
  get startBehindHoles(): number {
    let { start } = this;
    let next = start;
    for (const one of this.batches()) {
      if (one.base !== next) start = one.base;
      next = one.end;
    }
    return start;
  }

  get end(): number {
    const last = this.#segments.at(-1);
    return last === undefined ? 0 : (last.batches.at(-1)?.end ?? baseOf(last));
  }

  /** Whole batches from the one that holds `from` on, in order. */
  *batches(from = 0): IterableIterator<DiskBatch> {
    for (const { batches } of this.#segments) {
      if (batches.length === 0 || batches.at(-1)!.end <= from) continue;
      for (const one of batches) if (one.end > from) yield one;
    }
  }

  /** The batch that holds an offset. */
  find(offset: number): DiskBatch | null {
    for (const one of this.batches(offset)) return one.base <= offset ? one : null;
    return null;
  }

  /** Bytes of a batch, as readers see them. */
  bytesOf(one: DiskBatch): Uint8Array {
    return one.file.content.current.view().subarray(one.position, one.endPosition);
  }

  /**
   * A batch with this offset would be there after a power cut now, though not the one that readers see: while
   * a compacted segment takes the place of others, the names of those last.
   */
  coversLastingly(offset: number): boolean {
    return this.#segments.some(({ name }) => {
      const lasting = this.#disk.lastingBytes(`${this.#folder}/${name}`);
      return lasting !== null && covers(lasting, offset);
    });
  }

  /** The batch would be there, whole, after a power cut now. */
  wouldLast(one: DiskBatch): boolean {
    const lasting = this.#disk.lastingBytes(`${this.#folder}/${one.file.name}`);
    if (lasting === null || lasting.length < one.endPosition) return false;
    const current = this.bytesOf(one);
    return Buffer.compare(current, lasting.subarray(one.position, one.endPosition)) === 0;
  }
}

/** Whether whole batches in these bytes have the offset. */
function covers(bytes: Uint8Array, offset: number): boolean {
  for (let at = 0; at + batchHeaderBytes <= bytes.length; ) {
    const next = at + batch.byteLength(bytes, at);
    if (batch.magic(bytes, at) !== 2 || next > bytes.length || next < at + batchHeaderBytes) return false;
    if (batch.baseOffset(bytes, at) <= offset && offset < batch.nextOffset(bytes, at)) return true;
    at = next;
  }
  return false;
}

function baseOf({ name }: SegmentFile): number {
  return Number.parseInt(name, 10);
}

function parse(segment: SegmentFile): void {
  const bytes = segment.content.current.view();
  while (segment.parsed + batchHeaderBytes <= bytes.length) {
    const at = segment.parsed;
    const endPosition = at + batch.byteLength(bytes, at);
    const base = batch.baseOffset(bytes, at);
    if (batch.magic(bytes, at) !== 2 || endPosition > bytes.length || endPosition < at + batchHeaderBytes)
      return;
    // A power cut tore it: what is left of its head says an offset that was before.
    if (base < (segment.batches.at(-1)?.end ?? baseOf(segment))) return;
    segment.batches.push({
      base,
      end: batch.nextOffset(bytes, at),
      crc: batch.crc(bytes, at),
      epoch: batch.leaderEpoch(bytes, at),
      file: segment,
      position: at,
      endPosition,
    });
    segment.parsed = endPosition;
  }
}
