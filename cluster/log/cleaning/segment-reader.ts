// shell: goes over the batches of one segment file from the first to the last, whole, with their checksums
// checked. Reads a part of the file at a time.
import type { Codecs } from "../../../base/ports/codecs.ts";
import type { Disk, DiskFile } from "../../../base/ports/disk.ts";
import { batch, batchHeaderBytes } from "../../../proto/batch/header.ts";
import { verifyCrc } from "../../../proto/batch/walk.ts";
import { brokenHeader } from "../broken-batch.ts";
import { CleaningTrouble } from "./cleaning-trouble.ts";
import type { SegmentPlace } from "./cleaning-work.ts";

const windowBytes = 256 * 1024;

export class SegmentReader {
  readonly #place: SegmentPlace;
  readonly #codecs: Codecs;
  readonly #file: DiskFile;
  #window = new Uint8Array(0);
  #windowAt = 0;
  #next: number;
  /** The batch that was read last stands there, in the file and in `bytes`. */
  position = 0;
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  #end = 0;

  constructor(place: SegmentPlace, { disk, codecs }: { disk: Disk; codecs: Codecs }) {
    this.#place = place;
    this.#codecs = codecs;
    this.#file = disk.open(place.path, { create: false });
    this.#next = place.baseOffset;
  }

  get path(): string {
    return this.#place.path;
  }

  /** Goes to the next batch; false: there is none. The bytes stay until the call after. */
  next(): boolean {
    this.position = this.#end;
    const room = this.#place.size - this.position;
    if (room <= 0) return false;
    this.#need(Math.min(room, batchHeaderBytes));
    const broken = brokenHeader(this.#window, this.position - this.#windowAt, { room, next: this.#next });
    if (broken !== null) throw this.#damaged(broken);
    const length = batch.byteLength(this.#window, this.position - this.#windowAt);
    this.#need(length);
    this.bytes = this.#window;
    this.at = this.position - this.#windowAt;
    if (!verifyCrc(this.bytes, this.at, this.#codecs)) throw this.#damaged("its CRC is wrong");
    this.#next = batch.nextOffset(this.bytes, this.at);
    this.#end = this.position + length;
    return true;
  }

  /** `length` bytes from the position on are in the window. */
  #need(length: number): void {
    const at = this.position - this.#windowAt;
    if (at >= 0 && at + length <= this.#window.length) return;
    const wanted = Math.min(Math.max(windowBytes, length), this.#place.size - this.position);
    // A new one: parts of the last may still be in use.
    const window = Buffer.allocUnsafeSlow(wanted);
    const have = this.#file.readAt(window, this.position);
    if (have < length) throw this.#damaged("the file ends there");
    this.#window = window.subarray(0, have);
    this.#windowAt = this.position;
  }

  #damaged(what: string): CleaningTrouble {
    return new CleaningTrouble({ kind: "damaged", path: this.#place.path, position: this.position, what });
  }

  close(): void {
    this.#file.close();
  }
}
