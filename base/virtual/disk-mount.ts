// adapter: a simulated disk as one process sees it: the Disk port on top of names and contents, with the
// disk's faults. Dies with the process's life.
import { DiskError } from "../disk-error.ts";
import type { Disk, DiskFile, DiskLock } from "../ports/disk.ts";
import type { DiskFaults } from "./disk-faults.ts";
import { FileContent } from "./file-content.ts";
import { type Life, never } from "./life.ts";
import { Folder, type NameTree, normalPath, refuse } from "./name-tree.ts";
import type { VirtualScheduler } from "./scheduler.ts";
import type { SeededRandom } from "./seeded-random.ts";
import type { WorldStats } from "./stats.ts";

/** The real adapter leaves such a file in a folder that is held, so listings show it here too. */
const lockName = ".lock";

/** What a mount needs of its disk. */
export interface MountedOn {
  readonly name: string;
  readonly names: NameTree;
  readonly faults: DiskFaults;
  readonly locks: Map<string, Life>;
  readonly scheduler: VirtualScheduler;
  readonly random: SeededRandom;
  readonly stats: WorldStats;
  usedBytes: number;
  isBroken(path: string): boolean;
}

export class MountedDisk implements Disk {
  private readonly on: MountedOn;
  private readonly life: Life;

  constructor(on: MountedOn, life: Life) {
    this.on = on;
    this.life = life;
  }

  open(path: string, options: { create: boolean }): DiskFile {
    this.enter(path, "open");
    const place = this.on.names.place(path, "open");
    if (place.entry instanceof Folder) throw refuse("EOTHER", path, "open");
    let file = place.entry;
    if (file === null) {
      if (!options.create) throw refuse("ENOENT", path, "open");
      file = new FileContent();
      this.on.names.change([{ folder: place.folder, name: place.name, entry: file }]);
    }
    return new MountedFile(this.on, this.life, path, file);
  }

  list(path: string): string[] {
    this.enter(path, "list");
    return [...this.on.names.folder(path, "list").entries.keys()].sort();
  }

  exists(path: string): boolean {
    this.life.check();
    return this.on.names.find(path) !== null;
  }

  isDirectory(path: string): boolean {
    this.life.check();
    return this.on.names.find(path) instanceof Folder;
  }

  makeDirectory(path: string): void {
    this.enter(path, "make folder");
    this.on.names.makeFolder(path, "make folder");
  }

  rename(from: string, to: string): void {
    this.enter(from, "rename");
    this.enter(to, "rename to");
    const source = this.on.names.place(from, "rename");
    const target = this.on.names.place(to, "rename to");
    if (source.entry === null) throw refuse("ENOENT", from, "rename");
    if (source.entry === target.entry) return;
    if (source.entry instanceof Folder) {
      const isEmpty = target.entry instanceof Folder && target.entry.entries.size === 0;
      if (target.entry instanceof FileContent) throw refuse("ENOTDIR", to, "rename to");
      if (target.entry !== null && !isEmpty) throw refuse("ENOTEMPTY", to, "rename to");
    } else if (target.entry instanceof Folder) {
      throw refuse("EOTHER", to, "rename to");
    }
    if (target.entry instanceof FileContent) this.on.usedBytes -= target.entry.current.length;
    this.on.names.change([
      { folder: target.folder, name: target.name, entry: source.entry },
      { folder: source.folder, name: source.name, entry: null },
    ]);
  }

  replace(from: string, to: string): Promise<void> {
    if (this.life.revoked) return never();
    const { scheduler, random } = this.on;
    return new Promise((resolve, reject) => {
      const run = (): void => {
        try {
          this.rename(from, to);
          resolve();
        } catch (error) {
          reject(error);
        }
      };
      scheduler.after(random.between(0, 2), { label: "disk.replace", life: this.life, run });
    });
  }

  remove(path: string): void {
    this.enter(path, "remove");
    const { folder, name, entry } = this.on.names.place(path, "remove");
    if (entry === null) throw refuse("ENOENT", path, "remove");
    if (entry instanceof Folder) throw refuse("EOTHER", path, "remove");
    this.on.usedBytes -= entry.current.length;
    this.on.names.change([{ folder, name, entry: null }]);
  }

  removeTree(path: string): void {
    this.enter(path, "remove tree");
    if (this.on.names.find(path) === null) return;
    const { folder, name, entry } = this.on.names.place(path, "remove tree");
    if (entry instanceof Folder) for (const child of this.list(path)) this.removeTree(`${path}/${child}`);
    else if (entry !== null) this.on.usedBytes -= entry.current.length;
    this.on.names.change([{ folder, name, entry: null }]);
  }

  syncDirectory(path: string): Promise<void> {
    if (this.life.revoked) return never();
    return later(this.on, this.life, path, "disk.syncdir", () => {
      const folder = this.on.names.folder(path, "sync folder");
      const mark = this.on.names.mark();
      return {
        done: () => this.on.names.settle(folder, mark),
        failed: () => {},
      };
    });
  }

