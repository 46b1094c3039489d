// adapter: a disk in memory, for brokers inside a test: what is written lasts as long as the object does.
// Keeps the promises of base/ports/disk.ts; a sync is done at once, and nothing is ever lost by itself.
import type { Disk, DiskFile, DiskLock } from "../ports/disk.ts";
import type { FileBytes } from "./file-bytes.ts";
import { FileTree, Folder, refuse } from "./file-tree.ts";
import { MemoryStores } from "./stores.ts";

/** What a disk in memory says of its room, which is always free; the heap ends before it does. */
const roomBytes = 2 ** 40;

export class MemoryDisk implements Disk {
  readonly #tree = new FileTree();
  readonly #locked = new Set<Folder>();
  /** Stores live in folders of the disk, and go when a folder goes. */
  readonly stores = new MemoryStores(this.#tree);

  open(path: string, { create }: { create: boolean }): DiskFile {
    return new MemoryFile(path, this.#tree.file(path, create));
  }

  list(path: string): string[] {
    return [...this.#tree.folder(path, "list").entries.keys()].sort();
  }

  exists(path: string): boolean {
    return this.#tree.find(path) !== null;
  }

  isDirectory(path: string): boolean {
    return this.#tree.find(path) instanceof Folder;
  }

  makeDirectory(path: string): void {
    this.#tree.makeFolder(path);
  }

  rename(from: string, to: string): void {
    this.#tree.rename(from, to);
  }

  async replace(from: string, to: string): Promise<void> {
    this.rename(from, to);
  }

  remove(path: string): void {
    this.#tree.removeFile(path);
  }

  removeTree(path: string): void {
    this.#tree.removeTree(path);
  }

  async syncDirectory(path: string): Promise<void> {
    this.#tree.folder(path, "sync folder");
  }

  lock(path: string): DiskLock {
    const folder = this.#tree.folder(path, "lock");
    if (this.#locked.has(folder)) throw refuse("ELOCKED", path, "lock");
    this.#locked.add(folder);
    let isHeld = true;
    return {
      release: () => {
        if (isHeld) this.#locked.delete(folder);
        isHeld = false;
      },
    };
  }

  freeBytes(path: string): number {
    this.#tree.folder(path, "ask for free space of");
    return roomBytes;
  }

  totalBytes(path: string): number {
    this.#tree.folder(path, "ask for the size of the file system of");
    return roomBytes;
  }
}

class MemoryFile implements DiskFile {
  readonly path: string;
  readonly #bytes: FileBytes;
  #isClosed = false;

  constructor(path: string, bytes: FileBytes) {
    this.path = path;
    this.#bytes = bytes;
  }

  size(): number {
    return this.#open("ask for the size of").length;
  }

  writeAt(buffers: readonly Uint8Array[], position: number): void {
    const bytes = this.#open("write");
    let at = position;
    for (const buffer of buffers) {
      bytes.write(buffer, at);
      at += buffer.length;
    }
  }

  readAt(into: Uint8Array, position: number): number {
    return this.#open("read").read(into, position);
  }

  truncate(size: number): void {
    this.#open("truncate").resize(size);
  }

  async sync(): Promise<void> {
    this.#open("sync");
  }

  close(): void {
    this.#isClosed = true;
  }

  #open(doing: string): FileBytes {
    if (this.#isClosed) throw refuse("ECLOSED", this.path, doing);
    return this.#bytes;
  }
}
