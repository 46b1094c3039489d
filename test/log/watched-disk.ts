// test: a disk that remembers which files were read and how many are open, around another.
import type { Disk, DiskFile } from "../../base/ports/disk.ts";

export interface WatchedDisk extends Disk {
  /** Bytes read by path, since the last `forget`. */
  readonly bytesRead: Map<string, number>;
  readonly openFiles: ReadonlySet<DiskFile>;
  forget(): void;
}

export function watchDisk(disk: Disk): WatchedDisk {
  const bytesRead = new Map<string, number>();
  const openFiles = new Set<DiskFile>();
  const watch = (file: DiskFile): DiskFile => {
    const watched: DiskFile = {
      path: file.path,
      size: () => file.size(),
      writeAt: (buffers, position) => file.writeAt(buffers, position),
      readAt: (into, position) => {
        const count = file.readAt(into, position);
        bytesRead.set(file.path, (bytesRead.get(file.path) ?? 0) + count);
        return count;
      },
      truncate: (size) => file.truncate(size),
      sync: () => file.sync(),
      close: () => {
        openFiles.delete(watched);
        file.close();
      },
    };
    openFiles.add(watched);
    return watched;
  };
  return {
    bytesRead,
    openFiles,
    forget: () => bytesRead.clear(),
    open: (path, options) => watch(disk.open(path, options)),
    list: (path) => disk.list(path),
    exists: (path) => disk.exists(path),
    isDirectory: (path) => disk.isDirectory(path),
    makeDirectory: (path) => disk.makeDirectory(path),
    rename: (from, to) => disk.rename(from, to),
    replace: (from, to) => disk.replace(from, to),
    remove: (path) => disk.remove(path),
    removeTree: (path) => disk.removeTree(path),
    syncDirectory: (path) => disk.syncDirectory(path),
    lock: (path) => disk.lock(path),
    freeBytes: (path) => disk.freeBytes(path),
    totalBytes: (path) => disk.totalBytes(path),
  };
}
