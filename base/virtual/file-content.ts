// core: the bytes of one simulated file, twice: as every reader sees them (page cache) and as they are on
// stable storage, with the changes in between. A power cut keeps the stable bytes and whatever part of the
// changes its mode lets through.
//
//     write, truncate --> current
//                     \-> pending --settle (sync)--> durable
//                                 \--forget (failed sync): current keeps them, durable never will
import type { SeededRandom } from "./seeded-random.ts";

/**
 * What becomes of unsynced changes at a power cut. "lost": none is kept; "kept": all; "prefix": the first
 * few, the next one torn; "sectors": any subset of their 512-byte sectors.
 */
export type CutMode = "lost" | "kept" | "prefix" | "sectors";

export const cutModes: readonly CutMode[] = ["lost", "kept", "prefix", "sectors"];

const sectorBytes = 512;

type Change = { sequence: number } & (
  | { kind: "write"; position: number; bytes: Uint8Array }
  | { kind: "truncate"; size: number }
);

export interface CutResult {
  droppedBytes: number;
  torn: boolean;
}

export class FileContent {
  readonly current = new Bytes();
  /** A failed sync has left bytes in the page cache that are on no disk. */
  hasLostPages = false;
  /**
   * Grows whenever bytes that were there may have changed or gone: for checkers that read on from a place.
   */
  rewrites = 0;
  private readonly durable = new Bytes();
  private pending: Change[] = [];
  private sequence = 0;

  write(position: number, bytes: Uint8Array): void {
    // Not `slice`: a Buffer's is a view.
    const copy = new Uint8Array(bytes);
    if (position < this.current.length) this.rewrites++;
    this.current.write(position, copy);
    this.pending.push({ kind: "write", position, bytes: copy, sequence: ++this.sequence });
  }

  truncate(size: number): void {
    this.rewrites++;
    this.current.resize(size);
    this.pending.push({ kind: "truncate", size, sequence: ++this.sequence });
  }

  /** Names all changes so far, for `settle` and `forget`. */
  mark(): number {
    return this.sequence;
  }

  get unsyncedChanges(): number {
    return this.pending.length;
  }

  durableBytes(): Uint8Array {
    return this.durable.view().slice();
  }

  /** Of what is on stable storage; valid until the next change. */
  durableView(): Uint8Array {
    return this.durable.view();
  }

  /** The changes up to the mark reach stable storage. */
  settle(mark: number): void {
    for (const change of this.takePending(mark)) apply(change, this.durable);
  }

  /** A sync of the changes up to the mark failed: some reached the disk, the rest never will. */
  forget(mark: number, random: SeededRandom): void {
    const changes = this.takePending(mark);
    const kept = random.below(changes.length + 1);
    for (const change of changes.slice(0, kept)) apply(change, this.durable);
    if (kept < changes.length) this.hasLostPages = true;
  }

  /** The page cache drops the clean pages that a failed sync left: readers see what is on disk. */
  evictLostPages(): void {
    if (!this.hasLostPages) return;
    this.hasLostPages = false;
    this.rewrites++;
    this.current.copyFrom(this.durable);
    for (const change of this.pending) apply(change, this.current);
  }

  cutPower(mode: CutMode, random: SeededRandom): CutResult {
    const changes = this.takePending(this.sequence);
    this.rewrites++;
    const result = keepPart(changes, this.durable, mode, random);
    this.current.copyFrom(this.durable);
    this.hasLostPages = false;
    return result;
  }

  /** Flips one bit, in the page cache and on disk. */
  rot(position: number, bit: number): void {
    this.rewrites++;
    for (const bytes of [this.current, this.durable]) {
      if (position >= bytes.length) continue;
      const view = bytes.view();
      view[position] = view[position]! ^ (1 << bit);
    }
  }

  private takePending(mark: number): Change[] {
    const end = this.pending.findIndex((change) => change.sequence > mark);
    if (end === 0) return [];
    if (end > 0) return this.pending.splice(0, end);
    const all = this.pending;
    this.pending = [];
    return all;
  }
}

/** A byte array that grows; a hole reads as zeros. */
export class Bytes {
  length = 0;
  private slab = new Uint8Array(0);

  view(): Uint8Array {
    return this.slab.subarray(0, this.length);
  }

  write(position: number, bytes: Uint8Array): void {
    const end = position + bytes.length;
    if (end > this.length) this.resize(end);
    this.slab.set(bytes, position);
  }

  resize(length: number): void {
    if (length > this.slab.length) {
      const grown = new Uint8Array(Math.max(length, this.slab.length * 2, 256));
      grown.set(this.view());
      this.slab = grown;
    } else if (length < this.length) {
      this.slab.fill(0, length, this.length);
    }
    this.length = length;
  }

  copyFrom(other: Bytes): void {
    this.slab = other.view().slice();
    this.length = other.length;
  }
}

function apply(change: Change, bytes: Bytes): void {
  if (change.kind === "write") bytes.write(change.position, change.bytes);
  else bytes.resize(change.size);
}

function bytesOf(changes: readonly Change[]): number {
  return changes.reduce((sum, change) => sum + (change.kind === "write" ? change.bytes.length : 0), 0);
}

function keepPart(changes: Change[], durable: Bytes, mode: CutMode, random: SeededRandom): CutResult {
  if (mode === "lost") return { droppedBytes: bytesOf(changes), torn: false };
  if (mode === "sectors") return keepSectors(changes, durable, random);
  const kept = mode === "kept" ? changes.length : random.below(changes.length + 1);
  for (const change of changes.slice(0, kept)) apply(change, durable);
  const droppedBytes = bytesOf(changes.slice(kept));
  const next = changes[kept];
  if (next?.kind !== "write") return { droppedBytes, torn: false };
  const part = tornLength(next.position, next.bytes.length, random);
  durable.write(next.position, next.bytes.subarray(0, part));
  // Some file systems make the file longer before the bytes are there: then the rest reads as zeros.
  const end = next.position + next.bytes.length;
  if (random.chance(0.2) && end > durable.length) durable.resize(end);
  return { droppedBytes: droppedBytes - part, torn: part > 0 };
}

/** How much of a torn write is there: any number of bytes, or up to a sector's border. */
function tornLength(position: number, length: number, random: SeededRandom): number {
  const cut = random.below(length);
  if (random.chance(0.5)) return cut;
  return Math.max(0, cut - ((position + cut) % sectorBytes));
}

/**
 * Each sector of each write is there or not. A lost truncation takes all later changes with it, since a
 * journaling file system does not reorder it with them.
 */
function keepSectors(changes: Change[], durable: Bytes, random: SeededRandom): CutResult {
  const keepRate = random.float();
  let droppedBytes = 0;
  for (const [index, change] of changes.entries()) {
    if (change.kind === "truncate") {
      if (random.chance(keepRate)) durable.resize(change.size);
      else return { droppedBytes: droppedBytes + bytesOf(changes.slice(index)), torn: droppedBytes > 0 };
      continue;
    }
    for (let at = 0; at < change.bytes.length; ) {
      const end = Math.min(change.bytes.length, at + sectorBytes - ((change.position + at) % sectorBytes));
      if (random.chance(keepRate)) durable.write(change.position + at, change.bytes.subarray(at, end));
      else droppedBytes += end - at;
      at = end;
    }
  }
  return { droppedBytes, torn: droppedBytes > 0 };
}
