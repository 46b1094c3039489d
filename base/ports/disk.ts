// port: files and folders of one node.
//
// What lasts: bytes written are in the page cache (visible to every later read, lost at a power cut) until
// `sync` of that file resolved. A name (created, renamed or removed file or folder) lasts only once
// `syncDirectory` of its parent folder resolved. `sync` says nothing about names and `syncDirectory` nothing
// about bytes.
//
// Trouble: every method throws (or rejects with) DiskError. After a failed `sync` the state of the unsynced
// bytes is unknown; the caller must give the file up and never call `sync` on it again as if nothing had
// happened.
//
// Buffers: `writeAt` and `readAt` are done with the caller's buffers when they return.

export type DiskErrorCode =
  | "ENOENT"
  | "EEXIST"
  | "ENOSPC"
  | "EIO"
  | "ENOTDIR"
  | "ENOTEMPTY"
  | "EACCES"
  | "ELOCKED"
  | "ECLOSED"
  | "EOTHER";

export interface DiskFile {
  readonly path: string;
  /** Present length in bytes. */
  size(): number;
  /**
   * Writes all buffers one after the other from `position`; a hole before it reads as zeros. All or DiskError
   * (a part may then be there).
   */
  writeAt(buffers: readonly Uint8Array[], position: number): void;
  /**
   * Fills `into` from `position`; answers how many bytes were there (less than asked only at the end of the
   * file).
   */
  readAt(into: Uint8Array, position: number): number;
  /** Cuts or extends (with zeros) to `size` bytes. Lasts after `sync`. */
  truncate(size: number): void;
  /** Resolves once all bytes and the length written before the call are on stable storage. */
  sync(): Promise<void>;
  close(): void;
}

export interface Disk {
  /** Opens for reading and writing. `create` makes a missing file; without it a missing file is ENOENT. */
  open(path: string, options: { create: boolean }): DiskFile;
  /** Names in a folder, sorted, without "." and "..". */
  list(path: string): string[];
  exists(path: string): boolean;
  isDirectory(path: string): boolean;
  /** Makes the folder and missing parents; nothing happens if it is there. */
  makeDirectory(path: string): void;
  /** Replaces `to` if it is a file. Atomic for readers; lasts after `syncDirectory` of the parent(s). */
  rename(from: string, to: string): void;
  /** The same for files, without keeping others waiting while the file system does it. */
  replace(from: string, to: string): Promise<void>;
  /** Removes one file; ENOENT if it is not there. */
  remove(path: string): void;
  /** Removes a folder with all it holds; nothing happens if it is not there. */
  removeTree(path: string): void;
  /** Resolves once the names in this folder last. */
  syncDirectory(path: string): Promise<void>;
  /**
   * Takes a folder for this process alone, until `release` or death. ELOCKED if another living process holds
   * it.
   */
  lock(path: string): DiskLock;
  /** Free bytes of the file system that holds `path`. */
  freeBytes(path: string): number;
  /** Size of that file system, in bytes. */
  totalBytes(path: string): number;
}

export interface DiskLock {
  release(): void;
}