  lock(path: string): DiskLock {
    this.enter(path, "lock");
    this.on.names.folder(path, "lock");
    const key = normalPath(path);
    const holder = this.on.locks.get(key);
    if (holder !== undefined && !holder.revoked) throw refuse("ELOCKED", path, "lock");
    this.on.locks.set(key, this.life);
    const file = `${key}/${lockName}`;
    this.open(file, { create: true });
    let held = true;
    return {
      release: () => {
        if (!held || this.life.revoked) return;
        held = false;
        this.on.locks.delete(key);
        if (this.exists(file)) this.remove(file);
      },
    };
  }

  freeBytes(path: string): number {
    this.enter(path, "ask for free space of");
    return Math.max(0, this.on.faults.capacityBytes - this.on.usedBytes);
  }

  totalBytes(path: string): number {
    this.enter(path, "ask for the size of the file system of");
    return this.on.faults.capacityBytes;
  }

  private enter(path: string, doing: string): void {
    this.life.check();
    if (this.on.isBroken(path)) throw refuse("EIO", path, doing);
  }
}

class MountedFile implements DiskFile {
  readonly path: string;
  private readonly on: MountedOn;
  private readonly life: Life;
  private readonly file: FileContent;
  private closed = false;

  constructor(on: MountedOn, life: Life, path: string, file: FileContent) {
    this.on = on;
    this.life = life;
    this.path = path;
    this.file = file;
  }

  size(): number {
    this.enter("ask for the size of");
    return this.file.current.length;
  }

  writeAt(buffers: readonly Uint8Array[], position: number): void {
    this.enter("write");
    const length = buffers.reduce((sum, buffer) => sum + buffer.length, 0);
    const { faults, random, stats } = this.on;
    const fails = this.on.isBroken(this.path) || random.chance(faults.writeErrorRate);
    const growth = Math.max(0, position + length - this.file.current.length);
    const isFull = growth > 0 && this.on.usedBytes + growth > faults.capacityBytes;
    if (fails || isFull) {
      const room = isFull
        ? Math.max(0, length - (this.on.usedBytes + growth - faults.capacityBytes))
        : length;
      this.put(buffers, position, random.below(room + 1));
      if (fails) stats.failedWrites++;
      else stats.fullDiskRefusals++;
      throw refuse(fails ? "EIO" : "ENOSPC", this.path, "write");
    }
    this.put(buffers, position, length);
  }

  readAt(into: Uint8Array, position: number): number {
    this.enter("read");
    if (this.on.isBroken(this.path) || this.on.random.chance(this.on.faults.readErrorRate)) {
      this.on.stats.failedReads++;
      throw refuse("EIO", this.path, "read");
    }
    const bytes = this.file.current.view().subarray(position, position + into.length);
    into.set(bytes);
    return bytes.length;
  }

  truncate(size: number): void {
    this.enter("truncate");
    if (this.on.isBroken(this.path)) throw refuse("EIO", this.path, "truncate");
    this.on.usedBytes += size - this.file.current.length;
    this.file.truncate(size);
  }

  sync(): Promise<void> {
    if (this.life.revoked) return never();
    if (this.closed) return Promise.reject(refuse("ECLOSED", this.path, "sync"));
    return later(this.on, this.life, this.path, "disk.sync", () => {
      const mark = this.file.mark();
      return {
        done: () => this.file.settle(mark),
        failed: () => this.file.forget(mark, this.on.random),
      };
    });
  }

  close(): void {
    this.closed = true;
  }

  private put(buffers: readonly Uint8Array[], position: number, length: number): void {
    const before = this.file.current.length;
    let at = 0;
    for (const buffer of buffers) {
      const part = buffer.subarray(0, Math.max(0, length - at));
      if (part.length > 0) this.file.write(position + at, part);
      at += part.length;
    }
    this.on.usedBytes += this.file.current.length - before;
    this.on.scheduler.trace.add("disk.write", this.path, position, length);
  }

  private enter(doing: string): void {
    this.life.check();
    if (this.closed) throw refuse("ECLOSED", this.path, doing);
  }
}

/** A sync: takes virtual time, then does or fails. What it covers is fixed when it begins. */
function later(
  on: MountedOn,
  life: Life,
  path: string,
  label: string,
  begin: () => { done: () => void; failed: () => void },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const outcome = begin();
    const [from, to] = on.faults.syncMs;
    const delayMs = on.random.between(from, to) * on.faults.slowFactor;
    const run = (): void => {
      on.stats.syncs++;
      if (on.isBroken(path) || on.random.chance(on.faults.syncErrorRate)) {
        on.stats.failedSyncs++;
        outcome.failed();
        reject(new DiskError({ code: "EIO", path, doing: "sync" }));
        return;
      }
      outcome.done();
      resolve();
    };
    on.scheduler.after(delayMs, { label, life, run });
  });
}
