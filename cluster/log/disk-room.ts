// core: how much room the disk of a log directory has for records. Some of it is kept back for what keeps the
// broker alive and honest (votes, the metadata log, checkpoints, indexes), so that records cannot use up what
// those need.
//
// Asking the file system takes a system call, so it is asked anew only once what it said last is old, or half
// of it was used since. Others may fill the disk meanwhile: a write can still find it full.

import { DiskError } from "../../base/disk-error.ts";
import type { Disk } from "../../base/ports/disk.ts";

export interface DiskRoomOptions {
  freeBytes(): number;
  nowMs(): number;
  reserveBytes: number;
}

const believedMs = 1_000;

export class DiskRoom {
  readonly #options: DiskRoomOptions;
  #free = 0;
  #used = 0;
  #askedMs = Number.NEGATIVE_INFINITY;

  constructor(options: DiskRoomOptions) {
    this.#options = options;
  }

  get reserveBytes(): number {
    return this.#options.reserveBytes;
  }

  /** Whether `bytes` more fit; with `usesReserve` down to the last byte of the disk. */
  has(bytes: number, usesReserve: boolean): boolean {
    const kept = usesReserve ? 0 : this.#options.reserveBytes;
    const nowMs = this.#options.nowMs();
    const isFresh = nowMs - this.#askedMs < believedMs && this.#used + bytes <= (this.#free - kept) / 2;
    if (!isFresh) this.#ask(nowMs);
    return this.#used + bytes <= this.#free - kept;
  }

  took(bytes: number): void {
    this.#used += bytes;
  }

  /** A write found no room: what was said last is not so. */
  wasFull(): void {
    this.#askedMs = Number.NEGATIVE_INFINITY;
  }

  #ask(nowMs: number): void {
    this.#askedMs = nowMs;
    this.#free = this.#options.freeBytes();
    this.#used = 0;
  }
}

/** Where the file system does not tell, writes show when it is full. */
export function freeBytes(disk: Disk, path: string): number {
  try {
    return disk.freeBytes(path);
  } catch (error) {
    if (!(error instanceof DiskError)) throw error;
    return Number.MAX_SAFE_INTEGER;
  }
}
