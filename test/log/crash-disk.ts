// test: a disk that calls back before each of its changes, around another: the place to cut the power at
// every operation of something.
import type { Disk, DiskFile } from "../../base/ports/disk.ts";

export function countingDisk(disk: Disk, onChange: (what: string) => void): Disk {
  const watch = (file: DiskFile): DiskFile => ({
    path: file.path,
    size: () => file.size(),
    writeAt: (buffers, position) => {
      onChange(`write ${file.path}`);
      file.writeAt(buffers, position);
    },
    readAt: (into, position) => file.readAt(into, position),
    truncate: (size) => {
      onChange(`truncate ${file.path}`);
      file.truncate(size);
    },
    sync: () => {
      onChange(`sync ${file.path}`);
      return file.sync();
    },
    close: () => file.close(),
  });
  return {
    open: (path, options) => {
      if (!disk.exists(path)) onChange(`create ${path}`);
      return watch(disk.open(path, options));
    },
    list: (path) => disk.list(path),
    exists: (path) => disk.exists(path),
    isDirectory: (path) => disk.isDirectory(path),
    makeDirectory: (path) => disk.makeDirectory(path),
    rename: (from, to) => {
      onChange(`rename ${from} ${to}`);
      disk.rename(from, to);
    },
    replace: (from, to) => disk.replace(from, to),
    remove: (path) => {
      onChange(`remove ${path}`);
      disk.remove(path);
    },
    removeTree: (path) => disk.removeTree(path),
    syncDirectory: (path) => {
      onChange(`sync names of ${path}`);
      return disk.syncDirectory(path);
    },
    lock: (path) => disk.lock(path),
    freeBytes: (path) => disk.freeBytes(path),
    totalBytes: (path) => disk.totalBytes(path),
  };
}
